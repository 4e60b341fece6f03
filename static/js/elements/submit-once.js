/* Keeps a form that leaves the page from being sent twice by a double click. */
class SubmitOnce extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => {
      if (this.isSent) event.preventDefault();
      this.isSent = true;
    });
    /* Coming back with the Back button, the form may be sent again. */
    addEventListener("pageshow", () => {
      this.isSent = false;
    });
  }
}

customElements.define("submit-once", SubmitOnce);

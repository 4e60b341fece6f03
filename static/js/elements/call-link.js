/* Asks what came of a call while its link opens the phone, by clicking its own button. */
class CallLink extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      if (event.target.closest('a[href^="tel:"]')) this.querySelector("button").click();
    });
  }
}

customElements.define("call-link", CallLink);

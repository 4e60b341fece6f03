/* In a form: Ctrl+Enter confirms from anywhere, Escape cancels. */
class QuickKeys extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        const cancel = this.querySelector("[data-cancel]");
        if (!cancel) return;
        event.preventDefault();
        cancel.click();
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.closest("form").requestSubmit();
      }
    });
  }
}

customElements.define("quick-keys", QuickKeys);

/* Copies the text of the field inside by its button, and says so. Where the browser does not
   let it (a page without HTTPS), the text is selected for the keyboard or the finger. */
class CopyField extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input, textarea");
    this.status = this.querySelector('[role="status"]');
    this.querySelector("button").addEventListener("click", () => this.copy());
  }

  async copy() {
    this.status.textContent = "";
    this.field.select();
    try {
      await navigator.clipboard.writeText(this.field.value);
      this.status.textContent = this.dataset.copied;
    } catch {
      this.field.focus();
      this.status.textContent = this.dataset.selected;
    }
  }
}

customElements.define("copy-field", CopyField);

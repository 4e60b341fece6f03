/* Closes the <details> menu inside by Escape, or by a click or focus elsewhere. */
class MenuBox extends HTMLElement {
  connectedCallback() {
    this.menu = this.querySelector("details");
    this.leave = (event) => {
      if (!this.contains(event.target)) this.menu.open = false;
    };
    document.addEventListener("click", this.leave);
    document.addEventListener("focusin", this.leave);
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.menu.open) return;
      this.menu.open = false;
      this.menu.querySelector("summary").focus();
    });
  }

  disconnectedCallback() {
    document.removeEventListener("click", this.leave);
    document.removeEventListener("focusin", this.leave);
  }
}

customElements.define("menu-box", MenuBox);

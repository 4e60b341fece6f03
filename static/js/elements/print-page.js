/* The button inside prints the page, with its pictures. */
class PrintPage extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.addEventListener("click", async () => {
      button.disabled = true;
      const pictures = [...document.querySelectorAll("main img")];
      await Promise.allSettled(pictures.map((picture) => picture.decode()));
      button.disabled = false;
      print();
    });
  }
}

customElements.define("print-page", PrintPage);

/* Scrolls the list inside sideways to its current item; a closed lead's stepper to its end.
   Again whenever its size changes: phones turn. */
class ScrollToCurrent extends HTMLElement {
  #sizes = new ResizeObserver(() => this.#scroll());

  connectedCallback() {
    this.#sizes.observe(this.firstElementChild);
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
  }

  #scroll() {
    const list = this.firstElementChild;
    const current = list.querySelector("[aria-current]")?.closest("li") ?? list.lastElementChild;
    const middle = current.offsetLeft - list.offsetLeft + current.offsetWidth / 2;
    list.scrollLeft = middle - list.clientWidth / 2;
  }
}

customElements.define("scroll-to-current", ScrollToCurrent);

/* Scrolls the list inside sideways to its current item; a closed lead's stepper to its end. */
class ScrollToCurrent extends HTMLElement {
  connectedCallback() {
    const list = this.firstElementChild;
    const current = list.querySelector("[aria-current]")?.closest("li") ?? list.lastElementChild;
    const middle = current.offsetLeft - list.offsetLeft + current.offsetWidth / 2;
    list.scrollLeft = middle - list.clientWidth / 2;
  }
}

customElements.define("scroll-to-current", ScrollToCurrent);

/* Counts the ticked rows of a list, ticks all of the page, and those between two with Shift.

   Stands in the form to which the boxes in the rows belong; CSS shows it while one is ticked. */
class RowPicker extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.all = this.querySelector("[data-all]");
    this.all.hidden = false;
    this.all.addEventListener("click", () => this.tick(this.boxes));
    this.last = null;
    this.onClick = (event) => this.choose(event);
    this.onChange = (event) => {
      if (event.target.form === this.form) this.count();
    };
    document.addEventListener("click", this.onClick);
    document.addEventListener("change", this.onChange);
    /* On the way back the browser ticks them again, after all else. */
    this.onShow = () => this.count();
    addEventListener("pageshow", this.onShow);
    /* The boxes are cleared only after the event. */
    this.form.addEventListener("reset", () => setTimeout(() => this.count()));
    this.count();
  }

  disconnectedCallback() {
    removeEventListener("pageshow", this.onShow);
    document.removeEventListener("click", this.onClick);
    document.removeEventListener("change", this.onChange);
  }

  get boxes() {
    return [...this.form.elements].filter((element) => element.type === "checkbox");
  }

  choose(event) {
    const boxes = this.boxes;
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    const before = boxes.indexOf(this.last);
    if (event.shiftKey && before >= 0) {
      this.tick(boxes.slice(Math.min(place, before), Math.max(place, before)));
    }
    this.last = event.target;
  }

  tick(boxes) {
    for (const box of boxes) box.checked = true;
    this.count();
  }

  count() {
    const number = this.boxes.filter((box) => box.checked).length;
    this.querySelector("[data-count]").textContent = number;
    this.all.disabled = number === this.boxes.length;
  }
}

customElements.define("row-picker", RowPicker);

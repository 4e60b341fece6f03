/* Edits a field in its cell of a list: by the pencil that comes with the pointer, or by F2.

   The headings say which columns can be edited; the editor is the lead page's own. */
class CellEditor extends HTMLElement {
  connectedCallback() {
    this.fields = [...this.querySelectorAll("thead th")].map((heading) => heading.dataset.field);
    const template = document.getElementById("edit-cell");
    this.button = template.content.firstElementChild.cloneNode(true);
    this.button.addEventListener("click", () => this.open(this.button.closest("td")));
    this.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse") this.offer(event.target.closest("td"));
    });
    this.addEventListener("keydown", (event) => {
      if (event.key !== "F2" || event.target.closest("form")) return;
      const cells = [...(event.target.closest("tbody tr")?.cells ?? [])];
      const cell = cells.find((one) => this.fields[one.cellIndex]);
      if (cell) this.open(cell);
    });
    /* The row that comes back is ticked as the one before was. */
    this.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
      this.isTicked = target.matches("tr") && !!target.querySelector("[name=lead]:checked");
    });
    this.addEventListener("htmx:load", ({ target }) => {
      if (this.isTicked && target.matches("tr")) target.querySelector("[name=lead]").checked = true;
    });
    /* Nothing has changed: what stood there comes back without asking. */
    this.addEventListener("click", (event) => this.cancel(event), { capture: true });
  }

  offer(cell) {
    if (!cell || !this.fields[cell.cellIndex] || cell.querySelector("form")) return;
    if (this.button.parentNode !== cell) cell.append(this.button);
  }

  open(cell) {
    this.close();
    this.button.remove();
    const address = cell.closest("tr").querySelector("a").pathname;
    this.edited = { cell, kept: [...cell.childNodes] };
    window.htmx.ajax("GET", `${address}felder/${this.fields[cell.cellIndex]}/`, {
      target: cell,
      swap: "innerHTML",
    });
  }

  cancel(event) {
    const button = event.target.closest("form.field button[formaction]");
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const row = button.closest("tr");
    this.close();
    row.focus();
  }

  close() {
    if (!this.edited) return;
    this.edited.cell.replaceChildren(...this.edited.kept);
    this.edited = null;
  }
}

customElements.define("cell-editor", CellEditor);

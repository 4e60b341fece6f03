import { isOpening } from "../lib/late-answers.js";

/* Opens a row by double-click or Enter, selects rows with the arrow keys.

   The row's link stays the real way to open it; without JavaScript it is the only one.
   Stands around the table, because a table row cannot be a custom element. */
class RowOpener extends HTMLElement {
  connectedCallback() {
    this.table = this.querySelector("table");
    this.table.setAttribute("role", "grid");
    this.rows.forEach((row, index) => {
      row.tabIndex = index ? -1 : 0;
      row.setAttribute("aria-selected", "false");
    });
    this.addEventListener("dblclick", this.open);
    this.addEventListener("click", this.choose);
    this.addEventListener("focusin", this.choose);
    this.enter = (event) => this.onKey(event);
    document.addEventListener("keydown", this.enter);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.enter);
  }

  get rows() {
    return [...this.table.tBodies[0].rows].filter((row) => row.querySelector("a"));
  }

  choose(event) {
    const row = event.target.closest("tbody tr");
    if (this.rows.includes(row)) this.select(row);
  }

  select(chosen) {
    for (const row of this.rows) {
      row.setAttribute("aria-selected", String(row === chosen));
      row.tabIndex = row === chosen ? 0 : -1;
    }
  }

  open(event) {
    const row = event.target.closest("tbody tr");
    const link = row?.querySelector("a");
    if (!link || event.target.closest("a, label, input, button, form")) return;
    getSelection().removeAllRanges();
    link.click();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isOpening()) return;
    if (document.querySelector("dialog:modal")) return;
    const here = document.activeElement;
    const isOurs = here === document.body || this.contains(here);
    if (!isOurs || here.closest("td form")) return;
    const rows = this.rows;
    const current = rows.findIndex((row) => row.contains(here));
    if (event.key === "Enter" && current >= 0 && here === rows[current]) {
      event.preventDefault();
      rows[current].querySelector("a").click();
      return;
    }
    if (event.key === " " && current >= 0 && here === rows[current]) {
      event.preventDefault();
      rows[current].querySelector("input[type=checkbox]")?.click();
      return;
    }
    const target = {
      ArrowDown: Math.min(current + 1, rows.length - 1),
      ArrowUp: Math.max(current - 1, 0),
      Home: current >= 0 ? 0 : undefined,
      End: current >= 0 ? rows.length - 1 : undefined,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    rows[target].focus();
  }
}

customElements.define("row-opener", RowOpener);

/* Edits a field in its cell of a list: by the pencil that comes with the pointer, by F2, or,
   where nothing hovers, by a tap while the list's button "Edit fields" is pressed.

   The headings say which columns can be edited, or else a cell by itself; the editor is the
   lead page's own. It stands above what the cell shows, which comes back without asking. */
import "./draft-keeper.js";
import "./quick-keys.js";
import { hasChanges } from "../lib/fields.js";
import { keptFor, remember, remembered, reopened, unremember } from "../lib/drafts.js";
import { hold } from "../lib/late-answers.js";

/* After a conflict the cell below the editor shows what no longer holds: then it is asked. */
const CANCEL = "td > form:not(:has(.conflict)) button[formaction]";
const TAPPING = "edit-cells";
/* Stays when a change reloads the page; who leaves the page has it forgotten. */
const [navigation] = performance.getEntriesByType("navigation");
if (navigation?.type !== "reload") unremember(TAPPING);
let isTapping = remembered(TAPPING) !== null;

class CellEditor extends HTMLElement {
  connectedCallback() {
    this.headings = this.querySelectorAll("thead th");
    this.column = 0;
    const template = document.getElementById("edit-cell");
    this.button = template.content.firstElementChild.cloneNode(true);
    this.button.addEventListener("click", () => this.open(this.button.closest("td")));
    this.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse") this.offer(event.target.closest("td"));
    });
    /* The pointer was here before this file was. */
    this.offer(this.querySelector("td:hover"));
    this.takeTaps(document.querySelector(".cell-editor__switch"));
    this.reopen({ takesFocus: false });
    /* The column that was edited last; in an editor, the one behind it. */
    this.addEventListener("keydown", ({ key, target }) => {
      if (key !== "F2") return;
      const cells = [...(target.closest("tbody tr")?.cells ?? [])].filter((c) => this.fieldOf(c));
      const from = this.column + !!target.closest("form");
      const cell = cells.find(({ cellIndex }) => cellIndex >= from) ?? cells[0];
      if (cell) this.open(cell);
    });
    this.addEventListener("htmx:beforeSwap", (event) => {
      const { target } = event.detail;
      /* There is one editor: the one asked for last, or in which somebody types, that one. */
      if (target.matches("td")) {
        if (this.asked !== target || this.isTyped) event.preventDefault();
        else this.close();
      }
      /* The row that comes back is ticked as the one before was. */
      this.isTicked = target.matches("tr") && !!target.querySelector("[name=lead]:checked");
    });
    this.addEventListener("htmx:load", ({ target }) => {
      if (!target.matches("tr")) return;
      this.showTapping();
      if (this.isTicked) target.querySelector("[name=lead]").checked = true;
      this.reopen({ takesFocus: true });
    });
    /* Cancelled, nothing is asked for. The focus goes first: leaving a field may keep its
       draft once more. Then the form's own listeners forget that, and then the form goes. */
    this.addEventListener("htmx:beforeRequest", (event) => {
      if (!event.target.matches(CANCEL)) return;
      event.preventDefault();
      event.target.closest("tr").focus();
    });
    this.addEventListener("click", ({ target }) => {
      if (target.closest(CANCEL)) this.close();
    });
  }

  offer(cell) {
    if (!cell || !this.fieldOf(cell) || cell.querySelector("form")) return;
    if (this.button.parentNode !== cell) cell.append(this.button);
  }

  takeTaps(mode) {
    this.mode = mode;
    this.mode.hidden = false;
    this.mode.addEventListener("click", () => {
      isTapping = !isTapping;
      if (isTapping) remember(TAPPING, "");
      else unremember(TAPPING);
      this.showTapping();
    });
    /* Before the links in the cell hear of it. */
    this.addEventListener("click", (event) => this.tap(event), true);
    this.showTapping();
  }

  showTapping() {
    this.mode.setAttribute("aria-pressed", isTapping);
    this.classList.toggle("cell-editor--tapping", isTapping);
    for (const cell of this.querySelectorAll("tbody td")) {
      cell.classList.toggle("cell-editor__cell", isTapping && !!this.fieldOf(cell));
    }
  }

  tap(event) {
    const cell = event.target.closest("tbody td");
    if (!isTapping || !cell || !this.fieldOf(cell)) return;
    if (event.target.closest("form, label, button, .call")) return;
    event.preventDefault();
    event.stopPropagation();
    this.open(cell);
  }

  fieldOf(cell) {
    /* A row that only says something. */
    if (!cell.parentElement.querySelector("a")) return null;
    return cell.dataset.field ?? this.headings[cell.cellIndex].dataset.field;
  }

  addressOf(cell) {
    return `${cell.closest("tr").querySelector("a").pathname}felder/${this.fieldOf(cell)}/`;
  }

  /* What the server has sent back with a complaint is in the fields as if it were kept. */
  get isTyped() {
    const form = this.querySelector("td > form");
    return form !== null && (hasChanges(form) || form.querySelector("[data-typed]") !== null);
  }

  /* What was typed in this list, before it or a row of it came anew. */
  reopen({ takesFocus }) {
    const cells = [...this.querySelectorAll("tbody td")].filter((cell) => this.fieldOf(cell));
    const isHere = (cell) => keptFor(this.addressOf(cell))?.page === location.pathname;
    const cell = cells.find(isHere);
    if (!cell) return;
    if (!takesFocus) reopened.add(cell);
    this.open(cell);
  }

  open(cell) {
    /* What is typed elsewhere is confirmed first, or cancelled. */
    if (this.isTyped) return this.querySelector("td > form [type=submit]").focus();
    this.asked = cell;
    this.column = cell.cellIndex;
    /* On its way already. */
    if (cell.matches(".htmx-request")) return;
    window.htmx
      .ajax("GET", this.addressOf(cell), { source: cell, target: cell, swap: "beforeend" })
      .catch(() => {});
  }

  close() {
    this.button.remove();
    const cell = this.querySelector("td:has(> form)");
    if (!cell) return;
    hold(cell);
    cell.querySelector("form")?.remove();
  }
}

customElements.define("cell-editor", CellEditor);

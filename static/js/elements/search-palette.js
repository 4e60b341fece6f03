import { nameKeys, press } from "../lib/shortcuts.js";

/* A field above a list of results: typing searches, the arrow keys choose, Enter opens.

   On its way to be a combobox with a listbox it changes only roles: without it, the same
   is a form and a page of links. */
class SearchPalette extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input[name=q]");
    this.dialog = this.closest("dialog");
    this.failed = this.querySelector("[data-failed]");
    this.places = this.querySelector("#palette-results");
    nameKeys(this);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": "palette-listbox",
    })) {
      this.field.setAttribute(name, value);
    }
    this.addEventListener("keydown", (event) => this.onKey(event));
    this.addEventListener("click", (event) => this.onClick(event));
    this.addEventListener("pointermove", ({ target }) => this.choose(target.closest("[data-item]")));
    this.addEventListener("htmx:afterSwap", (event) => this.onAnswer(event));
    for (const name of ["htmx:sendError", "htmx:responseError"]) {
      this.addEventListener(name, (event) => this.onFailure(event));
    }
    /* What is typed here is worth nothing: a click beside closes, whatever it is. */
    this.dialog?.addEventListener("click", ({ target }) => {
      if (target === this.dialog) this.dialog.close();
    });
    this.prepare();
    /* Typed while this came. */
    if (this.isBehind) this.field.form.requestSubmit();
  }

  get items() {
    return [...this.querySelectorAll("[data-item]")];
  }

  /* Whether what stands there was found by another text than is typed now. */
  get isBehind() {
    const { text } = this.places.querySelector("[data-results]").dataset;
    return text !== this.field.value.trim();
  }

  prepare() {
    const results = this.places.querySelector("[data-results]");
    const { items } = this;
    if (items.length) {
      results.id = "palette-listbox";
      results.setAttribute("role", "listbox");
      results.setAttribute("aria-label", results.dataset.label);
    }
    for (const group of results.querySelectorAll("section")) group.setAttribute("role", "group");
    for (const plain of results.querySelectorAll("h2, ul, li, form")) {
      plain.setAttribute("role", "presentation");
    }
    items.forEach((item, index) => {
      item.id = `palette-item-${index}`;
      item.setAttribute("role", "option");
      item.tabIndex = -1;
    });
    this.field.setAttribute("aria-expanded", String(items.length > 0));
    this.chosen = null;
    this.field.removeAttribute("aria-activedescendant");
    this.choose(items[0]);
  }

  choose(item) {
    if (!item || item === this.chosen) return;
    this.chosen?.setAttribute("aria-selected", "false");
    this.chosen = item;
    item.setAttribute("aria-selected", "true");
    this.field.setAttribute("aria-activedescendant", item.id);
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const { items } = this;
      event.preventDefault();
      if (!items.length) return;
      this.choose(items.at((items.indexOf(this.chosen) + step) % items.length));
      this.chosen.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && event.target === this.field && !event.isComposing) {
      event.preventDefault();
      const inNewTab = event.ctrlKey || event.metaKey;
      /* Not the first of what was found before: the one that is on its way. */
      if (this.isBehind) this.wanted = { inNewTab };
      else this.open(this.chosen, inNewTab);
    }
  }

  open(item, inNewTab) {
    if (!item) return;
    if (inNewTab && item.pathname) window.open(item.href, "_blank", "noopener");
    else item.click();
  }

  onClick(event) {
    if (event.target.closest("[data-retry]")) {
      this.field.form.requestSubmit();
      this.field.focus();
      return;
    }
    const item = event.target.closest("[data-item]");
    const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!item || !this.dialog || isElsewhere || item.hasAttribute("hx-get")) return;
    const twin = document.getElementById(item.dataset.presses);
    if (twin) event.preventDefault();
    /* Its place in the page is taken only when the click has done what it does. */
    setTimeout(() => {
      /* Behind what gives the focus back. */
      if (twin) this.dialog.addEventListener("close", () => press(twin));
      this.dialog.close();
    });
  }

  onAnswer(event) {
    if (event.target !== this.places) return;
    this.failed.hidden = true;
    this.prepare();
    const { says } = this.places.querySelector("[data-results]").dataset;
    this.querySelector("[data-status]").textContent = says;
    if (this.wanted && !this.isBehind) this.open(this.chosen, this.wanted.inNewTab);
    if (!this.isBehind) this.wanted = null;
  }

  onFailure(event) {
    if (event.target !== this.field.form) return;
    /* Told here, not behind the dialog. */
    event.stopPropagation();
    this.wanted = null;
    this.failed.hidden = false;
  }
}

customElements.define("search-palette", SearchPalette);

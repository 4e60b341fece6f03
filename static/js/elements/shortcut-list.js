import { nameKeys } from "../lib/shortcuts.js";

/* Says which keys work on the page behind it, and brings the page up to the switch. */
class ShortcutList extends HTMLElement {
  connectedCallback() {
    nameKeys(this);
    document.documentElement.dataset.keys = this.dataset.keys;
    const page = document.querySelector("main");
    const isOff = this.dataset.keys === "off";
    if (page.contains(this)) return;
    for (const item of this.querySelectorAll("[data-works-with]")) {
      const { worksWith } = item.dataset;
      const isHere = document.querySelector(`:not(#dialogs *):is(${worksWith})`);
      item.toggleAttribute("data-idle", !isHere || (isOff && "single" in item.dataset));
      item.querySelector("[data-elsewhere]").hidden = Boolean(isHere);
    }
  }
}

customElements.define("shortcut-list", ShortcutList);

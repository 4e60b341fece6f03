import { hasChanges } from "../lib/fields.js";

/* In a form: Ctrl+Enter confirms from anywhere, Escape cancels.

   Where much may have been typed (data-careful), Escape leads to the button that throws it
   away; pressed there, it does so. */
class QuickKeys extends HTMLElement {
  connectedCallback() {
    this.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        const cancel = this.querySelector("[data-cancel]");
        if (!cancel) return;
        event.preventDefault();
        if (event.repeat) return;
        if (event.target !== cancel && this.hasMuchToLose()) cancel.focus();
        else cancel.click();
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.closest("form").requestSubmit();
      }
    });
  }

  hasMuchToLose() {
    if (!("careful" in this.dataset)) return false;
    /* What the server has sent back with a complaint is in the fields as if it were kept. */
    return hasChanges(this) || this.querySelector("[data-typed]") !== null;
  }
}

customElements.define("quick-keys", QuickKeys);

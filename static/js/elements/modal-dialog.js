import { hasChanges } from "../lib/fields.js";
import { giveBack } from "../lib/focus.js";
import { asker, hold } from "../lib/late-answers.js";
import { placeBefore } from "../lib/shortcuts.js";

/* Shows the server's <dialog> as a modal one, and goes away with it.

   On a page of its own (data-standalone) the dialog stays in the page and its cancel
   button leads back, as it does without JavaScript. */
class ModalDialog extends HTMLElement {
  connectedCallback() {
    if ("standalone" in this.dataset) return;
    /* Not the active element: the focus may have gone on while the dialog was on its way. */
    this.opener = asker?.closest("modal-dialog")?.opener ?? placeBefore(asker) ?? asker;
    this.dialog = this.querySelector("dialog");
    this.dialog.removeAttribute("open");
    this.dialog.showModal();
    this.keepKeyboardAway();
    this.watching = new AbortController();
    for (const name of ["resize", "scroll"]) {
      visualViewport.addEventListener(name, () => this.rise(), { signal: this.watching.signal });
    }
    this.dialog.addEventListener("close", () => {
      hold(this);
      this.remove();
    });
    /* What was typed a draft keeps; an order of columns none. */
    this.dialog.addEventListener("cancel", (event) => {
      const cancel = this.querySelector("[data-changed] [data-close]");
      if (!cancel || cancel === document.activeElement) return;
      event.preventDefault();
      cancel.focus();
    });
    this.dialog.addEventListener("click", (event) => {
      const isBackdrop = event.target === this.dialog && this.hasNothingTyped();
      const isCancel = event.target.closest("[data-close]");
      if (!isBackdrop && !isCancel) return;
      event.preventDefault();
      this.dialog.close();
    });
  }

  /* A phone's keyboard takes half the screen: it comes when a field is tapped on, or with
     one that the dialog is all about. */
  keepKeyboardAway() {
    const { activeElement: field } = document;
    const brings = field.matches("textarea, input:not([type=checkbox])") && !field.autofocus;
    if (!brings || !matchMedia("(pointer: coarse)").matches) return;
    this.dialog.tabIndex = -1;
    this.dialog.focus();
  }

  /* iOS lays its keyboard over the page instead of making it shorter. */
  rise() {
    const { height, offsetTop, scale } = visualViewport;
    const covered = scale > 1.01 ? 0 : Math.max(0, innerHeight - height - offsetTop);
    this.dialog.style.setProperty("--keyboard", `${covered}px`);
  }

  disconnectedCallback() {
    this.watching?.abort();
    if (!this.opener) return;
    /* Whoever is in a field already, in the moment since it was closed, stays there. */
    const isTyping = document.activeElement.matches("input, textarea, select");
    if (!isTyping) giveBack(this.opener, '[aria-current="step"]');
    /* What came of the dialog may stand at the top of the page, out of sight. */
    document.querySelector("#notices .notice")?.scrollIntoView({ block: "nearest" });
  }

  /* A click beside the dialog must not throw away what was typed or chosen, nor what the
     server has been told of and has not kept (data-changed). */
  hasNothingTyped() {
    return !hasChanges(this) && this.querySelector("[data-changed]") === null;
  }
}

customElements.define("modal-dialog", ModalDialog);

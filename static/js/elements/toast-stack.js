/* Lets toasts go after a while, but never while somebody points at them or is in them, or
   what their button does is on its way; and at once by a button with data-dismiss. With that
   done, the button is gone and the focus goes back to where it was before. */
const SECONDS = 8;

class ToastStack extends HTMLElement {
  connectedCallback() {
    this.timers = new Map();
    this.observer = new MutationObserver(() => this.watch());
    this.observer.observe(this, { childList: true });
    this.addEventListener("focusin", ({ relatedTarget }) => {
      if (!this.contains(relatedTarget)) this.before = relatedTarget;
    });
    this.addEventListener("htmx:beforeRequest", ({ target }) => (this.sent = target));
    this.addEventListener("click", ({ target }) => {
      if (target.closest("[data-dismiss]")) this.dismiss(target.closest(".toast"));
    });
    this.watch();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.timers.forEach((timer) => clearTimeout(timer));
  }

  watch() {
    for (const toast of this.querySelectorAll(".toast:not([role=alert])")) {
      if (!this.timers.has(toast)) this.timers.set(toast, this.wait(toast));
    }
    for (const toast of this.timers.keys()) {
      if (!toast.isConnected) this.timers.delete(toast);
    }
    if (!this.sent || this.contains(this.sent)) return;
    this.sent = null;
    this.giveBack();
  }

  dismiss(toast) {
    toast.remove();
    this.giveBack();
  }

  giveBack() {
    if (document.activeElement !== document.body) return;
    this.before?.focus({ preventScroll: true });
    if (document.activeElement !== document.body) return;
    /* Not before it is needed: a page is there sooner without it. */
    import("../lib/focus.js").then(({ giveBack }) => giveBack(this.before));
  }

  wait(toast) {
    return setTimeout(() => {
      const isNeeded = toast.matches(":hover, :focus-within, :has(.htmx-request)");
      if (isNeeded) this.timers.set(toast, this.wait(toast));
      else toast.remove();
    }, SECONDS * 1000);
  }
}

customElements.define("toast-stack", ToastStack);

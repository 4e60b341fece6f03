/* Keeps what is typed in the form around it until the server has it.

   The draft carries the values that were seen along, so that what somebody else changed
   meanwhile is a conflict and not overwritten; and the token, so that an entry whose answer
   was lost is not written twice. */
import { forget, gather, keep, keptFor } from "../lib/drafts.js";
import { isChanged, isTicked } from "../lib/fields.js";

const OTHERS = ["hidden", "password", "file", "submit", "button", "fieldset"];
/* What is sent by itself as soon as it is chosen needs no draft. */
const isKept = (field) =>
  (field.name && !OTHERS.includes(field.type) && !field.hasAttribute("hx-post")) ||
  "beyond" in field.dataset;
const isCarried = ({ name, type }) => type === "hidden" && /^(token|seen.*)$/.test(name);
const nameOf = (field) => field.dataset.keptAs ?? field.name;

function valuesOf(field) {
  if (isTicked(field)) return field.checked ? [field.value] : [];
  if (field.type === "select-multiple") return [...field.selectedOptions].map((o) => o.value);
  return [field.value];
}

/* Whose draft has asked for another form, which brings what was restored. */
let awaited = null;

class DraftKeeper extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.address = this.dataset.address || new URL(this.form.action).pathname;
    this.fresh = this.carried();
    this.handlers = {
      input: () => this.onInput(),
      change: () => this.onInput(),
      click: (event) => this.onClick(event),
      "htmx:beforeRequest": ({ target }) => {
        if (this.sends(target)) this.sent = JSON.stringify(this.fields());
      },
      "htmx:beforeOnLoad": (event) => this.onAnswer(event),
    };
    for (const [name, handler] of Object.entries(this.handlers)) {
      this.form.addEventListener(name, handler);
    }
    this.warn = (event) => event.preventDefault();
    if ("gathers" in this.dataset) gather(this.address);
    /* The server's own answer holds what was typed: that it knows it is not that it has it. */
    const draft = keptFor(this.address);
    if (this.isAnswer && !(draft && "soFar" in this.dataset)) this.keep();
    else this.restore(draft);
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.warn);
    for (const [name, handler] of Object.entries(this.handlers)) {
      this.form.removeEventListener(name, handler);
    }
  }

  /* One of its buttons may send it elsewhere. */
  sends(element) {
    return element === this.form || (element.type === "submit" && element.form === this.form);
  }

  get kept() {
    return [...this.form.elements].filter(isKept);
  }

  /* The form has come with what was typed, as if it were its own. */
  get isAnswer() {
    return "typed" in this.dataset || "soFar" in this.dataset;
  }

  /* What kind of entry it would be is nothing without the entry. */
  get isTyped() {
    return this.kept.some((field) => field.name !== this.dataset.beside && isChanged(field));
  }

  fields() {
    const fields = {};
    for (const field of this.kept) (fields[nameOf(field)] ??= []).push(...valuesOf(field));
    return fields;
  }

  carried() {
    const hidden = [...this.form.elements].filter(isCarried);
    return Object.fromEntries(hidden.map(({ name, value }) => [name, value]));
  }

  carry(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.form.elements[name];
      if (field) field.value = value;
    }
  }

  keep() {
    const isKeptNow = keep(this.address, { fields: this.fields(), carried: this.carried() });
    if (isKeptNow) removeEventListener("beforeunload", this.warn);
    else addEventListener("beforeunload", this.warn);
  }

  onInput() {
    if (this.isRestored) {
      /* Another text than the one that may have arrived is another entry. */
      this.isRestored = false;
      if (this.fresh.token) this.carry({ token: this.fresh.token });
    }
    if (this.isAnswer || this.isTyped) this.keep();
    else this.discard();
  }

  /* A day that is not suggested any more is not chosen: it would leave none. */
  offers(name, values) {
    return this.kept.some((field) => field.name === name && values.includes(field.value));
  }

  restore(draft) {
    if (!draft) return;
    const now = this.fields();
    const differing = this.kept.filter((field) => {
      const name = nameOf(field);
      return draft.fields[name] && String(draft.fields[name]) !== String(now[name]);
    });
    /* Typed before this was there. */
    if (differing.some(isChanged)) return;
    for (const field of differing) {
      const values = draft.fields[nameOf(field)];
      if (field.type === "radio" && !this.offers(field.name, values)) continue;
      if (isTicked(field)) field.checked = values.includes(field.value);
      else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = values.includes(option.value);
      } else field.value = values[0];
      /* A choice that is not offered any more leaves the field without one. */
      if (field.type === "select-one" && field.selectedIndex < 0) field.selectedIndex = 0;
    }
    if ("soFar" in this.dataset) {
      /* Also what was typed while it was on its way. */
      this.keep();
      if (awaited === this.address) this.hint();
      awaited = null;
    } else if (this.isTyped) {
      this.carry(draft.carried);
      this.isRestored = true;
      this.hint();
      for (const field of differing.filter(isChanged)) {
        field.closest("details")?.setAttribute("open", "");
      }
    } else {
      this.discard();
      return;
    }
    /* Which fields there are may follow from a choice: its answer has the others. */
    const choice = differing.find((field) => field.closest("[hx-trigger=change]"));
    if (choice) this.ask(choice, draft);
  }

  /* Sends what the draft has of fields that are not in the form, so that none is lost. */
  ask(choice, { fields }) {
    const names = new Set(this.kept.map(nameOf));
    for (const [name, values] of Object.entries(fields)) {
      if (names.has(name)) continue;
      for (const value of values) {
        const field = Object.assign(document.createElement("input"), { type: "hidden", name });
        field.setAttribute("value", value);
        field.dataset.beyond = "";
        this.form.append(field);
      }
    }
    const send = () => {
      awaited = this.address;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    };
    /* Before that nobody may hear it. */
    if (document.readyState === "complete") send();
    else addEventListener("load", send, { once: true });
  }

  hint() {
    this.append(document.getElementById("draft-hint").content.cloneNode(true));
  }

  onClick(event) {
    if (event.target.closest("[data-discard]") && this.isAnswer) {
      this.leave();
      location.reload();
    } else if (event.target.closest("[data-discard]")) {
      this.form.reset();
      this.form.querySelectorAll("[data-beyond]").forEach((field) => field.remove());
      this.carry(this.fresh);
      this.replaceChildren();
      this.discard();
      this.kept.find((field) => field.type !== "radio")?.focus();
    } else if (event.target.closest('[data-close], button[form="open"]')) {
      this.leave();
    }
  }

  /* A field that goes away while it has the focus tells its change once more. */
  leave() {
    this.disconnectedCallback();
    this.discard();
  }

  discard() {
    removeEventListener("beforeunload", this.warn);
    forget(this.address);
  }

  onAnswer({ target, detail: { xhr } }) {
    if (!this.sends(target) || xhr.status < 200 || xhr.status > 299) return;
    this.leave();
    /* What was typed while the answer was on its way: the form that comes brings it back. */
    if (this.sent !== JSON.stringify(this.fields())) {
      keep(this.address, { fields: this.fields(), carried: {} });
    }
  }
}

customElements.define("draft-keeper", DraftKeeper);

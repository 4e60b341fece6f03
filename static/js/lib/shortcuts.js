/* Presses what the page declares a key for by aria-keyshortcuts; see leads/shortcuts.py. */
import { isOpening } from "./late-answers.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const TYPING = "input, textarea, select, [contenteditable], dialog[open]";

/* Calls the keys inside `element` what they are called on a Mac, where it is one. */
export function nameKeys(element) {
  if (!isMac) return;
  for (const key of element.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;
}

/* What a key has pressed last, and where the focus was then. */
let pressed = {};

/* A field keeps the focus for a moment after its dialog has closed. */
const isTypedIn = (target) => target.closest(TYPING) !== null && target.checkVisibility();

export function press(element) {
  if (element.matches("input, textarea")) {
    element.focus();
    /* What is searched for comes anew; what is written goes on. */
    if (element.matches("input")) element.select();
  } else {
    pressed = { element, place: document.activeElement };
    element.click();
  }
}

/* Returns where the focus is to go back to if `element` was pressed by its key. */
export function placeBefore(element) {
  const { place } = element === pressed.element ? pressed : {};
  pressed = {};
  return place;
}

/* Presses what Enter alone presses, also from a field of several lines; in a part of the
   form with a button of its own (details), that one. */
function confirmForm(event) {
  const { target } = event;
  if (!target.matches("input, textarea, select") || target.form?.method !== "post") return;
  const buttons = [...target.form.elements].filter(({ type }) => type === "submit");
  const button = buttons.find((b) => target.closest("details")?.contains(b)) ?? buttons[0];
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
}

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
  const hasCommand = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!hasCommand && (ctrlKey || metaKey)) return;
  /* One character alone may be meant for what is typed in, also in the dialog that is on
     its way; a combination is not. */
  const { keys } = document.documentElement.dataset;
  if (!hasCommand && (isTypedIn(target) || keys === "off" || isOpening())) return;
  if (hasCommand && key === "Enter") confirmForm(event);
  if (document.querySelector("dialog:modal")) return;
  const name = `${hasCommand ? (isMac ? "Meta+" : "Control+") : ""}${key.toUpperCase()}`;
  const element = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(name)}"]`);
  if (!element) return;
  event.preventDefault();
  press(element);
});

/* Switched in the dialog, they are so on the page behind it, too. */
document.addEventListener("single-keys", ({ detail }) => {
  document.documentElement.dataset.keys = detail.are;
});

nameKeys(document);

/* Presses what the page declares a key for by aria-keyshortcuts; see leads/shortcuts.py. */
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const TYPING = "input, textarea, select, [contenteditable], dialog";
const page = document.documentElement;

/* What a key has pressed last, and where the focus was then. */
let pressed = {};

/* Returns where the focus is to go back to if `element` was pressed by its key. */
export function placeBefore(element) {
  const { place } = element === pressed.element ? pressed : {};
  pressed = {};
  return place;
}

export function press(element) {
  if (element.matches("input, textarea")) {
    element.focus();
    element.select();
  } else {
    pressed = { element, place: document.activeElement };
    element.click();
  }
}

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
  const hasCommand = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!hasCommand && (ctrlKey || metaKey)) return;
  /* One character alone may be meant for what is typed in; a combination is not. */
  if (!hasCommand && (target.closest(TYPING) || page.dataset.keys === "off")) return;
  if (document.querySelector("dialog:modal")) return;
  const name = `${hasCommand ? (isMac ? "Meta+" : "Control+") : ""}${key.toUpperCase()}`;
  const element = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(name)}"]`);
  if (!element) return;
  event.preventDefault();
  press(element);
});

/* What is seldom needed comes with the dialog that needs it. */
document.addEventListener("htmx:load", ({ detail }) => {
  if (detail.elt.querySelector("shortcut-list")) import("../keyboard.js");
});

export const macNames = (element) => {
  if (!isMac) return;
  for (const one of element.querySelectorAll("[data-mac]")) one.textContent = one.dataset.mac;
};

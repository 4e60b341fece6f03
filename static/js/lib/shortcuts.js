/* Presses what the page declares a key for by aria-keyshortcuts; see leads/shortcuts.py. */
import { isMac, nameKeys, press } from "./keys.js";

nameKeys(document);
const TYPING = "input, textarea, select, [contenteditable], dialog";

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
  const hasCommand = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!hasCommand && (ctrlKey || metaKey)) return;
  /* One character alone may be meant for what is typed in; a combination is not. */
  const { keys } = document.documentElement.dataset;
  if (!hasCommand && (target.closest(TYPING) || keys === "off")) return;
  if (document.querySelector("dialog:modal")) return;
  const name = `${hasCommand ? (isMac ? "Meta+" : "Control+") : ""}${key.toUpperCase()}`;
  const element = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(name)}"]`);
  if (!element) return;
  event.preventDefault();
  press(element);
});

/* What is seldom needed comes with the dialog that needs it. */
document.addEventListener("htmx:load", ({ detail }) => {
  if (detail.elt.querySelector("search-palette, shortcut-list")) import("../keyboard.js");
});

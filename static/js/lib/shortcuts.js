/* Presses what the page declares a key for by aria-keyshortcuts; see leads/shortcuts.py. */
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const TYPING = "input, textarea, select, [contenteditable], dialog";

function press(element) {
  if (!element.matches("input, textarea")) return element.click();
  element.focus();
  element.select();
}

document.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (event.defaultPrevented || event.altKey || event.isComposing || event.repeat) return;
  const hasCommand = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  /* One character alone may be meant for what is typed in; a combination is not. */
  if (!hasCommand && (ctrlKey || metaKey || target.closest(TYPING))) return;
  if (document.querySelector("dialog:modal")) return;
  const name = `${hasCommand ? (isMac ? "Meta+" : "Control+") : ""}${key.toUpperCase()}`;
  const element = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(name)}"]`);
  if (!element) return;
  event.preventDefault();
  press(element);
});

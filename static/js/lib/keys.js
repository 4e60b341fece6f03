export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/* Calls the keys inside `element` what they are called on a Mac, where it is one. */
export function nameKeys(element) {
  if (!isMac) return;
  for (const key of element.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;
}

/* What a key has pressed last, and where the focus was then. */
let pressed = {};

export function press(element) {
  if (element.matches("input, textarea")) {
    element.focus();
    element.select();
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

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

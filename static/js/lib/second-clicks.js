/* Whoever double-clicks what needs one click means one: the second goes nowhere when the
   first brought something else to where the mouse is, or laid a dialog over it. Only who
   turns pages clicks fast at one place and means each. */
const TURNING = "[rel=next], [rel=prev]";
/* Fast taps are counted on wherever they are: one beside the first means something else. */
const BESIDE = 24;
let first = null;

function isGone(element) {
  if (!element?.isConnected) return true;
  const dialog = document.querySelector("dialog:modal");
  return dialog !== null && !dialog.contains(element);
}

function swallow(event) {
  const { type, detail, target, clientX: x, clientY: y } = event;
  const isBeside = first && Math.hypot(x - first.x, y - first.y) > BESIDE;
  if (type === "mousedown" && (detail <= 1 || isBeside)) first = { target, x, y };
  if (detail <= 1 || isBeside || !isGone(first?.target) || target.closest(TURNING)) return;
  /* The focus, too, stays where the first click brought it. */
  event.preventDefault();
  event.stopImmediatePropagation();
}

for (const kind of ["mousedown", "click", "dblclick"]) addEventListener(kind, swallow, true);

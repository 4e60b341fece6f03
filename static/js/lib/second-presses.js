import { remember, remembered, unremember } from "./drafts.js";

/* Whoever presses twice what needs one press means one: the second goes nowhere when the
   first brought something else to where it is, or laid a dialog over it. Only who turns
   pages, or takes files away, presses fast at one place and means each. */
const MEANT = "[rel=next], [rel=prev], [data-dismiss], [data-cancel-upload]";
/* Fast taps are counted on wherever they are: one beside the first means something else. */
const BESIDE = 24;
/* A slow double-click is not counted as one; what has just appeared nobody has read yet. */
const UNREAD = 500; // milliseconds
/* Where the press was that has opened this page. */
const PLACE = "pressed";
let first = JSON.parse(remembered(PLACE));
unremember(PLACE);
let isSecond = false;
let isLeaving = false;
let struck = null;
let shownAt = -UNREAD;
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.matches("body, modal-dialog")) shownAt = performance.now();
});
/* Whoever types into it has seen it. */
addEventListener("input", () => (shownAt = -UNREAD), true);
const isUnread = ({ timeStamp }) => timeStamp - shownAt < UNREAD;

function isCovered(element) {
  const dialog = document.querySelector("dialog:modal");
  return dialog !== null && !dialog.contains(element);
}

function isGone(element) {
  if (element?.isConnected) return isCovered(element);
  /* What comes back under its name has not gone. */
  return !element?.id || !document.getElementById(element.id);
}

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function onPointer(event) {
  const { type, detail, target, timeStamp: at, clientX: x, clientY: y } = event;
  if (type === "mousedown") {
    const rise = scrollY - (first?.scrolled ?? scrollY);
    const isBeside = first && Math.hypot(x - first.x, y + rise - first.y) > BESIDE;
    /* The press that has opened this page has no time in it. */
    const isSoon = detail > 1 || (first && !(first.at > shownAt) && isUnread(event));
    isSecond = isSoon && !isBeside && isGone(first?.target);
    if (!isSecond) first = { target, at, x, y, scrolled: scrollY };
  }
  /* Keys click, too, and the focus stays where the first press brought it. */
  if (isSecond && detail && !target.closest(MEANT)) swallow(event);
}

function onKey(event) {
  const { key, target, type } = event;
  first = null;
  const isHeld = event.repeat && key === "Enter" && !target.matches("textarea");
  const isAgain = struck?.key === key && isUnread(event) && isCovered(struck.target);
  const isSecond = isAgain && target.matches("a, button, [type=checkbox]");
  if (isHeld || isSecond) swallow(event);
  else if (type === "keydown") struck = key === "Enter" || key === " " ? { key, target } : null;
}

for (const kind of ["mousedown", "click", "dblclick"]) addEventListener(kind, onPointer, true);
for (const kind of ["keydown", "keyup"]) addEventListener(kind, onKey, true);
addEventListener("click", ({ defaultPrevented, target }) => {
  isLeaving = !defaultPrevented && target.closest("a[href]") !== null;
});
addEventListener("pagehide", () => {
  if (!isLeaving || !first) return;
  const { x, y } = first;
  remember(PLACE, JSON.stringify({ x, y }));
});

/* A form that takes the page along is sent once. Where the page stays after all, because
   somebody was asked and remained, or came back to it, it may be sent again. */
const LEFT = 10_000; // milliseconds
let sent = new WeakMap();
addEventListener("submit", (event) => {
  const { target: form, defaultPrevented, timeStamp } = event;
  if (form.method !== "post" || defaultPrevented) return;
  if (timeStamp - sent.get(form) < LEFT) event.preventDefault();
  else sent.set(form, timeStamp);
  isLeaving = true;
});
addEventListener("pageshow", () => (sent = new WeakMap()));

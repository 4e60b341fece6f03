/* Leads the keyboard on to the next line where one is deleted: the button that had the focus
   goes. What an editor is to make room for may be deleted, too; then it goes without it. */
import { giveBack, leadTo } from "./focus.js";

let isAwaited = false;
let heir;

function goOn() {
  isAwaited = false;
  if (document.activeElement !== document.body) return;
  if (heir) leadTo(heir);
  else giveBack();
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, xhr, shouldSwap, requestConfig } = detail;
  const { elt, field } = requestConfig;
  if (!target.matches("li")) return;
  heir = target.nextElementSibling ?? target.previousElementSibling;
  isAwaited = shouldSwap && target.contains(field);
  if (xhr.status === 404 && elt.matches("[data-cancel]")) {
    detail.isError = false;
    target.remove();
    goOn();
  }
});

document.addEventListener("htmx:afterSettle", () => {
  if (isAwaited) goOn();
});

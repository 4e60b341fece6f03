import "./elements/call-link.js";
import "./elements/menu-box.js";
import "./elements/row-opener.js";
import "./elements/row-picker.js";
import "./elements/toast-stack.js";
import "./lib/drafts.js";
import "./lib/failures.js";
import "./lib/late-answers.js";
import "./lib/second-presses.js";
import "./lib/shortcuts.js";
import "./lib/stray-drops.js";

/* Dialogs wait out of sight for what shows them: it is there, or on its way. */
document.documentElement.dataset.scripts = "";
/* What is seldom needed comes with the dialog that needs it. */
document.addEventListener("htmx:load", ({ detail }) => {
  const has = (names) => detail.elt.querySelector(names) !== null;
  if (has("search-palette, shortcut-list")) import("./keyboard.js");
  if (has("draft-keeper")) import("./elements/draft-keeper.js");
  if (has("dialog")) import("./hands.js").catch(() => standIn(detail.elt));
  if (has("chip-or-date")) import("./elements/chip-or-date.js");
  if (has("quick-keys")) import("./elements/quick-keys.js");
});
/* What makes a dialog of it has not arrived: it stands in the page, as without scripts. */
function standIn(place) {
  const dialog = place.querySelector("dialog");
  dialog.closest("modal-dialog").setAttribute("data-standalone", "");
  dialog.scrollIntoView();
}
/* A mouse or a key asks for it; which key it was, is told again. */
async function wake({ key, target }) {
  if (customElements.get("cell-editor")) return;
  await import("./hands.js");
  if (key === "F2") target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}
for (const first of ["mousemove", "keydown"]) addEventListener(first, wake, { once: true });
/* Where nothing hovers, a button does. */
if (matchMedia("(hover: none)").matches) import("./hands.js");
/* Only phones have an app of their own for it. */
if (matchMedia("(pointer: coarse)").matches) import("./lib/maps.js");

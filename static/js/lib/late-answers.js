/* What an answer finds when it comes: whoever asked may have gone on meanwhile.

   Of what is asked for one place the newest counts. A dialog comes neither over another nor
   while somebody has begun to type elsewhere. And a form that is sent stays in the page, out
   of sight, until it is answered: htmx brings what it hears only to a page that it is in. */
import { hasChanges } from "./fields.js";

const PLACES = ["dialogs", "panel", "list"];
const TYPING = "textarea, select, input:not([type=checkbox], [type=radio])";
const SENT = "form[hx-post].htmx-request";
const held = document.createElement("div");
held.hidden = true;
/* By its place, what is on its way there. */
const asked = new Map();

/* Whom the last answer was for: a dialog that comes is it. */
export let asker = null;

export const isOpening = () => asked.has("dialogs");

/* Keeps what was sent from `place`, which is about to go. */
export function hold(place, answered) {
  document.body.append(held);
  for (const form of place.querySelectorAll(SENT)) if (form !== answered) held.append(form);
}

document.addEventListener("htmx:confirm", (event) => {
  const { elt, target, verb } = event.detail;
  const before = verb === "get" && asked.get(target.id);
  if (!before) return;
  /* A link asks for the same once more; a form may say something else by now. */
  if (before.elt === elt && !elt.matches("form")) event.preventDefault();
  else before.xhr.abort();
});

/* What is typed or chosen, and not in the list yet, goes along with what comes after it. */
document.addEventListener("htmx:configRequest", ({ detail: { target, parameters } }) => {
  if (target.id !== "list") return;
  for (const { name, value } of document.querySelectorAll("#search, #list > .chips select")) {
    if (value !== (parameters[name] ?? "")) parameters[name] = value;
  }
});

document.addEventListener("htmx:beforeRequest", ({ detail: { xhr, target, requestConfig } }) => {
  requestConfig.field = document.activeElement;
  const { elt, verb } = requestConfig;
  const { id } = target;
  if (verb !== "get" || !PLACES.includes(id)) return;
  asked.set(id, { elt, xhr });
  xhr.addEventListener("loadend", () => {
    if (asked.get(id)?.xhr === xhr) asked.delete(id);
  });
});

function hasGoneOn({ elt, field }) {
  const dialog = document.querySelector("dialog:modal");
  if (dialog) return !dialog.contains(elt);
  const { activeElement: now } = document;
  return now !== field && now.matches(TYPING);
}

/* Returns where the answer to a form out of sight belongs, if that is there and untouched. */
function placeOf(target) {
  const place = document.getElementById(target.id);
  return place && !held.contains(place) && !hasChanges(place) && place;
}

document.addEventListener("htmx:beforeSwap", ({ detail, defaultPrevented }) => {
  const { target, requestConfig, xhr } = detail;
  if (defaultPrevented) return;
  const place = held.contains(target) ? placeOf(target) : target;
  if (!place || (target.id === "dialogs" && hasGoneOn(requestConfig))) {
    detail.swapOverride = "none";
    detail.isError ||= xhr.status >= 400;
    return;
  }
  asker = requestConfig.elt;
  detail.target = place;
  if (place !== requestConfig.elt && place.matches(SENT)) {
    detail.target = place.cloneNode();
    place.replaceWith(detail.target);
    held.append(place);
  }
  hold(detail.target, requestConfig.elt);
});

/* After a failure it can be sent once more. */
document.addEventListener("htmx:afterOnLoad", ({ target, detail }) => {
  if (detail.successful && held.contains(target)) target.remove();
});

/* A search that is typed on is the same one to who goes back. */
let last;
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history, requestConfig } }) => {
  if (requestConfig.elt === last) history.type = "replace";
  last = requestConfig.elt;
});

/* What an answer finds when it comes: whoever asked may have gone on meanwhile.

   Of what is asked for one place the newest counts. A dialog comes neither over another nor
   while somebody has begun to type elsewhere, whose focus nothing takes. And a form that is
   sent stays in the page, out of sight, until it is answered: htmx brings what it hears only
   to a page that it is in. */
import { hasChanges } from "./fields.js";

const PLACES = ["dialogs", "panel", "list"];
const TYPING = "textarea, select, input:not([type=checkbox], [type=radio])";
const SENT = "[hx-post].htmx-request";
/* A row, because that is where the answer to a cell of a list belongs. */
const held = document.createElement("tr");
held.hidden = true;
/* By its form, where it was. */
const homes = new WeakMap();
/* By its place, what is on its way there. */
const asked = new Map();

/* Whom the last answer was for: a dialog that comes is it. */
export let asker = null;

const UNSHOWN = "modal-dialog:not(:defined, [data-standalone])";
export const isOpening = () =>
  asked.has("dialogs") || document.querySelector(UNSHOWN) !== null;

/* Keeps what was sent from `place`, which is about to go. */
export function hold(place, answered) {
  document.body.append(held);
  for (const element of place.querySelectorAll(SENT)) {
    const sent = element.closest("form") ?? element;
    if (element === answered || sent === answered) continue;
    homes.set(sent, sent.parentElement);
    held.append(sent);
  }
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

function isTypingElsewhere({ field }) {
  const { activeElement: now } = document;
  return now !== field && now.matches(TYPING);
}

/* The newest button that was pressed has the focus, until its answer comes. */
function isAskingElsewhere({ field }) {
  const { activeElement: now } = document;
  return now !== field && now.matches(".htmx-request");
}

function hasGoneOn({ elt, field }) {
  const dialog = document.querySelector("dialog:modal");
  return dialog ? !dialog.contains(elt) : isTypingElsewhere({ field });
}

/* Returns where the answer to a form out of sight belongs, if that is there and untouched. */
function placeOf(target) {
  const place = document.getElementById(target.id);
  return place && !held.contains(place) && !hasChanges(place) && place;
}

/* A row is looked for from the cell, which may be there still. */
document.addEventListener("htmx:beforeOnLoad", ({ target, detail: { xhr } }) => {
  const home = held.contains(target) && homes.get(target);
  const isOfRow = xhr.getResponseHeader("HX-Retarget")?.startsWith("closest");
  if (home?.isConnected && isOfRow) home.append(target);
});

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

/* A button that is disabled while it is on its way has lost the focus. */
function giveToSuccessor({ field }) {
  if (field?.id && document.activeElement === document.body) {
    document.getElementById(field.id)?.focus({ preventScroll: true });
  }
}

document.addEventListener("htmx:afterSwap", ({ detail: { elt, requestConfig } }) => {
  if (!requestConfig) return;
  giveToSuccessor(requestConfig);
  if (!isTypingElsewhere(requestConfig) && !isAskingElsewhere(requestConfig)) return;
  if (elt.contains(document.activeElement)) return;
  for (const one of [elt, ...elt.querySelectorAll("[autofocus]")]) {
    one.removeAttribute("autofocus");
  }
});

/* After a failure it can be sent once more. */
document.addEventListener("htmx:afterOnLoad", ({ target, detail }) => {
  const sent = [...held.children].find((one) => one.contains(target));
  const isAwaited = sent?.matches(".htmx-request, :has(.htmx-request)");
  if (detail.successful && !isAwaited) sent?.remove();
});

/* A search that is typed on is the same one to who goes back. */
let last;
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history, requestConfig } }) => {
  if (requestConfig.elt === last) history.type = "replace";
  last = requestConfig.elt;
});

/* Says so when a request failed, and offers to try again; what was typed stays there. */
const texts = { 403: "forbidden", 404: "gone", 429: "limited" };

/* Behind a modal dialog nothing is read out, nor within reach. */
export function show(toast) {
  const dialog = document.querySelector("dialog:modal");
  const stack = dialog ? stackIn(dialog) : document.getElementById("toasts");
  stack.append(toast);
}

function stackIn(dialog) {
  const there = dialog.querySelector("toast-stack");
  if (there) return there;
  const made = document.getElementById("toasts").cloneNode();
  made.removeAttribute("id");
  dialog.prepend(made);
  return made;
}

/* Does again what was done, as far as that is still there; or else sends the same. */
function repeat({ elt, target, etc, requestConfig: { verb, path, formData, triggeringEvent } }) {
  const isThere = elt.isConnected && elt !== document.body;
  const { type, submitter } = triggeringEvent ?? {};
  /* Of its buttons htmx knows the one that is clicked. */
  if (isThere && submitter) submitter.click();
  else if (isThere && type === "submit") elt.requestSubmit();
  else if (isThere && (type === "click" || elt.type === "checkbox")) elt.click();
  else {
    const swap = etc.swapOverride ?? elt.getAttribute("hx-swap");
    const lost = { source: document.body, values: formData };
    htmx.ajax(verb, path, { target, swap, ...(isThere ? { source: elt } : lost) }).catch(() => {});
  }
}

function tell(kind, detail) {
  const template = document.getElementById("failure-toast");
  const toast = template.content.firstElementChild.cloneNode(true);
  for (const text of toast.querySelectorAll("[data-text]")) {
    if (text.dataset.text !== kind) text.remove();
  }
  const retry = toast.querySelector("[data-retry]");
  if (kind === "offline" || kind === "error") {
    retry.addEventListener("click", () => {
      toast.closest("toast-stack").dismiss(toast);
      repeat(detail);
    });
  } else {
    retry.remove();
  }
  document.querySelectorAll(".toast[role=alert]").forEach((old) => old.remove());
  show(toast);
  /* A tick is saved at once, or it is none. */
  const { elt } = detail;
  if (elt.type === "checkbox") elt.checked = !elt.checked;
}

document.addEventListener("htmx:sendError", (event) => tell("offline", event.detail));
document.addEventListener("htmx:responseError", (event) => {
  tell(texts[event.detail.xhr.status] ?? "error", event.detail);
});

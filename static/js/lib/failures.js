/* Says so when a request failed, and offers to try again; what was typed stays there. */
const texts = { 403: "forbidden", 404: "gone", 429: "limited" };

function tell(kind, detail) {
  const template = document.getElementById("failure-toast");
  const toast = template.content.firstElementChild.cloneNode(true);
  for (const text of toast.querySelectorAll("[data-text]")) {
    if (text.dataset.text !== kind) text.remove();
  }
  const retry = toast.querySelector("[data-retry]");
  const source = detail.elt;
  if ((kind === "offline" || kind === "error") && source?.isConnected) {
    retry.addEventListener("click", () => {
      toast.remove();
      if (source instanceof HTMLFormElement) source.requestSubmit();
      else source.click();
    });
  } else {
    retry.remove();
  }
  toast.querySelector("[data-close]").addEventListener("click", () => toast.remove());
  const stack = document.getElementById("toasts");
  stack.querySelectorAll("[role=alert]").forEach((old) => old.remove());
  stack.append(toast);
}

document.addEventListener("htmx:sendError", (event) => tell("offline", event.detail));
document.addEventListener("htmx:responseError", (event) => {
  tell(texts[event.detail.xhr.status] ?? "error", event.detail);
});

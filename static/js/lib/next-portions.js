/* Leads the keyboard on to the first line that "Show older ones" has brought: the link that
   had the focus goes. */
import { leadTo } from "./focus.js";

let isAwaited = false;

document.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, shouldSwap } }) => {
  const { elt } = requestConfig;
  isAwaited = shouldSwap && elt.matches("[data-more]") && elt === document.activeElement;
});

document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (!isAwaited) return;
  isAwaited = false;
  leadTo(elt.querySelector("li") ?? elt);
});

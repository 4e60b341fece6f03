/* Gives the focus back to `element`, or to what has taken its place: that has the same
   label, or address. Where there is neither, to what `instead` matches or to the content, so
   that the keyboard does not begin at the top of the page. */
export function giveBack(element, instead = "#content") {
  const label = element?.getAttribute("aria-labelledby");
  const address = element?.getAttribute("hx-get") ?? "";
  const successor = label
    ? `[aria-labelledby="${CSS.escape(label)}"]:enabled`
    : `[hx-get="${CSS.escape(address)}"]`;
  const again = element?.isConnected ? element : document.querySelector(successor);
  (again ?? document.querySelector(instead))?.focus({ preventScroll: true });
  if (document.activeElement !== document.body) return;
  document.getElementById("content").focus({ preventScroll: true });
}

/* Leads the keyboard on to a line, which has no place in its order otherwise. */
export function leadTo(line) {
  line.tabIndex = -1;
  line.addEventListener("blur", () => line.removeAttribute("tabindex"), { once: true });
  line.focus();
}

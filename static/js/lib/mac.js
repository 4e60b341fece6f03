export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/* Calls the keys inside `element` what they are called on a Mac, where it is one. */
export function nameKeys(element) {
  if (!isMac) return;
  for (const key of element.querySelectorAll("[data-mac]")) key.textContent = key.dataset.mac;
}

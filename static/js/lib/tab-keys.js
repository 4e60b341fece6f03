/* Answers to the keys that tabs promise. They stay links, all of them on the way of Tab, and
   an arrow only moves on: what another one shows is asked for by Enter or Space. */
const TARGETS = {
  ArrowRight: (place) => place + 1,
  ArrowLeft: (place) => place - 1,
  Home: () => 0,
  End: () => -1,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const tab = event.target.closest('[role="tab"]');
  if (!tab) return;
  if (event.key === " ") {
    event.preventDefault();
    if (!event.repeat) tab.click();
  } else if (event.key in TARGETS) {
    event.preventDefault();
    const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    tabs.at(TARGETS[event.key](tabs.indexOf(tab)) % tabs.length).focus();
  }
});

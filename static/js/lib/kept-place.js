/* The lead's place in its list stands in the address, so that a reload keeps it. */
const here = document.querySelector("[data-here]")?.dataset.here;
const address = new URL(location);
for (const [name, value] of new URLSearchParams(here)) address.searchParams.set(name, value);
if (here) history.replaceState(history.state, "", address);

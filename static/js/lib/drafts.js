/* What was typed and is not on the server yet, kept in this browser for who typed it.

   A draft goes when the server has it, when it is discarded, with signing out, when somebody
   else signs in, and after a month. */
const PREFIX = "draft:";
const DAYS = 30;
const MOST = 40;
const LONGEST = 100_000; // characters; no form of the application takes as many
const owner = document.documentElement.dataset.user;
let isOver = false;

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return []; // where the browser keeps nothing
  }
}

const age = (key) => Date.now() - (JSON.parse(localStorage.getItem(key))?.at ?? 0);
const keyOf = (address) => `${PREFIX}${owner}:${address}`;

/* Keeps what `form` says for `address`; returns whether the browser could. */
export function keep(address, content) {
  if (isOver) return false;
  const text = JSON.stringify({ at: Date.now(), ...content });
  if (text.length > LONGEST) return false;
  try {
    localStorage.setItem(keyOf(address), text);
  } catch {
    return false;
  }
  const kept = keys().sort((one, other) => age(one) - age(other));
  for (const old of kept.slice(MOST)) localStorage.removeItem(old);
  return true;
}

export function keptFor(address) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(address)));
  } catch {
    return null;
  }
}

export function forget(address) {
  try {
    localStorage.removeItem(keyOf(address));
  } catch {
    /* A browser that keeps nothing has nothing to forget. */
  }
}

function clear(isMeant) {
  try {
    for (const key of keys().filter(isMeant)) localStorage.removeItem(key);
  } catch {
    /* As above. */
  }
}

function isOldOrForeign(key) {
  if (!key.startsWith(keyOf(""))) return true;
  try {
    return age(key) > DAYS * 24 * 3600 * 1000;
  } catch {
    return true;
  }
}

/* The session may just have expired: only who is signed in next decides. */
if (owner) clear(isOldOrForeign);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-signs-out]")) return;
  isOver = true;
  clear(() => true);
  /* Tells the other tabs, in which somebody may still be typing. */
  localStorage.setItem("signed-out", String(Date.now()));
});
addEventListener("storage", (event) => {
  if (event.key === "signed-out" || event.key === null) isOver = true;
});

/* Opens again the editors that were open inside this page, once htmx listens to them. */
document.addEventListener("DOMContentLoaded", () => {
  if (!owner || location.pathname === "/") return;
  const start = keyOf(location.pathname);
  for (const key of keys().filter((one) => one.startsWith(start))) {
    const address = CSS.escape(key.slice(keyOf("").length));
    const inPlace = ':not([hx-target="#dialogs"])';
    document.querySelector(`button[formaction="${address}"][hx-get]${inPlace}`)?.click();
  }
});

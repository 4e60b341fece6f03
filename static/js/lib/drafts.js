/* What was typed and is not on the server yet, kept in this browser for who typed it.

   A draft goes when the server has it, when it is discarded, with signing out, when somebody
   else signs in, and after a month. */
const PREFIX = "draft:";
const DAYS = 30;
const MOST = 40;
const LONGEST = 100_000; // characters; no form of the application takes as many
const owner = document.documentElement.dataset.user;
let isOver = false;

/* What this tab remembers while it is open. Some browsers keep nothing, and say so by an
   error or by having no storage. */
const attempt = (use) => {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
};
export const remember = (name, value) => attempt((tab) => tab.setItem(name, value));
export const remembered = (name) => attempt((tab) => tab.getItem(name));
export const unremember = (name) => attempt((tab) => tab.removeItem(name));

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
  const text = JSON.stringify({ ...content, at: Date.now(), page: location.pathname });
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

/* The addresses of all that is kept for who is signed in. */
function addresses() {
  const start = keyOf("");
  const own = owner ? keys().filter((key) => key.startsWith(start)) : [];
  return own.map((key) => key.slice(start.length));
}

/* Takes the drafts of parts, whose addresses begin with `address`, into the one of all. */
export function gather(address) {
  const parts = addresses().filter((one) => one !== address && one.startsWith(address));
  if (!parts.length) return;
  const drafts = [address, ...parts].map(keptFor).filter(Boolean);
  const all = (name) => Object.assign({}, ...drafts.map((draft) => draft[name]));
  if (keep(address, { fields: all("fields"), carried: all("carried") })) parts.forEach(forget);
}

function clear(isMeant) {
  try {
    for (const key of keys().filter(isMeant)) localStorage.removeItem(key);
  } catch {
    /* As above. */
  }
}

function isOld(key) {
  try {
    return age(key) > DAYS * 24 * 3600 * 1000;
  } catch {
    return true;
  }
}

/* The session may just have expired: whose the others are, only who is signed in next
   decides. */
clear((key) => isOld(key) || (owner && !key.startsWith(keyOf(""))));

/* Two once the form is sent, one while the page is about to go for it. Who was asked, and
   stayed, has not signed out: the next time that the page is about to go it is none. */
let signsOut = 0;
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-signs-out]")) signsOut = 2;
});
addEventListener("beforeunload", () => (signsOut -= 1));
addEventListener("pagehide", () => {
  if (signsOut < 1) return;
  isOver = true;
  clear(() => true);
  try {
    /* Tells the other tabs, in which somebody may still be typing. */
    localStorage.setItem("signed-out", String(Date.now()));
  } catch {
    /* As above. */
  }
});
addEventListener("storage", (event) => {
  if (event.key === "signed-out" || event.key === null) isOver = true;
});

/* What has opened an editor not because somebody pressed it. */
export const reopened = new WeakSet();

/* Opens again the editors that were open, wherever the place of one appears. */
document.addEventListener("htmx:load", ({ detail }) => {
  for (const address of addresses()) {
    const opener = `button[formaction="${CSS.escape(address)}"][hx-get]`;
    const button = detail.elt.querySelector(`${opener}:not([hx-target="#dialogs"])`);
    if (!button) continue;
    reopened.add(button);
    button.click();
  }
});
/* The focus stays with who is at something else meanwhile. */
document.addEventListener("htmx:afterSwap", ({ detail: { elt, requestConfig } }) => {
  if (!reopened.has(requestConfig?.elt) || document.activeElement === document.body) return;
  elt.querySelector("[autofocus]")?.removeAttribute("autofocus");
});

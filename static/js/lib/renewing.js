/* Puts fresh parts of a page into the places of those with the same id.

   Only what differs is replaced, so that the page stays still under what is read, and
   nothing in which somebody is typing or choosing. */
const EDITOR = "form[hx-post] :is(textarea, select, input:not([type=hidden]))";

/* What is the same although the bytes differ: tokens, and where the focus once was to go. */
function wording(element) {
  const copy = element.cloneNode(true);
  for (const one of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) one.remove();
  for (const one of [copy, ...copy.querySelectorAll("*")]) {
    one.removeAttribute("autofocus");
    one.removeAttribute("hx-swap-oob");
    one.removeAttribute("data-fresh");
    const passing = [...one.classList].filter((name) => name.startsWith("htmx-"));
    one.classList.remove(...passing);
    if (!one.classList.length) one.removeAttribute("class");
  }
  const { outerHTML: markup } = copy;
  return markup.replace(/\s+/g, " ").replace(/> | </g, (pair) => pair.trim());
}

const isEdited = (element) => element.matches("form") || element.querySelector(EDITOR);
const isOpen = (element) => element.querySelector("details[open], :popover-open");

const numberOf = ({ id }) => Number(id.match(/\d+$/));

/* Puts `element` into a list that has the newest on top. What is older than all that is
   shown comes with the portion that is to be loaded. */
function insert(element, place) {
  const older = [...place.children].find((one) => one.id && numberOf(one) < numberOf(element));
  const isCut = document.querySelector(".more") !== null;
  if (older || !place.children.length || !isCut) place.insertBefore(element, older ?? null);
}

/* Tells in an editor what became of what it changes; the last word is the one that holds. */
function mark(editor, what, makeNote) {
  const told = editor?.querySelector("[data-note]");
  if (!editor || told?.dataset.note === what) return;
  told?.remove();
  const made = makeNote(what);
  made.dataset.note = what;
  editor.append(made);
}

/* What was told of where the lead stood is outdated. What is told of what was typed stays:
   it stands nowhere else. */
function forgetPlace() {
  document.querySelector("#notices > :not([data-typed])")?.remove();
}

/* The place of a field in the editor of all of them. */
function placeInEditor(id) {
  const name = CSS.escape(id.replace(/^field-/, ""));
  return document.querySelector(`#fields form :is([name="${name}"], [name="${name}_day"])`);
}

function replace(shown, fresh) {
  const focusable = "a[href], button, summary, [tabindex]";
  const index = [...shown.querySelectorAll(focusable)].indexOf(document.activeElement);
  shown.replaceWith(fresh);
  htmx.process(fresh);
  if (index >= 0) fresh.querySelectorAll(focusable)[index]?.focus({ preventScroll: true });
}

/* Returns whether all that is `fresh` is on the page now. */
export function renew(fresh, makeNote) {
  let isAll = true;
  const isNews = fresh.querySelector("[data-told]");

  /* An editor that was opened since knows the change: mostly it is one's own. */
  function isKnown(editor, id) {
    const now = fresh.querySelector(`[data-now="${CSS.escape(id)}"]`);
    const name = id.startsWith("field-") ? id.replace("field", "seen") : "seen";
    return now && now.value === editor.closest("form").elements[name]?.value;
  }

  function put(element) {
    const shown = document.getElementById(element.id);
    const markUnknown = (editor) => {
      if (!editor) return;
      if (!isKnown(editor, element.id)) mark(editor, "changed", makeNote);
      /* What was deleted has come back as it was. */
      else editor.querySelector('[data-note="deleted"]')?.remove();
    };
    if (!shown) markUnknown(placeInEditor(element.id)?.closest("fieldset, div"));
    else if (wording(shown) === wording(element)) return;
    else if (isEdited(shown)) {
      /* With the journal its entries come one by one, too. */
      if (element.id !== "journal") markUnknown(shown.querySelector("form") ?? shown);
    } else if (isOpen(shown)) isAll = false;
    else {
      element.toggleAttribute("data-fresh", Boolean(isNews));
      replace(shown, element);
      if (element.id === "stepper") forgetPlace();
    }
  }

  for (const element of [...fresh.querySelectorAll("[data-parts] > *")]) put(element);
  for (const group of fresh.querySelectorAll("[data-into]")) {
    const place = document.getElementById(group.dataset.into);
    for (const element of [...group.children].reverse()) {
      if (document.getElementById(element.id)) put(element);
      else if (place && element.id) {
        element.toggleAttribute("data-fresh", Boolean(isNews));
        insert(element, place);
        htmx.process(element);
      }
    }
  }
  for (const { dataset } of fresh.querySelectorAll("[data-gone]")) {
    const shown = document.getElementById(dataset.gone);
    if (shown && isEdited(shown)) mark(shown.querySelector("form"), "deleted", makeNote);
    else shown?.remove();
  }
  return isAll;
}

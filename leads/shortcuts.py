"""The keys of the interface: what the pages declare, the handler presses and the help shows.

An element of a page says by `{% keys %}` (aria-keyshortcuts) which of these presses it; the
handler, static/js/lib/shortcuts.js, knows no key by itself. A single character can be
switched off (leadbook.appearance), as WCAG 2.1.4 asks.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Shortcut:
    """One key or combination: what it does, and how it is shown."""

    does: str
    shown: tuple
    # How elements that it presses declare it, as aria-keyshortcuts.
    keys: str = ""
    # The element that has such a key of its own.
    element: str = ""
    on_mac: str = ""

    @property
    def is_single(self):
        """Whether it is one character alone."""
        return len(self.keys) == 1

    @property
    def selector(self):
        """What is on a page where it works."""
        return self.element or f'[aria-keyshortcuts="{self.keys}"]'


def _single(key, does):
    return Shortcut(does, (key,), keys=key)


CTRL = pgettext_lazy("key", "Ctrl")
ENTER = pgettext_lazy("key", "Enter")
SPACE = pgettext_lazy("key", "Space")
ESCAPE = pgettext_lazy("key", "Esc")

EVERYWHERE = {
    "palette": Shortcut(
        _("Find leads, actions and pages"),
        (CTRL, "K"),
        keys="Control+K Meta+K",
        on_mac="⌘",
    ),
    "search": _single("/", _("Go to the search")),
    "shortcuts": _single("?", _("Show the keys")),
}
IN_A_LIST = {
    "choose": Shortcut(_("Choose a row"), ("↑", "↓"), element="row-opener"),
    "open": Shortcut(_("Open the lead"), (ENTER,), element="row-opener"),
    "pick": Shortcut(_("Select the lead"), (SPACE,), element="#auswahl"),
    "edit_cell": Shortcut(
        _("Edit in the list; again: the next field"), ("F2",), element="cell-editor"
    ),
}
ON_A_LEAD = {
    "next": _single("J", _("Next lead of the list")),
    "previous": _single("K", _("Previous lead of the list")),
    "write": _single("N", _("Write a journal entry")),
    "follow_up": _single("W", _("Set the follow-up")),
    "edit": _single("E", _("Edit all fields")),
}
IN_A_FORM = {
    "confirm": Shortcut(_("Confirm"), (CTRL, ENTER), element="body", on_mac="⌘"),
    "cancel": Shortcut(_("Cancel"), (ESCAPE,), element="body"),
}
GROUPS = {
    _("Everywhere"): EVERYWHERE,
    _("In a list"): IN_A_LIST,
    _("On a lead's page"): ON_A_LEAD,
    _("In forms and dialogs"): IN_A_FORM,
}
BY_NAME = EVERYWHERE | ON_A_LEAD


def keys_of(name):
    """Return the keys of the shortcut called `name`, as aria-keyshortcuts says them."""
    return BY_NAME[name].keys

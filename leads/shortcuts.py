"""The keys of the interface: what the pages declare, the handler presses and the help shows.

An element of a page says by `{% keys %}` (aria-keyshortcuts) which of these presses it; the
handler, static/js/lib/shortcuts.js, knows no key by itself.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Shortcut:
    """One key or combination: how a page declares it, how it is shown, and what it does."""

    name: str
    # As aria-keyshortcuts says it; empty where an element has keys of its own.
    keys: str
    shown: tuple
    does: str
    # The element whose own keys these are.
    needs: str = ""
    # How it is shown on a Mac, where that differs.
    on_mac: str = ""

    @property
    def is_single(self):
        """Whether it is one character alone, which can be switched off."""
        return len(self.keys) == 1


CTRL = pgettext_lazy("key", "Ctrl")
ENTER, SPACE = pgettext_lazy("key", "Enter"), pgettext_lazy("key", "Space")
ESCAPE = pgettext_lazy("key", "Esc")

GROUPS = (
    (
        _("Everywhere"),
        (Shortcut("search", "/", ("/",), _("Go to the search")),),
    ),
    (
        _("On a lead's page"),
        (
            Shortcut("next", "J", ("J",), _("Next lead of the list")),
            Shortcut("previous", "K", ("K",), _("Previous lead of the list")),
        ),
    ),
)
BY_NAME = {shortcut.name: shortcut for _label, group in GROUPS for shortcut in group}


def keys_of(name):
    """Return the keys of the shortcut called `name`, as aria-keyshortcuts says them."""
    return BY_NAME[name].keys

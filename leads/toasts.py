"""Toasts: short confirmations, with "Rückgängig" where an event can be undone.

They are Django's messages, so that they survive the redirect of a browser without
JavaScript; the address to undo travels in `extra_tags`.
"""

from django.contrib import messages
from django.urls import reverse
from django.utils.text import Truncator

# Of a name so much is shown that the sentence around it has room on a phone.
NAME_LENGTH = 60


def toast(request, text, *, undo=(), undo_at=""):
    """Show `text` with the next answer; `undo` are the LeadEvents to offer taking back.

    They are one event of any kind, or several field changes that were made at once. What
    is no event is taken back at the address `undo_at`.
    """
    address = undo_at
    if undo and undo[0].can_be_undone:
        first, *others = undo
        address = reverse("leads:undo", args=[first.lead_id, first.pk])
        if others:
            address += "?mit=" + ",".join(str(event.pk) for event in others)
    messages.success(request, text, extra_tags=address)


def in_short(name):
    """Return a `name` of any length as a sentence in a toast has room for it."""
    return Truncator(name).chars(NAME_LENGTH)

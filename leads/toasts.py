"""Toasts: short confirmations, with "Rückgängig" where an event can be undone.

They are Django's messages, so that they survive the redirect of a browser without
JavaScript; the address to undo travels in `extra_tags`.
"""

from django.contrib import messages
from django.urls import reverse


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

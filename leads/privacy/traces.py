"""What is left of a person outside the tables that hold it: sessions, the admin's log."""

import json

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import translation

from leadbook.sessions import SessionStore
from marketplaces.models import Membership

# Shorter ones stand in every sentence.
SHORTEST = 3
# Between the name of a member and the role.
DOT = " · "


def forget_lead(lead, texts):
    """Forget the messages that name `lead`, by one of `texts` or its address, and its log."""
    address = reverse("leads:detail", args=[lead.pk])
    telling = [text for text in texts if len(text) >= SHORTEST]
    SessionStore.forget_messages(
        lambda message: (
            (message.extra_tags or "").startswith(address)
            or any(text in str(message.message) for text in telling)
        )
    )
    log_of(lead).update(object_repr=f"#{lead.pk}", change_message="")


def forget_person(person, names):
    """Let the admin's log call a former member, who had the `names`, as they are called now.

    It names people only as members, in a word and a text: see Membership.__str__.
    """
    about = log_of(person)
    about.update(object_repr=str(person))
    own = set(about.values_list("pk", flat=True))
    with translation.override(None):
        member = str(Membership._meta.verbose_name)
    entries = LogEntry.objects.filter(
        change_message__startswith='[{"', change_message__contains=f'"{member}"'
    )
    for entry in entries.iterator():
        parts = json.loads(entry.change_message)
        changes = [change for part in parts for change in part.values()]
        theirs = [
            change
            for change in changes
            if change.get("name") == member
            # The whole name: a part of it may be somebody else's.
            and (entry.pk in own or change["object"].rpartition(DOT)[0] in names)
        ]
        for change in theirs:
            role = change["object"].rpartition(DOT)[2]
            change["object"] = f"{person}{DOT}{role}"
        if theirs:
            LogEntry.objects.filter(pk=entry.pk).update(change_message=json.dumps(parts))


def log_of(instance):
    """Return what the admin's log says about changes of `instance`."""
    content_type = ContentType.objects.get_for_model(instance)
    return LogEntry.objects.filter(content_type=content_type, object_id=str(instance.pk))

"""What is left of a person outside the tables that hold it: sessions, the admin's log."""

import json
from contextlib import suppress

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from leadbook.sessions import SessionStore

# Shorter ones stand in every sentence.
SHORTEST = 3


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


def forget_person(person, texts):
    """Replace the names `texts` of a former member in the admin's log by the new one."""
    log_of(person).update(object_repr=str(person))
    for entry in LogEntry.objects.iterator():
        message = _replaced(entry.change_message, texts, str(person))
        if message != entry.change_message:
            LogEntry.objects.filter(pk=entry.pk).update(change_message=message)


def log_of(instance):
    """Return what the admin's log says about changes of `instance`."""
    content_type = ContentType.objects.get_for_model(instance)
    return LogEntry.objects.filter(content_type=content_type, object_id=str(instance.pk))


def _replaced(message, texts, name):
    """Return a change message, which may be JSON with escaped umlauts, without `texts`."""
    with suppress(ValueError):
        message = json.dumps(json.loads(message), ensure_ascii=False)
    for text in texts:
        message = message.replace(text, name)
    return message

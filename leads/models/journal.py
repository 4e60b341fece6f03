"""The Lead-Journal: notes and records of conversations, newest on top."""

import uuid
from functools import cache

from django.conf import settings
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from .timeline import TimelineQuerySet

# What a line shows, of the entry, its author and its event.
OWN_COLUMNS = ("lead", "kind", "outcome", "text", "created_at", "edited_at")
AUTHOR_COLUMNS = tuple(f"author__{name}" for name in ("username", "first_name", "last_name"))
EVENT_COLUMNS = tuple(
    f"event__{name}" for name in ("kind", "actor_name", "label", "old_text", "new_text")
)


class JournalEntryQuerySet(TimelineQuerySet):
    """Journal entries."""

    def shown(self):
        """Entries that are not deleted, with what their line needs (leads.lines)."""
        return (
            self.filter(deleted_at=None)
            .select_related("author", "event")
            .only(*OWN_COLUMNS, *AUTHOR_COLUMNS, *EVENT_COLUMNS)
        )

    def as_rows(self):
        """What `shown` finds, as named tuples: a page of objects took longer than to draw."""
        columns = ("pk", *OWN_COLUMNS, "author", "event")
        rows = self.filter(deleted_at=None)
        return rows.values_list(*columns, *AUTHOR_COLUMNS, *EVENT_COLUMNS, named=True)

    def written(self):
        """Entries that people wrote, without the lines of the process."""
        # Not by the event: of its index, SQLite would read all that have none, of any lead.
        return self.exclude(kind=JournalEntry.Kind.EVENT)

    def attempts(self):
        """Calls whose outcome was recorded, the latest first."""
        return self.exclude(outcome="").filter(deleted_at=None).order_by("-created_at")

    def by(self, user):
        """Entries that `user` wrote and may therefore edit and delete."""
        return self.written().filter(author=user, deleted_at=None)


class JournalEntry(models.Model):
    """One note, call, e-mail or meeting; or the thin line of an event between them."""

    class Kind(models.TextChoices):
        """What is recorded."""

        NOTE = "note", _("Note")
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        EVENT = "event", _("Event")

    class Outcome(models.TextChoices):
        """What came of a call."""

        REACHED = "reached", _("Reached")
        NOT_REACHED = "not_reached", _("Not reached")
        MAILBOX = "mailbox", _("Mailbox")
        CALLBACK = "callback", _("Call back agreed")

        @classmethod
        @cache
        def texts(cls):
            """The labels in all languages; one is the text of a call without a note."""
            texts = set()
            for code, _name in settings.LANGUAGES:
                with translation.override(code):
                    texts.update(map(str, cls.labels))
            return texts

    WRITTEN_KINDS = (Kind.NOTE, Kind.CALL, Kind.EMAIL, Kind.MEETING)

    # Each index below begins with the lead. Of one that has nothing else, PostgreSQL would
    # read all rows of a lead and sort them.
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, related_name="journal", db_index=False,
        verbose_name=_("lead"),
    )  # fmt: skip
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.NOTE)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=Outcome, blank=True, default="", db_default=""
    )
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    # Made by the form: the same form sent twice writes one entry.
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    event = models.OneToOneField(
        "leads.LeadEvent", on_delete=models.PROTECT, null=True, blank=True,
        related_name="journal_line", verbose_name=_("event"),
    )  # fmt: skip

    objects = JournalEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["lead", "-created_at", "-id"], name="journal_newest_of_lead"),
            models.Index(
                fields=["lead", "-created_at"],
                name="journal_calls_of_lead",
                condition=~models.Q(outcome=""),
            ),
            # For the number on the tab alone; see LeadQuerySet.counted.
            models.Index(
                fields=["lead"],
                name="journal_written_of_lead",
                condition=~models.Q(kind="event") & models.Q(deleted_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "token"],
                name="journal_entry_once",
                violation_error_message=_("This entry is already in the journal."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind="event", event__isnull=False)
                | models.Q(event=None, author__isnull=False)
                & ~models.Q(kind="event")
                & ~models.Q(text=""),
                name="journal_entry_written_or_event",
                violation_error_message=_("A journal entry needs an author and a text."),
            ),
        ]

    def __str__(self):
        return self.text[:60]

    @property
    def has_note(self):
        """Whether the text says more than what came of a call."""
        return has_note(self.outcome, self.text)


def has_note(outcome, text):
    """Whether the text of an entry says more than what came of a call."""
    return not (outcome and text in JournalEntry.Outcome.texts())

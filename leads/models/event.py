"""The Verlauf: who changed what and when. Append-only."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadbook.provenance import Source
from marketplaces.models.operated import OperatedQuerySet

from .timeline import TimelineQuerySet

# LeadEvent.PROCESS as its index needs it: Meta does not see the class around it.
PROCESS_KINDS = ["entered", "accepted", "moved", "moved_back", "won", "lost", "reopened"]


class LeadEventQuerySet(OperatedQuerySet, TimelineQuerySet):
    """Events, newest first unless asked otherwise."""

    to_marketplace = "lead__marketplace"

    def of_process(self):
        """The steps of the sales process."""
        return self.filter(kind__in=LeadEvent.PROCESS)

    def for_stepper(self):
        """The steps from which the time in each phase is read, oldest first, as rows."""
        steps = self.of_process().oldest_first()
        return steps.values_list("kind", "created_at", "to_phase_id", named=True)

    def planned_with(self, entry_id, *, since):
        """The changes of the follow-up that an entry written at `since` brought along."""
        return self.filter(
            kind=LeadEvent.Kind.FIELD_CHANGED, object_id=entry_id, created_at__gte=since
        )

    def handed_over(self):
        """The changes of owners; `old` and `new` are the ids of the two."""
        return self.filter(kind=LeadEvent.Kind.HANDED_OVER)

    def of_field(self, name):
        """The changes of the field called `name`."""
        return self.filter(kind=LeadEvent.Kind.FIELD_CHANGED, field=name)


class LeadEvent(models.Model):
    """One change of one lead."""

    class Kind(models.TextChoices):
        """What happened."""

        OFFERED = "offered", _("Offered")
        ENTERED = "entered", _("Entered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        MOVED = "moved", _("Phase completed")
        MOVED_BACK = "moved_back", _("Phase reset")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        REOPENED = "reopened", _("Reopened")
        HANDED_OVER = "handed_over", _("Handed over")
        FIELD_CHANGED = "field_changed", _("Changed")
        TICKED = "ticked", _("Ticked")
        UNTICKED = "unticked", _("Tick removed")
        CALLED = "called", _("Call")
        ENTRY_EDITED = "entry_edited", _("Journal entry edited")
        ENTRY_DELETED = "entry_deleted", _("Journal entry deleted")
        ENTRY_RESTORED = "entry_restored", _("Journal entry restored")
        FILE_ADDED = "file_added", _("Attachment added")
        FILE_RENAMED = "file_renamed", _("Attachment renamed")
        FILE_DELETED = "file_deleted", _("Attachment deleted")
        FILE_RESTORED = "file_restored", _("Attachment restored")
        FILE_BLOCKED = "file_blocked", _("Attachment blocked")
        EXPORTED = "exported", _("Information given")
        ANONYMISED = "anonymised", _("Anonymised")

    # The steps from which the time in each phase is read, and their lines in the journal.
    PROCESS = tuple(map(Kind, PROCESS_KINDS))
    IN_JOURNAL = (*PROCESS, Kind.HANDED_OVER, Kind.FIELD_CHANGED)

    # Each index below begins with the lead. Of one that has nothing else, PostgreSQL would
    # read all rows of a lead and sort them.
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, related_name="events", db_index=False,
        verbose_name=_("lead"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("person"),
    )
    actor_name = models.CharField(_("name of the person then"), max_length=310, blank=True)
    # Empty: from before it was recorded.
    source = models.CharField(
        _("through"), max_length=10, choices=Source, blank=True, db_default=""
    )
    request_id = models.CharField(_("request"), max_length=32, blank=True, db_default="")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    field = models.CharField(_("field"), max_length=40, blank=True)
    label = models.CharField(_("name of the field or object then"), max_length=200, blank=True)
    old = models.JSONField(_("before"), default=str, blank=True)
    new = models.JSONField(_("after"), default=str, blank=True)
    # What people read, in the words of then; the JSON values above serve undoing.
    old_text = models.TextField(_("before, as text"), blank=True)
    new_text = models.TextField(_("after, as text"), blank=True)
    from_phase = models.ForeignKey(
        "marketplaces.Phase", on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("from phase"),
    )  # fmt: skip
    to_phase = models.ForeignKey(
        "marketplaces.Phase", on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("to phase"),
    )  # fmt: skip
    # The journal entry or attachment that the event is about.
    object_id = models.BigIntegerField(_("object"), null=True)

    objects = LeadEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["lead", "-created_at", "-id"], name="event_newest_of_lead"),
            # The few steps among the thousands of changes that a lead may have.
            models.Index(
                fields=["lead", "created_at", "id"],
                name="event_steps_of_lead",
                condition=models.Q(kind__in=PROCESS_KINDS),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.label or self.new_text}"

    @property
    def through(self):
        """The door through which the change came, where it was not the application."""
        return "" if self.source == Source.WEB else self.get_source_display()

    @property
    def can_be_undone(self):
        """Whether the lead knows the way back from this new event, and it is still open."""
        if self.kind in {self.Kind.MOVED, self.Kind.MOVED_BACK} and self.from_phase.is_retired:
            return False
        return self.kind in {
            self.Kind.MOVED, self.Kind.MOVED_BACK, self.Kind.WON, self.Kind.LOST,
            self.Kind.FIELD_CHANGED, self.Kind.ENTRY_DELETED, self.Kind.FILE_DELETED,
            self.Kind.FILE_RENAMED, self.Kind.ENTRY_EDITED, self.Kind.CALLED,
        }  # fmt: skip

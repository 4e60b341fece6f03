"""The lines of the journal as one reader sees them."""

from datetime import datetime
from typing import NamedTuple

from marketplaces.models import User

from .models import JournalEntry, LeadEvent
from .models.journal import has_note


class Sentence(NamedTuple):
    """What the line of an event says, in the words of then."""

    kind: str
    actor_name: str
    label: str
    old_text: str
    new_text: str

    @property
    def get_kind_display(self):
        """What happened, as people read it."""
        return LeadEvent.Kind(self.kind).label


class Day(NamedTuple):
    """The lines of one day; all that is shown of it is here."""

    # Empty where it stands above already.
    heading: str
    lines: tuple
    # Whether what is written now comes in here.
    takes_new: bool


class Line(NamedTuple):
    """A written entry or the thin line of an event; all that it shows is here."""

    pk: int
    lead_id: int
    kind: str
    author: str
    text: str
    outcome: str
    created_at: datetime
    is_edited: bool
    # Whether the reader wrote it and may edit and delete it.
    is_own: bool
    event: Sentence | None

    @classmethod
    def of(cls, entry, *, reader):
        """Return the Line of a JournalEntry that was read as `shown`."""
        event = entry.event if entry.event_id else None
        return cls(
            pk=entry.pk,
            lead_id=entry.lead_id,
            kind=entry.kind,
            author=str(entry.author) if entry.author_id else "",
            text=entry.text,
            outcome=entry.outcome,
            created_at=entry.created_at,
            is_edited=entry.edited_at is not None,
            is_own=event is None and entry.author_id == reader.pk,
            event=event and Sentence(*(getattr(event, name) for name in Sentence._fields)),
        )

    @classmethod
    def of_row(cls, row, *, reader):
        """Return the Line of a row of the journal that was read `as_rows`."""
        names = row.author__username, row.author__first_name, row.author__last_name
        sentence = [getattr(row, f"event__{name}") for name in Sentence._fields]
        return cls(
            pk=row.pk,
            lead_id=row.lead,
            kind=row.kind,
            author=User.called(*names) if row.author else "",
            text=row.text,
            outcome=row.outcome,
            created_at=row.created_at,
            is_edited=row.edited_at is not None,
            is_own=row.event is None and row.author == reader.pk,
            event=Sentence(*sentence) if row.event else None,
        )

    @property
    def has_note(self):
        """Whether the text says more than what came of a call."""
        return has_note(self.outcome, self.text)

    @property
    def get_kind_display(self):
        """What kind of entry it is, as people read it."""
        return JournalEntry.Kind(self.kind).label

    @property
    def get_outcome_display(self):
        """What came of a call, as people read it; empty for what is none."""
        return JournalEntry.Outcome(self.outcome).label if self.outcome else ""

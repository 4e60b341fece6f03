"""The Leadakte: what is known of one lead, on pages to be printed and written on."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from .fields import groups_of
from .file_types import file_type
from .models import LeadEvent
from .models.follow_up import FOLLOW_UP
from .targets import days_between

# How much of each is printed, the newest; the page says what it leaves out.
ENTRIES, FILES, STEPS, PICTURES = 500, 500, 200, 24
# Of a larger picture the small one is printed: all of them must come over somebody's line.
MOST_BYTES = 10_000_000
# An entry of so many characters takes more than half a page, and may go over two.
LONG = 2000
# How large the pictures are: two beside each other, each as wide as the page, none.
SMALL, LARGE, NONE = SIZES = ("klein", "gross", "ohne")
LINES = range(14)


@dataclass(frozen=True)
class Visit:
    """One step of the process: the lead came into a phase, or to its end."""

    event: LeadEvent
    # When it left the phase again; None where it still stands, or at the end.
    until: datetime | None
    # The working days there; None at the end.
    days: int | None

    @property
    def is_step_back(self):
        """Whether it went against the direction."""
        return self.event.kind == LeadEvent.Kind.MOVED_BACK

    @property
    def is_end(self):
        """Whether the lead was won or lost."""
        return self.days is None


@dataclass(frozen=True)
class Picture:
    """An attachment that is printed as a picture."""

    attachment: object
    # Whether its document is shown, not the small picture made of it.
    is_whole: bool


@dataclass(frozen=True)
class Portion:
    """The newest rows of something, and how many there are of which these are some."""

    rows: list
    # Counted no further than one beyond leads.models.counting.MOST.
    number: int

    @classmethod
    def of(cls, queryset, size, number):
        """Return the newest `size` rows; `number` are there, as far as they were counted."""
        rows = list(queryset.newest_first()[: size + 1])
        # Counted before they were read, there may be more by now.
        return cls(rows[:size], max(number, len(rows)))

    @property
    def is_all(self):
        """Whether nothing is left out."""
        return len(self.rows) == self.number


class Dossier:
    """What the Leadakte of `lead`, which was read `for_page`, shows."""

    lines = LINES

    def __init__(self, lead, *, size=SMALL):
        self.lead = lead
        self.size = size
        self.groups = [
            (name, rows) for name, fields in groups_of(lead) if (rows := _filled(fields))
        ]
        self.checklist = lead.checklist() if lead.is_in_progress else []
        written = lead.journal.shown().written()
        self.entries = Portion.of(written, ENTRIES, lead.entry_count)
        # The ids of those that may be broken.
        self.long = {entry.pk for entry in self.entries.rows if len(entry.text) > LONG}
        self.files = Portion.of(lead.attachments.kept().for_list(), FILES, lead.file_count)
        steps = list(lead.events.of_process().newest_first()[: STEPS + 1])
        self.is_path_whole = len(steps) <= STEPS
        self.path = list(self._path(steps[STEPS - 1 :: -1]))
        drawn = [f for f in self.files.rows if f.thumbnail and not f.lock]
        self.pictures = [] if size == NONE else [_picture(f) for f in drawn[:PICTURES]]
        self.picture_count = len(drawn)

    @property
    def coming(self):
        """The phases that are still before the lead."""
        if not self.lead.is_in_progress:
            return []
        here = self.lead.phase.position
        return [p for p in self.lead.process if p.position > here and not p.is_retired]

    def _path(self, steps):
        """Yield the Visits of the `steps`, the oldest first."""
        state = self.lead.marketplace.federal_state
        for event, following in zip(steps, [*steps[1:], None], strict=True):
            if event.to_phase_id is None:
                yield Visit(event, until=None, days=None)
                continue
            until = following.created_at if following else None
            days = days_between(event.created_at, until or timezone.now(), state)
            yield Visit(event, until=until, days=days)


def _filled(fields):
    """Return the fields with a value; the follow-up stands in the head."""
    return [field for field in fields if field.text and field.name not in FOLLOW_UP]


def _picture(attachment):
    kind = file_type(attachment.extension, extra=settings.UPLOAD_EXTRA_TYPES)
    opens = kind is not None and kind.opens_inline
    return Picture(attachment, is_whole=opens and attachment.size <= MOST_BYTES)

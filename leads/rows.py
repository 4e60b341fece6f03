"""What the rows of a list of leads show, worked out before the template draws them.

What many rows share, the cells of a marketplace and of a phase, is drawn once; and so is a
row that shows the same as one before it: a rep looks at the same list all day.
"""

from functools import lru_cache
from operator import attrgetter

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from leadbook.numbers import euro
from marketplaces.working_days import working_days_between

from .moments import Instant, show_past
from .targets import show_lying

# What fits into a row; of a longer process it says the place and the number of phases.
MOST_DOTS = 12


class _Alike:
    """Equal where all that it holds is equal, so that what is drawn of it can be kept."""

    __slots__ = ()

    def __eq__(self, other):
        """Whether the other is of the same kind and holds the same."""
        return type(other) is type(self) and other.held(other) == self.held(self)

    def __hash__(self):
        """Return the hash of what it holds."""
        return hash(self.held(self))


class Row(_Alike):
    """One lead as its row shows it."""

    __slots__ = (
        *("activity", "activity_at", "address", "closed_at", "closed_on", "due"),
        *("due_group", "due_note", "due_state", "late", "market", "name", "owner", "phase"),
        *("call_address", "pk", "place", "plain", "reason", "result", "status", "value"),
    )
    held = staticmethod(attrgetter(*__slots__))

    def __init__(self, pk, address):
        self.pk, self.address = pk, address
        self.name = self.call_address = self.place = self.market = self.owner = ""
        self.phase = self.late = self.value = self.activity = self.activity_at = ""
        self.due = self.due_state = self.due_group = self.due_note = ""
        self.closed_at = self.closed_on = self.status = self.result = self.reason = ""
        self.plain = ()


class Cell(_Alike):
    """What the cell of a plain column shows of one lead."""

    __slots__ = ("css", "edits", "heading", "href", "is_unfit", "leads_away", "text")
    held = staticmethod(attrgetter(*__slots__))

    def __init__(self, column, lead, *, says_what_it_edits):
        self.css, self.heading = column.css, str(column.heading)
        self.leads_away = column.leads_away
        self.text = column.text_of(lead)
        self.href = column.href(lead) if self.text else None
        field = column.field_of(lead) if column.is_own else None
        self.is_unfit = bool(field and self.text) and field.is_unfit(field.data_of(lead))
        # The field that is edited here, where the column's heading does not say it. A
        # retired one can only be edited as long as there is a value.
        self.edits = ""
        if says_what_it_edits and field and (self.text or not field.is_retired):
            self.edits = field.name


class Rows:
    """The rows of leads that stand in the `marketplaces`, whose phases are loaded.

    `plain` are the columns (leads.columns) that are drawn alike, whatever they show, each
    with whether its cells say what is edited in them.
    """

    def __init__(self, marketplaces, *, reader, plain=()):
        self.reader_id = reader.pk
        self.plain = plain
        self.now = Instant()
        self.markets = {m.pk: _market(m.name, m.color) for m in marketplaces}
        self.states = {m.pk: m.federal_state for m in marketplaces}
        self.targets = {p.pk: p.target_days for m in marketplaces for p in m.phases.all()}
        self.phases = {
            phase.pk: _phase(phase.name, dots)
            for marketplace in marketplaces
            for phase, dots in _with_dots(marketplace.phases.all())
        }
        self.address = reverse("leads:detail", args=[0]).removesuffix("0/")

    def of(self, lead):
        """Return the row of `lead`."""
        row = due_row(lead, f"{self.address}{lead.pk}/", now=self.now)
        row.name = lead.name
        row.call_address = lead.call_address
        row.place = " · ".join(filter(None, (lead.city, lead.need)))
        row.market = self.markets[lead.marketplace_id]
        row.owner = "" if lead.owner_id == self.reader_id else str(lead.owner)
        row.phase = self._phase_of(lead)
        row.late = self._late(lead)
        row.value = "" if lead.value is None else euro(lead.value)
        row.activity = show_past(lead.last_activity_at, now=self.now)
        row.activity_at = lead.last_activity_at.isoformat()
        if lead.closed_at:
            closed = timezone.localtime(lead.closed_at)
            row.closed_at, row.closed_on = closed.isoformat(), f"{closed:%d.%m.%Y}"
            row.status, row.result = lead.status, lead.get_status_display()
            row.reason = lead.loss_reason.label if lead.loss_reason_id else ""
        row.plain = tuple(
            Cell(column, lead, says_what_it_edits=says) for column, says in self.plain
        )
        return row

    def _phase_of(self, lead):
        # One that was made since the phases were read has no place among them yet.
        return self.phases.get(lead.phase_id) or _phase(lead.phase.name, ())

    def _late(self, lead):
        """Return for how long the lead lies in its phase where that is too long, or empty."""
        if lead.closed_at or not lead.phase_due_on or lead.phase_due_on >= self.now.day:
            return ""
        entered = self.now.local_of(lead.phase_entered_at).date()
        state = self.states[lead.marketplace_id]
        days = working_days_between(entered, self.now.day, state)
        return show_lying(days, self.targets.get(lead.phase_id) or 0)


def due_row(lead, address, *, now):
    """Return a row of `lead`, seen from an Instant, that only tells when it is due."""
    row = Row(lead.pk, address)
    if lead.follow_up_at:
        row.due, row.due_state, row.due_group = now.due(lead.follow_up_at)
        row.due_note = lead.follow_up_note
    else:
        row.due_group = "none"
    return row


@lru_cache(maxsize=1000)
def _market(name, color):
    return render_to_string("leads/rows/market.html", {"name": name, "color": color})


@lru_cache(maxsize=10_000)
def _phase(name, dots):
    place = dots.index("current") + 1 if len(dots) > MOST_DOTS else None
    context = {"name": name, "dots": dots, "place": place}
    return render_to_string("leads/rows/phase.html", context)


def _with_dots(phases):
    """Yield each phase of a process and the states of the dots of a lead in it.

    Each is done, current or coming; a retired phase has one only as the current one.
    """
    phases = sorted(phases, key=attrgetter("position"))
    done, coming = 0, sum(not phase.is_retired for phase in phases)
    for phase in phases:
        coming -= not phase.is_retired
        yield phase, ("done",) * done + ("current",) + ("coming",) * coming
        done += not phase.is_retired

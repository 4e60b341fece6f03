"""The lists of leads as an address asks for them: search, filters, order, page."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplaces.models import Marketplace

from .models import Lead
from .paging import Order, page_of


@dataclass(frozen=True)
class Column:
    """A column of a list: its word in the address, its heading, what it sorts by."""

    name: str
    heading: str
    path: str
    css: str
    # Whether the first click sorts the largest or newest first.
    starts_descending: bool = False


LEAD = Column("name", _("Lead"), "sort_name", "lead-table__cell--lead")
MARKETPLACE = Column(
    "marktplatz", _("Marketplace"), "marketplace__name", "lead-table__cell--market"
)
PHASE = Column("phase", _("Phase"), "phase__position", "lead-table__cell--phase")
FOLLOW_UP = Column("wiedervorlage", _("Follow-up"), "follow_up_at", "lead-table__cell--due")
ACTIVITY = Column(
    "aktivitaet",
    _("Last activity"),
    "last_activity_at",
    "lead-table__cell--activity",
    starts_descending=True,
)
VALUE = Column(
    "volumen",
    _("Value"),
    "value",
    "lead-table__cell--amount align-end",
    starts_descending=True,
)
STATUS = Column("ergebnis", _("Result"), "status", "lead-table__cell--due")
CLOSED = Column(
    "datum",
    _("Closed on"),
    "closed_at",
    "lead-table__cell--phase",
    starts_descending=True,
)

DUE = {"ueberfaellig": "overdue", "heute": "today", "keine": "none"}
RESULTS = {"gewonnen": Lead.Status.WON, "verloren": Lead.Status.LOST}


class LeadList:
    """What one address of a list shows to one user. Unknown values are ignored."""

    columns = (LEAD, MARKETPLACE, PHASE, FOLLOW_UP, ACTIVITY, VALUE)
    default_sort = FOLLOW_UP.name

    def __init__(self, user, params):
        self.user = user
        self.params = params
        self.search = params.get("q", "").strip()
        self.marketplaces = list(
            Marketplace.objects.seen_by(user).by_name().prefetch_related("phases")
        )
        self.marketplace = self._chosen_marketplace()
        self.phase = self._chosen_phase()
        self.sort, self.order = self._chosen_order()
        self.page = page_of(self.rows(), self.order, cursor=params.get("seite"))

    def base(self):
        """Return the leads of this list before its filters."""
        return Lead.objects.visible_to(self.user).in_progress()

    def rows(self):
        """Return the queryset that the address describes."""
        rows = self.base().for_list()
        if self.search:
            rows = rows.matching(self.search)
        if self.marketplace:
            rows = rows.in_marketplace(self.marketplace.slug)
        if self.phase:
            rows = rows.in_phase(self.phase.pk)
        if self.due:
            rows = rows.due(DUE[self.due])
        return rows

    @property
    def due(self):
        """The chosen filter by follow-up, as the address says it, or empty."""
        word = self.params.get("wiedervorlage", "")
        return word if word in DUE else ""

    @property
    def is_filtered(self):
        """Whether anything narrows the list."""
        return bool(self.search or self.marketplace or self.phase or self.due)

    @property
    def headings(self):
        """The columns, each with the state of its sorting and the next click's value."""
        for column in self.columns:
            is_current = column.path == self.order.column
            descending = (
                not self.order.is_descending if is_current else column.starts_descending
            )
            direction = "descending" if self.order.is_descending else "ascending"
            yield {
                "column": column,
                "aria_sort": direction if is_current else "",
                "next": f"-{column.name}" if descending else column.name,
            }

    @property
    def offered_phases(self):
        """The marketplaces whose phases the filter offers."""
        return [self.marketplace] if self.marketplace else self.marketplaces

    def process_of(self, lead):
        """Return the states of the dots for `lead`: done, current or coming."""
        phases = self._phases.get(lead.marketplace_id, ())
        here = lead.phase.position
        states = []
        for phase in phases:
            if phase.pk == lead.phase_id:
                states.append("current")
            elif not phase.is_retired:
                states.append("done" if phase.position < here else "coming")
        return states

    @property
    def leads(self):
        """The page's leads, each with its `dots`."""
        for lead in self.page.rows:
            lead.dots = self.process_of(lead)
            yield lead

    @property
    def _phases(self):
        if not hasattr(self, "_phases_by_marketplace"):
            self._phases_by_marketplace = {
                m.pk: sorted(m.phases.all(), key=lambda phase: phase.position)
                for m in self.marketplaces
            }
        return self._phases_by_marketplace

    def _chosen_marketplace(self):
        slug = self.params.get("marktplatz")
        return next((m for m in self.marketplaces if m.slug == slug), None)

    def _chosen_phase(self):
        chosen = self.params.get("phase")
        phases = (p for m in self.marketplaces for p in m.phases.all())
        return next((p for p in phases if str(p.pk) == chosen), None)

    def _chosen_order(self):
        by_name = {column.name: column for column in self.columns}
        sort = self.params.get("sort", "")
        column = by_name.get(sort.removeprefix("-"))
        if column is None:
            sort = self.default_sort
            column = by_name[sort.removeprefix("-")]
        return sort, Order(column.path, is_descending=sort.startswith("-"))


class ClosedList(LeadList):
    """Won and lost leads."""

    columns = (LEAD, MARKETPLACE, STATUS, CLOSED, VALUE)
    default_sort = f"-{CLOSED.name}"

    def base(self):
        """Return the closed leads."""
        return Lead.objects.visible_to(self.user).closed()

    def rows(self):
        """Return the queryset that the address describes."""
        rows = super().rows()
        return rows.with_status(RESULTS[self.result]) if self.result else rows

    @property
    def due(self):
        """Closed leads have no follow-up to filter by."""
        return ""

    @property
    def result(self):
        """The chosen result, as the address says it, or empty."""
        word = self.params.get("ergebnis", "")
        return word if word in RESULTS else ""

    @property
    def is_filtered(self):
        """Whether anything narrows the list."""
        return super().is_filtered or bool(self.result)

"""The columns of the lists: what they are called and what they sort by."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Column:
    """A column of a list: its word in the address, its heading, what it sorts by."""

    name: str
    heading: str
    path: str
    css: str
    # Whether the first click sorts the largest or newest first.
    starts_descending: bool = False
    has_nulls: bool = False
    # Whether many leads share each of its values; these then stand by their age.
    is_coarse: bool = False


LEAD = Column("name", _("Lead"), "sort_name", "lead-table__cell--lead")
MARKETPLACE = Column(
    "marktplatz",
    _("Marketplace"),
    "marketplace_id",
    "lead-table__cell--market",
    is_coarse=True,
)
PHASE = Column(
    "phase", _("Phase"), "phase__position", "lead-table__cell--phase", is_coarse=True
)
FOLLOW_UP = Column(
    "wiedervorlage", _("Follow-up"), "follow_up_at", "lead-table__cell--due", has_nulls=True
)
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
    has_nulls=True,
)
STATUS = Column("ergebnis", _("Result"), "status", "lead-table__cell--due", is_coarse=True)
CLOSED = Column(
    "datum",
    _("Closed on"),
    "closed_at",
    "lead-table__cell--phase",
    starts_descending=True,
)

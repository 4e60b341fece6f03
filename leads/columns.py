"""The columns of the lists: the one place that says what each of them is.

A column knows its heading, the partial that draws its cells, what a list sorts by for it,
what of a lead must be read for it, and the value that it gives to an export, with its type.
The marketplaces' own fields become columns, too: those that are called the same and hold
the same are one column.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from .fields import ADDRESS, BUILT_IN, MAPPED, OWN_PREFIX, own_field
from .moments import show_moment

PLAIN = "lead-table__cell--plain"
NUMBER = " ".join(["lead-table__cell--number", "number"])


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a list: its word in the address, its heading, what it sorts by."""

    name: str
    heading: str
    # What it sorts by; empty where a list cannot be sorted by it.
    path: str = ""
    css: str = PLAIN
    # Whether the first click sorts the largest or newest first.
    starts_descending: bool = False
    has_nulls: bool = False
    # Whether many leads share each of its values; these then stand by their age.
    is_coarse: bool = False
    # The partial of leads/columns/cells.html that draws it.
    cell: str = "plain"
    # What of a lead it reads, as `LeadQuerySet.for_columns` wants it.
    reads: tuple = ()
    # What an export takes its values for, as leads.kinds says it.
    type: str = "text"
    # Gives the value of a lead.
    value: object = None
    # Marketplace → LeadField; under None the field that the leads of all have.
    fields: dict = field(default_factory=dict)

    def field_of(self, lead):
        """Return the LeadField that the column shows of `lead`, or None."""
        return self.fields.get(lead.marketplace_id) or self.fields.get(None)

    def value_of(self, lead):
        """Return the value of `lead` as Python knows it, None or empty for none."""
        if self.value:
            return self.value(lead)
        shown = self.field_of(lead)
        return shown.value_of(lead) if shown else None

    def text_of(self, lead):
        """Return the value of `lead` as people read it."""
        if shown := self.field_of(lead):
            return shown.text_of(lead)
        value = self.value_of(lead)
        if self.type == "datetime":
            return show_moment(value) if value else ""
        return "" if value is None else str(value)

    def href(self, lead):
        """Return the address that the value leads to, or None."""
        shown = self.field_of(lead)
        return shown.href(lead) if shown else None

    @property
    def leads_away(self):
        """Whether that address is another site's."""
        return self.name in MAPPED

    @property
    def is_own(self):
        """Whether marketplaces define it."""
        return self.name.startswith(OWN_PREFIX)

    @property
    def is_retired(self):
        """Whether no marketplace offers its field any more."""
        return self.is_own and all(shown.is_retired for shown in self.fields.values())

    @property
    def members(self):
        """The words that name it: for own fields one for each marketplace's."""
        return [shown.name for shown in self.fields.values()] if self.is_own else [self.name]


_FIELDS = {f.name: f for f in BUILT_IN}


def _of_field(field_name, **kwargs):
    """Return the column of a built-in field."""
    shown = _FIELDS[field_name]
    kwargs = {
        "name": field_name,
        "heading": shown.label,
        # The place on the map is the whole address.
        "reads": ADDRESS if field_name in MAPPED else (field_name,),
        **kwargs,
    }
    return Column(type=shown.kind.type, fields={None: shown}, **kwargs)


def _of_time(name, heading, attribute, **kwargs):
    """Return the column of a point in time that no field holds."""
    return Column(
        name,
        heading,
        type="datetime",
        reads=(attribute,),
        value=lambda lead: getattr(lead, attribute),
        **kwargs,
    )


LEAD = _of_field(
    "name",
    heading=_("Lead"),
    path="sort_name",
    css="lead-table__cell--lead",
    cell="lead",
    reads=("name", "city", "need"),
)
MARKETPLACE = Column(
    "marktplatz",
    _("Marketplace"),
    "marketplace_id",
    "lead-table__cell--market",
    is_coarse=True,
    cell="market",
    reads=("marketplace__name",),
    value=lambda lead: lead.marketplace.name,
)
PHASE = Column(
    "phase",
    _("Phase"),
    "phase__position",
    "lead-table__cell--phase",
    is_coarse=True,
    cell="phase",
    reads=("phase__name",),
    value=lambda lead: lead.phase.name if lead.phase_id else "",
)
# No index holds the closed leads in this order.
PHASE_OF_CLOSED = replace(PHASE, path="")
FOLLOW_UP = _of_field(
    "follow_up_at",
    name="wiedervorlage",
    path="follow_up_at",
    css="lead-table__cell--due",
    has_nulls=True,
    cell="due",
)
ACTIVITY = _of_time(
    "aktivitaet",
    _("Last activity"),
    "last_activity_at",
    path="last_activity_at",
    css="lead-table__cell--activity",
    starts_descending=True,
    cell="activity",
)
VALUE = _of_field(
    "value",
    name="volumen",
    path="value",
    css="lead-table__cell--amount align-end",
    starts_descending=True,
    has_nulls=True,
    cell="amount",
)
STATUS = Column(
    "ergebnis",
    _("Result"),
    "status",
    "lead-table__cell--due",
    is_coarse=True,
    cell="result",
    reads=("status", "loss_reason__label"),
    value=lambda lead: lead.get_status_display(),
)
CLOSED = _of_time(
    "datum",
    _("Closed on"),
    "closed_at",
    path="closed_at",
    css="lead-table__cell--phase",
    starts_descending=True,
    cell="closed",
)
OWNER = Column(
    "vertrieb",
    _("Owner"),
    reads=("owner__username", "owner__first_name", "owner__last_name"),
    value=lambda lead: str(lead.owner) if lead.owner_id else "",
)
LOSS_REASON = Column(
    "verlustgrund",
    _("Loss reason"),
    reads=("loss_reason__label",),
    value=lambda lead: lead.loss_reason.label if lead.loss_reason_id else "",
)
EXTERNAL_ID = Column(
    "external_id",
    _("Marketplace's own number"),
    reads=("external_id",),
    value=lambda lead: lead.external_id or "",
)
_SHOWN_ABOVE = {"name", "value", "follow_up_at"}
# What every lead has beside what the lists show of themselves.
MORE = (
    *(_of_field(name) for name in _FIELDS if name not in _SHOWN_ABOVE),
    _of_time("angelegt", _("Created on"), "created_at"),
    _of_time("angenommen", _("Accepted on"), "accepted_at"),
    _of_time("in_phase_seit", _("In this phase since"), "phase_entered_at"),
    EXTERNAL_ID,
)


class Registry:
    """The columns that one list can show along a leads.models.sight.Sight."""

    def __init__(self, built_in, default, sight):
        self.built_in = {column.name: column for column in built_in}
        self.default = default
        self.sight = sight

    @cached_property
    def own(self):
        """The columns of the marketplaces' own fields."""
        self.sight.read_fields()
        return _own_columns(self.sight.marketplaces)

    def named(self, name):
        """Return the column that is called `name` in addresses, or None."""
        if not name.startswith(OWN_PREFIX):
            return self.built_in.get(name)
        return next((column for column in self.own if name in column.members), None)

    def chosen(self, names):
        """Return the columns called `names`, the lead's name before them, each once."""
        found = filter(None, map(self.named, names))
        return tuple(dict.fromkeys([LEAD, *found]))

    def offered(self, shown):
        """Return all that can be chosen, those that are `shown` first."""
        active = (column for column in self.own if not column.is_retired)
        return list(dict.fromkeys([*shown, *self.built_in.values(), *active]))


class ColumnChoice:
    """What the dialog of a list's columns holds: the shown ones in order, and the others."""

    def __init__(self, registry, shown):
        self.registry = registry
        self.shown = list(registry.chosen([column.name for column in shown]))

    @classmethod
    def sent(cls, registry, names, ticked):
        """Return what was sent: `names` in their order, of which some were `ticked`."""
        named = [registry.named(name) for name in names if name in ticked]
        return cls(registry, list(filter(None, named)))

    def move(self, name, step):
        """Put the shown column `name` a place on, or back (-1); the lead stays first."""
        column = self.registry.named(name)
        if column not in self.shown or column is LEAD:
            return
        place = self.shown.index(column)
        self.shown.remove(column)
        self.shown.insert(max(1, place + step), column)

    @property
    def movable(self):
        """The shown columns behind the lead's name."""
        return self.shown[1:]

    @property
    def others(self):
        """The columns that can be chosen besides."""
        return self.registry.offered(self.shown)[len(self.shown) :]

    @property
    def names(self):
        """What is kept of it; None where the list's own columns are chosen."""
        if tuple(self.shown) == self.registry.default:
            return None
        return [name for column in self.shown for name in column.members]


def _own_columns(marketplaces):
    """Return the columns of own fields; the marketplaces' fields are read already."""
    alike = {}
    for marketplace in marketplaces:
        for definition in marketplace.fields.all():
            key = definition.label.lower(), definition.kind, definition.unit
            alike.setdefault(key, {})[marketplace] = own_field(definition)
    labels = [label for label, *_rest in alike]
    return [
        _own_column(fields, is_unique=labels.count(label) == 1)
        for (label, *_rest), fields in alike.items()
    ]


def _own_column(fields, *, is_unique):
    shown = next(iter(fields.values()))
    name = f"{OWN_PREFIX}{min(f.own_id for f in fields.values())}"
    names = " / ".join(marketplace.name for marketplace in fields)
    return Column(
        name,
        shown.label if is_unique else f"{shown.label} ({names})",
        css=NUMBER if shown.kind.type in {"number", "money"} else PLAIN,
        # The values that are sorted by stand beside the leads, see leads.field_values.
        path=name if shown.kind.is_sorted else "",
        starts_descending=shown.kind.type in {"number", "money"},
        reads=("own_values",),
        type=shown.kind.type,
        fields={marketplace.pk: f for marketplace, f in fields.items()},
    )

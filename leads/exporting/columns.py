"""The columns of an export: what each is called and what of a lead stands in it.

Made of the lists' own columns (leads.columns). A cell is None, a text, a Decimal, a date or
an aware datetime; the column's format says how its numbers are to be shown.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from leads.columns import LEAD, LOSS_REASON, MARKETPLACE, OWNER, PHASE, STATUS
from leads.fields import BUILT_IN_BY_NAME, Unfit
from leads.moments import has_time

MONEY = "money"
# Values that a spreadsheet knows itself; all others become texts as people read them.
TYPED = {"number", "money", "date", "datetime"}


@dataclass(frozen=True)
class ExportColumn:
    """A column of the file: its heading, its cells, the format of its numbers."""

    heading: str
    cell: object
    format: str = ""
    # What of a lead it reads, as `LeadQuerySet.for_columns` wants it.
    reads: tuple = ()


def columns_shown(leads):
    """Return the columns that the list shows; what shares a cell there has its own here."""
    columns = []
    names = {column.name for column in leads.columns}
    for column in leads.columns:
        columns.append(_of(column, leads))
        if column is LEAD:
            columns += [_of_field(name) for name in ("city", "need") if name not in names]
        elif column is MARKETPLACE and leads.sight.has_others and OWNER not in leads.columns:
            columns.append(_of(OWNER, leads))
        elif column is STATUS and LOSS_REASON not in leads.columns:
            columns.append(_of(LOSS_REASON, leads))
    return columns


def all_columns(leads):
    """Return every column that the list could show, own fields with the retired ones."""
    registry = leads.registry
    shown = {marketplace.pk for marketplace in leads.shown_marketplaces}
    own = [column for column in registry.own if shown & set(column.fields)]
    return [_of(column, leads) for column in (*registry.built_in.values(), *own)]


def _of_field(name):
    field = BUILT_IN_BY_NAME[name]
    return ExportColumn(str(field.label), lambda lead: cell_of(field, lead), "", (name,))


def _of(column, leads):
    """Return the column of the file for a list's `column`."""
    heading, shown = str(column.heading), next(iter(column.fields.values()), None)
    reads = column.reads
    if column is LEAD:
        heading, reads = str(shown.label), ("name",)
    elif shown and shown.unit:
        heading = f"{heading} ({shown.unit})"
    if column.fields:

        def cell(lead):
            field = column.field_of(lead)
            return cell_of(field, lead) if field else None

    else:
        names = _names(column, leads)
        reads = () if names else reads

        def value_of(lead):
            return names(lead) if names else column.value_of(lead)

        def cell(lead):
            value = value_of(lead)
            return value if isinstance(value, datetime) else (str(value) if value else None)

    return ExportColumn(heading, cell, MONEY if column.type == MONEY else "", reads)


def _names(column, leads):
    """Return what names a lead's marketplace or phase, which the list has read already."""
    if column is MARKETPLACE:
        names = {marketplace.pk: marketplace.name for marketplace in leads.marketplaces}
        return lambda lead: names.get(lead.marketplace_id)
    if column.name == PHASE.name:
        names = {phase.pk: phase.name for m in leads.marketplaces for phase in m.phases.all()}
        return lambda lead: names.get(lead.phase_id)
    return None


def cell_of(field, lead):
    """Return what `field` holds of `lead`; what does not fit it any more as it was entered."""
    value = field.value_of(lead)
    if isinstance(value, Unfit):
        return str(value)
    if field.kind.type not in TYPED:
        return field.kind.show(value, field) or None
    if isinstance(value, datetime) and not has_time(value):
        return timezone.localtime(value).date()
    return value

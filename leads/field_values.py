"""What leads are sorted and filtered by in own fields: made of them, and made afresh."""

from django.apps import apps as current_apps

from . import rebuilding
from .kinds import KINDS

# Columns of a lead from which its rows are made.
COLUMNS = {"own_values", "owner", "status"}
# All that is read of it.
READ = ("marketplace", "anonymised_at", *COLUMNS)
CLOSED = {"won", "lost"}


def keys_of(values, kinds):
    """Return (field, is_choice, key) of what `values` (own_values) are sorted and found by.

    `kinds` maps the ids of the definitions to their kinds, as `kinds_of` names them.
    """
    return {
        (field_id, *key)
        for field_id, names in kinds.items()
        if (data := values.get(str(field_id)))
        for key in _keys(data, *names.split())
    }


def kinds_of(definition):
    """Return the names of the kind that it is of and of those before, with blanks between."""
    # Migrations know definitions that did not remember the latter.
    return f"{definition.kind} {getattr(definition, 'former_kinds', '')}"


def _keys(data, name, *former):
    return KINDS[name].keys(data, former)


def rows_of(lead, kinds):
    """Return (field, is_choice, key) of each row that `lead` is to have."""
    is_worked = lead.status != "offered" and lead.anonymised_at is None
    return keys_of(lead.own_values, kinds) if is_worked else set()


def columns_of(lead, row):
    """Return the columns of the `row` (see `rows_of`) of `lead`."""
    field_id, is_choice, key = row
    return {
        "lead_id": lead.pk,
        "field_id": field_id,
        "owner_id": lead.owner_id,
        "is_closed": lead.status in CLOSED,
        "is_choice": is_choice,
        "key": key,
    }


def rebuild(**how):
    """Make the rows of all leads afresh, see leads.rebuilding; return the Outcome."""
    return rebuilding.rebuild(write, columns=READ, **how)


def write(leads, *, apps=current_apps):
    """Write the rows of these locked `leads` where they differ; return of how many."""
    values = apps.get_model("leads.FieldValue")._base_manager
    fields = apps.get_model("marketplaces.Field")._base_manager
    kinds = {}
    among = {lead.marketplace_id for lead in leads}
    for definition in fields.filter(marketplace__in=among):
        of_marketplace = kinds.setdefault(definition.marketplace_id, {})
        of_marketplace[definition.pk] = kinds_of(definition)
    there = {}
    for row in values.filter(lead__in=leads).values():
        there.setdefault(row["lead_id"], []).append(row)
    wanted = {
        lead.pk: [
            columns_of(lead, row) for row in rows_of(lead, kinds.get(lead.marketplace_id, {}))
        ]
        for lead in leads
    }
    differing = [
        pk for pk, rows in wanted.items() if _set_of(rows) != _set_of(there.get(pk, []))
    ]
    if differing:
        values.filter(lead__in=differing).delete()
        values.bulk_create(values.model(**row) for pk in differing for row in wanted[pk])
    return len(differing)


def _set_of(rows):
    return {tuple(sorted(row.items())) for row in rows}

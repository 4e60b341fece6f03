"""What a change of a marketplace's field would do to the values that leads have in it."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from .fields import own_field
from .models.counting import MOST, Count

SAMPLES = 5


@dataclass
class Impact:
    """What the change of one definition means for existing values, counted up to MOST."""

    label: str
    # What is changed, so that an agreement holds for this change only.
    change: tuple
    # How many leads have a value, how many of these do not fit the new definition, and how
    # many of the others read otherwise by it.
    valued: Count
    unfit: Count
    altered: Count
    # Value → Count of leads, of those that do not fit; the most frequent first.
    values: dict = field(default_factory=dict)
    # Some of the leads whose value does not fit.
    leads: list = field(default_factory=list)
    # Some of what fits and reads otherwise: pairs of how it reads now and then.
    readings: list = field(default_factory=list)
    becomes_required: bool = False
    becomes_retired: bool = False


def impact_of(definition, before):
    """Return the Impact of changing the Field `before` into the unsaved `definition`.

    None where no value is touched. At most MOST + 1 leads are read.
    """
    change = tuple(
        (name, getattr(definition, name))
        for name in ("kind", "choices", "is_required", "is_retired")
        if _said(definition, name) != _said(before, name)
    )
    names = {name for name, _value in change}
    becomes_required = "is_required" in names and definition.is_required
    becomes_retired = "is_retired" in names and definition.is_retired
    if not (names & {"kind", "choices"} or becomes_required or becomes_retired):
        return None
    leads = before.marketplace.leads.personal().with_own_value(before.pk)
    rows = list(leads.order_by("pk").only("name", "own_values")[: MOST + 1])
    wanted, key = own_field(definition), str(before.pk)
    unfit = [lead for lead in rows if wanted.is_unfit(lead.own_values[key])]
    altered = []
    if "kind" in names:
        fitting = [lead.own_values[key] for lead in rows if lead not in unfit]
        altered = list(_readings(fitting, own_field(before), wanted))
    if not (unfit or altered or becomes_required or (rows and becomes_retired)):
        return None
    counted = Counter(
        value for lead in unfit for value in _unfit_values(wanted, lead.own_values[key])
    )
    return Impact(
        label=before.label,
        change=(before.pk, *change),
        valued=Count(len(rows)),
        unfit=Count(len(unfit)),
        values={value[:80]: Count(n) for value, n in counted.most_common(SAMPLES)},
        leads=unfit[:SAMPLES],
        altered=Count(len(altered)),
        readings=list(dict.fromkeys(altered))[:SAMPLES],
        becomes_required=becomes_required,
        becomes_retired=becomes_retired,
    )


def agreement_to(impacts):
    """Return the mark by which an operator agrees to exactly these changes."""
    changes = repr(sorted(repr(impact.change) for impact in impacts))
    return hashlib.sha256(changes.encode()).hexdigest()[:32]


def _said(definition, name):
    value = getattr(definition, name)
    return definition.choice_list if name == "choices" else value


def _readings(values, now, wanted):
    """Yield pairs of what each of the JSON `values` reads now and then, where they differ."""
    for data in values:
        pair = now.text(data)[:80], wanted.text(data)[:80]
        if pair[0] != pair[1]:
            yield pair


def _unfit_values(wanted, data):
    if isinstance(data, str) or not wanted.kind.fits(data):
        return [wanted.text(data)]
    return [choice for choice in data if choice not in wanted.choices]

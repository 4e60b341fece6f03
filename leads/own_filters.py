"""Filters of a list by the own fields of its marketplace, as an address says them.

`feld-12=Öl` (several for several choices), `feld-13-ab=100`, `feld-13-bis=200`. What few
leads have is looked up in the index of the values; what many have is met soon wherever the
list is read.
"""

from django import forms
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from .fields import OWN_PREFIX, own_field
from .kinds import LONGEST_KEY, UNFIT, YesNoField, text_key
from .list_query import told
from .models import FieldValue
from .text import sort_key

# More leads than this are not gathered, but looked at one by one in the order of the list.
MOST_GATHERED = 500
FROM, TO = "-ab", "-bis"
LAST = "\U0010ffff"


class OwnFilters(forms.Form):
    """What is asked of the own fields of a `marketplace`, whose fields are read already."""

    def __init__(self, marketplace, params):
        super().__init__(params, auto_id="filter_%s")
        self.lead_fields = []
        for definition in marketplace.fields.all() if marketplace else ():
            field = own_field(definition)
            inputs = INPUTS.get(field.kind_name)
            if inputs and (not field.is_retired or self._names(field, params)):
                self.lead_fields.append(field)
                self.fields.update(inputs(field))
        self.known = set(self.fields)
        self.params = params

    @staticmethod
    def is_named(name):
        """Whether a parameter of an address is a filter."""
        return name.startswith(OWN_PREFIX)

    @staticmethod
    def names_of(marketplaces):
        """Return what the filters of marketplaces can be called, whose fields are read."""
        fields = (field for m in marketplaces for field in m.fields.all())
        return {own_field(f).name + end for f in fields for end in ("", FROM, TO)}

    @staticmethod
    def _names(field, params):
        return any(field.name + end in params for end in ("", FROM, TO))

    def clean(self):
        """Refuse a range that ends before it begins: nothing could be found in it."""
        data = super().clean()
        for field in self.lead_fields:
            low, high = (data.get(field.name + end) for end in (FROM, TO))
            if low is not None and high is not None and high < low:
                self.add_error(field.name + TO, _("“to” lies before “from”."))
        return data

    @cached_property
    def conditions(self):
        """Pairs of field and condition on FieldValue: what is asked, as far as it is read."""
        self.is_valid()
        found = []
        for field in self.lead_fields:
            condition = CONDITIONS[field.kind_name](field, self.cleaned_data)
            if condition is not None:
                found.append((field, condition))
        return found

    @property
    def left_out(self):
        """Whether something was asked that cannot be read, or not here."""
        asked = {name for name in self.params if self.is_named(name)}
        return bool(self.errors) or bool(asked - self.known)

    @property
    def kept(self):
        """Pairs of name and text of what holds, as an address says them."""
        wrong = set(self.errors)
        return [
            (name, text)
            for name in self.fields
            if name not in wrong
            for text in self.params.getlist(name)
            if text
        ]

    @property
    def rows(self):
        """The fields with what draws them: pairs of LeadField and bound inputs."""
        return [
            (field, [self[name] for name in INPUTS[field.kind_name](field)])
            for field in self.lead_fields
        ]

    @property
    def chips(self):
        """What holds: the text and the query that takes it away."""
        return [
            {"text": f"{field.label}: {self._said(field)}", "without": self._without(field)}
            for field, _condition in self.conditions
        ]

    def _without(self, field):
        left = self.params.copy()
        for name in (*INPUTS[field.kind_name](field), "seite"):
            left.pop(name, None)
        return told(left.urlencode())

    def _said(self, field):
        data = self.cleaned_data
        if field.kind_name in RANGED:
            low, high = (data.get(field.name + end) for end in (FROM, TO))
            shown = [field.text(field.kind.to_json(value)) for value in (low, high)]
            if low is None:
                return _("up to %(value)s") % {"value": shown[1]}
            if high is None:
                return _("from %(value)s") % {"value": shown[0]}
            return f"{shown[0]} – {shown[1]}"
        value = data[field.name]
        if field.kind_name == "text":
            return _("begins with “%(text)s”") % {"text": value}
        return ", ".join(value) if isinstance(value, list) else field.kind.show(value, field)


class Narrowing:
    """OwnFilters along the `pieces` of a sight, ready to narrow down a list's leads."""

    def __init__(self, conditions, pieces, *, is_closed):
        self.asked = []
        # What can be asked of the one value by which a lead is sorted.
        self.conditions = [
            (field.own_id, condition)
            for field, condition in conditions
            if field.kind_name != "choices"
        ]
        # The ids of the leads of which there are few, where there are.
        self.ids = None
        for field, condition in conditions:
            ids = self._gathered(field, condition, pieces, is_closed)
            if len(ids) > MOST_GATHERED:
                self.asked.append((field.own_id, condition))
            else:
                self.ids = set(ids) if self.ids is None else self.ids & set(ids)

    @staticmethod
    def _gathered(field, condition, pieces, is_closed):
        ids, limit = [], MOST_GATHERED + 1
        for piece in pieces:
            owner = piece.get("owner")
            values = FieldValue.objects.along(field.own_id, owner=owner, is_closed=is_closed)
            ids += values.lead_ids(condition, limit)
        return ids

    def narrow(self, leads):
        """Return those of `leads` that the filters leave."""
        if self.ids is not None:
            leads = leads.with_ids(self.ids)
        for field_id, condition in self.asked:
            leads = leads.having(field_id, condition)
        return leads

    def narrow_values(self, values, field_id):
        """Return those of the `values` of a field that can be among what is left.

        Who sorts by what is filtered begins where the filter does.
        """
        if self.ids is not None:
            values = values.of_ids(self.ids)
        for own_id, condition in self.conditions:
            if own_id == field_id:
                values = values.filter(condition)
        return values


def _optional(made, *, label=None):
    made.required = False
    made.help_text = ""
    if label is not None:
        made.label = label
    return made


def _text_inputs(field):
    label = _("%(field)s begins with") % {"field": field.label}
    return {field.name: forms.CharField(label=label, max_length=100, required=False)}


def _range_inputs(field):
    # Behind a colon: a label may itself end in a word that leads to another one.
    ends = {FROM: _("%(label)s: from"), TO: _("%(label)s: to")}
    return {
        f"{field.name}{end}": _optional(
            field.kind.form_field(field), label=text % {"label": field.label}
        )
        for end, text in ends.items()
    }


def _choice_inputs(field):
    choices = [(choice, choice) for choice in field.choices]
    made = forms.MultipleChoiceField(
        label=field.label,
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    return {field.name: made}


def _yes_no_inputs(field):
    return {field.name: YesNoField(label=field.label, required=False)}


def _text_condition(field, data):
    start = sort_key(data.get(field.name, "").strip())[:100]
    return Q(is_choice=False, key__gte=start, key__lt=f"{start}{LAST}") if start else None


def _range_condition(field, data):
    low, high = (data.get(field.name + end) for end in (FROM, TO))
    if low is None and high is None:
        return None
    condition = Q(is_choice=False, key__lt=UNFIT)
    if low is not None:
        condition &= Q(key__gte=field.kind.key(low))
    if high is not None:
        condition &= Q(key__lte=field.kind.key(high))
    return condition


def _choice_condition(field, data):
    keys = [text_key(choice)[:LONGEST_KEY] for choice in data.get(field.name) or []]
    is_several = field.kind_name == "choices"
    return Q(is_choice=is_several, key__in=keys) if keys else None


def _yes_no_condition(field, data):
    value = data.get(field.name)
    return None if value is None else Q(is_choice=False, key=field.kind.key(value))


RANGED = {"number", "money", "date"}
INPUTS = {
    "text": _text_inputs,
    **dict.fromkeys(RANGED, _range_inputs),
    **dict.fromkeys(("choice", "choices"), _choice_inputs),
    "yes_no": _yes_no_inputs,
}
CONDITIONS = {
    "text": _text_condition,
    **dict.fromkeys(RANGED, _range_condition),
    **dict.fromkeys(("choice", "choices"), _choice_condition),
    "yes_no": _yes_no_condition,
}

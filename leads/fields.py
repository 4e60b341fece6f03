"""The one table of a lead's editable fields.

Built-in fields stand in BUILT_IN; a marketplace's own definitions are added to them by
`fields_of`. List, editor, "Alle bearbeiten", import, demo and Verlauf read this table.
What is not in it (owner, marketplace, phase …) cannot be edited as a field.
"""

import json
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplaces.models import Field

from .kinds import AS_TYPED, KINDS, as_kept_now, as_written
from .text import dial_address, mail_address

OWN_PREFIX = Field.NAME_PREFIX
MAP_ADDRESS = "https://www.openstreetmap.org/search?"
ADDRESS = ("street", "postcode", "city", "country")
MAPPED = {"street", "city"}


class Unfit(str):
    """A value as it was entered, which does not fit its field any more.

    The definition was changed since. It is shown and kept until somebody corrects it.
    """

    __slots__ = ("data",)

    @classmethod
    def of(cls, data, former):
        """Return it for the JSON value `data` of a field that was of the kinds `former`."""
        value = cls(as_written(data, former))
        value.data = data
        return value


@dataclass(frozen=True)
class LeadField:
    """One field of a lead: its name in addresses, how it is called and what it holds."""

    name: str
    label: str
    group: Field.Group
    kind_name: str = "text"
    required: bool = False
    # Whether a rep sees it before acceptance; the contact stays hidden.
    offered: bool = False
    autocomplete: str = ""
    max_length: int | None = None
    unit: str = ""
    choices: tuple = ()
    help_text: str = ""
    own_id: int | None = None
    is_retired: bool = False
    # The kinds that it was of before, the latest first.
    former: tuple = ()

    @property
    def kind(self):
        """How values of this field are entered, kept and shown."""
        return KINDS[self.kind_name]

    @property
    def is_wide(self):
        """Whether its input takes the whole width of a form."""
        return self.kind.is_wide or self.name == "need"

    @property
    def shown_unit(self):
        """What its inputs are labelled with: kW, €."""
        return self.kind.unit or self.unit

    def value_of(self, lead):
        """Return the lead's value as Python knows it."""
        if self.own_id is None:
            return getattr(lead, self.name)
        return self.value_from(lead.own_values.get(str(self.own_id)))

    def value_from(self, data):
        """Return the Python value of the JSON value `data`, or an Unfit."""
        kept = self.as_kept_now(data)
        if kept and self.own_id is not None and not self.kind.fits(kept):
            return Unfit.of(data, self.former)
        return self.kind.from_json(kept)

    def as_kept_now(self, data):
        """Return the JSON value `data` as its kind of now makes it, whatever kept it."""
        return data if self.own_id is None else as_kept_now(data, self.kind, self.former)

    def json_of(self, value):
        """Return the JSON value that `value` is kept as, which reads as `value` again."""
        if isinstance(value, Unfit):
            return value.data
        data = self.kind.to_json(value)
        return data if self.as_kept_now(data) == data else f"{AS_TYPED}{data}"

    def is_unfit(self, data):
        """Whether the JSON value `data` does not fit the definition as it is now."""
        if not data or self.own_id is None:
            return False
        kept = self.as_kept_now(data)
        if not self.kind.fits(kept):
            return True
        chosen = {kept} if isinstance(kept, str) else set(kept)
        return self.kind_name in {"choice", "choices"} and not chosen <= set(self.choices)

    def assign(self, lead, value):
        """Put `value` on `lead` without saving; return the name of the changed column."""
        if self.own_id is None:
            setattr(lead, self.name, value)
            return self.name
        data = self.json_of(value)
        others = {k: v for k, v in lead.own_values.items() if k != str(self.own_id)}
        lead.own_values = {**others, str(self.own_id): data} if data else others
        return "own_values"

    def data_of(self, lead):
        """Return the lead's value as JSON knows it."""
        return self.json_of(self.value_of(lead))

    def is_empty_on(self, lead):
        """Whether the lead has no value here; no and 0 are values."""
        return not self.data_of(lead)

    def seen_of(self, lead):
        """Return what a form carries so that the server knows which value was seen."""
        return self.seen(self.data_of(lead))

    def seen(self, data):
        """Return the JSON value `data` as a form carries it."""
        return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)

    def text_of_seen(self, seen):
        """Return what `seen` (see there) carries as people read it."""
        if self.kind_name != "choices" or not seen:
            return self.text(seen)
        try:
            return self.text(json.loads(seen))
        except (ValueError, RecursionError):
            return seen

    def text_of(self, lead):
        """Return the lead's value as people read it, empty for none."""
        return self._shown(self.value_of(lead))

    def _shown(self, value):
        return str(value) if isinstance(value, Unfit) else self.kind.show(value, self)

    def text(self, data):
        """Return the JSON value `data` as people read it."""
        try:
            return self._shown(self.value_from(data))
        except (ValueError, TypeError, ArithmeticError):
            return str(data)

    def form_field(self, lead=None):
        """Return the form field; for a `lead` it also offers the choices it still has."""
        kept = self.value_of(lead) if lead is not None else None
        is_choice = self.kind_name in {"choice", "choices"}
        if isinstance(kept, Unfit) and not is_choice:
            return self._form_field_of(kept)
        known = list(self.choices)
        kept = [kept] if isinstance(kept, str) else kept
        if is_choice and kept:
            known += [choice for choice in kept if choice and choice not in known]
        return self.kind.form_field(replace(self, choices=tuple(known)))

    def _form_field_of(self, unfit):
        """Return the form field that shows the Unfit value, too."""
        made = self.kind.form_field(self)
        if self.kind_name == "date":
            # The browser's calendar would not show it.
            made.widget = forms.TextInput(attrs=made.widget_attrs(forms.TextInput()))
        elif self.kind_name == "yes_no":
            made.choices = [*made.choices, (str(unfit), str(unfit))]
            made.valid_value = lambda value: value in {"", "yes", "no"}
        return made

    def on(self, lead):
        """Return this field as the page of `lead` shows it."""
        data = self.data_of(lead)
        return ShownField(
            lead_id=lead.pk,
            name=self.name,
            label=str(self.label),
            text=self.text_of(lead),
            href=self.href(lead),
            is_wide=self.is_wide,
            is_unfit=self.is_unfit(data),
            is_missing=self.required and not data,
        )

    def href(self, lead):
        """Return the address that the value leads to: a call, a mail, a map; or None."""
        value = self.value_of(lead)
        if not value:
            return None
        if self.kind_name == "phone":
            return dial_address(value)
        if self.kind_name == "email":
            return mail_address(value)
        if self.name in MAPPED:
            parts = (getattr(lead, name) for name in ADDRESS)
            return MAP_ADDRESS + urlencode({"query": ", ".join(filter(None, parts))})
        return None


class ShownField(NamedTuple):
    """A field of one lead, as its row on the page shows it; all that it shows is here."""

    lead_id: int
    name: str
    label: str
    text: str
    href: str | None
    # Whether its input takes the whole width of a form.
    is_wide: bool
    # Whether the definition was changed since, so that the value does not fit it.
    is_unfit: bool
    # Whether it is required and not given.
    is_missing: bool

    @property
    def edit_label(self):
        """What the button is called that opens its editor."""
        return gettext("Edit %(field)s") % {"field": self.label}

    @property
    def leads_away(self):
        """Whether the address is another site's."""
        return self.name in MAPPED


def _prospect(name, label, **kwargs):
    return LeadField(name=name, label=label, group=Field.Group.PROSPECT, **kwargs)


def _interest(name, label, **kwargs):
    return LeadField(name=name, label=label, group=Field.Group.INTEREST, **kwargs)


BUILT_IN = (
    _prospect("name", _("Name"), required=True),
    _prospect("company", _("Company"), autocomplete="off"),
    _prospect("contact_person", _("Contact person")),
    _prospect("phone", _("Phone"), kind_name="phone"),
    _prospect("mobile", _("Mobile"), kind_name="phone"),
    _prospect("email", _("E-mail"), kind_name="email"),
    _prospect("street", _("Street")),
    _prospect("postcode", _("Postcode"), max_length=12, offered=True),
    _prospect("city", _("City"), max_length=100, offered=True),
    _prospect("country", _("Country"), max_length=60, offered=True),
    _interest("need", _("Need"), offered=True),
    _interest("description", _("Description"), kind_name="long_text"),
    _interest("value", _("Value"), kind_name="money", offered=True),
    _interest("wish_date", _("Wish date"), kind_name="date", offered=True),
    _interest("source", _("Source"), max_length=100),
    _interest("follow_up_at", _("Follow-up"), kind_name="moment"),
    _interest("follow_up_note", _("Note of the follow-up")),
)
BUILT_IN_BY_NAME = {field.name: field for field in BUILT_IN}


def own_field(definition):
    """Return the LeadField of a marketplace's definition (a marketplaces.Field)."""
    return LeadField(
        name=definition.name,
        label=definition.label,
        group=Field.Group(definition.group),
        kind_name=definition.kind,
        required=definition.is_required,
        offered=definition.group == Field.Group.INTEREST,
        unit=definition.unit,
        choices=tuple(definition.choice_list),
        help_text=definition.help_text,
        own_id=definition.pk,
        is_retired=definition.is_retired,
        former=tuple(definition.former_kinds.split()),
    )


def fields_of(marketplace, *, lead=None, sent=()):
    """Return the fields of a marketplace's leads, in the order of the form.

    Retired definitions are left out, except where `lead` has a value for them or a form
    that was `sent` had their names.
    """
    kept = lead.own_values if lead is not None else {}
    shown = [
        field
        for field in all_fields_of(marketplace)
        if not field.is_retired or str(field.own_id) in kept or field.name in sent
    ]
    by_group = {group: [] for group in Field.Group}
    for field in shown:
        by_group[field.group].append(field)
    return [field for group in Field.Group for field in by_group[group]]


def all_fields_of(marketplace):
    """Return all fields that a marketplace's leads can have a value in, retired ones too."""
    own = sorted(marketplace.fields.all(), key=lambda definition: definition.position)
    return [*BUILT_IN, *map(own_field, own)]


def field_named(name, lead, *, sent=()):
    """Return the field of `lead` called `name` among those of `fields_of`, or None."""
    if built_in := BUILT_IN_BY_NAME.get(name):
        return built_in
    fields = fields_of(lead.marketplace, lead=lead, sent=sent)
    return next((field for field in fields if field.name == name), None)


def table_of(lead, names):
    """Return name → field of those that a value can be in, retired ones too.

    The marketplace's own definitions are only read where `names` has one of them.
    """
    if set(names) <= set(BUILT_IN_BY_NAME):
        return BUILT_IN_BY_NAME
    return {field.name: field for field in all_fields_of(lead.marketplace)}


def groups_of(lead):
    """Return the fields as the page of `lead` shows them: pairs of group and rows."""
    groups = {}
    for field in fields_of(lead.marketplace, lead=lead):
        groups.setdefault(field.group.label, []).append(field.on(lead))
    return list(groups.items())

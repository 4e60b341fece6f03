"""The kinds of values a lead's field can hold: how each is entered, kept and shown.

Built-in fields and the ones that a marketplace adds go through the same kinds.
A kind translates between four forms of a value: the Python value, what a form sends,
the JSON that is kept in the Verlauf (and for a marketplace's own fields on the lead),
and the text that people read.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from django import forms
from django.core import validators
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext_lazy, override
from django.utils.translation import gettext_lazy as _

from leadbook.numbers import (
    euro,
    german,
    german_amount,
    parse_decimal,
    without_euro,
    without_unit,
)

from .moments import MomentField, show_moment
from .text import clean_line, clean_text, sort_key

# Times its limit. Cleaning does not make a text shorter than that.
FAR_TOO_LONG = 4


class LongestText(validators.MaxLengthValidator):
    """A longest length, said with its thousands apart: 10.000."""

    message = ngettext_lazy(
        "Ensure this value has at most %(limit)s character (it has %(length)s).",
        "Ensure this value has at most %(limit)s characters (it has %(length)s).",
        "limit_value",
    )

    def __call__(self, value):
        """Refuse what is longer."""
        try:
            super().__call__(value)
        except forms.ValidationError as error:
            for name, given in (("limit", "limit_value"), ("length", "show_value")):
                error.params[name] = number_format(error.params[given], force_grouping=True)
            raise


class UncutField(forms.CharField):
    """A text whose length is judged here alone.

    By its own limit a browser cuts off what is pasted, and what is saved then lacks its end.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.validators = [
            LongestText(check.limit_value)
            if isinstance(check, validators.MaxLengthValidator)
            else check
            for check in self.validators
        ]

    def to_python(self, value):
        """Return the text; one that is far too long is not looked at any closer."""
        text = super().to_python(value)
        if self.max_length and len(text) > FAR_TOO_LONG * self.max_length:
            self.run_validators(text)
        return text

    def widget_attrs(self, widget):
        """Return what the input is told, which is not how long the text may be."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(UncutField):
    """One line of text, cleaned of what cannot be seen."""

    def to_python(self, value):
        """Return the cleaned line."""
        return clean_line(super().to_python(value))


class TextField(UncutField):
    """Text of several lines."""

    widget = forms.Textarea

    def to_python(self, value):
        """Return the cleaned text."""
        return clean_text(super().to_python(value))


class LinesField(TextField):
    """A list with an entry on each line."""

    def to_python(self, value):
        """Return the cleaned lines."""
        return "\n".join(clean_line(line) for line in super().to_python(value).split("\n"))


class GermanDecimalField(UncutField):
    """A number in German spelling, also with its unit, as the pages show it."""

    def __init__(self, *, unit="", min_value=None, decimal_places=2, **kwargs):
        self.unit = unit
        self.min_value = min_value
        self.decimal_places = decimal_places
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value):
        """Return the Decimal, or None for nothing."""
        text = without_unit(super().to_python(value), self.unit)
        if text in self.empty_values:
            return None
        super().run_validators(text)
        number = parse_decimal(text, decimal_places=self.decimal_places)
        if self.min_value is not None and number < self.min_value:
            raise forms.ValidationError(_("Enter a number that is not negative."))
        return number

    def run_validators(self, value):
        """Do nothing: they are for text, on which `to_python` has run them."""

    def prepare_value(self, value):
        """Show a number in German spelling, and what was typed as it was typed."""
        return german(value) if isinstance(value, Decimal) else value


class EuroField(GermanDecimalField):
    """An amount, also as the pages show it: 24.800 €."""

    def to_python(self, value):
        """Return the Decimal, or None for nothing."""
        return super().to_python(without_euro(value) if isinstance(value, str) else value)

    def prepare_value(self, value):
        """Show an amount with both digits of its cents, where it has some."""
        return german_amount(value) if isinstance(value, Decimal) else value


class YesNoField(forms.TypedChoiceField):
    """Yes, no or nothing: True, False or None."""

    def __init__(self, **kwargs):
        super().__init__(
            choices=[("", "—"), ("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda data: data == "yes",
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value):
        """Choose what stands for a truth value, and what was sent as it was sent."""
        return {True: "yes", False: "no"}.get(value, value)


# Of the texts by which own fields are sorted; what does not fit its kind comes last.
LONGEST_KEY = 200
UNFIT = "~"
# Added to numbers, so that none is negative: they are smaller than a tenth of it.
ABOVE_ALL = 10**13
# As `Number.to_json` writes them.
NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,4})?", re.ASCII)


def text_key(text):
    """Return `text` for sorting; different texts differ, where there is room for them."""
    return f"{sort_key(text)}\n{text}"


# In front of a text that would read otherwise without it, as what a kind before has kept. No
# text begins with a blank: cleaning takes it away.
AS_TYPED = " "


def as_written(data, former):
    """Return a JSON value as people write it, of a field that was of the kinds `former`.

    Where the field remembers none: as the first of all kinds that may have kept it.
    """
    if not isinstance(data, str):
        return ", ".join(map(str, data))
    if data.startswith(AS_TYPED):
        return data.removeprefix(AS_TYPED)
    coded = (KINDS[name] for name in former or KINDS if KINDS[name].is_coded)
    return next((kind.written(data) for kind in coded if kind.keeps(data)), data)


def as_kept_now(data, kind, former):
    """Return a JSON value as a field of `kind` would keep it that was of the kinds `former`.

    Any text fits most kinds, also what one before has kept in its own way.
    """
    if not isinstance(data, str):
        return data
    is_read_anew = former and not kind.is_coded
    return as_written(data, former) if is_read_anew else data.removeprefix(AS_TYPED)


PHONE = validators.RegexValidator(
    r"^\+?[\d\s()/.\-–]{3,40}$",
    _("Enter a phone number, for example +49 8031 1234567."),
)


class Kind:
    """How one kind of value is entered, kept and shown; text unless a subclass differs."""

    form_class = LineField
    widget = None
    max_length = 200
    attrs = {}
    empty = ""
    # What stands behind its values, whatever unit their field has.
    unit = ""
    # Where it is entered over the whole width of the form.
    is_wide = False
    # Whether lists can be sorted by it.
    is_sorted = True
    # Whether its values are kept otherwise than people write them; see `written`.
    is_coded = False
    # What an export takes it for: text, number, money, date, datetime, list or yes_no.
    type = "text"

    def form_field(self, field):
        """Return the form field for the lead's `field`, without a value."""
        kwargs = {
            "label": field.label,
            "required": field.required,
            "help_text": field.help_text,
        }
        if issubclass(self.form_class, (LineField, TextField)):
            kwargs["max_length"] = field.max_length or self.max_length
        made = self.form_class(**kwargs, **self.form_options(field))
        made.widget.attrs.update(self.attrs)
        if field.autocomplete:
            made.widget.attrs["autocomplete"] = field.autocomplete
        return made

    def form_options(self, field):
        """Return further arguments of the form field."""
        return {}

    def to_json(self, value):
        """Return `value` as JSON knows it; the same value always gives the same."""
        return value or ""

    def from_json(self, data):
        """Return the value that `to_json` made `data` of."""
        return data or ""

    def show(self, value, field):
        """Return the text that people read, empty for no value."""
        return str(value or "")

    def fits(self, data):
        """Whether the JSON value `data` is one of this kind, and not of one before it."""
        return isinstance(data, str)

    def keeps(self, data):
        """Whether the JSON value `data` is just as `to_json` writes it; 08031 is no number."""
        return self.fits(data) and self.to_json(self.from_json(data)) == data

    def key(self, value):
        """Return the text in whose byte order the values stand, shorter than LONGEST_KEY."""
        return text_key(value)

    def keys(self, data, former):
        """Return pairs (is_choice, key) of what the JSON value `data` is found by.

        It is of a field that was of the kinds `former`.
        """
        kept = as_kept_now(data, self, former)
        if self.fits(kept):
            return [(False, self.key(self.from_json(kept))[:LONGEST_KEY])]
        return [(False, f"{UNFIT}{text_key(as_written(data, former))}"[:LONGEST_KEY])]


class Line(Kind):
    """One line of text."""


class LongText(Kind):
    """Text of several lines."""

    form_class = TextField
    max_length = 5000
    attrs = {"rows": 5}
    is_wide = True
    is_sorted = False

    def keys(self, data, former):
        """Return nothing: nobody sorts by what is read as a whole."""
        return []


class Phone(Kind):
    """A phone number in any spelling."""

    max_length = 40
    attrs = {"inputmode": "tel"}

    def form_options(self, field):
        """Ask for the phone keyboard and refuse letters."""
        return {"widget": forms.TextInput(attrs={"type": "tel"}), "validators": [PHONE]}


class Email(Kind):
    """An e-mail address."""

    max_length = 254

    def form_options(self, field):
        """Ask for the e-mail keyboard and check the address."""
        message = _("Enter a valid e-mail address, for example name@company.com.")
        return {
            "widget": forms.TextInput(attrs={"type": "email"}),
            "validators": [validators.EmailValidator(message)],
        }


class Number(Kind):
    """A number, with the unit of its field."""

    form_class = GermanDecimalField
    attrs = {"inputmode": "decimal"}
    empty = None
    is_coded = True
    type = "number"

    def form_options(self, field):
        """Allow four digits behind the comma, and the unit behind them."""
        return {"decimal_places": 4, "unit": field.unit}

    def to_json(self, value):
        """Keep the digits, not a binary fraction."""
        return "" if value is None else format(value.normalize(), "f")

    def from_json(self, data):
        """Return the Decimal."""
        return Decimal(data) if data else None

    def fits(self, data):
        """Whether it is a number as `to_json` writes it, and not too large."""
        return isinstance(data, str) and bool(NUMBER.fullmatch(data))

    def written(self, data):
        """Return the JSON value `data` in German spelling."""
        return german(self.from_json(data))

    def key(self, value):
        """Return all digits, from the same place on."""
        return f"{value + ABOVE_ALL:019.4f}"

    def show(self, value, field):
        """Return the number with its unit."""
        return "" if value is None else f"{german(value)} {field.unit}".strip()


class Money(Number):
    """An amount in euro, not negative."""

    form_class = EuroField
    unit = "€"
    type = "money"

    def form_options(self, field):
        """Allow cents."""
        return {"decimal_places": 2, "min_value": 0}

    def fits(self, data):
        """Whether it is a number that is not negative."""
        return super().fits(data) and not data.startswith("-")

    def written(self, data):
        """Return the JSON value `data` with its sign."""
        return euro(self.from_json(data))

    def show(self, value, field):
        """Return the amount with its sign."""
        return "" if value is None else euro(value)


class Date(Kind):
    """A day."""

    form_class = forms.DateField
    empty = None
    is_coded = True
    type = "date"

    def form_options(self, field):
        """Use the browser's calendar; its own spelling is the ISO one."""
        return {
            "widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "input_formats": ["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"],
            "validators": [
                validators.MinValueValidator(date(1900, 1, 1), _("Enter a date after 1900.")),
                validators.MaxValueValidator(date(2200, 1, 1), _("Enter a date before 2200.")),
            ],
        }

    def to_json(self, value):
        """Keep the ISO date."""
        return "" if value is None else value.isoformat()

    def from_json(self, data):
        """Return the date."""
        return date.fromisoformat(data) if data else None

    def fits(self, data):
        """Whether it is an ISO date."""
        try:
            return date.fromisoformat(data).isoformat() == data
        except (ValueError, TypeError):
            return False

    def written(self, data):
        """Return the JSON value `data` as 01.12.2026."""
        return date_format(self.from_json(data), "d.m.Y")

    def key(self, value):
        """Return the ISO date."""
        return value.isoformat()

    def show(self, value, field):
        """Return the date as 01.12.2026."""
        return "" if value is None else date_format(value, "d.m.Y")


class Moment(Kind):
    """A day, with or without a time."""

    form_class = MomentField
    empty = None
    type = "datetime"

    def to_json(self, value):
        """Keep the time in UTC."""
        return "" if value is None else value.astimezone(UTC).isoformat()

    def from_json(self, data):
        """Return the aware datetime."""
        return datetime.fromisoformat(data) if data else None

    def show(self, value, field):
        """Return day and, where one was given, time."""
        return "" if value is None else show_moment(value)


class Choice(Kind):
    """One of the field's choices; a value that was removed from them stays readable."""

    form_class = forms.ChoiceField

    def form_options(self, field):
        """Offer the choices, with an empty one first."""
        return {"choices": [("", "—"), *((choice, choice) for choice in field.choices)]}


class Choices(Kind):
    """Several of the field's choices."""

    form_class = forms.MultipleChoiceField
    is_wide = True
    type = "list"

    def form_options(self, field):
        """Offer the choices as check boxes."""
        return {
            "choices": [(choice, choice) for choice in field.choices],
            "widget": forms.CheckboxSelectMultiple,
        }

    def to_json(self, value):
        """Keep the list in a fixed order, so that equal selections are equal."""
        return sorted(value or [])

    def from_json(self, data):
        """Return the list; of a field that knew one choice only that one."""
        return [data] if data and isinstance(data, str) else list(data or [])

    def fits(self, data):
        """Whether it is a list, or the one choice of a field that knew only one."""
        return isinstance(data, (list, str))

    def key(self, value):
        """Return the choices in their order."""
        return text_key(", ".join(value))

    def keys(self, data, former):
        """Return the key of the whole and those of each choice."""
        chosen = self.from_json(as_kept_now(data, self, former))
        return [
            *super().keys(data, former),
            *((True, text_key(choice)[:LONGEST_KEY]) for choice in dict.fromkeys(chosen)),
        ]

    def show(self, value, field):
        """Return the choices in the operator's order, the removed ones last."""
        order = {choice: place for place, choice in enumerate(field.choices)}
        return ", ".join(sorted(value or [], key=lambda v: (order.get(v, len(order)), v)))


class YesNo(Kind):
    """Yes, no or not known."""

    form_class = YesNoField
    empty = None
    is_coded = True
    type = "yes_no"

    def to_json(self, value):
        """Keep yes, no or nothing."""
        return {True: "yes", False: "no"}.get(value, "")

    def from_json(self, data):
        """Return the truth value, None for not known."""
        return {"yes": True, "no": False}.get(data)

    def fits(self, data):
        """Whether it is yes or no."""
        return data in ("yes", "no")

    def written(self, data):
        """Return the JSON value `data` in German, whoever reads it: it is a text by now."""
        with override("de"):
            return self.show(self.from_json(data), None)

    def key(self, value):
        """Return what puts no before yes."""
        return "1" if value else "0"

    def show(self, value, field):
        """Return yes or no in the reader's language."""
        return {True: gettext("Yes"), False: gettext("No")}.get(value, "")


KINDS = {
    "text": Line(),
    "long_text": LongText(),
    "phone": Phone(),
    "email": Email(),
    "number": Number(),
    "money": Money(),
    "date": Date(),
    "moment": Moment(),
    "choice": Choice(),
    "choices": Choices(),
    "yes_no": YesNo(),
}

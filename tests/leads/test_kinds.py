"""Kinds of values, numbers and texts: pure functions."""

from datetime import UTC, date, datetime
from decimal import Decimal
from time import monotonic

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from leadbook.numbers import euro, german, parse_decimal, without_euro
from leads.fields import LeadField
from leads.file_names import clean_file_name
from leads.kinds import KINDS, EuroField, GermanDecimalField
from leads.text import (
    clean_line,
    clean_text,
    dial_address,
    fold,
    mail_address,
    phone_digits,
    sort_key,
)
from leads.uploads import megabytes
from marketplaces.models import Field
from tests.markup import read

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.fixture(autouse=True)
def _german():
    with translation.override("de"):
        yield


# Numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1.234,50", "1234.50"), ("1234,5", "1234.5"), ("1.234", "1234"), ("1234", "1234"),
        ("1.234.567,89", "1234567.89"), ("0", "0"), ("0,00", "0"), ("007", "7"),
        ("5,", "5"), ("1 234,50", "1234.5"), (f"1{NBSP}234", "1234"),
        (f"1{NARROW}234", "1234"),
        ("1'234,50", "1234.5"), ("999999999999,99", "999999999999.99"),
        ("-5,5", "-5.5"), ("\u22125", "-5"), ("12,50000", "12.5"),
    ],
)  # fmt: skip
def test_german_spellings_of_numbers(typed, number):
    assert parse_decimal(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed",
    [
        "1,2,3", "1,234.50", "12.34", "1.23", "1.2345", "..", ",", ",5", "abc", "12a", "1e400",
        "1E5", "NaN", "nan", "Infinity", "inf", "--1", "+5", "5-", "0x10", "1_000", "1;2", "½",
        "1234567890123", "1.234.567.890.123", "1,234", "0,001", "\x00", "9" * 5000, "", " ",
        "1.234,50 €",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValidationError):
        parse_decimal(typed)


def test_a_long_run_of_blanks_is_no_euro_and_takes_no_time():
    before = monotonic()
    assert without_euro(f"1{' ' * 200_000}2").endswith("2")
    assert monotonic() - before < 1


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1234.5", "1.234,5"), ("1234.50", "1.234,5"), ("1000000", "1.000.000"), ("0", "0"),
        ("-1234.5", "-1.234,5"), ("0.0001", "0,0001"), ("100", "100"), ("1E+3", "1.000"),
        ("24800.00", "24.800"), ("1E+40", f"10{'.000' * 13}"),
    ],
)  # fmt: skip
def test_numbers_are_shown_in_german(number, text):
    assert german(Decimal(number)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("24800", "24.800 €"), ("1234.5", "1.234,50 €"), ("0", "0 €"), ("0.99", "0,99 €"),
     ("999999999999.99", "999.999.999.999,99 €")],
)  # fmt: skip
def test_amounts_are_shown_in_euro(amount, text):
    assert euro(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("24800.00", "24.800"), ("24800", "24.800"), ("24800.50", "24.800,50"),
     ("24800.5", "24.800,50"), ("0.00", "0"), ("0.05", "0,05"), ("1E+3", "1.000"),
     # Kept as a number before its field was one of money: shortened, it would be another.
     ("12.3456", "12,3456")],
)  # fmt: skip
def test_amounts_are_edited_as_they_are_written(amount, text):
    assert EuroField().prepare_value(Decimal(amount)) == text
    assert GermanDecimalField(decimal_places=4).clean(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("number", "text"), [("1234.50", "1.234,5"), ("24800.00", "24.800"), ("0.0001", "0,0001")]
)
def test_numbers_are_edited_without_zeros_at_their_end(number, text):
    assert GermanDecimalField().prepare_value(Decimal(number)) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1 B"), (999, "999 B"), (1000, "1 kB"), (2_450_000, "2,5 MB"), (50_000_000, "50 MB"),
     (12_345_678, "12 MB"), (2_000_000_000, "2 GB"), (999_499, "999 kB"),
     (999_500, "1,0 MB"), (9_949_999, "9,9 MB"), (9_950_000, "10 MB")],
)  # fmt: skip
def test_sizes_are_shown_in_powers_of_ten(size, text):
    assert megabytes(size).replace(NBSP, " ") == text


# Texts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" a\r\nb\rc\n", "a\nb\nc"),
        ("Mu\u0308ller", "Müller"),
        ("a\tb", "a\tb"),
        ("\u200b\u200d\ufeff", ""),
        ("  ", ""),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_text_is_brought_into_one_form(typed, kept):
    assert clean_text(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  a \n b\t c ", "a b c"),
        ("rechnung\u202egpj.exe", "rechnunggpj.exe"),
        ("a\u2066b\u2069", "ab"),
    ],
)
def test_a_line_loses_breaks_and_direction_marks(typed, kept):
    assert clean_line(typed) == kept


@pytest.mark.parametrize(
    "bad", ["a\x00b", "\x1b[31m", "a\x7f", "a\x85b", "\ud800", "a\u2028b"]
)
def test_control_characters_and_half_characters_are_refused(bad):
    for clean in (clean_text, clean_line):
        with pytest.raises(ValidationError):
            clean(bad)


def test_piles_of_accents_are_refused_or_levelled():
    """Brought into order in the square of their number, these would take minutes."""
    pile = "e" + "\u0300\u0316" * 500_000
    for clean in (clean_text, clean_line):
        with pytest.raises(ValidationError, match="Akzente"):
            clean(f"Caf{pile}")
    assert fold(pile) == sort_key(pile) == "e"
    assert len(clean_file_name(f"{pile}.pdf")) <= 150
    as_typed = "e" + "\u0316" * 30
    assert clean_text(as_typed) == as_typed
    assert clean_text("नमस्ते สวัสดี Việt") == "नमस्ते สวัสดี Việt"


def test_folding_for_search_and_keys_for_sorting():
    assert fold("Müller") == fold("MUELLER") == "mueller"
    assert fold("Straße") == fold("STRASSE")
    assert fold("Renée") == "renee"
    assert sort_key("Öl") < sort_key("Olsen")
    assert sort_key("Straße") == "strasse"


@pytest.mark.parametrize(
    "spelling",
    ["+49 8031 1234567", "0049 8031/1234567", "08031 1234567", "(08031) 12-34-567",
     "+49 (0) 8031 1234567", "8031 1234567"],
)  # fmt: skip
def test_all_spellings_of_a_phone_number_are_the_same(spelling):
    assert phone_digits(spelling) == "80311234567"


@pytest.mark.parametrize(
    ("number", "address"),
    [
        ("+49 (0) 8031 1234567", "tel:+4980311234567"),
        ("0049 (0)8031 1234567", "tel:004980311234567"),
        ("(08031) 12-34/567", "tel:080311234567"),
    ],
)
def test_a_telephone_is_given_what_it_can_dial(number, address):
    assert dial_address(number) == address


def test_a_mail_goes_to_the_address_and_to_nobody_beside():
    assert mail_address("s.aigner@beispiel.de") == "mailto:s.aigner@beispiel.de"
    address = "kunde?bcc=boese@example.com"
    assert lead_field("email").form_field().clean(address) == address
    assert mail_address(address) == "mailto:kunde%3Fbcc%3Dboese@example.com"


# Kinds --------------------------------------------------------------------------------


def lead_field(kind, **kwargs):
    return LeadField(name="x", label="X", group=Field.Group.INTEREST, kind_name=kind, **kwargs)


VALUES = {
    "text": ["", "Öl"],
    "long_text": ["", "a\nb"],
    "phone": ["", "+49 8031 1234567"],
    "email": ["", "a@beispiel.de"],
    "number": [None, Decimal("185.5"), Decimal("0"), Decimal("-3"), Decimal("1000")],
    "money": [None, Decimal("1234.50"), Decimal("0")],
    "date": [None, date(2027, 4, 1)],
    "moment": [None, datetime(2027, 1, 15, 8, 30, tzinfo=UTC)],
    "choice": ["", "Ziegel"],
    "choices": [[], ["Blech", "Ziegel"]],
    "yes_no": [None, True, False],
}


def test_every_kind_is_covered_here():
    assert set(VALUES) == set(KINDS)
    assert {kind.value for kind in Field.Kind} <= set(KINDS)


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in VALUES.items() for v in vs])
def test_a_value_comes_back_from_json(kind, value):
    assert KINDS[kind].from_json(KINDS[kind].to_json(value)) == value


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, vs in VALUES.items() for v in vs])
def test_a_form_that_shows_a_value_sends_the_same_value(kind, value):
    field = lead_field(kind, choices=("Ziegel", "Blech"))

    class Shown(forms.Form):
        x = field.form_field()

    shown = Shown(initial={"x": value})
    shown.fields["x"].required = False
    sent = read(f"<form action=''>{shown['x']}</form>").one("form").sends()
    form = Shown({name: v for name, v in sent.items() if v != ""})
    form.fields["x"].required = False
    assert form.is_valid(), form.errors
    assert KINDS[kind].to_json(form.cleaned_data["x"]) == KINDS[kind].to_json(value)


def test_equal_amounts_are_the_same_in_json():
    money = KINDS["money"]
    assert money.to_json(Decimal("1234.50")) == money.to_json(Decimal("1234.5"))
    assert money.to_json(Decimal("1000.00")) == "1000"
    assert KINDS["choices"].to_json(["b", "a"]) == KINDS["choices"].to_json(["a", "b"])


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("number", Decimal("185.5"), "185,5 m²"),
        ("money", Decimal("24800"), "24.800 €"),
        ("date", date(2027, 4, 1), "01.04.2027"),
        ("moment", datetime(2027, 1, 15, 8, 30, tzinfo=UTC), "15.01.2027, 09:30"),
        ("choices", ["Schindel", "Blech", "Ziegel"], "Ziegel, Blech, Schindel"),
        ("yes_no", True, "Ja"),
        ("yes_no", False, "Nein"),
        ("yes_no", None, ""),
    ],
)
def test_values_as_people_read_them(kind, value, text):
    field = lead_field(kind, unit="m²", choices=("Ziegel", "Blech"))
    assert field.kind.show(value, field) == text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "hostile",
    ["", "x", "[", "[" * 100_000, "[[1]]", "{}", "null", "7", "NaN", "sNaN", "Infinity",
     "1e400", "1e999999", "1e-999999", "1e-999999999999", "9" * 5000, "0001-01-01",
     "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00", "2027-01-15T08:30:00", "\x00",
     "\ud800"],
    ids=lambda hostile: ascii(hostile)[:20],
)  # fmt: skip
def test_what_somebody_claims_to_have_seen_is_shown_somehow(kind, hostile):
    field = lead_field(kind, choices=("Ziegel", "Blech"))
    assert len(field.text_of_seen(hostile)) <= max(200, 2 * len(hostile))

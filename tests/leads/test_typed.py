"""What is typed into the forms of a lead: one rule for all texts, whatever the form."""

import inspect
import unicodedata
from decimal import Decimal

import pytest
from django import forms
from django.utils import timezone
from django.utils.translation import override

from leadbook.numbers import german
from leads import forms as lead_forms
from leads.fields import BUILT_IN, fields_of
from leads.kinds import GermanDecimalField, LineField, TextField
from leads.models import Lead
from marketplaces import auth_forms
from tests import factories
from tests.markup import HTMX, read

LINES = [field for field in BUILT_IN if field.kind_name == "text"]
NAMES = pytest.mark.parametrize("name", [field.name for field in LINES] + ["own"])
CONTROLS = ["a\x00b", "a\x1b[31mb", "a\x7fb", "a\x85b", "a\u2028b"]
CLEANED = [
    ("  A\u0308ußen  1 ", "Äußen 1"),
    ("Plan\u202enaL\u202c", "PlannaL"),
    ("\u2066Plan\u2069\u200f", "Plan"),
]


@pytest.fixture
def lead(lead, anna):
    """Return a lead with a follow-up: without its day there is nothing to note."""
    lead.set_follow_up(at=timezone.now(), by=anna)
    return lead


@pytest.fixture
def own(heatpumps):
    return factories.make_field(heatpumps, "Dach")


def field_called(name, lead):
    """The field with this name; "own" is the marketplace's."""
    if name != "own":
        return name
    return next(field.name for field in fields_of(lead.marketplace) if field.own_id)


def confirm(client, lead, name, typed):
    """Type into the editor of a field and confirm it."""
    address = f"/leads/{lead.pk}/felder/{name}/"
    form = read(client.get(address)).form(address)
    return client.post(address, form.sends(**{name: typed}), headers=HTMX)


def value(lead, name):
    fresh = Lead.objects.get(pk=lead.pk)
    return next(f for f in fields_of(fresh.marketplace) if f.name == name).value_of(fresh)


@NAMES
@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_lines_are_cleaned(page_of_anna, own, lead, name, typed, kept):
    name = field_called(name, lead)
    assert confirm(page_of_anna, lead, name, typed).status_code == 200
    assert value(lead, name) == kept
    assert unicodedata.is_normalized("NFC", value(lead, name))


@NAMES
@pytest.mark.parametrize("typed", CONTROLS)
def test_control_characters_are_refused(page_of_anna, own, lead, name, typed):
    name = field_called(name, lead)
    before = value(lead, name)
    answer = confirm(page_of_anna, lead, name, typed)
    assert answer.status_code == 422
    assert "Bitte entfernen Sie die Steuerzeichen." in answer.text
    assert value(lead, name) == before


@NAMES
def test_invisible_characters_alone_are_nothing(page_of_anna, own, lead, name):
    name = field_called(name, lead)
    answer = confirm(page_of_anna, lead, name, "\u200b\u2060\ufeff")
    assert answer.status_code == (422 if name == "name" else 200)
    assert value(lead, name) == ("Familie Aigner" if name == "name" else "")


@NAMES
def test_too_long_lines_are_refused_on_every_database(page_of_anna, own, lead, name):
    name = field_called(name, lead)
    limit = 200
    if name in {field.name for field in LINES}:
        limit = Lead._meta.get_field(name).max_length
    assert confirm(page_of_anna, lead, name, "x" * (limit + 1)).status_code == 422
    assert confirm(page_of_anna, lead, name, "x" * limit).status_code == 200
    assert value(lead, name) == "x" * limit


# Where each form is asked for and sent to, which of its texts, and how long it may be.
LONGEST = {
    "entry": ("/leads/LEAD/", "/leads/LEAD/journal/", "text", 10_000),
    "entry_edited": (None, "/leads/LEAD/journal/ENTRY/", "text", 10_000),
    "file": (None, "/leads/LEAD/anhaenge/FILE/name/", "name", 150),
    "note_of_step": (None, "/leads/LEAD/phase/", "note", 10_000),
    "note_of_call": (None, "/leads/LEAD/anruf/", "note", 500),
    "note_of_follow_up": (None, "/leads/LEAD/wiedervorlage/", "follow_up_note", 200),
    "reason": (None, "/leads/OFFERED/ablehnung/", "reason", 200),
    "all_fields": (None, "/leads/LEAD/felder/", "city", 100),
    "new_lead": (None, "/leads/anlegen/", "company", 200),
    "view": ("/leads/ansichten/anlegen/?q=Aigner", "/leads/ansichten/anlegen/", "name", 60),
}


@pytest.fixture
def addressed(lead, offered, anna):
    """Return a function that puts the ids of what there is into an address."""
    entry = lead.write_entry(text="Ruft an", by=anna)
    file = factories.attach(lead, anna, "Plan.txt", b"Plan")
    ids = {"LEAD": lead.pk, "OFFERED": offered.pk, "ENTRY": entry.pk, "FILE": file.pk}

    def addressed(address):
        for word, pk in ids.items():
            address = address.replace(word, str(pk))
        return address

    return addressed


@pytest.mark.parametrize("case", LONGEST)
def test_the_end_of_a_long_text_is_not_lost_whatever_the_form(page_of_anna, addressed, case):
    page, address, name, limit = LONGEST[case]
    address = addressed(address)
    shown = page_of_anna.get(addressed(page) if page else address, headers=HTMX)
    form = read(shown if page is None else page_of_anna.get(addressed(page))).form(address)
    assert [control for control in form.all() if "maxlength" in control.attrs] == []
    typed = "x" * limit + " Ende"
    held = {"outcome": "reached"} if case == "note_of_call" else {}
    answer = page_of_anna.post(address, form.sends(**held, **{name: typed}), headers=HTMX)
    assert answer.status_code == 422
    form = read(answer).form(address)
    assert form.held[name] == typed
    message = form.one(id=f"{form.all(name=name)[0]['id']}_error")
    shown = german(limit)
    assert f"höchstens {shown} Zeichen hin, es sind {german(len(typed))}." in message.text


@pytest.mark.parametrize(
    ("language", "limit", "length"), [("de", "10.000", "12.345"), ("en", "10,000", "12,345")]
)
def test_lengths_are_said_with_their_thousands_apart(language, limit, length):
    with override(language), pytest.raises(forms.ValidationError) as refused:
        TextField(max_length=10_000).clean("x" * 12_345)
    assert limit in refused.value.messages[0]
    assert length in refused.value.messages[0]


def test_longer_texts_keep_their_lines(page_of_anna, lead):
    typed = " Erst\r\nrufen,\rdann mailen. "
    assert confirm(page_of_anna, lead, "description", typed).status_code == 200
    assert value(lead, "description") == "Erst\nrufen,\ndann mailen."
    for typed in (*CONTROLS, "x" * 5001):
        assert confirm(page_of_anna, lead, "description", typed).status_code == 422


def test_direction_marks_in_longer_texts_do_not_turn_what_stands_around(
    page_of_anna, lead, anna
):
    lead.write_entry(text="Plan \u202enaL", by=anna)
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    texts = [div for div in page.all("div", class_="entry__text") if "\u202e" in div.text]
    assert [div["dir"] for div in texts] == ["auto"]


def test_direction_marks_do_not_turn_what_the_verlauf_says(page_of_anna, lead):
    for text in ("Plan \u202enaL", "Plan \u202eneuL"):
        assert confirm(page_of_anna, lead, "description", text).status_code == 200
    for tab in ("", "?tab=verlauf"):
        page = read(page_of_anna.get(f"/leads/{lead.pk}/{tab}"))
        told = [e for e in page.all("del") + page.all("ins") if "\u202e" in e.text]
        assert len(told) == 3
        assert {e["dir"] for e in told} == {"auto"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1.234,50", "1234.50"), ("1234,5", "1234.50"), ("1.234", "1234.00"), ("0", "0.00")],
)
def test_german_amounts(page_of_anna, lead, typed, kept):
    assert confirm(page_of_anna, lead, "value", typed).status_code == 200
    assert value(lead, "value") == Decimal(kept)


@pytest.mark.parametrize(
    "typed", ["1,2,3", "zwölf", "-1", "1" * 13, "1e400", "NaN", "Infinity", "\x00", "9" * 5000]
)
def test_what_is_no_amount_stays_in_the_editor(page_of_anna, lead, typed):
    before = value(lead, "value")
    answer = confirm(page_of_anna, lead, "value", typed)
    assert answer.status_code == 422
    assert read(answer).one("input", name="value")["aria-invalid"] == "true"
    assert value(lead, "value") == before


def test_hour_that_does_not_exist_is_refused_with_the_reason(page_of_anna, lead):
    address = f"/leads/{lead.pk}/felder/follow_up_at/"
    form = read(page_of_anna.get(address)).form(address)
    for clock, status in (("02:30", 422), ("03:00", 200)):
        typed = form.sends(follow_up_at_day="2027-03-28", follow_up_at_time=clock)
        answer = page_of_anna.post(address, typed, headers=HTMX)
        assert answer.status_code == status
    assert value(lead, "follow_up_at").isoformat() == "2027-03-28T01:00:00+00:00"


def test_every_text_of_every_form_is_cleaned():
    """A form that is new takes one of the fields that clean, or stands here."""
    exceptions = {
        # Compared with what is stored, and never stored itself.
        ("EntryTextForm", "seen"), ("FileNameForm", "seen"),
        ("MoveForm", "seit"), ("CloseForm", "seit"), ("ReopenForm", "seit"),
        ("PlaceForm", "seit"),
        # Looked up only, or hashed.
        ("SignInForm", "username"), ("SignInForm", "password"), ("ResetForm", "email"),
        ("NewPasswordForm", "new_password1"), ("NewPasswordForm", "new_password2"),
        ("ChangePasswordForm", "new_password1"), ("ChangePasswordForm", "new_password2"),
        ("ChangePasswordForm", "old_password"), ("OwnPasswordForm", "password"),
        ("CodeForm", "code"), ("SetupCodeForm", "code"),
    }  # fmt: skip
    cleaning = (LineField, TextField, GermanDecimalField, forms.UUIDField)
    found = {
        (form.__name__, name)
        for module in (lead_forms, auth_forms)
        for form in vars(module).values()
        if inspect.isclass(form)
        and issubclass(form, forms.BaseForm)
        and form.__module__ == module.__name__
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField) and not isinstance(field, cleaning)
    }
    assert found == exceptions

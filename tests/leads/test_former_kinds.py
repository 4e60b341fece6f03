"""Own fields that were of another kind before: what is typed since is not read as before."""

import json
import zipfile
from io import BytesIO

import pytest

from leads.kinds import text_key
from leads.models import FieldValue, Lead
from leads.privacy.information import information
from tests import factories
from tests.leads.rows import in_progress
from tests.leads.test_fields import field_address, fresh, shown
from tests.markup import read


@pytest.fixture
def put(heatpumps, anna):
    """Make a field of a kind and of kinds before; return it and a lead with a value in it."""

    def put(kind, former, kept=None, **kwargs):
        field = factories.make_field(
            heatpumps, "Wert", kind, former_kinds=former, **{"choices": "Ja\nNein", **kwargs}
        )
        values = {} if kept is None else {str(field.pk): kept}
        [lead] = in_progress(heatpumps, anna, 1, own_values=values)
        return field, lead

    return put


def confirm(client, lead, name, typed, expected=303):
    """Put `typed` into the editor of a field and confirm it; return the answer."""
    address = field_address(lead, name)
    form = read(client.get(address)).form(address)
    response = client.post(address, form.sends(**{name: typed}))
    assert response.status_code == expected
    return response


@pytest.mark.parametrize(
    ("kind", "former", "typed"),
    [
        ("text", "number", "08031"),
        ("text", "number", "12345678"),
        ("text", "number", "1.235"),
        ("text", "money", "1.235"),
        ("text", "number text", "1.235"),
        ("text", "date", "2028-02-29"),
        ("text", "yes_no", "no"),
        ("long_text", "number", "1.235"),
        ("phone", "number", "08031"),
        ("choice", "money", "100"),
    ],
)
def test_what_is_typed_stays_as_it_is(page_of_anna, anna, put, kind, former, typed):
    field, lead = put(kind, former, choices="100\n200\n1000")
    confirm(page_of_anna, lead, field.name, typed)
    assert shown(page_of_anna, lead, field.name) == typed
    event = lead.events.filter(field=field.name).get()
    assert event.new_text == typed
    # Found, listed and given back as it reads.
    kept = FieldValue.objects.filter(field=field, is_choice=False)
    assert [row.key for row in kept] == ([text_key(typed)] if kind != "long_text" else [])
    page = read(page_of_anna.get("/leads/", {"spalten": field.name, "q": f"Lead {typed}"}))
    [row] = page.one("tbody").all("tr")
    assert row.all("td")[1].text == typed
    told = BytesIO(b"".join(information([fresh(lead)])))
    fields = json.loads(zipfile.ZipFile(told).read("auskunft.json"))["leads"][0]["fields"]
    own = next(each for each in fields if each["name"] == field.name)
    assert (own["value"], own["text"]) == (typed, typed)
    # Confirmed as it stands it changes nothing; a change of it can be taken back.
    confirm(page_of_anna, lead, field.name, typed)
    assert lead.events.filter(field=field.name).count() == 1
    confirm(page_of_anna, lead, field.name, "" if kind != "phone" else "089 123")
    changed = lead.events.filter(field=field.name).newest_first().first()
    assert changed.old_text == typed
    Lead.objects.get(pk=lead.pk).undo(changed, by=anna)
    assert shown(page_of_anna, lead, field.name) == typed


def test_a_value_from_before_comes_back_as_the_page_showed_it(page_of_anna, anna, put):
    field, lead = put("text", "number", "1234")
    assert shown(page_of_anna, lead, field.name) == "1.234"
    confirm(page_of_anna, lead, field.name, "x")
    event = lead.events.filter(field=field.name).get()
    assert (event.old_text, event.new_text) == ("1.234", "x")
    undone = fresh(lead).undo(event, by=anna)
    assert shown(page_of_anna, lead, field.name) == "1.234"
    assert (undone.old_text, undone.new_text) == ("x", "1.234")


def test_a_conflict_shows_what_was_typed(page_of_anna, put):
    field, lead = put("text", "number", "7")
    address = field_address(lead, field.name)
    sent = read(page_of_anna.get(address)).form(address).sends(**{field.name: "1.235"})
    confirm(page_of_anna, lead, field.name, "2.345")
    answer = page_of_anna.post(address, sent)
    assert answer.status_code == 409
    text = read(answer).text
    assert "1.235" in text
    assert "2.345" in text
    assert "1,235" not in text


def test_a_text_does_not_fit_a_date_as_it_was_typed(page_of_anna, put):
    field, lead = put("date", "text", "08031")
    assert shown(page_of_anna, lead, field.name).startswith("08031")
    assert FieldValue.objects.get(field=field).key == f"~{text_key('08031')}"


@pytest.mark.parametrize("kind", ["date", "yes_no"])
def test_a_typed_text_does_not_fit_another_kind_as_it_was_typed(page_of_anna, put, kind):
    field, lead = put("text", "number")
    confirm(page_of_anna, lead, field.name, "12345678")
    field.kind, field.former_kinds = kind, "text number"
    field.save()
    assert shown(page_of_anna, lead, field.name).startswith("12345678")
    fresh(lead).save_field_values()
    assert FieldValue.objects.get(field=field).key == f"~{text_key('12345678')}"


def test_a_typed_number_is_one_where_the_field_becomes_one_again(page_of_anna, put):
    field, lead = put("text", "number")
    confirm(page_of_anna, lead, field.name, "12")
    field.kind, field.former_kinds = "number", "text number"
    field.save()
    assert shown(page_of_anna, lead, field.name) == "12"
    fresh(lead).save_field_values()
    assert FieldValue.objects.get(field=field).key.startswith("1000")


def test_a_text_that_no_number_is_kept_as_was_none(page_of_anna, put):
    """A field that was made a number by mistake, and a text again."""
    field, lead = put("text", "number text", "08031")
    assert shown(page_of_anna, lead, field.name) == "08031"

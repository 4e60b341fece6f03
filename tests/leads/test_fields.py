"""/leads/<id>/felder/<name>/ and /leads/<id>/felder/: every field, built-in and own."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from leads.fields import BUILT_IN_BY_NAME, field_named
from leads.models import Lead
from marketplaces.models import Field
from tests import factories
from tests.markup import HTMX, as_read, read
from tests.state import everything

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def field_address(lead, name):
    return f"/leads/{lead.pk}/felder/{name}/"


def all_address(lead):
    return f"/leads/{lead.pk}/felder/"


def sent(name, typed):
    """What the inputs of a field send when `typed` is put into them."""
    if isinstance(typed, tuple):
        return {f"{name}_day": typed[0], f"{name}_time": typed[1]}
    return {name: typed}


def editor(client, lead, name, headers=None):
    response = client.get(field_address(lead, name), headers=headers)
    assert response.status_code == 200
    return read(response).form(field_address(lead, name))


def shown(client, lead, name):
    row = read(client.get(f"/leads/{lead.pk}/")).one("div", id=f"field-{name}")
    return row.one("span", class_="field__value").text


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


# The table ----------------------------------------------------------------------------

# name: what is typed, what is stored, what is shown, what is refused
TEXT_REFUSED = ["a\x00b", "a\x1bb", "x" * 201, "x" * 100_000]
BUILT_IN = {
    "name": ("  Familie   Öttl ", "Familie Öttl", "Familie Öttl",
             ["", "  ", "\u200b", *TEXT_REFUSED]),
    "company": ("Öttl & Söhne <GmbH>", "Öttl & Söhne <GmbH>", "Öttl & Söhne <GmbH>",
                TEXT_REFUSED),
    "contact_person": ("Mu\u0308ller", "Müller", "Müller", TEXT_REFUSED),
    "phone": ("08031 / 55-66", "08031 / 55-66", "08031 / 55-66",
              ["acht", "12", "+49 8031 x", "1" * 41, "0 8031 ;DROP"]),
    "mobile": ("+49 (0) 171 765", "+49 (0) 171 765", "+49 (0) 171 765", ["x", "1" * 41]),
    "email": ("neu@müller.de", "neu@müller.de", "neu@müller.de",
              ["neu", "a@b", "a b@beispiel.de", "a@beispiel.de,b@beispiel.de",
               f"{'x' * 250}@beispiel.de"]),
    "street": ("Neue Str. 1a", "Neue Str. 1a", "Neue Str. 1a", TEXT_REFUSED),
    "postcode": ("A-1010", "A-1010", "A-1010", ["1" * 13]),
    "city": ("Köln", "Köln", "Köln", ["x" * 101]),
    "country": ("Österreich", "Österreich", "Österreich", ["x" * 61]),
    "need": ("Neubau", "Neubau", "Neubau", TEXT_REFUSED),
    "description": ("Zeile 1\r\nZeile 2 ", "Zeile 1\nZeile 2", "Zeile 1 Zeile 2",
                    ["x" * 5001, "a\x00b"]),
    "value": ("1.234,50", Decimal("1234.50"), "1.234,50 €",
              ["1,2,3", "abc", "1234567890123", "-1", "-0,01", "1e400", "NaN", "1.23", "1,234",
               "12 € 50", "5 $", "€", " Euro ", "\x00",
               "9" * 5000]),
    "source": ("Messe", "Messe", "Messe", ["x" * 101]),
    "wish_date": ("01.04.2027", date(2027, 4, 1), "01.04.2027",
                  ["31.02.2027", "morgen", "1899-12-31", "2200-01-02", "9999-99-99", "\x00"]),
    "follow_up_at": (("2027-01-15", "09:30"), datetime(2027, 1, 15, 8, 30, tzinfo=UTC),
                     "15.01.2027, 09:30",
                     [("2027-03-28", "02:30"), ("", "09:30"), ("31.02.2027", ""),
                      ("2027-01-15", "25:00"), ("9999-12-31", ""), ("\x00", "\x00")]),
    "follow_up_note": ("Angebot  nachfassen ", "Angebot nachfassen", "Angebot nachfassen",
                       TEXT_REFUSED),
}  # fmt: skip
# kind: how it is defined, then as above
OWN = {
    "text": ({}, "Öl", "Öl", "Öl", TEXT_REFUSED),
    "long_text": ({}, "a\r\nb", "a\nb", "a b", ["x" * 5001]),
    "number": ({"unit": "m²"}, "185,50", Decimal("185.5"), "185,5 m²",
               ["1,23456", "abc", "1234567890123", "NaN", "1e5"]),
    "money": ({}, "12.000", Decimal("12000"), "12.000 €", ["-1", "1,234", "12 Euro 50", "€"]),
    "date": ({}, "2027-04-01", date(2027, 4, 1), "01.04.2027", ["x", "2300-01-01"]),
    "choice": ({"choices": "Ziegel\nBlech"}, "Blech", "Blech", "Blech",
               ["Stroh", "blech", "x" * 10_000]),
    "choices": ({"choices": "Ziegel\nBlech\nFlach"}, ["Flach", "Ziegel"], ["Flach", "Ziegel"],
                "Ziegel, Flach", [["Stroh"], ["Ziegel", "Stroh"]]),
    "yes_no": ({}, "no", False, "Nein", ["vielleicht", "True"]),
}  # fmt: skip
CASES = [*BUILT_IN, *(f"own {kind}" for kind in OWN)]


def test_the_tables_cover_every_field_and_every_kind():
    assert set(BUILT_IN) == set(BUILT_IN_BY_NAME)
    assert set(OWN) == {kind.value for kind in Field.Kind}


@pytest.fixture
def case(request, heatpumps, lead, anna):
    """Name, typed, stored, shown and refused values of one field."""
    if request.param == "follow_up_note":
        # Without a day there is nothing to note.
        lead.set_follow_up(at=timezone.now(), by=anna)
    if not request.param.startswith("own "):
        return request.param, *BUILT_IN[request.param]
    kind = request.param.removeprefix("own ")
    options, *values = OWN[kind]
    return f"feld-{factories.make_field(heatpumps, 'Eigenes', kind, **options).pk}", *values


def value_of(lead, name):
    lead = fresh(lead)
    return field_named(name, lead).value_of(lead)


@BOTH
@pytest.mark.parametrize("case", CASES, indirect=True)
def test_a_valid_value_is_stored_shown_and_recorded(page_of_anna, anna, lead, case, headers):
    name, typed, stored, text, _refused = case
    old_text = shown(page_of_anna, lead, name)
    data = editor(page_of_anna, lead, name, headers).sends(**sent(name, typed))
    response = page_of_anna.post(field_address(lead, name), data, headers=headers)
    if headers:
        assert response.status_code == 200
        row = read(response).all("div", id=f"field-{name}")[0]
        assert row.one("span", class_="field__value").text == text
    else:
        assert (response.status_code, response["Location"]) == (303, f"/leads/{lead.pk}/")
    assert value_of(lead, name) == stored
    assert shown(page_of_anna, lead, name) == text
    event = lead.events.newest_first().first()
    assert (event.kind, event.field, event.actor) == ("field_changed", name, anna)
    assert " ".join(event.new_text.split()) == text
    expected_old = "" if old_text == "nicht angegeben" else old_text
    assert " ".join(event.old_text.split()) == expected_old

    # The editor shows the value so that confirming it again changes nothing.
    before = everything()
    again = editor(page_of_anna, lead, name).sends()
    assert page_of_anna.post(field_address(lead, name), again).status_code == 303
    assert everything() == before


@BOTH
@pytest.mark.parametrize("case", CASES, indirect=True)
def test_an_invalid_value_stays_in_place_with_a_message(page_of_anna, lead, case, headers):
    name, _typed, _stored, _text, refused = case
    before = everything()
    for typed in refused:
        data = editor(page_of_anna, lead, name).sends(**sent(name, typed))
        response = page_of_anna.post(field_address(lead, name), data, headers=headers)
        assert response.status_code == 422, typed
        form = read(response).form(field_address(lead, name))
        assert form.all("p", class_="field-error"), typed
        assert bool(read(response).all("html")) == (not headers)
        for key, value in sent(name, typed).items():
            # What the browser's own list does not offer can only be forged.
            if form.all("input", name=key, type="checkbox") or form.all("select"):
                continue
            assert form.sends()[key] == as_read(value)
    assert everything() == before


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_a_value_can_be_taken_away_where_it_is_not_required(page_of_anna, lead, case):
    name, typed, _stored, _text, _refused = case
    if name == "name":
        return
    data = editor(page_of_anna, lead, name).sends(**sent(name, typed))
    page_of_anna.post(field_address(lead, name), data)
    nothing = {tuple: ("", ""), list: []}.get(type(typed), "")
    data = editor(page_of_anna, lead, name).sends(**sent(name, nothing))
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    assert value_of(lead, name) in ("", None, [])
    assert shown(page_of_anna, lead, name) == "nicht angegeben"
    assert lead.events.newest_first().first().new_text == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("1.234,50", "1234.50"), ("1234,5", "1234.50"), ("1.234", "1234"), ("0", "0"),
     ("999.999.999.999,99", "999999999999.99"), ("24.800 €", "24800"), ("€ 24.800", "24800"),
     ("24.800,50\u00a0€ ", "24800.50"), ("24800EUR", "24800"), ("24.800 Euro", "24800")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["value", "own"])
def test_amounts_in_german_spelling(page_of_anna, heatpumps, lead, name, typed, stored):
    if name == "own":
        name = f"feld-{factories.make_field(heatpumps, 'Förderung', 'money').pk}"
    data = editor(page_of_anna, lead, name).sends(**{name: typed})
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    assert value_of(lead, name) == Decimal(stored)


@pytest.mark.parametrize(
    ("unit", "typed", "stored"),
    [("kW", "12,5 kW", "12.5"), ("kW", "12,5kw", "12.5"), ("kW", "12,5\u00a0KW ", "12.5"),
     ("m²", "1.185 m²", "1185"), ("%", "-3 %", "-3"), ("10", "110", "110"),
     ("kW", "kW", None), ("kW", "12 kW 5", None), ("kW", "kW 12", None), ("W", "12 kW", None),
     ("", "12 kW", None)],
)  # fmt: skip
def test_numbers_are_read_with_their_own_unit(
    page_of_anna, heatpumps, lead, unit, typed, stored
):
    name = f"feld-{factories.make_field(heatpumps, 'Leistung', 'number', unit=unit).pk}"
    data = editor(page_of_anna, lead, name).sends(**{name: typed})
    response = page_of_anna.post(field_address(lead, name), data)
    assert response.status_code == (303 if stored else 422)
    assert value_of(lead, name) == (Decimal(stored) if stored else None)


@pytest.mark.parametrize("name", ["value", "own"])
@pytest.mark.parametrize(
    ("typed", "again"),
    [("24800", "24.800"), ("24800,5", "24.800,50"), ("0,05", "0,05")],
)
def test_an_amount_that_comes_back_as_the_editor_shows_it_is_no_change(
    page_of_anna, heatpumps, lead, name, typed, again
):
    if name == "own":
        name = f"feld-{factories.make_field(heatpumps, 'Förderung', 'money').pk}"
    data = editor(page_of_anna, lead, name).sends(**{name: typed})
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    before, count = value_of(lead, name), lead.events.count()
    data = editor(page_of_anna, lead, name).sends()
    assert data[name] == again
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    assert (value_of(lead, name), lead.events.count()) == (before, count)


def test_amounts_are_labelled_with_their_unit(page_of_anna, heatpumps, lead):
    own = factories.make_field(heatpumps, "Förderung", "money")
    for address in (f"/leads/{lead.pk}/felder/", "/leads/anlegen/"):
        page = read(page_of_anna.get(address))
        labels = {label["for"]: label.text for label in page.all("label")}
        assert labels["feld_value"] == "Volumen (€)"
        assert labels[f"feld_feld-{own.pk}"] == "Förderung (€)"


def test_a_number_of_too_many_characters_is_refused_with_their_number(page_of_anna, lead):
    data = editor(page_of_anna, lead, "value").sends(value=f"{'0' * 60}5")
    response = page_of_anna.post(field_address(lead, "value"), data)
    assert response.status_code == 422
    error = read(response).one("p", class_="field-error").text
    assert ("40" in error, "61" in error) == (True, True)
    assert fresh(lead).value == lead.value


@pytest.mark.parametrize("typed", ["-0", "\u22120,00"])
@pytest.mark.parametrize("kind", ["built-in", "money", "number"])
def test_zero_has_no_sign(page_of_anna, lead, heatpumps, kind, typed):
    own = kind != "built-in" and factories.make_field(heatpumps, "Eigenes", kind)
    name = f"feld-{own.pk}" if own else "value"
    before = shown(page_of_anna, lead, name)
    data = editor(page_of_anna, lead, name).sends(**{name: typed})
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    assert shown(page_of_anna, lead, name) == ("0" if kind == "number" else "0 €")
    event = lead.events.newest_first().first()
    assert event.new == "0"
    undo = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    assert page_of_anna.post(undo).status_code == 303
    assert shown(page_of_anna, lead, name) == before


def test_the_doubled_hour_in_october_means_its_first_and_is_no_change_again(
    page_of_anna, lead
):
    data = sent("follow_up_at", ("2027-10-31", "02:30"))
    form = editor(page_of_anna, lead, "follow_up_at")
    page_of_anna.post(field_address(lead, "follow_up_at"), form.sends(**data))
    assert fresh(lead).follow_up_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    before = everything()
    form = editor(page_of_anna, lead, "follow_up_at")
    page_of_anna.post(field_address(lead, "follow_up_at"), form.sends(**data))
    dialog = {"von": lead.phase_id, "nach": lead.next_phase.pk}
    assert everything() == before
    page_of_anna.post(f"/leads/{lead.pk}/phase/", {**dialog, **data})
    assert lead.events.of_field("follow_up_at").count() == 1


# Right inputs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "attrs"),
    [
        ("phone", {"type": "tel", "inputmode": "tel"}),
        ("email", {"type": "email"}),
        ("value", {"inputmode": "decimal"}),
        ("wish_date", {"type": "date"}),
        ("name", {"required": ""}),
    ],
)
def test_each_kind_has_the_right_input(page_of_anna, lead, name, attrs):
    control = editor(page_of_anna, lead, name).one("input", name=name)
    assert {key: control.get(key, None) for key in attrs} == attrs


def test_the_editor_has_the_named_buttons_and_the_input_its_label(page_of_anna, lead):
    form = editor(page_of_anna, lead, "phone", HTMX)
    assert form.button("Änderung bestätigen")["type"] == "submit"
    assert form.button("Abbrechen")
    label = form.one("label")
    assert label.text == "Telefon"
    assert form.one("input", name="phone")["id"] == label["for"]


def test_help_text_and_unit_are_shown(page_of_anna, lead, heatpumps):
    own = factories.make_field(heatpumps, "Fläche", "number", unit="m²", help_text="beheizt")
    form = editor(page_of_anna, lead, f"feld-{own.pk}")
    assert "m²" in form.text
    assert "beheizt" in form.text


def test_cancel_shows_the_field_again(page_of_anna, lead):
    response = page_of_anna.get(field_address(lead, "phone") + "?ansicht", headers=HTMX)
    page = read(response)
    assert page.button("Telefon bearbeiten")
    assert "+49 8031 1234567" in page.text


# Conflicts ----------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("case", CASES, indirect=True)
def test_a_change_meanwhile_is_a_conflict_that_shows_both_values(
    page_of_anna, signed_in, meike, lead, case, headers
):
    name, typed, stored, text, _refused = case
    form = editor(page_of_anna, lead, name)
    theirs = {
        "phone": "089 1", "mobile": "089 1", "email": "meike@beispiel.de", "value": "77",
        "wish_date": "2026-12-24", "follow_up_at": ("2026-12-24", ""),
    }.get(name)  # fmt: skip
    if name.startswith("feld-"):
        kind = Field.objects.get(pk=name.removeprefix("feld-")).kind
        theirs = {"text": "Gas", "long_text": "Gas", "number": "77", "money": "77",
                  "date": "2026-12-24", "choice": "Ziegel", "choices": ["Blech"],
                  "yes_no": "yes"}[kind]  # fmt: skip
    theirs = theirs or "Meikes Wert"
    manager = signed_in(meike)
    data = editor(manager, lead, name).sends(**sent(name, theirs))
    assert manager.post(field_address(lead, name), data).status_code == 303
    their_text = shown(page_of_anna, lead, name)

    before = everything()
    mine = form.sends(**sent(name, typed))
    response = page_of_anna.post(field_address(lead, name), mine, headers=headers)
    assert response.status_code == 409
    assert everything() == before
    conflict = read(response).one("div", class_="conflict")
    assert "Meike Beispiel hat das Feld geändert" in conflict.text
    values = [dd.text for dd in conflict.all("dd")]
    assert values[1:] == [their_text, text]
    again = read(response).form(field_address(lead, name))
    assert conflict.button("Meine übernehmen")

    # Confirming once more uses the own value.
    assert page_of_anna.post(field_address(lead, name), again.sends()).status_code == 303
    assert value_of(lead, name) == stored
    event = lead.events.newest_first().first()
    assert " ".join(event.old_text.split()) == their_text


def test_two_windows_change_different_fields_and_both_are_kept(page_of_anna, lead):
    phone = editor(page_of_anna, lead, "phone").sends(phone="089 1")
    city = editor(page_of_anna, lead, "city").sends(city="Köln")
    page_of_anna.post(field_address(lead, "phone"), phone)
    assert page_of_anna.post(field_address(lead, "city"), city).status_code == 303
    assert (fresh(lead).phone, fresh(lead).city) == ("089 1", "Köln")


def test_the_same_change_in_two_windows_is_no_conflict(page_of_anna, lead):
    data = editor(page_of_anna, lead, "phone").sends(phone="089 1")
    page_of_anna.post(field_address(lead, "phone"), data)
    before = everything()
    assert page_of_anna.post(field_address(lead, "phone"), data).status_code == 303
    assert everything() == before


def test_entries_and_moves_cause_no_conflict(page_of_anna, lead, anna):
    data = editor(page_of_anna, lead, "phone").sends(phone="089 1")
    lead.write_entry(text="Notiz", by=anna)
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    assert page_of_anna.post(field_address(lead, "phone"), data).status_code == 303


def test_a_text_of_several_lines_as_browsers_send_it_is_no_conflict(page_of_anna, lead):
    Lead.objects.filter(pk=lead.pk).update(description="Zeile 1\nZeile 2")
    data = editor(page_of_anna, lead, "description").sends()
    data = {key: value.replace("\n", "\r\n") for key, value in data.items()}
    before = everything()
    assert page_of_anna.post(field_address(lead, "description"), data).status_code == 303
    assert everything() == before
    data["description"] = "Neu"
    assert page_of_anna.post(field_address(lead, "description"), data).status_code == 303


@pytest.mark.parametrize(
    "seen", ["x", "[" * 100_000, "[1]", "1e-999999999", "NaN", "", "9" * 5000]
)
@pytest.mark.parametrize("name", ["name", "value", "wish_date", "choices"])
def test_a_forged_seen_value_is_only_a_conflict(page_of_anna, lead, heatpumps, name, seen):
    if name == "choices":
        own = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech")
        name = f"feld-{own.pk}"
        Lead.objects.filter(pk=lead.pk).update(own_values={str(own.pk): ["Ziegel"]})
        typed = ["Blech"]
    else:
        Lead.objects.filter(pk=lead.pk).update(value=5, wish_date=date(2027, 4, 1))
        typed = {"name": "Neu", "value": "7", "wish_date": "2027-05-01"}[name]
    before = everything()
    data = {f"seen-{name}": seen, **sent(name, typed)}
    response = page_of_anna.post(field_address(lead, name), data)
    assert response.status_code == 409
    assert len(response.content) < 500_000
    assert everything() == before


# What is no field, whose lead it is not -----------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["owner", "marketplace", "phase", "status", "id", "pk", "created_at", "closed_at",
     "accepted_at", "loss_reason", "own_values", "sort_name", "external_id", "entry_token",
     "feld-0", "feld-99999999", "feld-", "feld-x", "feld-9999999999999999999999", "Name",
     "%00", "..", "__class__", "x" * 5000],
)  # fmt: skip
def test_what_is_no_field_does_not_exist(page_of_anna, lead, name):
    before = everything()
    assert page_of_anna.get(field_address(lead, name)).status_code == 404
    data = {name: "1", f"seen-{name}": "1", "name": "Neu", "seen-name": lead.name}
    assert page_of_anna.post(field_address(lead, name), data).status_code == 404
    assert everything() == before


def test_the_field_of_another_marketplace_does_not_exist(page_of_anna, lead, solar):
    own = factories.make_field(solar, "Dachneigung")
    name = f"feld-{own.pk}"
    assert page_of_anna.get(field_address(lead, name)).status_code == 404
    assert page_of_anna.post(field_address(lead, name), {name: "x"}).status_code == 404
    assert fresh(lead).own_values == {}


def test_other_fields_in_the_body_are_ignored(page_of_anna, lead, ben):
    data = editor(page_of_anna, lead, "phone").sends(
        phone="089 1", owner=ben.pk, name="Neu", city="Köln", **{"seen-city": lead.city}
    )
    page_of_anna.post(field_address(lead, "phone"), data)
    assert (fresh(lead).name, fresh(lead).city) == ("Familie Aigner", "Rosenheim")
    assert fresh(lead).owner.username == "anna"


@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_see_and_change_no_field(request, signed_in, lead, solar, person):
    client = signed_in(request.getfixturevalue(person))
    before = everything()
    data = {"phone": "089 1", "seen-phone": lead.phone}
    for address in (field_address(lead, "phone"), all_address(lead)):
        for headers in ({}, HTMX):
            assert client.get(address, headers=headers).status_code == 404
            assert client.post(address, data, headers=headers).status_code == 404
    assert everything() == before


def test_wrong_verbs_and_missing_leads(page_of_anna, lead):
    for address in (field_address(lead, "phone"), all_address(lead)):
        for verb in ("put", "patch", "delete"):
            assert getattr(page_of_anna, verb)(address).status_code == 405
    assert page_of_anna.get("/leads/99999999/felder/phone/").status_code == 404
    assert page_of_anna.post("/leads/99999999/felder/").status_code == 404


# Own fields that change ---------------------------------------------------------------


def test_a_required_own_field_cannot_be_emptied(page_of_anna, lead, heatpumps):
    own = factories.make_field(heatpumps, "Heizung", is_required=True)
    name = f"feld-{own.pk}"
    data = editor(page_of_anna, lead, name).sends(**{name: " "})
    assert page_of_anna.post(field_address(lead, name), data).status_code == 422


def test_a_retired_field_is_shown_and_edited_only_where_it_has_a_value(
    page_of_anna, anna, lead, heatpumps
):
    own = factories.make_field(heatpumps, "Heizung")
    name = f"feld-{own.pk}"
    lead.set_field(name, seen="", value="Öl", by=anna)
    Field.objects.filter(pk=own.pk).update(is_retired=True)
    assert shown(page_of_anna, lead, name) == "Öl"
    data = editor(page_of_anna, lead, name).sends(**{name: "Gas"})
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    assert shown(page_of_anna, lead, name) == "Gas"

    other = factories.accepted(heatpumps, anna)
    assert page_of_anna.get(field_address(other, name)).status_code == 404
    assert "Heizung" not in read(page_of_anna.get(f"/leads/{other.pk}/")).text


@BOTH
def test_emptying_a_retired_field_can_still_be_undone(
    page_of_anna, anna, lead, heatpumps, headers
):
    own = factories.make_field(heatpumps, "Heizung")
    name = f"feld-{own.pk}"
    lead.set_field(name, seen="", value="Öl", by=anna)
    Field.objects.filter(pk=own.pk).update(is_retired=True)
    data = editor(page_of_anna, lead, name).sends(**{name: ""})
    response = page_of_anna.post(field_address(lead, name), data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    event = lead.events.newest_first().first()
    page_of_anna.post(f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/", headers=headers)
    assert fresh(lead).own_values == {str(own.pk): "Öl"}


def test_a_renamed_field_keeps_its_values_and_its_history(page_of_anna, anna, lead, heatpumps):
    own = factories.make_field(heatpumps, "Heizung")
    name = f"feld-{own.pk}"
    lead.set_field(name, seen="", value="Öl", by=anna)
    Field.objects.filter(pk=own.pk).update(label="Wärmeerzeuger")
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "verlauf"}))
    assert page.one("div", id=f"field-{name}").text.startswith("Wärmeerzeuger Öl")
    assert "Heizung: Öl" in page.one("table").text


@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_a_choice_that_left_the_list_stays_on_its_leads(
    page_of_anna, anna, lead, heatpumps, kind
):
    own = factories.make_field(heatpumps, "Dach", kind, choices="Ziegel\nBlech")
    name = f"feld-{own.pk}"
    lead.set_field(
        name,
        seen=lead_seen(lead, name),
        value={"choice": "Blech"}.get(kind, ["Blech"]),
        by=anna,
    )
    Field.objects.filter(pk=own.pk).update(choices="Ziegel\nFlach")
    assert shown(page_of_anna, lead, name) == "Blech passt nicht mehr zum Feld"
    before = everything()
    data = editor(page_of_anna, lead, name).sends()
    assert page_of_anna.post(field_address(lead, name), data).status_code == 303
    data = read(page_of_anna.get(all_address(lead))).form(all_address(lead)).sends()
    assert page_of_anna.post(all_address(lead), data).status_code == 303
    assert everything() == before
    other = factories.accepted(heatpumps, anna)
    typed = {"choice": "Blech"}.get(kind, ["Blech"])
    data = editor(page_of_anna, other, name).sends(**{name: typed})
    assert page_of_anna.post(field_address(other, name), data).status_code == 422


def lead_seen(lead, name):
    return field_named(name, lead).seen_of(lead)


# Alle bearbeiten ----------------------------------------------------------------------


def all_editor(client, lead, headers=None):
    return read(client.get(all_address(lead), headers=headers)).form(all_address(lead))


@pytest.fixture
def full(heatpumps, anna, lead):
    """Anna's lead with a value in every field of every kind."""
    values = {name: stored for name, (_typed, stored, *_rest) in BUILT_IN.items()}
    for kind, (options, _typed, stored, *_rest) in OWN.items():
        own = factories.make_field(heatpumps, f"Eigenes {kind}", kind, **options)
        values[f"feld-{own.pk}"] = stored
    changes = {name: (lead_seen(lead, name), value) for name, value in values.items()}
    lead.set_fields(changes, by=anna)
    return fresh(lead)


def test_all_fields_at_once_without_a_change_change_nothing(page_of_anna, full):
    before = everything()
    data = all_editor(page_of_anna, full).sends()
    assert page_of_anna.post(all_address(full), data).status_code == 303
    assert everything() == before


@BOTH
def test_all_changes_are_saved_with_one_check(page_of_anna, full, headers):
    data = all_editor(page_of_anna, full, headers).sends(
        phone="089 1", city="Bonn", value="77", follow_up_at_day="2028-01-01"
    )
    number = full.events.count()
    response = page_of_anna.post(all_address(full), data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    saved = fresh(full)
    assert (saved.phone, saved.city, saved.value) == ("089 1", "Bonn", 77)
    assert saved.follow_up_at == datetime(2028, 1, 1, 8, 30, tzinfo=UTC)
    assert saved.name == full.name
    assert full.events.count() == number + 4
    page = read(response if headers else page_of_anna.get(f"/leads/{full.pk}/"))
    assert "4 Felder geändert" in page.text
    undo = next(
        f for f in page.all("form") if f["action"].split("?")[0].endswith("ruecknahme/")
    )
    assert page_of_anna.post(undo["action"]).status_code == 303
    saved = fresh(full)
    for name in ("phone", "city", "value", "follow_up_at"):
        assert getattr(saved, name) == getattr(full, name)


@BOTH
def test_one_mistake_saves_nothing_and_loses_nothing(page_of_anna, full, headers):
    before = everything()
    data = all_editor(page_of_anna, full).sends(phone="089 1", email="kaputt", value="1,2,3")
    response = page_of_anna.post(all_address(full), data, headers=headers)
    assert response.status_code == 422
    form = read(response).form(all_address(full))
    assert "Noch ist nichts gespeichert." in form.text
    assert len(form.all("p", class_="field-error")) == 2
    del data["csrfmiddlewaretoken"]
    assert form.typed == data
    assert everything() == before


def test_a_follow_up_that_is_cleared_among_all_fields_takes_its_note_along(
    page_of_anna, lead, anna
):
    lead.set_follow_up(at=timezone.now() + timedelta(days=3), note="Angebot", by=anna)
    data = all_editor(page_of_anna, lead).sends(
        phone="089 1", follow_up_at_day="", follow_up_at_time=""
    )
    assert page_of_anna.post(all_address(lead), data).status_code == 303
    saved = fresh(lead)
    assert (saved.phone, saved.follow_up_at, saved.follow_up_note) == ("089 1", None, "")
    # Taken back in one step, as it was made in one.
    changes = list(lead.events.order_by("-id")[:3])
    lead.undo_fields(changes, by=anna)
    assert fresh(lead).follow_up_note == "Angebot"


@BOTH
def test_a_note_of_a_follow_up_asks_for_its_day(page_of_anna, lead, headers):
    one, every = field_address(lead, "follow_up_note"), all_address(lead)
    before = everything()
    for address in (one, every, "/leads/anlegen/"):
        form = read(page_of_anna.get(address)).form(address)
        data = form.sends(name="Neu") if "name" in form.sends() else form.sends()
        data["follow_up_note"] = "Dach"
        response = page_of_anna.post(address, data, headers=headers)
        assert response.status_code == 422
        again = read(response).form(address)
        [error] = again.all("p", class_="field-error")
        assert error.text == "Wählen Sie den Tag der Wiedervorlage."
        assert again.sends()["follow_up_note"] == "Dach"
    assert everything() == before
    # With the day both are saved.
    data = all_editor(page_of_anna, lead).sends(
        follow_up_note="Dach", follow_up_at_day="2028-01-01"
    )
    assert page_of_anna.post(every, data).status_code == 303
    assert fresh(lead).follow_up_note == "Dach"


def test_a_note_that_came_without_a_day_keeps_nothing_else_from_being_saved(
    page_of_anna, lead, anna
):
    # As imports bring it.
    lead.set_field("follow_up_note", seen="", value="Dach", by=anna)
    data = all_editor(page_of_anna, lead).sends(phone="089 1")
    assert page_of_anna.post(all_address(lead), data).status_code == 303
    assert (fresh(lead).phone, fresh(lead).follow_up_note) == ("089 1", "Dach")


def test_the_day_of_a_note_may_have_come_meanwhile(page_of_anna, meike, lead):
    data = all_editor(page_of_anna, lead).sends(follow_up_note="Dach")
    lead.set_follow_up(at=timezone.now(), by=meike)
    assert page_of_anna.post(all_address(lead), data).status_code == 303
    saved = fresh(lead)
    assert (saved.follow_up_at, saved.follow_up_note) == (lead.follow_up_at, "Dach")


@BOTH
def test_a_lead_closed_meanwhile_gets_no_follow_up_among_all_fields(
    page_of_anna, heatpumps, anna, headers
):
    lead = factories.accepted(heatpumps, anna, phase=5)
    data = all_editor(page_of_anna, lead).sends(
        phone="089 1", follow_up_at_day="2028-01-01", follow_up_at_time=""
    )
    lead.win(seen=lead.phase, by=anna)
    before = everything()
    response = page_of_anna.post(all_address(lead), data, headers=headers)
    assert response.status_code == 409
    form = read(response).form(all_address(lead))
    assert "Dieser Lead ist abgeschlossen." in form.text
    del data["csrfmiddlewaretoken"]
    assert form.typed == data
    assert everything() == before
    # Without the day the rest is saved.
    data = form.sends(follow_up_at_day="")
    assert page_of_anna.post(all_address(lead), data).status_code == 303
    assert fresh(lead).phone == "089 1"


@BOTH
def test_each_conflict_is_told_at_its_field_and_nothing_is_saved(
    page_of_anna, signed_in, meike, full, headers
):
    data = all_editor(page_of_anna, full).sends(phone="089 1", city="Köln-Deutz", need="Meins")
    for name, value in (("phone", "089 2"), ("city", "Bonn"), ("company", "Neue GmbH")):
        full.set_field(name, seen=lead_seen(full, name), value=value, by=meike)
    before = everything()
    response = page_of_anna.post(all_address(full), data, headers=headers)
    assert response.status_code == 409
    assert everything() == before
    form = read(response).form(all_address(full))
    values = [[dd.text for dd in c.all("dd")] for c in form.all("div", class_="conflict")]
    assert values == [
        ["08031 / 55-66", "089 2", "089 1"],
        ["Köln", "Bonn", "Köln-Deutz"],
    ]
    assert page_of_anna.post(all_address(full), form.sends()).status_code == 303
    saved = fresh(full)
    assert (saved.phone, saved.city, saved.need) == ("089 1", "Köln-Deutz", "Meins")
    # What only the colleague changed stays as the colleague wrote it.
    assert saved.company == "Neue GmbH"


def test_the_editor_of_all_shows_both_groups_and_can_be_left(page_of_anna, full):
    form = all_editor(page_of_anna, full, HTMX)
    assert [h.text for h in form.all("h3")] == ["Interessent", "Anfrage"]
    assert form.button("Änderung bestätigen")
    back = read(page_of_anna.get(all_address(full) + "?ansicht", headers=HTMX))
    assert back.button("Alle bearbeiten")


@BOTH
@pytest.mark.parametrize("address", [field_address, all_address], ids=["one", "all"])
def test_what_was_typed_for_a_field_that_was_retired_meanwhile_is_saved(
    page_of_anna, lead, heatpumps, headers, address
):
    own = factories.make_field(heatpumps, "Fläche", "number", is_required=True)
    name = f"feld-{own.pk}"
    where = address(lead, name) if address is field_address else address(lead)
    data = read(page_of_anna.get(where)).form(where).sends(**{name: "viel"})
    Field.objects.filter(pk=own.pk).update(is_retired=True)
    refused = page_of_anna.post(where, data, headers=headers)
    assert refused.status_code == 422
    data = read(refused).form(where).sends(**{name: "77"})
    response = page_of_anna.post(where, data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert shown(page_of_anna, lead, name) == "77"


def test_the_editor_of_a_field_that_was_retired_meanwhile_can_be_left(
    page_of_anna, lead, heatpumps
):
    own = factories.make_field(heatpumps, "Fläche", "number", is_retired=True)
    where = field_address(lead, f"feld-{own.pk}")
    assert page_of_anna.get(f"{where}?ansicht", headers=HTMX).status_code == 200
    assert page_of_anna.get(where, headers=HTMX).status_code == 404


@BOTH
def test_what_was_typed_among_all_fields_for_one_that_was_deleted_is_told(
    page_of_anna, lead, heatpumps, headers
):
    gone, empty = (factories.make_field(heatpumps, label) for label in ("Fläche", "Dach"))
    data = all_editor(page_of_anna, lead).sends(phone="089 1", **{f"feld-{gone.pk}": "77"})
    gone.delete()
    empty.delete()
    before = everything()
    response = page_of_anna.post(all_address(lead), data, headers=headers)
    assert response.status_code == 409
    assert everything() == before
    form = read(response).form(all_address(lead))
    assert "eingegeben haben, die es hier nicht gibt: 77" in form.text
    # It is told once; the rest is saved.
    assert page_of_anna.post(all_address(lead), form.sends()).status_code == 303
    assert fresh(lead).phone == "089 1"


def test_a_field_that_was_added_while_editing_is_left_alone(
    page_of_anna, meike, full, heatpumps
):
    data = all_editor(page_of_anna, full).sends(phone="089 1")
    own = factories.make_field(heatpumps, "Neu")
    full.set_field(f"feld-{own.pk}", seen="", value="Von Meike", by=meike)
    assert page_of_anna.post(all_address(full), data).status_code == 303
    assert fresh(full).phone == "089 1"
    assert fresh(full).own_values[str(own.pk)] == "Von Meike"

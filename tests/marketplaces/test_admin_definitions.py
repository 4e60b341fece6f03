"""Changing the definition of a field that leads have values in: asked once, nothing lost."""

import pytest

from leads.kinds import text_key
from leads.models import FieldValue, Lead
from tests import factories
from tests.leads.rows import in_progress
from tests.markup import read

from .admin_page import MarketplacePage

LIST = "/leads/"


@pytest.fixture
def heating(heatpumps, anna):
    """A field that three leads have a value in, and one has not."""
    field = factories.make_field(heatpumps, "Heizung", "choice", choices="Öl\nGas")
    given = ["Öl", "Öl", "12", ""]
    in_progress(
        heatpumps, anna, 4, name=lambda n: f"Lead {n}",
        own_values=lambda n: {str(field.pk): given[n]} if given[n] else {},
    )  # fmt: skip
    return field


@pytest.fixture
def setup(signed_in, olaf, heatpumps, heating):
    return MarketplacePage(signed_in(olaf), heatpumps)


def values(field):
    return [lead.own_values.get(str(field.pk)) for lead in Lead.objects.order_by("pk")]


def agree(setup):
    """Tick what the page asks for and send again."""
    box = read(setup.response).one("input", name="fields-agreed")
    setup.data["fields-agreed"] = box["value"]
    setup.save()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "number", "choices": ""}, "Werte, die nicht mehr passen: 2"),
        ({"choices": "Gas\n12"}, "Öl: 2"),
        ({"is_required": "on"}, "Leads ohne Wert tragen die Marke"),
        ({"is_retired": "on"}, "Leads mit einem Wert: 3"),
    ],
)
def test_what_touches_values_is_shown_and_asked(setup, heating, change, said):
    before = values(heating)
    setup.set("fields", "Heizung", **change)
    assert setup.send().status_code == 200
    section = read(setup.response).one("section", aria_label="Änderungen an Feldern")
    assert said in section.text
    heating.refresh_from_db()
    assert (heating.kind, heating.is_required, heating.is_retired) == ("choice", False, False)
    # Agreeing to something else is no agreement.
    setup.data["fields-agreed"] = "x" * 32
    assert setup.send().status_code == 200
    agree(setup)
    heating.refresh_from_db()
    for name, value in change.items():
        assert getattr(heating, name) in {value, value == "on"}
    assert values(heating) == before


@pytest.mark.parametrize(
    ("kind", "kept", "then", "reads", "asked"),
    [
        ("number", "-1234.5678", "text", "-1.234,5678", "-1.234,5678 m² → -1.234,5678"),
        ("money", "1234.5", "long_text", "1.234,50 €", None),
        ("date", "2028-02-29", "text", "29.02.2028", None),
        ("yes_no", "no", "text", "Nein", None),
        ("yes_no", "yes", "choice", "Ja", None),
        ("date", "2028-02-29", "choice", "29.02.2028", "29.02.2028: 1"),
        ("date", "2028-02-29", "number", "29.02.2028", "29.02.2028: 1"),
        ("number", "0.5", "yes_no", "0,5", "0,5: 1"),
        ("choices", ["Gas", "Öl"], "text", "Gas, Öl", "Gas, Öl: 1"),
        ("text", "no", "yes_no", "Nein", "no → Nein"),
        ("text", "1.234", "number", "1,234", "1.234 → 1,234"),
    ],
)
def test_a_value_stays_as_people_wrote_it_whatever_kind_its_field_becomes(
    signed_in, olaf, heatpumps, anna, page_of_anna, django_capture_on_commit_callbacks,
    kind, kept, then, reads, asked,
):  # fmt: skip
    field = factories.make_field(
        heatpumps, "Wert", kind, choices="Öl\nGas", unit="m²" if kind == "number" else ""
    )
    [lead] = in_progress(heatpumps, anna, 1, own_values={str(field.pk): kept})
    setup = MarketplacePage(signed_in(olaf), heatpumps)
    setup.set("fields", "Wert", kind=then, choices="Ja\nNein", unit="")
    with django_capture_on_commit_callbacks(execute=True):
        answer = setup.send()
        assert answer.status_code == (200 if asked else 302)
        if asked:
            section = read(answer).one("section", aria_label="Änderungen an Feldern")
            assert asked in section.text
            agree(setup)
    if then in {"text", "choice"}:
        # What reads like that is found like that.
        key = text_key(reads)
        assert FieldValue.objects.get(field=field).key in {key, f"~{key}"}
    group = read(page_of_anna.get(f"/leads/{lead.pk}/")).one(
        "div", role="group", aria_label="Wert"
    )
    assert reads in group.text
    assert ("passt nicht mehr" in group.text) == bool(asked and "→" not in asked)
    lead.refresh_from_db()
    assert lead.own_values == {str(field.pk): kept}
    # Among all fields it stays what it is, and nobody else is said to have changed it.
    address = f"/leads/{lead.pk}/felder/"
    sent = read(page_of_anna.get(address)).form(address).sends(phone="089 12345")
    assert page_of_anna.post(address, sent).status_code == 303
    lead.refresh_from_db()
    assert lead.own_values == {str(field.pk): kept}
    # As it was before, the value is, too.
    setup.load().set("fields", "Wert", kind=kind, choices="Öl\nGas")
    if setup.send().status_code == 200:
        agree(setup)
    group = read(page_of_anna.get(f"/leads/{lead.pk}/")).one(
        "div", role="group", aria_label="Wert"
    )
    assert "passt nicht mehr" not in group.text


def test_what_touches_no_value_is_not_asked(setup, heating):
    setup.set("fields", "Heizung", label="Heizart", choices="Gas\nÖl\n12\nHolz")
    setup.save()


def test_unfit_values_stay_are_marked_and_hold_nothing_up(
    setup, heating, page_of_anna, heatpumps, anna, django_capture_on_commit_callbacks
):
    date = factories.make_field(heatpumps, "Termin", "text")
    yes = factories.make_field(heatpumps, "Ja", "text")
    lead = Lead.objects.get(name="Lead 0")
    lead.own_values |= {str(date.pk): "bald", str(yes.pk): "vielleicht"}
    lead.save()
    setup.load()
    setup.set("fields", "Heizung", kind="number", choices="", is_required="on")
    setup.set("fields", "Termin", kind="date")
    setup.set("fields", "Ja", kind="yes_no")
    setup.send()
    with django_capture_on_commit_callbacks(execute=True):
        agree(setup)
    # Sorted anew by then: numbers, then what is none.
    keys = FieldValue.objects.filter(field=heating).order_by("key").values_list("key")
    assert [key[:2] for (key,) in keys] == ["10", "~o", "~o"]
    name = f"feld-{heating.pk}"
    rows = read(page_of_anna.get(LIST, {"sort": name, "spalten": name})).one("tbody")
    assert [row.all("td")[1].text for row in rows.all("tr")] == [
        "12", "Öl passt nicht mehr", "Öl passt nicht mehr", "",
    ]  # fmt: skip
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    for shown, text in [("Heizung", "Öl"), ("Termin", "bald"), ("Ja", "vielleicht")]:
        group = page.one("div", role="group", aria_label=shown)
        assert f"{text} passt nicht mehr zum Feld" in group.text
    # All at once: untouched they stay, and the rest is saved.
    address = f"/leads/{lead.pk}/felder/"
    form = read(page_of_anna.get(address)).form(address)
    assert (form.held[name], form.held[f"feld-{date.pk}"]) == ("Öl", "bald")
    sent = form.sends(phone="089 12345")
    assert page_of_anna.post(address, sent).status_code == 303
    lead.refresh_from_db()
    assert lead.phone == "089 12345"
    assert lead.own_values == {
        str(heating.pk): "Öl", str(date.pk): "bald", str(yes.pk): "vielleicht",
    }  # fmt: skip
    # By itself it must be corrected; what was there stands in the history and comes back.
    one = f"{address}{name}/"
    held = read(page_of_anna.get(one)).form(one)
    assert page_of_anna.post(one, held.held).status_code == 422
    assert page_of_anna.post(one, held.sends(**{name: "7,5"})).status_code == 303
    lead.refresh_from_db()
    assert lead.own_values[str(heating.pk)] == "7.5"
    event = lead.events.filter(kind="field_changed", field=name).first()
    assert (event.old_text, event.new_text) == ("Öl", "7,5")
    lead.undo(event, by=anna)
    lead.refresh_from_db()
    assert lead.own_values[str(heating.pk)] == "Öl"


def test_what_became_required_is_missing_and_holds_nothing_up(setup, heating, page_of_anna):
    setup.set("fields", "Heizung", is_required="on")
    setup.send()
    agree(setup)
    lead = Lead.objects.get(name="Lead 3")
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    assert "fehlt" in page.one("div", role="group", aria_label="Heizung").text
    address = f"/leads/{lead.pk}/felder/"
    sent = read(page_of_anna.get(address)).form(address).sends(phone="089 12345")
    assert page_of_anna.post(address, sent).status_code == 303
    lead.refresh_from_db()
    assert lead.phone == "089 12345"

"""/leads/anlegen/: a rep enters an own lead."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from leads.models import Lead
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything

ENTER = "/leads/anlegen/"


def form_of(client, **query):
    return read(client.get(ENTER, query)).form(ENTER)


def test_an_own_lead_starts_in_the_first_phase(page_of_anna, anna, heatpumps):
    area = factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    roof = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech\nFlach")
    data = form_of(page_of_anna).sends(
        name="  Familie   Öttl ",
        value="1.234,50",
        wish_date="2027-04-01",
        follow_up_at_day="2027-01-15",
        follow_up_at_time="09:30",
        phone="08031 555",
        **{f"feld-{area.pk}": "185,5", f"feld-{roof.pk}": ["Blech", "Ziegel"]},
    )
    response = page_of_anna.post(ENTER, data)
    lead = Lead.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/leads/{lead.pk}/")
    assert (lead.name, lead.owner, lead.status) == ("Familie Öttl", anna, "in_progress")
    assert (lead.phase.name, lead.marketplace) == ("Qualifizierung", heatpumps)
    assert (lead.value, lead.wish_date) == (Decimal("1234.50"), date(2027, 4, 1))
    assert lead.follow_up_at == datetime(2027, 1, 15, 8, 30, tzinfo=UTC)
    assert lead.country == "Deutschland"
    assert lead.own_values == {str(area.pk): "185.5", str(roof.pk): ["Blech", "Ziegel"]}
    assert [event.kind for event in lead.events.all()] == ["entered"]
    page = read(page_of_anna.get(response["Location"]))
    assert "„Familie Öttl“ ist angelegt." in page.text
    assert "Anna Beispiel hat den Lead angelegt" in page.text


def test_the_same_form_sent_twice_enters_one_lead(page_of_anna, heatpumps):
    area = factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    roof = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech\nFlach")
    data = form_of(page_of_anna).sends(
        name="Familie Öttl",
        value="1.234,50",
        wish_date="2027-04-01",
        follow_up_at_day="2027-01-15",
        follow_up_at_time="09:30",
        phone="08031 555",
        **{f"feld-{area.pk}": "185,5", f"feld-{roof.pk}": ["Blech", "Ziegel"]},
    )
    first = page_of_anna.post(ENTER, data)
    before = everything()
    second = page_of_anna.post(ENTER, data)
    assert first["Location"] == second["Location"]
    assert everything() == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_another_lead_by_the_same_form_keeps_what_was_typed(page_of_anna, heatpumps, headers):
    area = factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    data = form_of(page_of_anna).sends(name="Familie Öttl", phone="08031 555")
    page_of_anna.post(ENTER, data)
    before = everything()
    for other in ({"name": "Familie Huber"}, {f"feld-{area.pk}": "185,5"}):
        response = page_of_anna.post(ENTER, data | other, headers=headers)
        assert response.status_code == 409
        assert "schon einmal mit anderem Inhalt" in response.text
        form = read(response).form(ENTER)
        assert everything() == before
    again = form.sends(name="Familie Huber", phone="08031 777")
    assert again[f"feld-{area.pk}"] == "185,5"
    assert page_of_anna.post(ENTER, again).status_code in {200, 303}
    assert Lead.objects.count() == 2


def test_two_forms_enter_two_leads_and_nobody_elses_token_opens_a_lead(
    signed_in, anna, ben, heatpumps
):
    data = form_of(signed_in(anna)).sends(name="Familie Öttl")
    for client in (signed_in(anna), signed_in(ben)):
        assert client.post(ENTER, data).status_code == 303
    assert sorted(Lead.objects.values_list("owner__username", flat=True)) == ["anna", "ben"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_a_mistake_keeps_everything_that_was_typed(page_of_anna, heatpumps, headers):
    roof = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech\nFlach")
    before = everything()
    data = form_of(page_of_anna).sends(
        name="",
        email="keine-adresse",
        value="1,2,3",
        phone="acht",
        description="Zeile 1\nZeile 2",
        follow_up_at_day="2027-03-28",
        follow_up_at_time="02:30",
        **{f"feld-{roof.pk}": ["Blech", "Flach"]},
    )
    response = page_of_anna.post(ENTER, data, headers=headers)
    assert response.status_code == 422
    form = read(response).form(ENTER)
    del data["csrfmiddlewaretoken"]
    assert form.typed == data
    for message in ("Bitte füllen Sie dieses Feld aus.", "Geben Sie eine gültige E-Mail",
                    "zum Beispiel 1.234,50", "Geben Sie eine Telefonnummer",
                    "fällt bei der Umstellung auf Sommerzeit aus"):  # fmt: skip
        assert message in form.text
    assert everything() == before


def test_required_own_fields_are_asked_for(page_of_anna, heatpumps):
    required = factories.make_field(heatpumps, "Heizung", is_required=True)
    data = form_of(page_of_anna).sends(name="Familie Öttl")
    assert page_of_anna.post(ENTER, data).status_code == 422
    data[f"feld-{required.pk}"] = "Öl"
    assert page_of_anna.post(ENTER, data).status_code == 303


def test_retired_fields_are_not_asked_for(page_of_anna, heatpumps):
    factories.make_field(heatpumps, "Früher", is_required=True, is_retired=True)
    form = form_of(page_of_anna)
    assert "Früher" not in form.text
    assert page_of_anna.post(ENTER, form.sends(name="Familie Öttl")).status_code == 303


@pytest.fixture
def both(anna, heatpumps, solar):
    solar.memberships.create(user=anna, role="rep")
    factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    factories.make_field(solar, "Dachneigung", "number", unit="°")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_another_marketplace_brings_its_own_fields_and_keeps_what_is_typed(
    page_of_anna, both, headers
):
    form = form_of(page_of_anna)
    assert "Dachneigung" in form.text  # Photovoltaik comes first by name
    data = form.sends(
        marktplatz="waermepumpe-sued",
        name="Familie Öttl",
        value="12,50",
        country="",
        description="Zeile 1\nZeile 2",
        follow_up_at_day="2027-01-15",
        follow_up_at_time="09:30",
    )
    response = page_of_anna.post(ENTER, {**data, "wechseln": "1"}, headers=headers)
    assert response.status_code == 200
    changed = read(response).form(ENTER)
    assert "Wohnfläche" in changed.text
    assert "Dachneigung" not in changed.text
    kept = changed.sends()
    for name in ("marktplatz", "name", "value", "country", "description", "follow_up_at_day",
                 "follow_up_at_time"):  # fmt: skip
        assert kept[name] == data[name], name
    assert "füllen Sie dieses Feld aus" not in changed.text
    assert not Lead.objects.exists()


def test_several_choices_are_kept_when_the_marketplace_is_chosen_again(
    page_of_anna, both, solar
):
    roof = factories.make_field(solar, "Dach", "choices", choices="Ziegel\nBlech\nFlach")
    data = form_of(page_of_anna).sends(**{f"feld-{roof.pk}": ["Ziegel", "Flach"]})
    kept = read(page_of_anna.post(ENTER, {**data, "wechseln": "1"})).form(ENTER).sends()
    assert kept[f"feld-{roof.pk}"] == ["Ziegel", "Flach"]


def test_the_address_can_name_the_marketplace(page_of_anna, both):
    assert "Wohnfläche" in form_of(page_of_anna, marktplatz="waermepumpe-sued").text
    assert "Dachneigung" in form_of(page_of_anna, marktplatz="unbekannt").text


@pytest.mark.parametrize(
    "query",
    [
        {"follow_up_at": "x"},
        {"follow_up_at_day": "x", "follow_up_at_time": "99:99"},
        {"wish_date": "x"},
        {"value": "1e400"},
        {"name": "\x00"},
        {"token": "x"},
    ],
)
def test_an_odd_address_still_gives_the_form(page_of_anna, heatpumps, query):
    assert page_of_anna.get(ENTER, query).status_code == 200


def test_only_the_own_marketplaces_take_a_lead(page_of_anna, heatpumps, solar):
    before = everything()
    data = form_of(page_of_anna).sends(name="Familie Öttl")
    for foreign in (solar.slug, "unbekannt", "", "\x00"):
        response = page_of_anna.post(ENTER, {**data, "marktplatz": foreign})
        assert response.status_code == 422
        assert read(response).form(ENTER).sends()["name"] == "Familie Öttl"
    assert everything() == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("sent_by", [{}, {"wechseln": "1"}], ids=["enter", "choose"])
def test_a_marketplace_that_is_gone_is_told_before_another_one_takes_the_lead(
    page_of_anna, both, anna, heatpumps, solar, sent_by, headers
):
    pitch = solar.fields.get()
    factories.make_field(heatpumps, "Baujahr", is_required=True)
    typed = {"name": "Familie Öttl", f"feld-{pitch.pk}": "35", "value": "1,2,3"}
    data = form_of(page_of_anna, marktplatz=solar.slug).sends(**typed)
    solar.memberships.filter(user=anna).delete()
    response = page_of_anna.post(ENTER, data | sent_by, headers=headers)
    assert response.status_code == 422
    # The form's own swap leads to its top, where it is told.
    assert "HX-Reswap" not in response
    form = read(response).form(ENTER)
    told = form.all("p", role="alert")[-1].text
    assert "Jetzt ist „Wärmepumpe Süd“ gewählt" in told
    assert told.endswith("35")
    assert not form.all("input", autofocus=True)
    again = form.sends()
    assert (again["name"], again["value"]) == ("Familie Öttl", "1,2,3")
    assert again["token"] == data["token"]
    assert not Lead.objects.exists()
    year = heatpumps.fields.get(label="Baujahr")
    again |= {"value": "", f"feld-{year.pk}": "1970"}
    assert page_of_anna.post(ENTER, again).status_code == 303
    assert Lead.objects.get().marketplace == heatpumps


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_what_was_typed_for_another_marketplace_is_told(
    page_of_anna, both, heatpumps, solar, headers
):
    """Without scripts the fields stay those of before until the choice is sent."""
    pitch = solar.fields.get()
    data = form_of(page_of_anna, marktplatz=solar.slug).sends(name="Familie Öttl")
    data |= {f"feld-{pitch.pk}": "35", "marktplatz": heatpumps.slug}
    chosen = page_of_anna.post(ENTER, data | {"wechseln": "1"}, headers=headers)
    assert chosen.status_code == 200
    hint = read(chosen).form(ENTER).all("p", role="alert")[-1].text
    assert hint.endswith(": Dachneigung: 35 °")
    response = page_of_anna.post(ENTER, data, headers=headers)
    assert response.status_code == 409
    form = read(response).form(ENTER)
    told = form.all("p", role="alert")[-1].text
    assert told.startswith("„Wärmepumpe Süd“ hat andere Felder")
    assert told.endswith(": Dachneigung: 35 °")
    assert not Lead.objects.exists()
    assert page_of_anna.post(ENTER, form.sends()).status_code == 303
    assert Lead.objects.get().marketplace == heatpumps


def test_what_was_typed_for_another_marketplace_is_told_as_people_read_it(
    page_of_anna, both, heatpumps, solar
):
    cellar = factories.make_field(solar, "Keller", kind="yes_no")
    data = form_of(page_of_anna, marktplatz=solar.slug).sends(name="Familie Öttl")
    data |= {cellar.name: "yes", "feld-999999": "x", "marktplatz": heatpumps.slug}
    told = read(page_of_anna.post(ENTER, data)).form(ENTER).all("p", role="alert")[-1].text
    assert told.endswith(": Keller: Ja · x")


def test_columns_that_are_no_fields_are_ignored(page_of_anna, anna, ben, heatpumps, solar):
    data = form_of(page_of_anna).sends(
        name="Familie Öttl", owner=ben.pk, marketplace=solar.pk, status="won", id="7",
        created_at="2001-01-01", phase=heatpumps.phases.last().pk,
    )  # fmt: skip
    page_of_anna.post(ENTER, data)
    lead = Lead.objects.get()
    assert (lead.owner, lead.status, lead.phase.position) == (anna, "in_progress", 1)
    assert lead.created_at.year != 2001


def test_a_marketplace_without_phases_takes_no_lead_and_keeps_what_is_typed(
    page_of_anna, heatpumps
):
    data = form_of(page_of_anna).sends(name="Familie Öttl")
    heatpumps.phases.update(is_retired=True)
    before = everything()
    response = page_of_anna.post(ENTER, data)
    assert response.status_code == 409
    page = read(response)
    assert "Marktplatz hat noch keine Phasen" in page.text
    del data["csrfmiddlewaretoken"]
    assert page.form(ENTER).typed == data
    assert everything() == before


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_sells_nowhere_is_told_so_and_offered_no_entry(
    signed_in, page_of_anna, olaf, heatpumps, is_superuser
):
    pages = ("/leads/", "/leads/suche/?q=anlegen")
    assert [len(read(page_of_anna.get(page)).all("a", href=ENTER)) for page in pages] == [2, 1]
    olaf.is_superuser = is_superuser
    olaf.save()
    client = signed_in(olaf)
    told = {True: "Keine eigenen Leads", False: "Noch kein Marktplatz"}
    assert told[olaf.is_staff] in read(client.get(ENTER)).text
    colleague = signed_in(factories.UserFactory(username="nobody"))
    assert told[False] in read(colleague.get(ENTER)).text
    for page in pages:
        assert not read(client.get(page)).all("a", href=ENTER)
    before = everything()
    data = {"name": "x", "marktplatz": heatpumps.slug, "token": uuid.uuid4()}
    assert client.post(ENTER, data).status_code in {200, 403, 404}
    assert everything() == before


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_wrong_verbs(page_of_anna, heatpumps, verb):
    assert getattr(page_of_anna, verb)(ENTER).status_code == 405


def test_a_hostile_name_is_text_in_toast_title_and_every_answer(page_of_anna, heatpumps):
    hostile = '"></title></script><script>alert(1)</script><img src=x onerror=alert(1)>'
    data = form_of(page_of_anna).sends(name=hostile)
    response = page_of_anna.post(ENTER, data, follow=True)
    lead = Lead.objects.get()
    assert lead.name == hostile
    answers = [response]
    data = {"phone": "089 1", "seen-phone": ""}
    for headers in ({}, HTMX):
        address = f"/leads/{lead.pk}/felder/phone/"
        answers.append(page_of_anna.post(address, data, headers=headers, follow=True))
        data = {"phone": "089 2", "seen-phone": "089 1"}
        for tail in ("phase/", "felder/name/", "felder/"):
            answers.append(page_of_anna.get(f"/leads/{lead.pk}/{tail}", headers=headers))
    for answer in answers:
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
        assert "<img src=x" not in answer.content.decode()
    assert f"„{hostile[:59]}…“ ist angelegt." in read(answers[0]).text

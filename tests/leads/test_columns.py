"""The columns that somebody chooses for a list, and what the registry says of each."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.columns import ColumnChoice
from leads.fields import field_named
from leads.listing import ClosedList, LeadList
from leads.models import Lead, Sight
from marketplaces.models import User
from tests import factories
from tests.markup import HTMX, read

from .rows import closed, in_progress

LIST, CLOSED, CHOICE = "/leads/", "/leads/abgeschlossen/", "/leads/spalten/"
STANDARD = ["Lead", "Marktplatz", "Phase", "Wiedervorlage", "Letzte Aktivität", "Volumen"]


def headings(response):
    assert response.status_code == 200
    return [th.text.rstrip(" ↑↓") for th in read(response).all("th", scope="col")]


def cells(response):
    """Heading → text of the cells of the first row."""
    row = next(tr for tr in read(response).one("tbody").all("tr") if tr.all("a"))
    return dict(zip(headings(response), [td.text for td in row.all("td")], strict=True))


def choose(client, *names, **sent):
    return client.post(CHOICE, {"spalte": names, "zeigen": names, **sent})


@pytest.fixture
def own(heatpumps, solar, anna):
    """Both of Anna's marketplaces ask for the roof; each has a field of its own, too."""
    solar.memberships.create(user=anna, role="rep")
    return {
        "roof": factories.make_field(heatpumps, "Dachfläche", "number", unit="m²"),
        "roof of solar": factories.make_field(solar, "dachfläche", "number", unit="m²"),
        "boiler": factories.make_field(heatpumps, "Baujahr", "number"),
        "boiler of solar": factories.make_field(solar, "Baujahr", "date"),
    }


def values(*pairs):
    return {str(definition.pk): data for definition, data in pairs}


def test_the_standard_is_shown_until_somebody_chooses(page_of_anna, lead):
    assert headings(page_of_anna.get(LIST)) == STANDARD
    answer = choose(page_of_anna, "volumen", "phone", "city", next="/leads/?sort=name")
    assert (answer.status_code, answer["Location"]) == (303, "/leads/?sort=name")
    assert cells(page_of_anna.get(LIST)) == {
        "Lead": "Familie AignerRosenheim · Wärmepumpe statt Ölheizung",
        "Volumen": "",
        "Telefon": "+49 8031 1234567",
        "Ort": "Rosenheim",
    }
    assert read(page_of_anna.get(LIST)).all("a", href="tel:+4980311234567")
    place = read(page_of_anna.get(LIST)).one("a", target="_blank")
    assert place.text == "Rosenheim"
    assert place["href"].startswith("https://www.openstreetmap.org/search?query=Am+M")
    assert "noopener" in place["rel"]
    page_of_anna.post(CHOICE, {"standard": "ja"})
    assert headings(page_of_anna.get(LIST)) == STANDARD


def test_each_list_and_each_person_has_a_choice_of_its_own(
    page_of_anna, signed_in, meike, heatpumps, anna, lead
):
    closed(heatpumps, anna, 1)
    choose(page_of_anna, "company")
    choose(page_of_anna, "verlustgrund", liste="abgeschlossen")
    assert headings(page_of_anna.get(LIST)) == ["Lead", "Firma"]
    assert headings(page_of_anna.get(CLOSED)) == ["Lead", "Verlustgrund"]
    assert headings(signed_in(meike).get(LIST)) == STANDARD


def test_choices_for_two_lists_at_once_are_both_kept(anna):
    one, other = (User.objects.get(pk=anna.pk) for _tab in range(2))
    one.choose_columns("in_progress", ["company"])
    other.choose_columns("closed", ["city"])
    one.choose_columns("in_progress", None)
    anna.refresh_from_db()
    assert anna.list_columns == {"closed": ["city"]}


def test_fields_of_one_name_and_kind_are_one_column(page_of_anna, own, heatpumps, solar, anna):
    in_progress(heatpumps, anna, 1, own_values=values((own["roof"], "140.5")))
    in_progress(solar, anna, 1, own_values=values((own["roof of solar"], "90")))
    offered = [c.text for c in read(page_of_anna.get(CHOICE)).all("label")]
    assert [name for name in offered if name.lower() == "dachfläche"] == ["dachfläche"]
    assert {"Baujahr (Wärmepumpe Süd)", "Baujahr (Photovoltaik Bayern)"} <= set(offered)
    # Named by either, it is the same; and it stays when one of the marketplaces goes.
    choose(page_of_anna, f"feld-{own['roof of solar'].pk}")
    rows = read(page_of_anna.get(LIST)).one("tbody").all("tr")
    texts = {row.all("td")[1].text for row in rows if row.all("a")}
    assert texts == {"140,5 m²", "90 m²"}
    solar.memberships.all().delete()
    assert headings(page_of_anna.get(LIST)) == ["Lead", "Dachfläche"]


def test_a_column_is_moved_without_being_kept_yet(page_of_anna, lead):
    names = ["marktplatz", "phase", "volumen"]
    for button, name, order in [
        ("hoch", "volumen", ["marktplatz", "volumen", "phase"]),
        ("hoch", "marktplatz", names),
        ("runter", "marktplatz", ["phase", "marktplatz", "volumen"]),
        ("runter", "gibtsnicht", names),
    ]:
        sent = {"spalte": [*names, "city"], "zeigen": names, button: name}
        for headers in ({}, HTMX):
            page = read(page_of_anna.post(CHOICE, sent, headers=headers))
            ticked = [box["value"] for box in page.all("input", name="zeigen", checked=True)]
            assert ticked == order
    assert headings(page_of_anna.get(LIST)) == STANDARD


def test_htmx_is_sent_back_to_the_list(page_of_anna, lead):
    assert read(page_of_anna.get(CHOICE, headers=HTMX)).one("dialog")
    sent = {"spalte": "city", "zeigen": "city", "next": "//elsewhere.example/"}
    answer = page_of_anna.post(CHOICE, sent, headers=HTMX)
    assert answer["HX-Redirect"] == LIST
    assert headings(page_of_anna.get(LIST)) == ["Lead", "Ort"]


def test_an_address_can_say_the_columns(page_of_anna, lead, own):
    wanted = f"feld-{own['boiler'].pk},gibtsnicht,feld-999999,feld-x,city"
    answer = page_of_anna.get(LIST, {"spalten": wanted, "sort": "name"})
    assert headings(answer) == ["Lead", "Baujahr (Wärmepumpe Süd)", "Ort"]
    assert "spalten=" in read(answer).all("a", class_="lead-table__sort")[0]["href"]
    assert headings(page_of_anna.get(LIST)) == STANDARD


def test_columns_chosen_in_a_start_view_of_nothing_else_are_shown(page_of_anna, lead):
    sent = {"name": "Telefon", "abfrage": "spalten=name,phone", "liste": "in_progress"}
    page_of_anna.post("/leads/ansichten/anlegen/", {**sent, "start": "on"})
    start = page_of_anna.get(LIST)["Location"]
    assert headings(page_of_anna.get(start)) == ["Lead", "Telefon"]
    back = choose(page_of_anna, "email", next=start)["Location"]
    assert headings(page_of_anna.get(back)) == ["Lead", "E-Mail"]


def test_nobody_is_offered_fields_of_other_marketplaces(page_of_anna, solar, lead):
    foreign = factories.make_field(solar, "Geheimes Feld")
    assert "Geheimes Feld" not in read(page_of_anna.get(CHOICE)).text
    choose(page_of_anna, f"feld-{foreign.pk}", "city")
    assert headings(page_of_anna.get(LIST)) == ["Lead", "Ort"]


def test_a_retired_field_stays_in_the_lists_that_show_it(page_of_anna, lead, own):
    name = f"feld-{own['boiler'].pk}"
    choose(page_of_anna, name)
    own["boiler"].is_retired = True
    own["boiler"].save()
    assert headings(page_of_anna.get(LIST)) == ["Lead", "Baujahr (Wärmepumpe Süd)"]
    choose(page_of_anna, "city")
    assert not read(page_of_anna.get(CHOICE)).all("input", name="zeigen", value=name)


@pytest.mark.parametrize("kind", [LeadList, ClosedList])
def test_each_column_gives_a_typed_value_from_what_it_says_it_reads(
    kind, heatpumps, meike, django_assert_num_queries
):
    given = [
        ("text", "Öl"), ("number", "12.5"), ("money", "99"), ("date", "2026-12-01"),
        ("choices", ["Blech"]), ("yes_no", "no"),
    ]  # fmt: skip
    definitions = [
        (factories.make_field(heatpumps, f"Feld {name}", name, choices="Blech"), data)
        for name, data in given
    ]
    make = in_progress if kind is LeadList else closed
    [lead] = make(heatpumps, meike, 1, own_values=values(*definitions), value=Decimal(1))
    sight = Sight.of(meike)
    registry = kind.registry_of(sight)
    columns = registry.offered(registry.default)
    types = {
        "text": str, "number": Decimal, "money": Decimal, "date": date, "list": list,
        "datetime": datetime, "yes_no": bool,
    }  # fmt: skip
    [read_lead] = Lead.objects.filter(pk=lead.pk).for_columns(columns)
    with django_assert_num_queries(0):
        found = {column.name: column.value_of(read_lead) for column in columns}
        texts = {column.name: column.text_of(read_lead) for column in columns}
    for column in columns:
        value = found[column.name]
        assert value is None or isinstance(value, types[column.type]), column.name
    shown = [found[f"feld-{definition.pk}"] for definition, _data in definitions]
    assert shown == ["Öl", Decimal("12.5"), 99, date(2026, 12, 1), ["Blech"], False]
    shown = [texts[f"feld-{definition.pk}"] for definition, _data in definitions]
    assert shown == ["Öl", "12,5", "99 €", "01.12.2026", "Blech", "Nein"]
    assert found["marktplatz"] == "Wärmepumpe Süd"
    assert found["vertrieb"] == "Meike Beispiel"


def test_the_choice_holds_every_column_once(anna, heatpumps, own):
    sight = Sight.of(anna)
    registry = LeadList.registry_of(sight)
    choice = ColumnChoice.sent(registry, ["phase", "name", "phase", "nein"], ["phase", "name"])
    assert [column.name for column in choice.shown] == ["name", "phase"]
    everything = [*choice.shown, *choice.others]
    assert len(everything) == len({column.name for column in everything})
    assert choice.names == ["name", "phase"]


def edited(response):
    """The fields that the headings say are edited below them."""
    return [th.get("data-field") for th in read(response).all("th", scope="col")]


def test_headings_say_what_is_edited_in_all_cells_below(
    page_of_anna, heatpumps, anna, lead, solar
):
    roof = factories.make_field(heatpumps, "Dach")
    assert edited(page_of_anna.get(LIST)) == ["name", "", "", "follow_up_at", "", "value"]
    assert edited(page_of_anna.get(CLOSED)) == []
    closed(heatpumps, anna, 1)
    assert edited(page_of_anna.get(CLOSED)) == ["name", "", "", "", "value"]
    address = f"/leads/?spalten=name,phone,volumen,feld-{roof.pk}"
    assert edited(page_of_anna.get(address)) == ["name", "phone", "value", f"feld-{roof.pk}"]
    solar.memberships.create(user=anna, role="rep")
    assert edited(page_of_anna.get(address)) == ["name", "phone", "value", ""]
    answer = page_of_anna.get(f"{address}&marktplatz=waermepumpe-sued")
    assert edited(answer)[-1] == f"feld-{roof.pk}"
    # A retired one is edited where it still has a value.
    roof.is_retired = True
    roof.save()
    answer = page_of_anna.get(f"{address}&marktplatz=waermepumpe-sued")
    assert edited(answer)[-1] == ""


def test_among_several_marketplaces_a_cell_says_which_own_field_it_edits(
    page_of_anna, heatpumps, solar, anna, own
):
    lead = factories.accepted(heatpumps, anna, name="A")
    factories.accepted(solar, anna, name="B", own_values=values((own["roof of solar"], "90")))
    roof, roof_of_solar, boiler = (
        f"feld-{own[name].pk}" for name in ("roof", "roof of solar", "boiler")
    )
    address = f"/leads/?sort=name&spalten={roof},{boiler},phone"

    def said(response):
        rows = read(response).one("tbody").all("tr")
        return [[td.get("data-field") for td in tr.all("td")] for tr in rows]

    assert said(page_of_anna.get(address)) == [
        ["", roof, boiler, ""],
        # Solar asks for no such number, its cell stays plain.
        ["", roof_of_solar, "", ""],
    ]
    # A row that comes back says the same.
    editor = page_of_anna.get(f"/leads/{lead.pk}/felder/{roof}/", headers=HTMX)
    sent = read(editor).form(f"/leads/{lead.pk}/felder/{roof}/").sends(**{roof: "120"})
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{address}"}
    answer = page_of_anna.post(f"/leads/{lead.pk}/felder/{roof}/", sent, headers=headers)
    row = read(answer).one("tr")
    assert [td.get("data-field") for td in row.all("td")] == ["", roof, boiler, ""]
    assert row.all("td")[1].text == "120 m²"
    # What is retired is edited as long as there is something to correct.
    for definition in (own["roof"], own["boiler"]):
        definition.is_retired = True
        definition.save()
    assert said(page_of_anna.get(address))[0] == ["", roof, "", ""]


def test_what_cells_say_costs_no_query(page_of_anna, heatpumps, solar, anna, own):
    columns = ",".join(f"feld-{definition.pk}" for definition in own.values())

    def asked():
        with CaptureQueriesContext(connection) as captured:
            page_of_anna.get(f"/leads/?spalten={columns}")
        return len(captured)

    for marketplace in (heatpumps, solar):
        factories.accepted(marketplace, anna)
    asked()
    few = asked()
    for number in range(10):
        factories.accepted(heatpumps if number % 2 else solar, anna)
    assert asked() == few


def test_a_cell_answers_its_row_unless_the_lead_may_stand_elsewhere_now(
    page_of_anna, heatpumps, lead
):
    roof = factories.make_field(heatpumps, "Dach")

    def sent(name, value, page):
        headers = {**HTMX, "HX-Current-URL": f"http://testserver{page}"}
        field = field_named(name, Lead.objects.get(pk=lead.pk))
        data = {name: value, f"seen-{name}": field.seen_of(Lead.objects.get(pk=lead.pk))}
        return page_of_anna.post(f"/leads/{lead.pk}/felder/{name}/", data, headers=headers)

    for number, page in enumerate(
        ("/leads/?spalten=name,phone", "/leads/?sort=-name&spalten=name,phone")
    ):
        answer = sent("phone", f"089 {number}", page)
        assert answer["HX-Retarget"] == "closest tr"
        row = read(answer).one("tr")
        assert row.all("td")[1].text == f"089 {number}"
        undo = read(answer).one("div", class_="toast").one("form")["action"]
    headers = {**HTMX, "HX-Current-URL": "http://testserver/leads/"}
    assert page_of_anna.post(undo, headers=headers)["HX-Refresh"] == "true"
    assert Lead.objects.get(pk=lead.pk).phone == "089 0"
    for number, page in enumerate(
        (
            "/leads/?sort=-aktivitaet",
            "/leads/?q=aigner",
            f"/leads/?{roof.name}=Ziegel",
            f"/leads/?spalten=name,{roof.name}&sort={roof.name}",
            "/leads/abgeschlossen/",
        )
    ):
        assert sent(roof.name, f"Ziegel {number}", page)["HX-Refresh"] == "true", page
    assert sent("value", "5", "/leads/?sort=volumen")["HX-Refresh"] == "true"
    answer = sent("name", "Familie Aigner-Huber", "/leads/")
    assert answer["HX-Retarget"] == "closest tr"
    assert read(answer).one("a", class_="lead-table__name").text == "Familie Aigner-Huber"
    assert sent("name", "Aigner", "/leads/?sort=-name")["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, None),
        ("name,phone", "name,phone"),
        # The list's own columns hold where somebody has chosen others for every list.
        (
            "name,marktplatz,phase,wiedervorlage,aktivitaet,volumen",
            "name,marktplatz,phase,wiedervorlage,aktivitaet,volumen",
        ),
        ("", "name"),
        ("phone,nichts", "name,phone"),
    ],
)
def test_the_next_search_and_filter_keep_the_columns_of_the_address(
    page_of_anna, lead, said, kept
):
    choose(page_of_anna, "city", next=LIST)
    page = read(page_of_anna.get(LIST, {} if said is None else {"spalten": said}))
    forms = [form for form in page.all("form") if "search" in form.get("class")]
    forms += [form for form in page.all("form") if form.get("class") == "chips"]
    assert [form.typed.get("spalten") for form in forms] == [kept, kept]
    # So do the dialog that chooses others, and the export of what is shown.
    for text in ("Spalten", "Excel, Spalten der Liste"):
        [link] = [a for a in page.all("a") if a.text == text]
        # In `next` the address stands as it is.
        said_on = parse_qs(urlsplit(link["href"]).query).get("spalten")
        assert said_on == ([kept] if kept else None if text == "Spalten" else ["name,city"])

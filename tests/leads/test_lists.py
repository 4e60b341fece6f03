"""/leads/ and /leads/abgeschlossen/: who sees what, filters, search, order, pages."""

import base64
import gzip
import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Lead
from leads.moments import start_of_day
from tests import factories
from tests.markup import HTMX, read

from .rows import closed, in_progress

LIST, CLOSED = "/leads/", "/leads/abgeschlossen/"


def names(response):
    """The names of the leads that a list shows, in order."""
    assert response.status_code == 200
    return [link.text for link in read(response).all("a", class_="lead-table__name")]


def ids(response):
    links = read(response).all("a", class_="lead-table__name")
    return [int(link["href"].strip("/").split("/")[1]) for link in links]


def named(marketplace, owner, *wanted, **columns):
    return in_progress(marketplace, owner, len(wanted), name=wanted.__getitem__, **columns)


# Who sees what ------------------------------------------------------------------------


def test_an_accepted_lead_stands_in_the_list_with_a_real_link(page_of_anna, lead):
    page = read(page_of_anna.get(LIST))
    assert page.one("h1").text == "Leads in Bearbeitung"
    link = page.one("a", class_="lead-table__name")
    assert link.text == "Familie Aigner"
    assert link["href"] == f"/leads/{lead.pk}/?aus=in-bearbeitung"
    row = link.parent.parent
    assert "Rosenheim · Wärmepumpe statt Ölheizung" in row.text
    assert "Wärmepumpe Süd" in row.text
    assert "Angebot" in row.text


def test_htmx_gets_the_list_without_the_frame(page_of_anna, lead):
    part = page_of_anna.get(LIST, headers=HTMX)
    assert names(part) == ["Familie Aigner"]
    assert not read(part).all("html")
    assert "HX-Request" in part["Vary"]
    whole = page_of_anna.get(LIST, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert read(whole).all("html")


def test_a_rep_sees_the_own_leads_only(signed_in, ben, clara, lead, solar):
    factories.accepted(solar, clara, name="Elsewhere")
    assert names(signed_in(ben).get(LIST)) == []
    assert names(signed_in(clara).get(LIST)) == ["Elsewhere"]


def test_a_manager_sees_the_leads_of_the_colleagues_with_their_owner(
    signed_in, meike, lead, solar, clara
):
    factories.accepted(solar, clara, name="Elsewhere")
    response = signed_in(meike).get(LIST)
    assert names(response) == ["Familie Aigner"]
    assert "Anna Beispiel" in read(response).one("tbody").text


def test_the_own_name_is_not_repeated_in_each_row(page_of_anna, lead):
    assert "Anna Beispiel" not in read(page_of_anna.get(LIST)).one("tbody").text


def test_operators_and_former_members_see_nothing(signed_in, olaf, anna, heatpumps, lead):
    assert names(signed_in(olaf).get(LIST)) == []
    heatpumps.memberships.filter(user=anna).delete()
    assert names(signed_in(anna).get(LIST)) == []


def test_offered_and_closed_leads_are_not_in_progress(page_of_anna, heatpumps, anna):
    factories.offer(heatpumps, name="Offered")
    won = factories.accepted(heatpumps, anna, phase=5, name="Won")
    won.win(seen=won.phase, by=anna)
    assert names(page_of_anna.get(LIST)) == []
    assert names(page_of_anna.get(CLOSED)) == ["Won"]


@pytest.mark.parametrize("address", [LIST, CLOSED, "/leads/neu/"])
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
def test_lists_are_only_read(page_of_anna, heatpumps, address, verb):
    assert getattr(page_of_anna, verb)(address).status_code == 405


def test_the_root_leads_to_the_list(page_of_anna, heatpumps):
    response = page_of_anna.get("/")
    assert (response.status_code, response["Location"]) == (302, LIST)


# Empty --------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(page_of_anna, heatpumps):
    page = read(page_of_anna.get(LIST))
    assert "Keine Leads in Bearbeitung" in page.text
    assert page.all("a", href="/leads/anlegen/")
    factories.offer(heatpumps)
    page = read(page_of_anna.get(LIST))
    assert "1 neuen Lead ansehen" in [a.text for a in page.all("a", href="/leads/neu/")]


def test_a_search_without_hits_offers_the_way_out(page_of_anna, lead):
    page = read(page_of_anna.get(LIST, {"q": "gibtsnicht"}))
    assert "Nichts gefunden" in page.text
    assert "Alle anzeigen" in [link.text for link in page.all("a", href=LIST)]
    assert page.one("input", id="search")["value"] == "gibtsnicht"
    # The other list knows neither the filters nor the columns of this one.
    asked = {"q": "gibts & nicht", "ziel": "ueber", "spalten": "phase", "marktplatz": "x"}
    page = read(page_of_anna.get(LIST, asked))
    assert page.one("a", href=f"{CLOSED}?q=gibts%20%26%20nicht")


def test_an_empty_list_of_closed_leads_explains_itself(page_of_anna, heatpumps):
    assert "Keine abgeschlossenen Leads" in read(page_of_anna.get(CLOSED)).text


# Filters ------------------------------------------------------------------------------


@pytest.fixture
def both(anna, heatpumps, solar):
    """Anna sells in both marketplaces and has a lead in each."""
    solar.memberships.create(user=anna, role="rep")
    named(heatpumps, anna, "Heat")
    named(solar, anna, "Sun")


def test_filter_by_marketplace(page_of_anna, both):
    response = page_of_anna.get(LIST, {"marktplatz": "photovoltaik-bayern"})
    assert names(response) == ["Sun"]
    select = read(response).one("select", name="marktplatz")
    assert [o.text for o in select.all("option") if "selected" in o.attrs] == [
        "Photovoltaik Bayern"
    ]


def test_filter_by_phase(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, *"ABCDE")
    third = heatpumps.phases.get(position=3)
    assert names(page_of_anna.get(LIST, {"phase": third.pk})) == ["C"]


def test_filter_by_follow_up(page_of_anna, heatpumps, anna):
    midnight = start_of_day()
    wanted = {
        "yesterday": midnight - timedelta(hours=1),
        "all day": midnight,
        "just now": timezone.now() - timedelta(seconds=1),
        "tomorrow": midnight + timedelta(days=1, hours=12),
        "never": None,
    }
    named(heatpumps, anna, *wanted, follow_up_at=list(wanted.values()).__getitem__)
    by_filter = {
        word: set(names(page_of_anna.get(LIST, {"wiedervorlage": word})))
        for word in ("ueberfaellig", "heute", "keine")
    }
    assert by_filter["ueberfaellig"] >= {"yesterday"}
    assert by_filter["heute"] == {"all day"}
    assert by_filter["keine"] == {"never"}
    # Within the first second of a day this moment is still of the day before.
    assert "just now" in by_filter["ueberfaellig"]


def test_the_chips_count_what_their_filters_show(page_of_anna, heatpumps, anna):
    midnight = start_of_day()
    named(heatpumps, anna, "old", "old too", follow_up_at=midnight - timedelta(days=3))
    named(heatpumps, anna, "today", follow_up_at=midnight)
    named(heatpumps, anna, "none", "none too", "none as well")
    page = read(page_of_anna.get(LIST))
    chips = [a.text for a in page.all("a", class_="chip") if a["href"].startswith("?")]
    assert chips == [
        "Alle 6", "Überfällig 2", "Heute 1", "Ohne Wiedervorlage 3", "Liegt zu lange 0",
    ]  # fmt: skip


def chips(client, query):
    """Pairs of the text of a chip and how many leads it shows, or would after a click."""
    now = client.get(LIST, query)
    links = [a for a in read(now).all("a", class_="chip") if a["href"].startswith("?")]
    shown = {True: lambda a: now, False: lambda a: client.get(LIST + a["href"])}
    return [(a.text, len(names(shown[bool(a.get("aria-current"))](a)))) for a in links]


@pytest.mark.parametrize(
    ("query", "counted"),
    [
        ({}, {"Alle", "Überfällig", "Heute", "Ohne Wiedervorlage", "Liegt zu lange"}),
        ({"wiedervorlage": "heute"}, {"Alle", "Überfällig", "Heute", "Ohne Wiedervorlage"}),
        ({"ziel": "ueberschritten"}, {"Alle", "Liegt zu lange"}),
        ({"q": "aigner"}, set()),
        ({"marktplatz": "waermepumpe-sued"}, set()),
        ({"phase": "any"}, set()),
        ({"feld": "any"}, set()),
    ],
)
def test_a_number_on_a_chip_is_what_a_click_shows(
    page_of_anna, heatpumps, solar, anna, query, counted
):
    solar.memberships.create(user=anna, role="rep")
    midnight = start_of_day()
    power = factories.make_field(heatpumps, "Leistung", kind="number")
    lying = {"phase_due_on": midnight.date() - timedelta(days=2)}
    for name, at in (("Aigner", None), ("Berger", midnight), ("Rosner", midnight)):
        named(heatpumps, anna, name, follow_up_at=at, own_values={str(power.pk): "12"})
        named(heatpumps, anna, name, follow_up_at=midnight - timedelta(days=3), **lying)
        named(solar, anna, name, follow_up_at=at)
    if "phase" in query:
        query = {"phase": heatpumps.phases.get(position=2).pk}
    if "feld" in query:
        query = {"marktplatz": heatpumps.slug, f"feld-{power.pk}-ab": "1"}
    said = chips(page_of_anna, query)
    with_number = {}
    for text, shown in said:
        label, _space, number = text.rpartition(" ")
        if number.isdigit():
            with_number[label] = int(number)
            assert int(number) == shown, text
    assert set(with_number) == counted
    assert len(said) == 5


def test_the_only_marketplace_narrows_nothing(page_of_anna, heatpumps, lead):
    said = chips(page_of_anna, {"marktplatz": heatpumps.slug})
    assert said[0] == ("Alle 1", 1)


def test_filters_combine_and_stay_in_the_links(page_of_anna, both, heatpumps):
    query = {"marktplatz": "waermepumpe-sued", "q": "heat", "sort": "-name"}
    response = page_of_anna.get(LIST, query)
    assert names(response) == ["Heat"]
    heading = read(response).one("thead").all("a")[3]["href"]
    for part in ("marktplatz=waermepumpe-sued", "q=heat", "sort=wiedervorlage"):
        assert part in heading


OUTDATED = "Einen Filter dieser Ansicht oder Adresse gibt es hier nicht mehr"


def exports_offered(page, client):
    """What the files that the page of a list offers are answered with."""
    links = [a["href"] for a in page.one("div", class_="page-head").all("a")]
    return {client.head(link).status_code for link in links if "/export/" in link}


def test_a_phase_of_another_marketplace_than_the_chosen_is_left_out(
    page_of_anna, both, heatpumps, solar
):
    phase = heatpumps.phases.get(position=1)
    page = read(page_of_anna.get(LIST, {"phase": phase.pk, "sort": "name"}))
    form = page.one("form", class_="chips")
    answer = page_of_anna.get(LIST, form.sends(marktplatz=solar.slug))
    assert names(answer) == ["Sun"]
    assert OUTDATED not in answer.text
    page = read(answer)
    ways = [a["href"] for a in page.all("a") if a.get("href").startswith("?")]
    assert len(ways) > 5
    assert not [way for way in ways if "phase=" in way]
    assert exports_offered(page, page_of_anna) == {200}
    # Whoever comes back to all marketplaces has all their leads.
    form = page.one("form", class_="chips")
    back = page_of_anna.get(LIST, form.sends(marktplatz=""))
    assert names(back) == ["Heat", "Sun"]


def test_a_phase_that_nobody_has_is_told_whatever_marketplace_is_chosen(
    page_of_anna, both, heatpumps, solar
):
    gone = heatpumps.phases.create(name="Aufgegeben", position=6)
    asked = {"marktplatz": solar.slug, "phase": gone.pk}
    gone.delete()
    answer = page_of_anna.get(LIST, asked)
    assert OUTDATED in answer.text
    assert exports_offered(read(answer), page_of_anna) == {422}


@pytest.mark.parametrize(
    "query",
    [
        {"marktplatz": "unbekannt"},
        {"phase": "99999999999999999999"},
        {"phase": "x"},
        {"wiedervorlage": "gestern"},
        {"sort": "owner__password"},
        {"sort": "-"},
        {"sort": "--name"},
        {"unbekannt": "1"},
        {"q": ""},
        {"q": "\x00"},
        {"ergebnis": "gewonnen"},
    ],
)
def test_unknown_values_are_ignored(page_of_anna, lead, query):
    assert names(page_of_anna.get(LIST, query)) == ["Familie Aigner"]


def test_another_marketplaces_filter_reveals_nothing(page_of_anna, lead, solar):
    page = read(page_of_anna.get(LIST, {"marktplatz": solar.slug}))
    assert "Photovoltaik" not in page.text
    assert "Erstgespräch" not in page.text


def test_closed_leads_filter_by_result(page_of_anna, heatpumps, anna):
    closed(heatpumps, anna, 6)
    assert len(names(page_of_anna.get(CLOSED))) == 6
    assert names(page_of_anna.get(CLOSED, {"ergebnis": "verloren", "sort": "name"})) == [
        "Lead 0",
        "Lead 3",
    ]
    assert len(names(page_of_anna.get(CLOSED, {"ergebnis": "gewonnen"}))) == 4
    assert "Zu teuer" in read(page_of_anna.get(CLOSED, {"ergebnis": "verloren"})).text


# Search -------------------------------------------------------------------------------


@pytest.fixture
def customers(heatpumps, anna):
    return named(
        heatpumps,
        anna,
        "Jürgen Müßig",
        "Häuslebau GmbH",
        "100 % Wärme",
        "a_b",
        "aXb",
        company=["", "Schäfer & Söhne", "", "", ""].__getitem__,
        contact_person=["", "Renée Citroën", "", "", ""].__getitem__,
        city=["Rosenheim", "Köln", "", "", ""].__getitem__,
        email=["j.muessig@beispiel.de", "", "", "", ""].__getitem__,
        phone=["+49 8031 1234567", "", "", "", ""].__getitem__,
        mobile=["", "0171/765-43 21", "", "", ""].__getitem__,
    )


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("müßig", "Jürgen Müßig"),
        ("MUESSIG", "Jürgen Müßig"),
        ("mußig", "Jürgen Müßig"),
        ("musig", ""),
        ("juergen rosenheim", "Jürgen Müßig"),
        ("rosenheim   jürg", "Jürgen Müßig"),
        ("juergen köln", ""),
        ("haeuslebau", "Häuslebau GmbH"),
        ("schaefer", "Häuslebau GmbH"),
        ("SÖHNE", "Häuslebau GmbH"),
        ("renee citroen", "Häuslebau GmbH"),
        ("koeln", "Häuslebau GmbH"),
        ("j.muessig@beispiel.de", "Jürgen Müßig"),
        ("+49 8031 1234567", "Jürgen Müßig"),
        ("0049 8031/1234567", "Jürgen Müßig"),
        ("08031 123", "Jürgen Müßig"),
        ("(08031) 12-34-567", "Jürgen Müßig"),
        ("0171 7654321", "Häuslebau GmbH"),
        ("+491717654321", "Häuslebau GmbH"),
        ("7654", "Häuslebau GmbH"),
        ("100 % w", "100 % Wärme"),
        ("%%", ""),
        ("__", ""),
        ("a_b", "a_b"),
        ("\\\\", ""),
        ("'; drop table leads_lead; --", ""),
        ("müß\x00ig", "Jürgen Müßig"),
        ("😀😀", ""),
    ],
)
def test_search(page_of_anna, customers, typed, found):
    assert names(page_of_anna.get(LIST, {"q": typed})) == ([found] if found else [])


def test_the_search_reads_no_more_than_200_characters(page_of_anna, customers):
    assert names(page_of_anna.get(LIST, {"q": "x" * 100_000})) == []
    blanks = "müßig" + " " * 195 + "gibtsnicht"
    assert names(page_of_anna.get(LIST, {"q": blanks})) == ["Jürgen Müßig"]


def test_search_finds_what_was_changed_since(page_of_anna, lead, anna):
    lead.set_field("phone", seen=lead.phone, value="089 555000", by=anna)
    assert names(page_of_anna.get(LIST, {"q": "555000"})) == ["Familie Aigner"]
    assert names(page_of_anna.get(LIST, {"q": "1234567"})) == []


def test_few_matches_stand_by_how_well_they_match_and_page(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, "Zander, Aigner", "Aigner", "Rosner")
    in_progress(heatpumps, anna, 60, name=lambda n: f"Kunde {n}", city="Aigner")
    forward, back = walk(page_of_anna, LIST, {"q": "aigner"})
    assert [len(page) for page in forward] == [50, 12]
    by_pk = dict(Lead.objects.values_list("pk", "name"))
    assert [by_pk[pk] for pk in forward[0][:2]] == ["Aigner", "Zander, Aigner"]
    assert back == forward[::-1]


def test_more_than_500_matches_stand_by_their_last_activity(page_of_anna, heatpumps, anna):
    leads = in_progress(heatpumps, anna, 501, name="Aigner", last_activity_at=day)
    page = page_of_anna.get(LIST, {"q": "aigner"})
    assert "Viele Leads passen" in read(page).text
    newest = sorted(leads, key=lambda lead: (lead.last_activity_at, lead.pk), reverse=True)
    assert ids(page) == [lead.pk for lead in newest[:50]]
    leads = [lead.pk for lead in leads]
    Lead.objects.filter(pk=leads[0]).delete()
    assert "Viele Leads passen" not in read(page_of_anna.get(LIST, {"q": "aigner"})).text


def test_of_many_matches_it_says_the_order_in_which_they_stand(page_of_anna, heatpumps, anna):
    in_progress(heatpumps, anna, 501, name="Aigner", last_activity_at=day)
    orders = (("", True), ("-aktivitaet", True), ("aktivitaet", False), ("-volumen", False))
    for order, is_latest_first in orders:
        text = read(page_of_anna.get(LIST, {"q": "aigner", "sort": order})).text
        assert "Viele Leads passen" in text
        assert ("die zuletzt bearbeiteten stehen oben" in text) == is_latest_first, order
    closed(heatpumps, anna, 501, name="Aigner")
    text = read(page_of_anna.get(CLOSED, {"q": "aigner"})).text
    assert "Viele Leads passen" in text
    assert "die zuletzt bearbeiteten" not in text


def told(client, **query):
    """What the list says of how many leads were found, where it says it."""
    page = read(client.get(LIST, query))
    return [line.text for line in page.all("p", role="status") if "Treffer" in line.text]


def test_few_matches_are_counted_where_that_costs_nothing(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, "Aigner A", "Aigner B", "Aigner C", "Berger")
    second = heatpumps.phases.get(position=2).pk
    assert told(page_of_anna) == []
    assert told(page_of_anna, q="aigner") == ["3 Treffer"]
    assert told(page_of_anna, q="berger") == ["1 Treffer"]
    assert told(page_of_anna, q="aigner", phase=second) == ["1 Treffer"]
    assert told(page_of_anna, q="aigner", sort="name") == ["3 Treffer"]
    assert told(page_of_anna, q="aigner", sort="name", phase=second) == []
    assert told(page_of_anna, q="niemand") == []
    assert told(page_of_anna, q="x") == []


def test_counting_the_matches_asks_nothing(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, "Aigner", "Berger")
    second = heatpumps.phases.get(position=2).pk
    for query in ({"q": "aigner"}, {"q": "aigner", "phase": second}):
        asked, _ = queries(page_of_anna, LIST, **query)
        assert len(asked) == len(set(asked)), asked


def test_in_a_long_list_a_common_word_is_not_ranked(
    page_of_anna, heatpumps, anna, monkeypatch
):
    in_progress(heatpumps, anna, 60, name=lambda n: f"Kunde {n}", last_activity_at=day)
    rare = named(heatpumps, anna, "Zander", "Zander Kunde")
    monkeypatch.setattr("leads.listing.RECENT", 62)
    page = page_of_anna.get(LIST, {"q": "kunde"})
    assert "Viele Leads passen" in read(page).text
    assert len(ids(page)) == 50
    garbled = cursor("last_activity_at", False, "", None, 1)
    page = page_of_anna.get(LIST, {"q": "kunde", "seite": garbled})
    assert len(ids(page)) == 50
    assert "war nicht lesbar" in read(page).text
    page = page_of_anna.get(LIST, {"q": "zander"})
    assert "Viele Leads passen" not in read(page).text
    assert set(ids(page)) == {lead.pk for lead in rare}


def test_a_common_word_pages_through_a_long_list(
    page_of_anna, heatpumps, solar, anna, monkeypatch
):
    solar.memberships.create(user=anna, role="rep")
    monkeypatch.setattr("leads.listing.RECENT", 200)
    names = ["Kunde", "Zander", "Berger"] * 60
    for marketplace in (heatpumps, solar):
        in_progress(marketplace, anna, 180, name=names.__getitem__, last_activity_at=day)
    matching = Lead.objects.filter(name="Kunde").order_by("-last_activity_at", "-id")
    forward, back = walk(page_of_anna, LIST, {"q": "kunde"})
    assert [len(page) for page in forward] == [50, 50, 20]
    assert sum(forward, []) == [lead.pk for lead in matching]
    assert back == forward[::-1]


def test_a_word_that_is_common_only_among_the_newest_pages_all_the_same(
    page_of_anna, heatpumps, solar, anna, monkeypatch
):
    solar.memberships.create(user=anna, role="rep")
    monkeypatch.setattr("leads.listing.GLANCED", 5)
    monkeypatch.setattr("leads.listing.RECENT", 200)
    for marketplace in (heatpumps, solar):
        in_progress(
            marketplace, anna, 200,
            name=lambda n: "Kunde" if n < 10 or n % 5 == 0 else "Zander",
            last_activity_at=lambda n: day(0) - timedelta(hours=n),
        )  # fmt: skip
    matching = Lead.objects.filter(name="Kunde").order_by("-last_activity_at", "-id")
    forward, back = walk(page_of_anna, LIST, {"q": "kunde"})
    assert [len(page) for page in forward] == [50, 46]
    assert sum(forward, []) == [lead.pk for lead in matching]
    assert back == forward[::-1]


def test_filters_and_orders_hold_for_what_was_found(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, "Aigner A", "Aigner B", "Aigner C", "Berger")
    second = heatpumps.phases.get(position=2)
    assert names(page_of_anna.get(LIST, {"q": "aigner", "phase": second.pk})) == ["Aigner B"]
    found = page_of_anna.get(LIST, {"q": "aigner", "sort": "-name"})
    assert names(found) == ["Aigner C", "Aigner B", "Aigner A"]


def test_a_single_letter_is_not_searched(page_of_anna, lead):
    page = page_of_anna.get(LIST, {"q": "x"})
    assert names(page) == ["Familie Aigner"]
    assert "mindestens zwei Zeichen" in read(page).text


def test_closed_leads_are_searched_too(page_of_anna, heatpumps, anna):
    closed(heatpumps, anna, 3)
    assert names(page_of_anna.get(CLOSED, {"q": "lead 1"})) == ["Lead 1"]


# Order and pages ----------------------------------------------------------------------

SORTS = {
    "name": lambda lead: lead.sort_name,
    "marktplatz": lambda lead: lead.marketplace.name,
    "phase": lambda lead: lead.phase.position,
    "wiedervorlage": lambda lead: lead.follow_up_at,
    "aktivitaet": lambda lead: lead.last_activity_at,
    "volumen": lambda lead: lead.value,
}
CLOSED_SORTS = {
    "name": lambda lead: lead.sort_name,
    "marktplatz": lambda lead: lead.marketplace.name,
    "ergebnis": lambda lead: lead.status,
    "datum": lambda lead: lead.closed_at,
    "volumen": lambda lead: lead.value,
}


def day(n):
    return timezone.make_aware(datetime(2026, 3, 1, 8)) + timedelta(days=n % 9, hours=n % 2)


MANY_TIES_AND_GAPS = {
    "name": lambda n: f"Kunde{n % 7}",
    "follow_up_at": lambda n: None if n % 4 == 0 else day(n),
    "last_activity_at": day,
    "value": lambda n: None if n % 3 == 0 else Decimal(n % 5 * 1000) + Decimal("0.10"),
}


def expected(leads, key, *, descending):
    """The order that the list promises: nulls last, ties by id in the same direction."""
    some = sorted(
        (lead for lead in leads if key(lead) is not None),
        key=lambda lead: (key(lead), lead.pk),
        reverse=descending,
    )
    none = sorted(
        (lead for lead in leads if key(lead) is None),
        key=lambda lead: lead.pk,
        reverse=descending,
    )
    return [lead.pk for lead in some + none]


def walk(client, address, query):
    """The ids of all pages forward, then of all pages back to the first."""
    forward, response = [], client.get(address, query)
    while True:
        forward.append(ids(response))
        links = read(response).all("a", rel="next")
        if not links:
            break
        response = client.get(address + links[0]["href"])
    back = [ids(response)]
    while links := read(response).all("a", rel="prev"):
        response = client.get(address + links[0]["href"])
        back.append(ids(response))
    return forward, back


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", SORTS)
def test_each_lead_stands_once_on_the_pages_of_each_order(
    page_of_anna, heatpumps, solar, anna, column, direction
):
    solar.memberships.create(user=anna, role="rep")
    in_progress(heatpumps, anna, 70, **MANY_TIES_AND_GAPS)
    in_progress(solar, anna, 55, **MANY_TIES_AND_GAPS)
    leads = Lead.objects.select_related("marketplace", "phase")
    forward, back = walk(page_of_anna, LIST, {"sort": direction + column})
    assert [len(page) for page in forward] == [50, 50, 25]
    assert sum(forward, []) == expected(leads, SORTS[column], descending=bool(direction))
    assert back == forward[::-1]


@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize("column", CLOSED_SORTS)
def test_each_closed_lead_stands_once_on_the_pages_of_each_order(
    page_of_anna, heatpumps, anna, column, direction
):
    columns = {**MANY_TIES_AND_GAPS, "closed_at": lambda n: day(n * 5)}
    closed(heatpumps, anna, 110, **columns)
    leads = Lead.objects.select_related("marketplace")
    forward, back = walk(page_of_anna, CLOSED, {"sort": direction + column})
    assert [len(page) for page in forward] == [50, 50, 10]
    assert sum(forward, []) == expected(
        leads, CLOSED_SORTS[column], descending=bool(direction)
    )
    assert back == forward[::-1]


def test_names_sort_as_in_a_german_dictionary(page_of_anna, heatpumps, anna):
    named(heatpumps, anna, "Zander", "Ölmann", "Olsen", "ähnlich", "Ahrens", "Öl")
    assert names(page_of_anna.get(LIST, {"sort": "name"})) == [
        "ähnlich", "Ahrens", "Öl", "Ölmann", "Olsen", "Zander",
    ]  # fmt: skip


def test_follow_ups_come_first_by_default_and_the_heading_says_so(
    page_of_anna, heatpumps, anna
):
    named(
        heatpumps,
        anna,
        "none",
        "late",
        "early",
        follow_up_at=[None, day(8), day(1)].__getitem__,
    )
    response = page_of_anna.get(LIST)
    assert names(response) == ["early", "late", "none"]
    sorted_by = [th for th in read(response).all("th") if th.get("aria-sort")]
    assert [(th.text, th["aria-sort"]) for th in sorted_by] == [
        ("Wiedervorlage ↑", "ascending")
    ]
    assert "sort=-wiedervorlage" in sorted_by[0].one("a")["href"]


def test_a_filter_stays_on_the_next_page(page_of_anna, heatpumps, anna):
    in_progress(heatpumps, anna, 60, name=lambda n: f"gesucht {n}")
    in_progress(heatpumps, anna, 60)
    forward, _back = walk(page_of_anna, LIST, {"q": "gesucht", "sort": "name"})
    assert [len(page) for page in forward] == [50, 10]


@pytest.mark.parametrize("query", [{}, {"q": "kunde"}], ids=["all", "found"])
@pytest.mark.parametrize(("address", "make"), [(LIST, in_progress), (CLOSED, closed)])
def test_a_page_from_which_all_leads_have_gone_is_the_first(
    page_of_anna, heatpumps, anna, address, make, query
):
    leads = make(heatpumps, anna, 120, name=lambda n: f"Kunde {n:03}")
    asked = {"sort": "name", **query}
    second = address + read(page_of_anna.get(address, asked)).one("a", rel="next")["href"]
    before, last = (
        address + read(page_of_anna.get(second)).one("a", rel=rel)["href"]
        for rel in ("prev", "next")
    )
    assert names(page_of_anna.get(last))[0] == "Kunde 100"
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[100:]]).delete()
    page = page_of_anna.get(last)
    assert names(page) == [f"Kunde {n:03}" for n in range(50)]
    assert read(page).one("a", rel="next")
    assert "war nicht lesbar" not in read(page).text
    # Back from a page before which nothing is left.
    Lead.objects.filter(pk__in=[lead.pk for lead in leads[:50]]).delete()
    assert names(page_of_anna.get(before)) == [f"Kunde {n:03}" for n in range(50, 100)]
    Lead.objects.all().delete()
    assert names(page_of_anna.get(last)) == []


def test_the_first_page_instead_of_one_that_is_gone_begins_as_the_first(
    page_of_anna, heatpumps, anna
):
    coming = timezone.now() + timedelta(days=9)
    leads = in_progress(heatpumps, anna, 53, follow_up_at=lambda n: coming if n < 50 else None)
    last = LIST + read(page_of_anna.get(LIST)).one("a", rel="next")["href"]
    sooner = f"{timezone.localdate() + timedelta(days=2)}"
    sent = {"lead": [lead.pk for lead in leads[50:]], "follow_up_at": sooner}
    page_of_anna.post("/leads/wiedervorlage/", {**sent, "next": last})
    page = page_of_anna.get(last)
    assert ids(page)[:3] == [lead.pk for lead in leads[50:]]
    assert len(ids(page)) == 50
    assert "Heute ist nichts fällig." in read(page).text


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor(*parts):
    return encoded(json.dumps(parts))


NOW = "2026-03-01T08:00:00+00:00"
GARBLED = {
    "words": "abc",
    "not base64": "ä!§",
    "NUL": "\x00",
    "long": "x" * 100_000,
    "no JSON": encoded("["),
    "deep JSON": encoded("[" * 50_000),
    "number": encoded("7"),
    "short": cursor("follow_up_at"),
    "other column": cursor("value", False, "d", "1", 1),
    "hidden column": cursor("owner__password", False, "", "x", 1),
    "id too big": cursor("follow_up_at", False, "t", NOW, 2**63),
    "id that is true": cursor("follow_up_at", False, "t", NOW, True),
    "id of digits": cursor("follow_up_at", False, "t", NOW, "1"),
    "direction": cursor("follow_up_at", 1, "t", NOW, 1),
    "no time": cursor("follow_up_at", False, "t", "gestern", 1),
    "naive time": cursor("follow_up_at", False, "t", "2026-03-01", 1),
    "time out of range": cursor("follow_up_at", False, "t", "9999-12-31T23:59:59-12:00", 1),
    "text as time": cursor("follow_up_at", False, "", "x", 1),
}


@pytest.mark.parametrize("garbled", GARBLED.values(), ids=GARBLED)
def test_a_garbled_cursor_gives_the_first_page_and_says_so(page_of_anna, lead, garbled):
    response = page_of_anna.get(LIST, {"seite": garbled})
    assert names(response) == ["Familie Aigner"]
    assert "war nicht lesbar" in read(response).text


@pytest.mark.parametrize(
    ("sort", "parts"),
    [
        ("name", ("sort_name", False, "", "\x00", 1)),
        ("name", ("sort_name", False, "", "\ud800", 1)),
        ("name", ("sort_name", False, "", 7, 1)),
        ("volumen", ("value", False, "d", "NaN", 1)),
        ("volumen", ("value", False, "d", "sNaN", 1)),
        ("volumen", ("value", False, "d", "1e400", 1)),
        ("volumen", ("value", False, "d", "1e999999999", 1)),
        ("volumen", ("value", False, "d", "99999999999999", 1)),
        ("volumen", ("value", False, "", 1e300, 1)),
        ("volumen", ("value", False, "d", "-1E-30000", 1)),
        ("volumen", ("value", False, "d", "0." + "1" * 5000, 1)),
        ("phase", ("phase__position", False, "", 2**31, 1)),
        ("phase", ("phase__position", False, "", True, 1)),
    ],
)
def test_a_cursor_with_a_hostile_value_is_garbled_too(page_of_anna, lead, sort, parts):
    response = page_of_anna.get(LIST, {"sort": sort, "seite": cursor(*parts)})
    assert names(response) == ["Familie Aigner"]
    assert "war nicht lesbar" in read(response).text


@pytest.mark.parametrize(
    ("sort", "parts"),
    [
        ("name", ("sort_name", False, "", "zz" * 50_000, 1)),
        ("volumen", ("value", False, "d", "999999999999.99", 1)),
        ("volumen", ("value", False, "d", "1E+3", 1)),
        ("wiedervorlage", ("follow_up_at", True, "", None, 2**63 - 1)),
    ],
)
def test_an_odd_cursor_never_breaks_the_list(page_of_anna, lead, sort, parts):
    response = page_of_anna.get(LIST, {"sort": sort, "seite": cursor(*parts)})
    assert response.status_code == 200


def test_a_lead_that_moved_to_another_owner_leaves_the_list(
    page_of_anna, lead, ben, signed_in
):
    Lead.objects.filter(pk=lead.pk).update(owner=ben)
    assert names(page_of_anna.get(LIST)) == []
    assert names(signed_in(ben).get(LIST)) == ["Familie Aigner"]


# Budgets ------------------------------------------------------------------------------


def queries(client, address, **query):
    # How marketplaces are set up was read before.
    client.get(address, query)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address, query)
    assert response.status_code == 200
    return [query["sql"] for query in captured], response


@pytest.mark.parametrize(("address", "make"), [(LIST, in_progress), (CLOSED, closed)])
def test_the_list_asks_as_few_questions_for_60_leads_as_for_2(
    page_of_anna, heatpumps, solar, anna, ben, address, make
):
    solar.memberships.create(user=anna, role="manager")
    make(heatpumps, anna, 2)
    few, _ = queries(page_of_anna, address)
    make(heatpumps, anna, 58)
    make(solar, ben, 10)
    many, response = queries(page_of_anna, address)
    assert len(names(response)) == 50
    assert len(many) == len(few) <= 5, many
    filtered, _ = queries(
        page_of_anna, address, q="lead", marktplatz="waermepumpe-sued", sort="-volumen"
    )
    # Four more find what matches.
    assert len(filtered) <= 9, filtered
    for sort in CLOSED_SORTS if address == CLOSED else SORTS:
        in_order, _ = queries(page_of_anna, address, sort=sort)
        assert len(in_order) <= 5, in_order


def test_fifty_long_rows_weigh_at_most_12_kb(page_of_anna, heatpumps, anna):
    people = [
        "Familie Schwarzenbacher-Oberhuber",
        "Hausverwaltung Niedermeier & Söhne GbR",
        "Dr. Maximilian Freiherr von Unterberg",
        "Wohnungsgenossenschaft Inntal eG",
    ]
    cities = [
        "Rosenheim",
        "Bad Aibling",
        "Garmisch-Partenkirchen",
        "Prien am Chiemsee",
        "Neubeuern",
        "Bruckmühl",
        "Kolbermoor",
    ]
    needs = [
        "Luft-Wasser-Wärmepumpe statt Ölheizung",
        "Sole-Wärmepumpe, Fußbodenheizung",
        "Austausch der Gastherme, Dachausbau",
        "Heizlastberechnung und Angebot",
    ]
    in_progress(
        heatpumps, anna, 55,
        name=lambda n: f"{people[n % 4]} {n}",
        city=lambda n: cities[n % 7],
        need=lambda n: f"{needs[n % 4]}, {120 + n * 7} m²",
        value=lambda n: Decimal(18_000 + n * 1_337),
        follow_up_at=lambda n: day(n) if n % 5 else None,
        last_activity_at=day,
    )  # fmt: skip
    body = page_of_anna.get(LIST).content
    assert len(ids(page_of_anna.get(LIST))) == 50
    assert len(gzip.compress(body, 6)) <= 12_000

"""/leads/<id>/: the page of a lead and its tabs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Attachment, JournalEntry, Lead, LeadEvent
from tests import factories
from tests.markup import HTMX, read

TABS = ["journal", "anhaenge", "verlauf"]


def address(lead):
    return f"/leads/{lead.pk}/"


def test_the_page_shows_the_lead_with_stepper_fields_and_journal(page_of_anna, lead):
    page = read(page_of_anna.get(address(lead)))
    assert page.one("h1").text == "Familie Aigner"
    assert page.one("title").text.startswith("Familie Aigner")
    stepper = page.one("ol", aria_label="Vertriebsprozess")
    names = [e.text for e in stepper.all("span") if e.get("id").startswith("phase-")]
    assert names == [
        "Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung", "Auftrag",
    ]  # fmt: skip
    current = stepper.one("button", aria_current="step")
    assert page.one(id=current["aria-labelledby"]).text == "Angebot"
    assert page.one("textarea", name="text")
    assert page.button("Eintragen")
    for label in ("Name", "Telefon", "Volumen", "Wiedervorlage"):
        assert page.button(f"{label} bearbeiten")


def test_the_tabs_are_links_and_the_open_one_is_marked(page_of_anna, lead):
    for tab in TABS:
        page = read(page_of_anna.get(address(lead), {"tab": tab}))
        tabs = page.all(role="tab")
        assert [t.text.split()[0] for t in tabs] == ["Journal", "Anhänge", "Verlauf"]
        assert [t["aria-selected"] for t in tabs] == [str(tab == t).lower() for t in TABS]
        assert page.one(role="tabpanel")["aria-labelledby"] == f"tab-{tab}"


def test_the_bar_of_a_phone_is_links_to_what_the_lead_can_do(page_of_anna, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=4)

    def links():
        bar = read(page_of_anna.get(address(lead))).one("nav", aria_label="Schnellzugriff")
        return {a.text: a["href"] for a in bar.all("a")}

    tabs = {
        "Journal": f"{address(lead)}?tab=journal#panel",
        "Anhänge": f"{address(lead)}?tab=anhaenge#panel",
        "Foto": f"{address(lead)}?tab=anhaenge#panel",
    }
    phase = f"{address(lead)}phase/"
    call = {"Anrufen": "tel:+4980311234567"}
    assert links() == {**call, **tabs, "Nächste Phase": phase}
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    assert links() == {**call, **tabs, "Abschluss": phase}
    lead.win(seen=lead.phase, by=anna)
    Lead.objects.update(phone="", mobile="")
    assert links() == {**tabs, "Wieder öffnen": f"{address(lead)}wiedereroeffnung/"}


@pytest.mark.parametrize("tab", ["unbekannt", "", "\x00", "x" * 100_000], ids=range(4))
def test_an_unknown_tab_is_the_journal(page_of_anna, lead, tab):
    page = read(page_of_anna.get(address(lead), {"tab": tab}))
    assert page.one(role="tabpanel")["aria-labelledby"] == "tab-journal"


@pytest.mark.parametrize("tab", TABS)
def test_htmx_gets_the_panel_of_the_tab(page_of_anna, lead, tab):
    response = page_of_anna.get(address(lead), {"tab": tab}, headers=HTMX)
    page = read(response)
    assert page.one("section", id="panel")
    assert not page.all("h1")
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize(
    "above", ["x", "-1", "0", "99999999", "99999999999999999999", "٣", "9" * 5000]
)
def test_an_odd_start_of_a_portion_gives_the_first_one(page_of_anna, lead, tab, above):
    query = {"tab": tab, "vor": above}
    assert page_of_anna.get(address(lead), query).status_code == 200
    assert page_of_anna.get(address(lead), query, headers=HTMX).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_the_row_of_another_lead_starts_no_portion(page_of_anna, lead, heatpumps, anna, tab):
    other = factories.accepted(heatpumps, anna, name="Other")
    rows = {"journal": other.journal, "verlauf": other.events}.get(tab)
    above = rows.first().pk if rows else 1
    query = {"tab": tab, "vor": above}
    whole = page_of_anna.get(address(lead), {"tab": tab, "vor": ""}, headers=HTMX)
    assert page_of_anna.get(address(lead), query, headers=HTMX).content == whole.content


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_do_not_find_the_lead(request, signed_in, lead, solar, person, headers):
    client = signed_in(request.getfixturevalue(person))
    foreign = client.get(address(lead), headers=headers)
    absent = client.get("/leads/99999999/", headers=headers)
    assert (foreign.status_code, foreign.content) == (404, absent.content)


def test_the_manager_sees_it_with_its_owner(signed_in, meike, lead):
    page = read(signed_in(meike).get(address(lead)))
    assert "Anna Beispiel" in page.one(id="lead-head").text


def test_missing_leads_and_wrong_verbs(page_of_anna, lead):
    for missing in ("99999999", "99999999999999999999", "0", "9" * 5000):
        assert page_of_anna.get(f"/leads/{missing}/").status_code == 404
    for verb in ("post", "put", "patch", "delete"):
        assert getattr(page_of_anna, verb)(address(lead)).status_code == 405


def test_contact_links_lead_to_phone_mail_and_map(page_of_anna, lead):
    page = read(page_of_anna.get(address(lead)))
    assert page.one("div", id="field-phone").one("a")["href"] == "tel:+4980311234567"
    assert page.one("div", id="field-email").one("a")["href"] == "mailto:s.aigner@beispiel.de"
    street = page.one("div", id="field-street").one("a")
    assert "Am+M%C3%BChlbach+14%2C+83022%2C+Rosenheim" in street["href"]
    assert "noopener" in street["rel"]


def test_an_address_with_a_question_mark_sends_to_nobody_beside(page_of_anna, lead):
    type(lead).objects.filter(pk=lead.pk).update(email="kunde?bcc=boese@example.com")
    page = read(page_of_anna.get(address(lead)))
    found = read(page_of_anna.get("/leads/suche/", {"lead": lead.pk}, headers=HTMX))
    links = [link["href"] for part in (page, found) for link in part.all("a")]
    mails = [link for link in links if link.startswith("mailto:")]
    assert mails == ["mailto:kunde%3Fbcc%3Dboese@example.com"] * 3


@pytest.mark.parametrize(
    "name",
    ["phone", "mobile", "email", "street", "name", "company", "need", "description"],
)
def test_hostile_values_are_shown_as_text(page_of_anna, lead, name):
    hostile = '"><script>alert(1)</script><img src=x>'
    type(lead).objects.filter(pk=lead.pk).update(**{name: hostile})
    for query in ({}, {"tab": "verlauf"}):
        body = page_of_anna.get(address(lead), query).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
    body = page_of_anna.get("/leads/").content.decode()
    assert "<script>alert" not in body


# Budgets ------------------------------------------------------------------------------

# The attachments also tell how much room is left.
MOST = {"journal": 11, "anhaenge": 12, "verlauf": 11}


def test_long_journals_are_not_counted_to_their_end(page_of_anna, lead, anna):
    fill(lead, anna, 1000)
    page = read(page_of_anna.get(address(lead)))
    assert page.one("span", id="entry-count").text == "1.000"
    lead.write_entry(text="Eine mehr", by=anna)
    page = read(page_of_anna.get(address(lead)))
    assert page.one("span", id="entry-count").text == "1.000+"


def queries(client, lead, tab, headers=None):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address(lead), {"tab": tab}, headers=headers)
    assert response.status_code == 200
    return [query["sql"] for query in captured]


def fill(lead, anna, number):
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, text=f"Notiz {n}") for n in range(number)
    )
    events = LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, kind="field_changed", actor=anna, label="Ort", new_text=f"{n}")
        for n in range(number)
    )
    JournalEntry.objects.bulk_create(
        JournalEntry(lead=lead, author=anna, kind="event", event=event) for event in events
    )


def attach(lead, anna, number):
    Attachment.objects.bulk_create(
        Attachment(lead=lead, author=anna, file=f"aa/{n}", thumbnail=f"bb/{n}",
                   name=f"Plan {n}.png", extension="png", size=1, sha256=f"{n}")
        for n in range(number)
    )  # fmt: skip


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("tab", TABS)
def test_each_tab_asks_as_few_questions_for_many_rows_as_for_few(
    page_of_anna, heatpumps, anna, tab, headers
):
    few = factories.accepted(heatpumps, anna)
    # Alike, so that the leads that are alike are read in both.
    many = factories.accepted(heatpumps, anna, phase=4)
    fill(few, anna, 3)
    attach(few, anna, 1)
    small = queries(page_of_anna, few, tab, headers)
    for n in range(5):
        factories.make_field(heatpumps, f"Feld {n}")
    fill(many, anna, 200)
    attach(many, anna, 70)
    large = queries(page_of_anna, many, tab, headers)
    assert len(large) == len(small) <= MOST[tab], large


def test_a_manager_and_a_closed_lead_stay_in_the_budget(signed_in, meike, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    fill(lead, anna, 40)
    client = signed_in(meike)
    for tab in TABS:
        assert len(queries(client, lead, tab)) <= MOST[tab]


def test_the_navigation_says_where_one_is(page_of_anna, heatpumps, anna, lead):
    won = factories.accepted(heatpumps, anna, phase=5)
    won.win(seen=won.phase, by=anna)
    places = {
        "/leads/neu/": "Neue Leads", "/leads/abgeschlossen/": "Abgeschlossen",
        "/leads/": "In Bearbeitung", address(lead): "In Bearbeitung",
        f"/leads/{lead.pk}/phase/": "In Bearbeitung", address(won): "Abgeschlossen",
        "/erinnerungen/": "",
    }  # fmt: skip
    for place, name in places.items():
        nav = read(page_of_anna.get(place)).one("nav", aria_label="Hauptnavigation")
        here = [link.text for link in nav.all("a") if link.get("aria-current") == "page"]
        assert [text.startswith(name) for text in here] == [True] * bool(name), place

"""The leads around one in the list from which it was opened."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Lead
from tests import factories
from tests.markup import HTMX, read

from .rows import closed, in_progress


@pytest.fixture
def way(page_of_anna):
    """Return what opens a list's first lead, and then walks by these links."""

    class Way:
        def open(self, address, name=None):
            links = read(page_of_anna.get(address)).all("a", class_="lead-table__name")
            link = next(a for a in links if name in {None, a.text})
            return self.go(link["href"])

        def go(self, address):
            answer = page_of_anna.get(address)
            assert answer.status_code == 200
            self.page = read(answer)
            return self.name

        def step(self, rel):
            return self.go(self.nav.one("a", rel=rel)["href"])

        def all(self, rel, most=200):
            names = []
            while self.nav.all("a", rel=rel) and len(names) < most:
                names.append(self.step(rel))
            return names

        @property
        def nav(self):
            return self.page.one("nav", aria_label="Leads der Liste")

        @property
        def name(self):
            return self.page.one("h1").text

    return Way()


def test_the_way_follows_order_filter_and_search_over_the_edges_of_pages(
    way, heatpumps, solar, anna
):
    solar.memberships.create(user=anna, role="rep")
    in_progress(heatpumps, anna, 60, name=lambda n: f"Huber {n:02}")
    in_progress(solar, anna, 3, name=lambda n: f"Hofer {n}")
    assert way.open("/leads/?q=huber&sort=-name") == "Huber 59"
    assert way.nav.all("a", aria_disabled="true")[0].text == "Vorheriger"
    assert way.all("next") == [f"Huber {n:02}" for n in range(58, -1, -1)]
    assert way.nav.one("a", aria_disabled="true").text == "Nächster"
    # Back over the edge of the page.
    assert way.all("prev", most=12) == [f"Huber {n:02}" for n in range(1, 13)]
    back = way.nav.one("a", class_="neighbours__list")
    assert (back.text, back["href"]) == ("Zur gefilterten Liste", "/leads/?q=huber&sort=-name")
    # A ranking, phases as groups, and both marketplaces side by side.
    assert way.open("/leads/?q=hofer") is not None
    assert len(way.all("next")) == 2
    phase = heatpumps.phases.get(position=2)
    way.open(f"/leads/?phase={phase.pk}&sort=phase")
    assert len(way.all("next")) == 11
    Lead.objects.filter(name__gte="Huber 08").delete()
    way.open("/leads/")
    assert len(way.all("next")) == 10


def test_the_way_goes_through_closed_leads_and_own_fields(way, heatpumps, anna):
    field = factories.make_field(heatpumps, "Dach")
    closed(heatpumps, anna, 4, name=lambda n: f"Zu {n}")
    assert way.open("/leads/abgeschlossen/?ergebnis=gewonnen&sort=name") == "Zu 1"
    assert way.all("next") == ["Zu 2"]
    for number, value in enumerate(("Ziegel", "", "Blech")):
        lead = factories.accepted(heatpumps, anna, name=f"Lead {number}")
        if value:
            lead.set_field(f"feld-{field.pk}", seen="", value=value, by=anna)
    assert way.open(f"/leads/?sort=feld-{field.pk}") == "Lead 2"
    assert way.all("next") == ["Lead 0", "Lead 1"]
    assert way.all("prev") == ["Lead 0", "Lead 2"]


def test_a_lead_that_moves_keeps_its_place(way, page_of_anna, heatpumps, anna):
    now = timezone.now()
    rows = in_progress(
        heatpumps, anna, 4, name=lambda n: f"Lead {n}",
        follow_up_at=lambda n: now - timedelta(days=9 - n),
    )  # fmt: skip
    way.open("/leads/?wiedervorlage=ueberfaellig", "Lead 1")
    # What the page's script puts into the address.
    here = f"/leads/{rows[1].pk}/?{way.nav['data-here']}"
    # Behind the next one, out of the filter, and out of the list at last.
    for moment in (now - timedelta(days=6, hours=12), now + timedelta(days=9)):
        Lead.objects.filter(pk=rows[1].pk).update(follow_up_at=moment)
        way.go(here)
        assert way.step("next") == "Lead 2"
        way.go(here)
        assert way.step("prev") == "Lead 0"
    lead = Lead.objects.get(pk=rows[1].pk)
    heatpumps.allows_early_loss = True
    heatpumps.save()
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    way.go(here)
    assert way.step("next") == "Lead 2"
    # Without its place, the list begins anew.
    way.go(here.partition("&stelle")[0])
    assert way.step("next") == "Lead 0"
    # The tabs carry the list on, as pages and as parts.
    for headers in ({}, HTMX):
        tab = read(page_of_anna.get(here, headers=headers)).one("a", id="tab-verlauf")
        assert way.go(tab["href"]) == "Lead 1"
        assert way.step("next") == "Lead 2"


def test_the_bar_of_a_phone_carries_the_list_on(way, page_of_anna, heatpumps, anna):
    in_progress(heatpumps, anna, 3, name=lambda n: f"Lead {n}")
    way.open("/leads/?sort=name")
    links = way.page.one("nav", aria_label="Schnellzugriff").all("a")
    shown = [link for link in links if "?tab=" in link["href"]]
    assert [link.text for link in shown] == ["Journal", "Anhänge", "Foto"]
    asked = [link["hx-get"] for link in shown[:2]]
    for address in [*(link["href"] for link in shown), *asked]:
        assert way.go(address) == "Lead 0"
        assert way.step("next") == "Lead 1"


def test_the_lead_file_leads_back_after_all_fields_were_edited(
    way, page_of_anna, heatpumps, anna
):
    rows = [factories.accepted(heatpumps, anna, name=f"Lead {n}") for n in range(3)]
    way.open("/leads/?q=lead&sort=name", "Lead 1")
    here = f"/leads/{rows[1].pk}/?tab=verlauf&{way.nav['data-here']}"
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{here}"}
    fields = f"/leads/{rows[1].pk}/felder/"

    def file_of(page):
        return page.one("a", aria_label="Leadakte drucken")["href"]

    link = file_of(way.page)
    editor = read(page_of_anna.get(fields, headers=headers))
    cancel = editor.button("Abbrechen")["hx-get"]
    assert file_of(read(page_of_anna.get(cancel, headers=headers))) == link
    alone = f"{fields}?ansicht&{way.nav['data-here']}"
    assert file_of(read(page_of_anna.get(alone))) == link
    sent = editor.form(fields).sends(phone="089 1")
    assert file_of(read(page_of_anna.post(fields, sent, headers=headers))) == link
    # To a lead that was opened directly there is no way back.
    assert file_of(read(page_of_anna.get(cancel, headers=HTMX))) == link.partition("?")[0]
    # And from the file it leads on.
    back = read(page_of_anna.get(link)).one("a", class_="button")["href"]
    assert way.go(back) == "Lead 1"
    assert way.step("next") == "Lead 2"


def test_only_what_is_visible_is_on_the_way(way, page_of_anna, heatpumps, anna, ben):
    rows = in_progress(heatpumps, anna, 3, name=lambda n: f"Lead {n}")
    in_progress(heatpumps, ben, 3, name=lambda n: f"Lead {n}b")
    way.open("/leads/?sort=name")
    next_link = way.nav.one("a", rel="next")["href"]
    Lead.objects.filter(pk=rows[1].pk).update(owner=ben)
    assert page_of_anna.get(next_link).status_code == 404
    way.open("/leads/?sort=name")
    assert way.all("next") == ["Lead 2"]


@pytest.mark.parametrize(
    "query", ["", "?aus=", "?aus=neu", "?aus=\x00", "?stelle=x", "?aus=..%2Fadmin"]
)
def test_a_lead_opened_directly_asks_nothing_more(
    page_of_anna, lead, query, django_assert_num_queries
):
    address = f"/leads/{lead.pk}/"
    page_of_anna.get(address)
    with CaptureQueriesContext(connection) as captured:
        page_of_anna.get(address)
    with django_assert_num_queries(len(captured)):
        page = read(page_of_anna.get(address + query))
    assert page.all("nav", class_="neighbours") == []
    assert page.one("a", id="tab-verlauf")["href"] == f"/leads/{lead.pk}/?tab=verlauf"


@pytest.mark.parametrize(
    "query",
    ["aus=in-bearbeitung%3F%26%26sort%3Dx%26phase%3D-1", "aus=abgeschlossen&stelle=%00",
     "aus=in-bearbeitung%3Fsort%3Dphase&stelle=WyJuYW1lIiwwXQ", "aus=in-bearbeitung?q=%25"],
)  # fmt: skip
def test_whatever_the_address_says_there_is_a_page(
    page_of_anna, lead, heatpumps, anna, query, django_assert_max_num_queries
):
    in_progress(heatpumps, anna, 60)
    page_of_anna.get(f"/leads/{lead.pk}/")
    with CaptureQueriesContext(connection) as captured:
        page_of_anna.get(f"/leads/{lead.pk}/")
    with django_assert_max_num_queries(len(captured) + 5):
        answer = page_of_anna.get(f"/leads/{lead.pk}/?{query}")
    assert answer.status_code == 200
    assert read(answer).all("nav", class_="neighbours")


@pytest.mark.parametrize(
    ("asked", "before", "to"),
    [
        ("", "{lead}?tab=verlauf&aus=aktiv%3Fq%3Dx&stelle=7", "?aus=aktiv%3Fq%3Dx&stelle=7"),
        ("?tab=anhaenge", "{lead}phase/?nach=3&aus=aktiv", "?tab=anhaenge&aus=aktiv"),
        ("felder/phone/", "{lead}?aus=aktiv", "felder/phone/?aus=aktiv"),
        ("", "/leads/?aus=aktiv", None),
        ("", "{lead}", None),
        ("?aus=zu", "{lead}?aus=aktiv", None),
        ("", "https://evil.example{lead}?aus=aktiv", None),
        ("", "http://[", None),
    ],
)
def test_the_page_before_says_the_way_where_the_address_does_not(
    page_of_anna, lead, asked, before, to
):
    here = f"/leads/{lead.pk}/"
    before = before.format(lead=here)
    headers = {"Referer": before if "://" in before else f"http://testserver{before}"}
    answer = page_of_anna.get(here + asked, headers=headers)
    assert answer.get("Location") == (to and here + to)
    assert answer.status_code == (302 if to else 200)
    # What htmx asks for stays in the page, whose address nothing changes.
    assert page_of_anna.get(here + asked, headers={**headers, **HTMX}).status_code == 200

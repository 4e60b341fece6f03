"""/leads/neu/ and the page of an offered lead: the contact stays hidden."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Attachment, Lead
from tests import factories
from tests.markup import HTMX, read

OFFERS = "/leads/neu/"
HIDDEN = ["name", "company", "contact_person", "phone", "mobile", "email", "street",
          "description", "source"]  # fmt: skip


@pytest.fixture
def rich(heatpumps):
    """An offered lead with a value in every field, own ones of both groups included."""
    birthday = factories.make_field(heatpumps, "Geburtstag", "date", group="prospect")
    area = factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    return factories.offer(
        heatpumps,
        source="Messe Rosenheim",
        value=Decimal("24800"),
        wish_date=date(2027, 4, 1),
        country="Deutschland",
        follow_up_at=timezone.now(),
        **{f"feld-{birthday.pk}": date(1971, 5, 9), f"feld-{area.pk}": Decimal("185.5")},
    )


def hidden_texts(lead):
    return [getattr(lead, name) for name in HIDDEN] + ["09.05.1971", "1234567"]


def cards(response):
    assert response.status_code == 200
    return read(response).all("article")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("person", ["anna", "meike"])
def test_the_offers_show_place_need_and_value_and_hide_the_contact(
    request, signed_in, rich, person, headers
):
    client = signed_in(request.getfixturevalue(person))
    for address in (OFFERS, f"/leads/{rich.pk}/"):
        response = client.get(address, headers=headers)
        text = read(response).text
        for shown in ("83022 Rosenheim", "Wärmepumpe statt Ölheizung", "24.800 €",
                      "01.04.2027", "185,5 m²", "Wärmepumpe Süd"):  # fmt: skip
            assert shown in text
        for secret in hidden_texts(rich):
            assert secret not in response.content.decode(), (address, secret)


def test_nothing_else_leads_to_the_hidden_contact(signed_in, anna, meike, rich):
    for client in (signed_in(anna), signed_in(meike)):
        for query in ("Aigner", "1234567", "s.aigner@beispiel.de", "Rosenheim"):
            for address in ("/leads/", "/leads/abgeschlossen/"):
                page = read(client.get(address, {"q": query}))
                assert not page.all("a", class_="lead-table__name")


@pytest.mark.parametrize("tab", ["journal", "anhaenge", "verlauf"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_an_offered_lead_has_no_tabs(page_of_anna, rich, tab, headers):
    page = page_of_anna.get(f"/leads/{rich.pk}/", {"tab": tab, "vor": "1"}, headers=headers)
    assert not read(page).all(role="tab")
    for secret in hidden_texts(rich):
        assert secret not in page.content.decode()


@pytest.mark.parametrize("person", ["anna", "ben", "meike"])
@pytest.mark.parametrize("verb", ["get", "post"])
def test_the_addresses_behind_an_offered_lead_do_not_exist_for_anybody(
    request, signed_in, offered, heatpumps, person, verb
):
    client = signed_in(request.getfixturevalue(person))
    event = offered.events.get()
    for tail in ("phase/", "abschluss/", "wiedereroeffnung/", "felder/", "felder/phone/",
                 "felder/need/", "journal/", "anhaenge/",
                 f"verlauf/{event.pk}/ruecknahme/"):  # fmt: skip
        answer = getattr(client, verb)(f"/leads/{offered.pk}/{tail}")
        assert answer.status_code in {404, 405}, tail
        assert "Aigner" not in answer.content.decode()
    assert list(offered.events.all()) == [event]


def test_an_attachment_of_an_offered_lead_is_hidden_too(signed_in, meike, lead):
    attachment = Attachment.objects.create(
        lead=lead, file="aa/x", name="Plan.pdf", extension="pdf", size=1, sha256="1"
    )
    address = f"/leads/{lead.pk}/anhaenge/{attachment.pk}/"
    client = signed_in(meike)
    assert client.get(address + "name/").status_code == 200
    Lead.objects.filter(pk=lead.pk).update(
        status="offered", owner=None, phase=None, phase_entered_at=None, accepted_at=None
    )
    for tail in ("", "name/", "vorschau/"):
        assert client.get(address + tail).status_code == 404
    assert client.post(address + "loeschung/").status_code == 404


def test_offers_of_other_marketplaces_are_not_shown(signed_in, clara, anna, offered, solar):
    assert len(cards(signed_in(anna).get(OFFERS))) == 1
    assert cards(signed_in(clara).get(OFFERS)) == []
    assert signed_in(clara).get(f"/leads/{offered.pk}/").status_code == 404


def test_operators_are_offered_nothing(signed_in, olaf, offered):
    assert cards(signed_in(olaf).get(OFFERS)) == []


def test_each_card_has_the_two_buttons(page_of_anna, offered):
    card = cards(page_of_anna.get(OFFERS))[0]
    accept = card.form(f"/leads/{offered.pk}/annahme/")
    assert (accept["method"], accept.one("button").text) == ("post", "Annehmen")
    decline = card.form(f"/leads/{offered.pk}/ablehnung/")
    assert (decline["method"], decline.one("button").text) == ("get", "Ablehnen")


def test_the_chips_filter_by_marketplace(page_of_anna, anna, heatpumps, solar):
    solar.memberships.create(user=anna, role="rep")
    factories.offer(heatpumps, need="Heat")
    factories.offer(solar, need="Sun")
    factories.offer(solar, need="Sun")
    page = read(page_of_anna.get(OFFERS, {"marktplatz": solar.slug}))
    assert [a.text for a in page.all("a", class_="chip")] == [
        "Alle 3", "Photovoltaik Bayern 2", "Wärmepumpe Süd 1",
    ]  # fmt: skip
    assert {card.one("h2").text for card in page.all("article")} == {"Sun"}
    assert len(cards(page_of_anna.get(OFFERS, {"marktplatz": "unbekannt"}))) == 3


def test_without_offers_the_page_says_so(page_of_anna, heatpumps):
    assert "Keine neuen Leads" in read(page_of_anna.get(OFFERS)).text


def test_the_newest_offer_comes_first_and_each_once_over_the_pages(page_of_anna, heatpumps):
    now = timezone.now()
    Lead.objects.bulk_create(
        Lead(
            marketplace=heatpumps,
            name=f"Lead {n}",
            need=f"Nr. {n}",
            created_at=now - timedelta(days=n // 4),
        )
        for n in range(70)
    )
    rows = Lead.objects.order_by("-created_at", "-id")
    forward, response = [], page_of_anna.get(OFFERS)
    while True:
        forward.append([card.one("h2").text for card in cards(response)])
        links = read(response).all("a", rel="next")
        if not links:
            break
        response = page_of_anna.get(OFFERS + links[0]["href"])
    assert [len(page) for page in forward] == [30, 30, 10]
    assert sum(forward, []) == [lead.need for lead in rows]
    back = page_of_anna.get(OFFERS + read(response).one("a", rel="prev")["href"])
    assert [card.one("h2").text for card in cards(back)] == forward[1]


def test_a_page_from_which_all_offers_were_taken_is_the_first(page_of_anna, heatpumps, ben):
    for n in range(31):
        factories.offer(heatpumps, need=f"Nr. {n}")
    last = OFFERS + read(page_of_anna.get(OFFERS)).one("a", rel="next")["href"]
    [card] = cards(page_of_anna.get(last))
    assert card.one("h2").text == "Nr. 0"
    Lead.objects.get(need="Nr. 0").accept(by=ben)
    page = page_of_anna.get(last)
    assert [card.one("h2").text for card in cards(page)] == [
        f"Nr. {n}" for n in range(30, 0, -1)
    ]
    assert "Keine neuen Leads" not in read(page).text


def test_the_offers_ask_few_questions_whatever_their_number(
    page_of_anna, anna, heatpumps, solar
):
    solar.memberships.create(user=anna, role="rep")
    for marketplace in (heatpumps, solar):
        factories.make_field(marketplace, "Fläche", "number", unit="m²")

    def count():
        # How marketplaces are set up was read before.
        page_of_anna.get(OFFERS)
        with CaptureQueriesContext(connection) as captured:
            page_of_anna.get(OFFERS)
        return len(captured)

    factories.offer(heatpumps)
    factories.offer(solar)
    few = count()
    for _ in range(14):
        factories.offer(heatpumps)
        factories.offer(solar)
    assert count() == few <= 6

"""/leads/<id>/annahme/ and /leads/<id>/ablehnung/."""

import pytest
from django.core import signing

from leads.models import Erasure, Lead, LeadRefusal
from leads.views import acceptance
from tests import factories
from tests.markup import HTMX, read
from tests.state import changes, everything

OFFERS = "/leads/neu/"


def accept_address(lead):
    return f"/leads/{lead.pk}/annahme/"


def decline_address(lead):
    return f"/leads/{lead.pk}/ablehnung/"


def shown(client, lead):
    """What the button of the offer's card sends."""
    return read(client.get(OFFERS)).form(accept_address(lead)).sends()


def assert_says_nothing_of_the_contact(response):
    body = response.content.decode()
    for secret in factories.contact().values():
        if secret not in {"83022", "Rosenheim", "Wärmepumpe statt Ölheizung"}:
            assert secret not in body


# Accepting ----------------------------------------------------------------------------


def test_accepting_opens_the_lead_in_its_first_phase(page_of_anna, anna, offered):
    response = page_of_anna.post(accept_address(offered), shown(page_of_anna, offered))
    assert (response.status_code, response["Location"]) == (303, f"/leads/{offered.pk}/")
    lead = Lead.objects.get(pk=offered.pk)
    assert (lead.owner, lead.status, lead.phase.name) == (
        anna,
        "in_progress",
        "Qualifizierung",
    )
    assert lead.accepted_at == lead.phase_entered_at
    event = lead.events.newest_first().first()
    assert (event.kind, event.actor, event.to_phase) == ("accepted", anna, lead.phase)
    page = read(page_of_anna.get(response["Location"]))
    assert page.one("h1").text == "Familie Aigner"
    assert "„Familie Aigner“ gehört jetzt Ihnen." in page.text
    assert "+49 8031 1234567" in page.text


def test_with_htmx_the_browser_is_sent_to_the_lead(page_of_anna, offered):
    response = page_of_anna.post(accept_address(offered), headers=HTMX)
    assert response.status_code == 200
    assert response["HX-Redirect"] == f"/leads/{offered.pk}/"
    assert not Lead.objects.get(pk=offered.pk).is_offered


def test_a_manager_accepts_like_a_rep(signed_in, meike, offered):
    assert signed_in(meike).post(accept_address(offered)).status_code == 303
    assert Lead.objects.get(pk=offered.pk).owner == meike


def test_a_repeated_click_of_the_winner_opens_the_lead_and_changes_nothing(
    page_of_anna, offered
):
    token = shown(page_of_anna, offered)
    page_of_anna.post(accept_address(offered), token)
    before = everything()
    again = page_of_anna.post(accept_address(offered), token)
    assert (again.status_code, again["Location"]) == (303, f"/leads/{offered.pk}/")
    assert everything() == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("address", [accept_address, decline_address])
def test_who_was_shown_the_offer_is_told_that_it_is_taken(
    signed_in, anna, ben, offered, headers, address
):
    client = signed_in(ben)
    token = shown(client, offered)
    offered.accept(by=anna)
    before = everything()
    response = client.post(address(offered), token, headers=headers)
    assert response.status_code == 409
    assert "Schon vergeben" in read(response).text
    assert_says_nothing_of_the_contact(response)
    assert everything() == before
    assert bool(read(response).all("html")) == (not headers)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
@pytest.mark.parametrize("address", [accept_address, decline_address])
def test_who_was_shown_an_offer_that_was_erased_is_told_that_it_is_gone(
    signed_in, ben, clara, solar, offered, headers, address
):
    client, elsewhere = signed_in(ben), signed_in(clara)
    token = shown(client, offered)
    offered.anonymise(by=None, reason=Erasure.Reason.TAKEN_BACK, among=Lead.objects.all())
    before = everything()
    response = client.post(address(offered), token, headers=headers)
    assert response.status_code == 409
    page = read(response)
    card = page.one("article", id=f"offer-{offered.pk}")
    assert "Dieser Lead ist nicht mehr zu haben." in card.text
    assert not card.all("button")
    assert "vergeben" not in page.text
    for secret in factories.contact().values():
        assert secret not in response.text
    # Nobody else learns of it.
    absent = client.post(address(Lead(pk=99999999)), headers=headers)
    for data in forged(offered, ben).values():
        response = client.post(address(offered), data, headers=headers)
        assert (response.status_code, response.content) == (404, absent.content)
    proof = {"angebot": signing.dumps([offered.pk, clara.pk], salt="leads.offer")}
    answer = elsewhere.post(address(offered), proof, headers=headers)
    assert answer.status_code == 404
    assert everything() == before


def test_what_the_winner_writes_the_others_do_not_read(signed_in, anna, ben, offered):
    client = signed_in(ben)
    token = shown(client, offered)
    offered.accept(by=anna)
    answer = client.post(accept_address(offered), token)
    assert "Wärmepumpe statt Ölheizung" in answer.text
    lead = Lead.objects.get(pk=offered.pk)
    lead.set_field("need", seen=lead.need, value="Frau Müller anrufen", by=anna)
    answer = client.post(accept_address(offered), token)
    assert answer.status_code == 409
    assert "Müller" not in answer.text
    assert "Rosenheim" not in answer.text


def test_the_loser_of_the_same_instant_is_told_so_too(
    signed_in, anna, ben, offered, monkeypatch
):
    real = acceptance.offered_or_gone

    def overtaken(request, lead_id):
        lead = real(request, lead_id)
        Lead.objects.get(pk=lead_id).accept(by=anna)
        return lead

    monkeypatch.setattr(acceptance, "offered_or_gone", overtaken)
    response = signed_in(ben).post(accept_address(offered))
    assert response.status_code == 409
    assert_says_nothing_of_the_contact(response)
    lead = Lead.objects.get(pk=offered.pk)
    assert lead.owner == anna
    assert lead.events.filter(kind="accepted").count() == 1


def forged(lead, user):
    return {
        "none": {},
        "empty": {"angebot": ""},
        "words": {"angebot": "x" * 100_000},
        "NUL": {"angebot": "\x00"},
        "of another lead": {
            "angebot": signing.dumps([lead.pk + 1, user.pk], salt="leads.offer")
        },
        "of another person": {
            "angebot": signing.dumps([lead.pk, user.pk + 1], salt="leads.offer")
        },
        "another salt": {"angebot": signing.dumps([lead.pk, user.pk], salt="leads")},
    }


@pytest.mark.parametrize("address", [accept_address, decline_address])
def test_the_typed_in_address_of_a_taken_lead_does_not_exist(
    signed_in, anna, ben, offered, address
):
    client = signed_in(ben)
    offered.accept(by=anna)
    before = everything()
    absent = client.post(address(Lead(pk=99999999)))
    for data in forged(offered, ben).values():
        response = client.post(address(offered), data)
        assert response.status_code == 404
        assert response.content == absent.content
    assert everything() == before


@pytest.mark.parametrize("address", [accept_address, decline_address])
def test_people_of_elsewhere_cannot_reach_the_offer(
    signed_in, clara, olaf, offered, solar, address
):
    clients = [(person, signed_in(person)) for person in (clara, olaf)]
    before = everything()
    for person, client in clients:
        token = signing.dumps([offered.pk, person.pk], salt="leads.offer")
        assert client.post(address(offered), {"angebot": token}).status_code == 404
        assert client.get(decline_address(offered)).status_code == 404
    assert everything() == before


def test_an_ended_membership_ends_the_right_to_accept(signed_in, anna, heatpumps, offered):
    client = signed_in(anna)
    token = shown(client, offered)
    heatpumps.memberships.filter(user=anna).delete()
    assert client.post(accept_address(offered), token).status_code == 404
    assert Lead.objects.get(pk=offered.pk).is_offered


def test_without_active_phases_accepting_says_why_it_is_impossible(
    page_of_anna, heatpumps, offered
):
    heatpumps.phases.update(is_retired=True)
    before = everything()
    response = page_of_anna.post(accept_address(offered), follow=True)
    assert response.redirect_chain == [(OFFERS, 303)]
    assert "Marktplatz hat noch keine Phasen" in read(response).text
    assert everything() == before


def test_a_missing_lead_and_a_wrong_verb(page_of_anna, offered):
    assert page_of_anna.post("/leads/99999999/annahme/").status_code == 404
    assert page_of_anna.post("/leads/99999999999999999999/annahme/").status_code == 404
    assert page_of_anna.get("/leads/99999999/ablehnung/").status_code == 404
    assert page_of_anna.get(accept_address(offered)).status_code == 405
    assert page_of_anna.put(decline_address(offered)).status_code == 405


def test_without_the_csrf_token_nothing_is_accepted(signed_in, anna, offered):
    client = signed_in(anna, enforce_csrf_checks=True)
    assert client.post(accept_address(offered)).status_code == 403
    assert Lead.objects.get(pk=offered.pk).is_offered
    form = read(client.get(OFFERS)).form(accept_address(offered)).sends()
    evil = {"Origin": "https://evil.example"}
    assert client.post(accept_address(offered), form, headers=evil).status_code == 403
    assert Lead.objects.get(pk=offered.pk).is_offered
    assert client.post(accept_address(offered), form).status_code == 303


# Declining ----------------------------------------------------------------------------


def test_declining_asks_first_and_hides_the_lead_for_this_rep_only(
    signed_in, anna, ben, meike, offered
):
    client = signed_in(anna)
    dialog = read(client.get(decline_address(offered), shown(client, offered)))
    assert dialog.one("h1").text == "Diesen Lead ablehnen?"
    data = dialog.form(decline_address(offered)).sends(reason="Zu weit weg")
    response = client.post(decline_address(offered), data)
    assert (response.status_code, response["Location"]) == (303, OFFERS)
    refusal = LeadRefusal.objects.get()
    assert (refusal.lead, refusal.rep, refusal.reason) == (offered, anna, "Zu weit weg")
    assert offered.events.newest_first().first().new_text == "Zu weit weg"
    assert read(client.get(OFFERS)).all("article") == []
    assert client.get(f"/leads/{offered.pk}/").status_code == 404
    for person in (ben, meike):
        assert len(read(signed_in(person).get(OFFERS)).all("article")) == 1
    assert Lead.objects.get(pk=offered.pk).is_offered


def test_the_counter_in_the_navigation_counts_without_the_declined(signed_in, anna, offered):
    offered.decline(by=anna)
    nav = read(signed_in(anna).get(OFFERS)).one("nav", id="main-nav")
    assert nav.one("a", href=OFFERS).text == "Neue Leads"


def test_with_htmx_the_dialog_is_a_part_and_the_offers_are_loaded_again(page_of_anna, offered):
    part = read(page_of_anna.get(decline_address(offered), headers=HTMX))
    assert part.one("dialog")
    assert not part.all("html")
    response = page_of_anna.post(decline_address(offered), headers=HTMX)
    assert response["HX-Redirect"] == OFFERS
    assert LeadRefusal.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
def test_whoever_declines_is_back_at_the_offers_of_the_same_filter(
    page_of_anna, offered, headers
):
    address = decline_address(offered)
    filtered = f"{OFFERS}?marktplatz={offered.marketplace.slug}"
    asked = read(page_of_anna.get(filtered)).form(address).sends()
    dialog = read(page_of_anna.get(address, asked, headers=headers))
    assert dialog.one("a", href=filtered).text == "Abbrechen"
    response = page_of_anna.post(address, dialog.form(address).sends(), headers=headers)
    assert response["HX-Redirect" if headers else "Location"] == filtered


def test_declining_leads_to_no_other_site(page_of_anna, offered):
    elsewhere = {"next": "https://evil.example/"}
    response = page_of_anna.post(decline_address(offered), elsewhere)
    assert response["Location"] == OFFERS


def test_whoever_cannot_accept_is_back_at_the_offers_of_the_same_filter(
    page_of_anna, heatpumps, ben, offered
):
    filtered = f"{OFFERS}?marktplatz={heatpumps.slug}"
    data = read(page_of_anna.get(filtered)).form(accept_address(offered)).sends()
    heatpumps.phases.update(is_retired=True)
    response = page_of_anna.post(accept_address(offered), data)
    assert response["Location"] == filtered
    heatpumps.phases.update(is_retired=False)
    offered.accept(by=ben)
    late = read(page_of_anna.post(accept_address(offered), data))
    assert late.one("main").one("a", href=filtered).text == "Neue Leads"


def test_a_manager_who_declined_is_not_offered_it_any_more_but_still_sees_it(
    signed_in, meike, offered
):
    client = signed_in(meike)
    client.post(decline_address(offered))
    assert read(client.get(OFFERS)).all("article") == []
    assert client.get(f"/leads/{offered.pk}/").status_code == 200


def test_declining_twice_is_declining_once(page_of_anna, offered):
    token = shown(page_of_anna, offered)
    page_of_anna.post(decline_address(offered), token)
    before = everything()
    again = page_of_anna.post(decline_address(offered), token)
    assert again.status_code in {303, 404}
    assert everything() == before


def test_who_declined_is_not_told_that_somebody_else_took_it(page_of_anna, anna, offered):
    token = shown(page_of_anna, offered)
    offered.decline(by=anna)
    response = page_of_anna.post(accept_address(offered), token)
    assert response.status_code == 404
    assert Lead.objects.get(pk=offered.pk).is_offered


def test_a_reason_that_is_too_long_is_kept_in_the_form(page_of_anna, offered):
    before = everything()
    reason = "Grund " * 40
    response = page_of_anna.post(decline_address(offered), {"reason": reason})
    assert response.status_code == 422
    page = read(response)
    assert page.one("input", name="reason")["value"] == reason
    assert "höchstens 200 Zeichen" in page.text
    assert changes(before, everything()) == {}

"""Every route × every verb × every person, on objects that exist.

Refused are those who may not: with the same 404 as for what does not exist, with the
way to the sign-in page, or with 405 where the verb is wrong for everybody; what only takes
forms is absent to them for every verb. Tables, files,
counters and sessions are afterwards as before. Each refusal has its positive twin.
"""

from types import ModuleType

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import path

from leadbook import urls
from leads.models import Lead
from tests import factories
from tests.markup import HTMX
from tests.state import changes, everything, stored_files

from .asking import (
    HEADERS,
    NEVER,
    VERBS,
    body_of,
    nothing_changes,
    outside,
    secrets_in,
    send,
)  # fmt: skip
from .stage import KNOWN, LEAD, LEADS, OF_A_LEAD, OF_ONES_OWN, PERSONAL, PUBLIC, views

pytestmark = pytest.mark.once

ABSENT = 99999999
# They have nothing to do with the marketplace, whatever the state of a lead.
STRANGERS = {"clara", "mona", "olaf", "former", "ended"}
SIGNED_OUT = ["nobody", "deactivated"]
# May the one who is signed out ask these? AU1: nobody adds to them unseen.
OPEN = {
    "anmelden/", "admin/login/", "passwort/vergessen/", "passwort/vergessen/gesendet/",
    "passwort/neu/<uidb64>/<token>/", "passwort/neu/fertig/", "healthz/", "healthz/alive/",
    "leads/rueckmeldung/<token>/", "abbestellen/<token>/", "kalender/<token>.ics",
}  # fmt: skip


def data_for(stage, route, of, signed_in):
    if of.has_form:
        return stage.whole_form(signed_in(stage.anna), route)
    return stage.body(route)


def looks_for_the_lead(of, verb):
    """Whether the lead is looked for first; where forms are sent to, whatever the verb."""
    return of.verbs.get(verb) or (not of.get and verb not in NEVER)


def open_views(urlconf=None):
    found = views(urlconf).items()
    return {route for route, view in found if not getattr(view, "login_required", True)}


def test_every_route_is_classified():
    assert set(views()) == KNOWN


def test_what_needs_no_sign_in_is_a_fixed_set():
    assert open_views() == OPEN


def test_a_forgotten_address_is_noticed():
    forgotten = ModuleType("forgotten")
    forgotten.urlpatterns = [
        *urls.urlpatterns,
        path("leads/<int:lead_id>/neues/", login_not_required(lambda request: HttpResponse())),
    ]
    assert set(views(forgotten)) - KNOWN == {f"{LEAD}neues/"}
    assert open_views(forgotten) - OPEN == {f"{LEAD}neues/"}


@pytest.mark.parametrize(
    ("route", "person"),
    [(route, person) for route, of in OF_A_LEAD.items() for person in of.refused],
)
def test_others_are_refused_and_nothing_changes(stage, signed_in, client_of, route, person):
    of = OF_A_LEAD[route]
    data = data_for(stage, route, of, signed_in)
    client = client_of(person)
    leads = [getattr(stage, LEADS.get(route, "lead"))]
    if person in STRANGERS:
        leads = stage.leads
    absent = stage.address(route, lead_id=ABSENT)
    with nothing_changes(client):
        for headers in HEADERS:
            for verb in VERBS:
                expected = outside(send(client, verb, absent, data, headers))
                looks = looks_for_the_lead(of, verb)
                assert expected[0] == (404 if looks else 405), (verb, headers)
                # Other verbs are refused before a lead is looked for: one shows it.
                for lead in leads if looks else leads[:1]:
                    address = stage.address(route, lead_id=lead.pk)
                    response = send(client, verb, address, data, headers)
                    assert outside(response) == expected, (verb, headers, lead.status)
                    assert secrets_in(response) == []


@pytest.mark.parametrize("person", SIGNED_OUT)
@pytest.mark.parametrize("route", OF_A_LEAD)
def test_who_is_signed_out_is_led_to_the_sign_in_page(
    stage, signed_in, client_of, route, person
):
    data = data_for(stage, route, OF_A_LEAD[route], signed_in)
    client = client_of(person)
    with nothing_changes(client):
        for verb in VERBS:
            for lead in (getattr(stage, LEADS.get(route, "lead")).pk, ABSENT):
                address = stage.address(route, lead_id=lead)
                # What is sent cannot be sent once more: then the lead's page is shown.
                back = address if verb in {"GET", "HEAD"} else f"/leads/{lead}/"
                response = send(client, verb, address, data)
                if verb in NEVER:
                    assert response.status_code == 405, verb
                    continue
                assert response.status_code == 302, verb
                assert response["Location"] == f"/anmelden/?next={back}"
                assert body_of(response) == b""
                part = send(client, verb, address, data, HTMX)
                assert part.status_code == 401, verb
                assert part["HX-Redirect"] == f"/anmelden/?next={back}"
                assert part.content == b""


@pytest.mark.parametrize("headers", HEADERS, ids=["page", "part"])
@pytest.mark.parametrize(
    ("route", "person"),
    [(route, person) for route, of in OF_A_LEAD.items() for person in of.allowed],
)
def test_the_right_people_are_let_in(stage, signed_in, client_of, route, person, headers):
    of = OF_A_LEAD[route]
    address = stage.address(route)
    client = client_of(person)
    if of.get:
        assert send(client, "GET", address, {}, headers).status_code == 200
        assert send(client, "HEAD", address, {}, headers).status_code == 200
    for verb in VERBS:
        if not of.verbs.get(verb):
            assert send(client, verb, address, {}, headers).status_code == 405, verb
    if of.post:
        before = everything(), stored_files()
        data = data_for(stage, route, of, signed_in)
        response = send(client, "POST", address, data, headers)
        is_part = headers or of.is_for_scripts or of.goes_on
        assert response.status_code == (200 if is_part else 303)
        assert (everything(), stored_files()) != before


@pytest.mark.parametrize("person", ["anna", "ben", "meike"])
def test_of_an_offered_lead_there_is_nothing_but_the_offer(stage, client_of, person):
    """AZ6: before acceptance even what hangs on the lead is absent, to all who see it."""
    client = client_of(person)
    with nothing_changes(client):
        for route, of in OF_A_LEAD.items():
            if route in {LEAD, *(r for r, state in LEADS.items() if state == "offered")}:
                continue
            ids = {
                "entry_id": stage.withdrawn.journal.first().pk,
                "attachment_id": stage.withdrawn.attachments.get().pk,
                "event_id": stage.withdrawn.events.first().pk,
            }
            address = stage.address(route, lead_id=stage.withdrawn.pk, **ids)
            absent = stage.address(route, lead_id=ABSENT, **ids)
            for headers in HEADERS:
                for verb in of.verbs:
                    answers = [
                        send(client, verb, at, stage.body(route), headers)
                        for at in (address, absent)
                    ]
                    assert outside(answers[0]) == outside(answers[1]), (route, verb)
                    looks = looks_for_the_lead(of, verb)
                    assert answers[0].status_code == (404 if looks else 405)


@pytest.mark.parametrize("own", ["another of the same rep", "somebody else's"])
@pytest.mark.parametrize("child", ["entry_id", "attachment_id", "event_id"])
def test_a_child_of_another_lead_is_as_absent_as_one_that_never_was(
    stage, signed_in, clara, solar, child, own
):
    """A07: the address names a lead that one may see, and a thing of another lead."""
    if own == "somebody else's":
        lead, client = factories.accepted(solar, clara), signed_in(clara)
    else:
        lead, client = stage.closed, signed_in(stage.anna)
    with nothing_changes(client):
        for route, of in OF_A_LEAD.items():
            if child not in route:
                continue
            foreign = stage.address(route, lead_id=lead.pk)
            absent = stage.address(route, lead_id=lead.pk, **{child: ABSENT})
            for headers in HEADERS:
                for verb, is_answered in of.verbs.items():
                    answers = [
                        send(client, verb, address, stage.body(route), headers)
                        for address in (foreign, absent)
                    ]
                    assert outside(answers[0]) == outside(answers[1]), route
                    refusals = {404} if is_answered else {404, 405}
                    assert answers[0].status_code in refusals, route


# A mail program sends it without a cookie (RFC 8058): what it may do, its own token says.
WITHOUT_A_TOKEN_OF_FORMS = {"abbestellen/<token>/"}


@pytest.mark.parametrize("person", ["anna", "clara", "nobody"])
def test_no_form_is_taken_without_its_token_or_from_elsewhere(
    stage, client_of, signed_in, person
):
    """A13, W1. The refusal does not tell either what exists."""
    client = client_of(person)
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = token = "a" * 32
    page_of_anna = signed_in(stage.anna)
    with nothing_changes(client):
        for route, of in {**OF_A_LEAD, **OF_ONES_OWN, **PERSONAL, **PUBLIC}.items():
            if not of.post or route in WITHOUT_A_TOKEN_OF_FORMS:
                continue
            data = {"name": "x"} if of.has_form else stage.body(route)
            for headers, sent in (
                ({}, data),
                (HTMX, data),
                ({"Origin": "https://evil.example"}, {**data, "csrfmiddlewaretoken": token}),
            ):
                address = stage.address(route).replace("<uidb64>", "MQ")
                response = send(client, "POST", address, sent, headers)
                assert response.status_code == 403, route
                assert secrets_in(response) == []
                twin = stage.address(route, lead_id=ABSENT).replace("<uidb64>", "MQ")
                assert outside(response) == outside(send(client, "POST", twin, sent, headers))
    assert page_of_anna.get("/leads/").status_code == 200


# Ids in bodies and queries ------------------------------------------------------------


@pytest.fixture
def foreign(solar, clara):
    """Clara's lead, with what hangs on it."""
    lead = factories.accepted(solar, clara, name="Geheimrat Dachstuhl")
    lead.write_entry(text="Nur für Clara", by=clara, token="0" * 31 + "1")
    factories.make_field(solar, "Dachneigung")
    return lead


FOREIGN_SECRETS = [
    "Geheimrat", "Nur für Clara", "Photovoltaik", "photovoltaik-bayern", "Erstgespräch",
    "Kein Dach", "Dachneigung", "Clara",
]  # fmt: skip


def test_a_lead_is_not_moved_into_a_foreign_phase_nor_closed_for_a_foreign_reason(
    stage, client_of, foreign, solar
):
    """A08, AZ4."""
    client = client_of("anna")
    own, theirs = stage.lead.phase_id, foreign.phase_id
    move, close = f"/leads/{stage.lead.pk}/phase/", f"/leads/{stage.lead.pk}/abschluss/"
    reason = solar.loss_reasons.get().pk
    with nothing_changes():
        for address, known, unknown in (
            (move, {"von": own, "nach": theirs}, {"von": own, "nach": ABSENT}),
            (move, {"von": theirs, "nach": own}, {"von": ABSENT, "nach": own}),
            (
                close,
                {"von": own, "ergebnis": "verloren", "loss_reason": reason},
                {"von": own, "ergebnis": "verloren", "loss_reason": ABSENT},
            ),
        ):
            for headers in HEADERS:
                answers = [client.post(address, d, headers=headers) for d in (known, unknown)]
                for answer in answers:
                    assert answer.status_code in {409, 422}
                    assert secrets_in(answer, FOREIGN_SECRETS) == []
                assert answers[0].status_code == answers[1].status_code


def test_a_lead_is_not_entered_into_a_foreign_marketplace(stage, client_of, foreign, solar):
    client = client_of("anna")
    sent = {"marktplatz": solar.slug, "name": "Neu", "token": "0" * 31 + "2"}
    with nothing_changes():
        for headers in HEADERS:
            response = client.post("/leads/anlegen/", sent, headers=headers)
            assert response.status_code == 422
            assert secrets_in(response, FOREIGN_SECRETS) == []
            for more in ("", "&wechseln=1"):
                page = client.get(f"/leads/anlegen/?marktplatz={solar.slug}{more}")
                assert page.status_code == 200
                # The page leads back to its own address.
                said = [f"?marktplatz={solar.slug}"]
                assert secrets_in(page, FOREIGN_SECRETS, said=said) == []


def test_a_token_of_somebody_elses_form_leads_nowhere(stage, client_of, foreign, clara):
    client, token = client_of("anna"), "0" * 31 + "1"
    Lead.objects.filter(pk=foreign.pk).update(entry_token=token)
    entered = client.post(
        "/leads/anlegen/",
        {"marktplatz": stage.marketplace.slug, "name": "Neu", "value": "1", "token": token},
    )
    assert entered.status_code == 303
    assert entered["Location"] != f"/leads/{foreign.pk}/"
    before = list(foreign.journal.values_list())
    address = f"/leads/{stage.lead.pk}/journal/"
    response = client.post(address, {"text": "Meins", "token": token}, headers=HTMX)
    assert "Meins" in response.content.decode()
    assert secrets_in(response, FOREIGN_SECRETS) == []
    assert list(foreign.journal.values_list()) == before


def test_the_proof_of_an_offer_counts_for_whom_it_was_made_and_for_that_lead(
    stage, client_of, signed_in, ben, meike
):
    from leads.offers import Offer

    shown = Offer(stage.offered, meike).token
    elsewhere = Offer(stage.withdrawn, ben).token
    stage.offered.accept(by=stage.anna)
    client = signed_in(ben)
    with nothing_changes(client):
        for token in (shown, elsewhere, "", "x"):
            for verb in ("annahme", "ablehnung"):
                address = f"/leads/{stage.offered.pk}/{verb}/"
                absent = f"/leads/{ABSENT}/{verb}/"
                answers = [client.post(at, {"angebot": token}) for at in (address, absent)]
                assert outside(answers[0]) == outside(answers[1])
                assert answers[0].status_code == 404
    proof = Offer(stage.offered, ben).token
    late = client.post(f"/leads/{stage.offered.pk}/annahme/", {"angebot": proof})
    assert late.status_code == 409
    assert secrets_in(late) == []


def test_undoing_takes_no_events_of_other_leads_along(stage, client_of, foreign, clara):
    client = client_of("anna")
    theirs = foreign.set_field("company", seen=foreign.company, value="Dachbau", by=clara)
    mine = stage.closed.set_field(
        "company", seen=stage.closed.company, value="Andere", by=stage.anna
    )
    address = stage.address(f"{LEAD}verlauf/<int:event_id>/ruecknahme/")
    response = client.post(f"{address}?mit={theirs.pk},{mine.pk}", headers=HTMX)
    assert response.status_code == 200
    assert secrets_in(response, ["Dachbau", *FOREIGN_SECRETS]) == []
    companies = Lead.objects.values_list("pk", "company")
    assert dict(companies)[foreign.pk] == "Dachbau"
    assert dict(companies)[stage.closed.pk] == "Andere"
    assert dict(companies)[stage.lead.pk] == "Aigner Holzbau"


def test_fields_that_are_nobodys_to_edit_are_absent(stage, client_of, foreign, solar):
    """A32, AZ5; also another marketplace's own field."""
    client = client_of("anna")
    theirs = f"feld-{solar.fields.get().pk}"
    names = [field.attname for field in Lead._meta.concrete_fields]
    names += [field.name for field in Lead._meta.get_fields()]
    page = client.get(f"/leads/{stage.lead.pk}/felder/").content.decode()
    hidden = [name for name in dict.fromkeys(names) if f'name="seen-{name}"' not in page]
    assert {"owner", "marketplace", "phase", "id", "created_at", "status"} <= set(hidden)
    with nothing_changes(client):
        for name in (*hidden, theirs, "feld-0", "seen-phone", "__class__"):
            address = f"/leads/{stage.lead.pk}/felder/{name}/"
            for headers in HEADERS:
                assert client.get(address, headers=headers).status_code == 404, name
                sent = {name: "1", f"seen-{name}": ""}
                assert client.post(address, sent, headers=headers).status_code == 404, name


def test_more_fields_than_asked_for_change_nothing_else(stage, client_of, foreign, clara):
    client = client_of("anna")
    more = {
        "owner": clara.pk, "marketplace": foreign.marketplace_id, "phase": foreign.phase_id,
        "status": "won", "id": foreign.pk, "name": "Anders", "seen-name": stage.lead.name,
        "lead": foreign.pk, "author": clara.pk, "created_at": "2020-01-01",
    }  # fmt: skip
    before = everything()
    for route in (f"{LEAD}felder/<str:name>/", f"{LEAD}journal/", f"{LEAD}phase/"):
        address, data = stage.address(route), {**more, **stage.body(route)}
        assert client.post(address, data).status_code == 303
    after = changes(before, everything())
    assert {label for label in after if label.startswith(("leads", "marketplaces"))} == {
        "leads.Lead", "leads.JournalEntry", "leads.LeadEvent", "leads.MatchKey",
        "leads.SearchDocument",
    }  # fmt: skip
    lead = Lead.objects.get(pk=stage.lead.pk)
    assert (lead.owner, lead.marketplace, lead.status) == (
        stage.anna, stage.marketplace, "in_progress",
    )  # fmt: skip
    assert (lead.name, lead.phone) == (stage.lead.name, "089 1")
    assert lead.journal.latest("id").author == stage.anna
    assert everything()["marketplaces.User"] == before["marketplaces.User"]


# Pages of one's own -------------------------------------------------------------------


@pytest.mark.parametrize("person", ["anna", "ben", "meike", "clara", "olaf", "nobody"])
@pytest.mark.parametrize("route", OF_ONES_OWN)
def test_what_is_ones_own_is_absent_to_all_others(stage, client_of, route, person):
    of, client = OF_ONES_OWN[route], client_of(person)
    address, absent = (
        stage.address(route),
        stage.address(route, view_id=ABSENT, import_id=ABSENT),
    )
    if person == "anna":
        for verb in VERBS:
            status = send(client, verb, address, stage.body(route)).status_code
            assert status in ({200, 303} if of.verbs.get(verb) else {405}), verb
        return
    with nothing_changes(client):
        for headers in HEADERS:
            for verb in VERBS:
                response = send(client, verb, address, stage.body(route), headers)
                if person == "nobody":
                    assert response.status_code in {302, 401, 405}, verb
                else:
                    twin = send(client, verb, absent, stage.body(route), headers)
                    assert outside(response) == outside(twin)
                    assert response.status_code == (404 if of.verbs.get(verb) else 405), verb
                assert secrets_in(response) == []


@pytest.mark.parametrize("route", PERSONAL)
def test_ones_own_pages_need_a_sign_in(client, db, route):
    for verb in VERBS:
        response = send(client, verb, f"/{route}")
        if verb in NEVER:
            assert response.status_code == 405, verb
            continue
        assert response.status_code == 302, verb
        assert response["Location"].startswith("/anmelden/"), verb
        part = send(client, verb, f"/{route}", headers=HTMX)
        assert part.status_code in {302, 401}
        assert "/anmelden/" in part.headers.get(
            "HX-Redirect", part.headers.get("Location", "")
        )
        assert part.content == b""


@pytest.mark.parametrize("route", PERSONAL)
def test_ones_own_pages_answer_their_verbs_only(stage, client_of, route):
    of = PERSONAL[route]
    for verb in VERBS:
        client = client_of("ben")
        response = send(client, verb, f"/{route}")
        if of.verbs.get(verb):
            assert response.status_code in {200, 302, 303, 400, 422}, verb
        elif route == "" and verb not in NEVER:
            # Django's redirect answers every verb alike.
            assert response.status_code == 302
        elif (verb, route) == ("PUT", "passwort/"):
            # Django's form views take PUT for POST, with the same token.
            assert response.status_code == 422
        elif verb == "OPTIONS" and response.status_code == 200:
            # What Django's class-based views say of themselves.
            assert not response.content
        else:
            assert response.status_code == 405, verb


@pytest.mark.parametrize("route", PUBLIC)
def test_public_pages_show_nothing_of_leads(stage, client_of, route):
    client = client_of("nobody")
    address = f"/{route}".replace("<uidb64>", "MQ").replace("<token>", "abc-123")
    before = everything()
    for verb in VERBS:
        response = send(client, verb, address)
        assert response.status_code < 500
        assert secrets_in(response) == []
    assert changes(before, everything()) == {}

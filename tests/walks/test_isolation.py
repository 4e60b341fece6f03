"""Every route × every verb × every person, on objects that exist.

Refused are those who may not: with the same 404 as for what does not exist, with the
way to the sign-in page, or with 405 where the verb is wrong for everybody. The owner's
tables and files are afterwards as before. Each refusal has its positive twin.
"""

import pytest

from leadbook import provenance
from tests import factories
from tests.markup import HTMX
from tests.state import changes, everything, stored_files

from .stage import OF_A_LEAD, PERSONAL, PUBLIC, SECRETS, routes

VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
HEADERS = ({}, HTMX)
REFUSALS = [
    (route, person) for route, of in OF_A_LEAD.items() for person in (*of.refused, "former")
]
SIGNED_OUT = ["nobody", "deactivated"]


def send(client, verb, address, data, headers):
    if verb in {"GET", "HEAD", "OPTIONS"}:
        return getattr(client, verb.lower())(address, headers=headers)
    if verb == "POST":
        for value in data.values():
            if hasattr(value, "seek"):
                value.seek(0)
        return client.post(address, data, headers=headers)
    return getattr(client, verb.lower())(address, headers=headers)


def body_of(response):
    if response.streaming:
        return b"".join(response.streaming_content)
    return response.content


def data_for(stage, route, of, signed_in):
    if of.has_form:
        return stage.whole_form(signed_in(stage.anna), route)
    return stage.body(route)


def assert_no_secret(response):
    text = body_of(response).decode(errors="replace") + str(response.headers)
    for secret in SECRETS:
        assert secret not in text


def test_every_route_is_classified():
    known = {*OF_A_LEAD, *PERSONAL, *PUBLIC}
    found = {route for route in routes() if not route.startswith("admin/")}
    assert found == known - {"admin/login/"}
    assert "admin/login/" in routes()


@pytest.mark.parametrize(("route", "person"), REFUSALS)
def test_others_are_refused_and_nothing_changes(stage, signed_in, client_of, route, person):
    of = OF_A_LEAD[route]
    data = data_for(stage, route, of, signed_in)
    address, absent = stage.address(route), stage.address(route, lead_id=99999999)
    client = client_of(person)
    before = everything(), stored_files()
    for headers in HEADERS:
        for verb in VERBS:
            response = send(client, verb, address, data, headers)
            expected = 404 if of.verbs.get(verb) else 405
            assert response.status_code == expected, (verb, headers)
            assert_no_secret(response)
            twin = send(client, verb, absent, data, headers)
            assert twin.status_code == response.status_code, verb
            assert body_of(twin) == body_of(response), verb
            for answer in (twin, response):
                del answer.headers[provenance.HEADER]
            assert dict(twin.headers) == dict(response.headers), verb
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


@pytest.mark.parametrize("person", SIGNED_OUT)
@pytest.mark.parametrize("route", OF_A_LEAD)
def test_who_is_signed_out_is_led_to_the_sign_in_page(
    stage, signed_in, client_of, route, person
):
    data = data_for(stage, route, OF_A_LEAD[route], signed_in)
    client = client_of(person)
    before = everything(), stored_files()
    for verb in VERBS:
        for address in (stage.address(route), stage.address(route, lead_id=99999999)):
            response = send(client, verb, address, data, {})
            assert response.status_code == 302, verb
            assert response["Location"].startswith("/anmelden/?next=")
            assert_no_secret(response)
            part = send(client, verb, address, data, HTMX)
            assert part.status_code == 401, verb
            assert part["HX-Redirect"].startswith("/anmelden/")
            assert part.content == b""
    assert changes(before[0], everything()) == {}
    assert stored_files() == before[1]


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
        assert response.status_code == (200 if headers else 303)
        assert (everything(), stored_files()) != before


@pytest.mark.parametrize("child", ["entry_id", "attachment_id", "event_id"])
def test_a_child_of_another_lead_is_as_absent_as_one_that_never_was(
    stage, signed_in, clara, solar, child
):
    """A07: the address names a lead that one may see, and a thing of somebody else's."""
    own = factories.accepted(solar, clara)
    client = signed_in(clara)
    before = everything(), stored_files()
    for route, of in OF_A_LEAD.items():
        if child not in route:
            continue
        foreign = stage.address(route, lead_id=own.pk)
        absent = stage.address(route, lead_id=own.pk, **{child: 99999999})
        for headers in HEADERS:
            for verb in ("GET", "POST"):
                if of.verbs[verb]:
                    answers = [
                        send(client, verb, address, stage.body(route), headers)
                        for address in (foreign, absent)
                    ]
                    assert [a.status_code for a in answers] == [404, 404], route
                    assert body_of(answers[0]) == body_of(answers[1])
    assert (everything(), stored_files()) == before


# Pages of one's own -------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ben", "clara", "mona", "olaf", "former"])
@pytest.mark.parametrize("route", [route for route, of in PERSONAL.items() if of.get])
def test_ones_own_pages_show_nothing_of_others(stage, client_of, route, person):
    client = client_of(person)
    before = everything()
    for query in ("", "?q=Aigner", "?q=1234567", "?marktplatz=waermepumpe-sued"):
        for headers in HEADERS:
            response = client.get(f"/{route}{query}", headers=headers)
            assert response.status_code in {200, 302}
            body = (
                body_of(response).decode().replace("?q=Aigner", "").replace("?q=1234567", "")
            )
            body = body.replace('value="Aigner"', "").replace('value="1234567"', "")
            for secret in SECRETS:
                assert secret not in body, (secret, query)
    assert changes(before, everything()) == {}


@pytest.mark.parametrize("route", PERSONAL)
def test_ones_own_pages_need_a_sign_in(client, db, route):
    for verb in VERBS:
        response = send(client, verb, f"/{route}", {}, {})
        assert response.status_code == 302, verb
        assert response["Location"].startswith("/anmelden/"), verb
        part = send(client, verb, f"/{route}", {}, HTMX)
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
        response = send(client, verb, f"/{route}", {}, {})
        if of.verbs.get(verb):
            assert response.status_code in {200, 302, 303, 400, 422}, verb
        elif route == "":
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
        response = send(client, verb, address, {}, {})
        assert response.status_code < 500
        assert_no_secret(response)
    assert changes(before, everything()) == {}


# The operators' admin -----------------------------------------------------------------


def admin_addresses(stage):
    """An address for each route of the admin, with ids that exist."""
    for route in routes():
        if not route.startswith("admin/") or route in {"admin/login/", "admin/logout/"}:
            continue
        if "^" in route or "(?P" in route:
            route = "admin/leads/"
        address = route.replace("<path:object_id>", str(stage.lead.pk))
        address = address.replace("<int:marketplace_id>", str(stage.marketplace.pk))
        address = address.replace("<int:phase_id>", str(stage.lead.phase_id))
        yield "/" + address.replace("<id>", str(stage.anna.pk))


@pytest.mark.parametrize("person", ["ben", "anna", "meike", "mona"])
def test_the_admin_does_not_exist_for_reps_and_managers(stage, client_of, person):
    client = client_of(person)
    before = everything()
    addresses = set(admin_addresses(stage))
    assert len(addresses) > 30
    for address in addresses:
        for verb in ("GET", "POST"):
            response = send(client, verb, address, {}, {})
            assert response.status_code in {403, 404, 405}, (verb, address)
            assert_no_secret(response)
    assert changes(before, everything()) == {}


def test_the_admin_leads_strangers_to_the_sign_in_page(stage, client_of):
    client = client_of("nobody")
    before = everything()
    for address in set(admin_addresses(stage)):
        for verb in ("GET", "POST"):
            response = send(client, verb, address, {}, {})
            assert response.status_code in {302, 404}, (verb, address)
            assert_no_secret(response)
    assert changes(before, everything()) == {}

"""The gate in front of the admin: every address of it × every verb, and the pages that ask.

Without a code in this session nothing of the admin is shown or done; with one it is as if
there were no gate.
"""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import PASSWORD
from tests.marketplaces.phone import CODE, OWN, SET_UP, set_up
from tests.markup import HTMX

from .asking import HEADERS, NEVER, VERBS, nothing_changes, outside, send
from .stage import FOR_THE_ADMIN
from .test_admin import addresses, assert_no_secret
from .test_budgets import TRANSACTIONS

# They lead to the sign-in page, and out.
OUTSIDE = {"/admin/login/", "/admin/logout/"}
# (route, verb) → queries. Session and person are two of them.
BUDGETS = {
    (CODE, "GET"): 4,
    (CODE, "POST"): 17,
    (SET_UP, "GET"): 5,
    (SET_UP, "POST"): 14,
    (OWN, "GET"): 6,
    (OWN, "POST"): 14,
}


@pytest.fixture
def gated(settings, clock, stage, olaf):
    """Olaf, to whom nothing of the admin is closed, where a code is asked for."""
    settings.SECOND_FACTOR = "admin"
    olaf.is_superuser = True
    olaf.save()
    return olaf


def asked_of(stage):
    return {address for address in addresses(stage) if address not in OUTSIDE}


@pytest.mark.parametrize("has_phone", [False, True])
def test_nothing_of_the_admin_is_shown_or_done_without_a_code(
    stage, gated, client_of, signed_in, clock, has_phone
):
    if has_phone:
        set_up(signed_in(gated), clock)
    client, page = client_of("olaf"), CODE if has_phone else SET_UP
    found = asked_of(stage)
    assert len(found) > 30
    data = {"name": "Anders", "post": "yes", "_save": "1"}
    with nothing_changes(client):
        for address, verb, headers in itertools.product(found, VERBS, HEADERS):
            response = send(client, verb, address, data, headers)
            said = (verb, address, headers)
            assert_no_secret(response)
            if verb in NEVER:
                assert response.status_code == 405, said
            elif verb not in {"GET", "HEAD"}:
                assert response.status_code == 403, said
            elif headers:
                assert response.status_code == 401, said
                assert response["HX-Redirect"].startswith(f"{page}?next="), said
            else:
                assert response.status_code == 302, said
                assert response["Location"] == f"{page}?next={address}", said


def test_with_a_code_all_is_as_without_the_gate(stage, gated, client_of, clock, settings):
    client = client_of("olaf")
    set_up(client, clock)
    for address in asked_of(stage):
        response = client.get(address)
        settings.SECOND_FACTOR = "off"
        twin = client.get(address)
        settings.SECOND_FACTOR = "admin"
        assert response.status_code == twin.status_code, address
        assert response.headers.get("Location") == twin.headers.get("Location")


@pytest.mark.parametrize("person", ["anna", "meike", "nobody"])
@pytest.mark.parametrize("route", FOR_THE_ADMIN)
def test_pages_of_the_gate_do_not_exist_for_others(stage, gated, client_of, route, person):
    client = client_of(person)
    with nothing_changes(client):
        for verb, headers in itertools.product(VERBS, HEADERS):
            response = send(client, verb, f"/{route}", {"code": "123456"}, headers)
            if verb in NEVER:
                assert response.status_code == 405
            elif person == "nobody":
                assert response.status_code == (401 if headers else 302)
            else:
                nowhere = send(client, verb, "/admin/x/y/", headers=headers)
                assert response.status_code == nowhere.status_code == 404
                assert outside(response)[3] == outside(nowhere)[3]


@pytest.mark.parametrize("route", FOR_THE_ADMIN)
def test_pages_of_the_gate_answer_their_verbs_only(stage, gated, client_of, route, clock):
    client = client_of("olaf")
    set_up(client, clock)
    for verb in VERBS:
        status = send(client, verb, f"/{route}").status_code
        is_answered = FOR_THE_ADMIN[route].verbs.get(verb)
        assert status in ({200, 303, 400, 409} if is_answered else {405}), verb


@pytest.mark.parametrize("route", FOR_THE_ADMIN)
def test_forms_of_the_gate_are_not_taken_without_their_token(
    stage, gated, client_of, route, clock
):
    client = client_of("olaf")
    set_up(client, clock)
    client.handler.enforce_csrf_checks = True
    data = {"code": "123456", "password": PASSWORD, "neu": "codes"}
    with nothing_changes(client):
        for headers in ({}, HTMX, {"Origin": "https://evil.example"}):
            assert send(client, "POST", f"/{route}", data, headers).status_code == 403


def test_pages_of_the_gate_ask_no_more_than_they_may(stage, gated, client_of, clock):
    assert {f"/{route}" for route in FOR_THE_ADMIN} == {route for route, _verb in BUDGETS}
    new = client_of("olaf")
    asked = {}

    def count(client, verb, address, data=None):
        with CaptureQueriesContext(connection) as captured:
            status = send(client, verb, address, data).status_code
        queries = [q for q in captured if not q["sql"].startswith(TRANSACTIONS)]
        asked[address, verb] = len(queries)
        return status

    assert count(new, "GET", SET_UP) == 200
    phone, _codes = set_up(new, clock)
    other = client_of("olaf")
    assert count(other, "GET", CODE) == 200
    assert count(other, "POST", CODE, {"code": phone.code()}) == 303
    assert count(other, "GET", OWN) == 200
    assert count(other, "POST", OWN, {"password": PASSWORD, "neu": "codes"}) == 200
    other.post(OWN, {"password": PASSWORD, "neu": "telefon"})
    assert count(other, "POST", SET_UP, {"code": "123456"}) == 422
    assert {key: number for key, number in asked.items() if number > BUDGETS[key]} == {}

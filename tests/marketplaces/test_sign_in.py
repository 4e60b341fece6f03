"""Signing in and out: who gets in, what a refusal tells, and how often one may try."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES
from marketplaces.models import Attempt
from tests.factories import PASSWORD, UserFactory

SIGN_IN = "/anmelden/"
REFUSED = "Benutzername oder Passwort ist nicht richtig."


def attempt(client, username="anna", password=PASSWORD, *, address="192.0.2.1", **data):
    return client.post(
        SIGN_IN, {"username": username, "password": password, **data}, REMOTE_ADDR=address
    )


def fail(client, times, username="anna", **kwargs):
    for _ in range(times):
        response = attempt(client, username, "falsch-und-lang-genug", **kwargs)
    return response


def is_signed_in(client):
    return client.get("/passwort/").status_code == 200


def let_pass(**duration):
    """Make every recorded failure older."""
    Attempt.objects.update(at=F("at") - timedelta(**duration))


def bytes_without_token(response, username):
    field = f'value="{response.wsgi_request.META["CSRF_COOKIE"]}"'
    assert "csrfmiddlewaretoken" in response.text
    text = response.text.replace(field, "").replace(username, "NAME")
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text)


def test_page_is_german_and_made_for_password_managers(db, client):
    response = client.get(SIGN_IN)
    assert response.status_code == 200
    assert '<html lang="de"' in response.text
    assert "<h1>Anmelden</h1>" in response.text
    assert 'autocomplete="username"' in response.text
    assert 'autocomplete="current-password"' in response.text
    assert ">Benutzername" in response.text
    assert ">Passwort" in response.text


def test_right_password_leads_to_the_list(anna, client):
    response = attempt(client)
    assert (response.status_code, response.url) == (302, "/leads/")
    assert is_signed_in(client)


def test_session_id_changes_at_sign_in(anna, client):
    client.cookies["sessionid"] = "a" * 32
    attempt(client)
    assert client.cookies["sessionid"].value != "a" * 32
    assert Session.objects.count() == 1


def test_csrf_is_checked(anna):
    assert attempt(Client(enforce_csrf_checks=True)).status_code == 403


def test_refusals_are_all_alike(anna, ben, client):
    ben.is_active = False
    ben.save()
    wrong = attempt(client, "anna", "falsch-und-lang-genug")
    unknown = attempt(client, "nobody", "falsch-und-lang-genug")
    inactive = attempt(client, "ben", PASSWORD)
    for response in (wrong, unknown, inactive):
        assert response.status_code == 422
        assert REFUSED in response.text
        assert PASSWORD not in response.text
    assert bytes_without_token(wrong, "anna") == bytes_without_token(unknown, "nobody")
    assert bytes_without_token(wrong, "anna") == bytes_without_token(inactive, "ben")


@pytest.fixture
def hashings(monkeypatch):
    """How often a password is hashed, the only work that takes long."""
    counted = []
    encode = MD5PasswordHasher.encode

    def count(self, password, salt):
        counted.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    return counted


@pytest.mark.parametrize("mode", ["production", "demo"])
def test_refusals_do_the_same_work(anna, ben, clara, client, settings, hashings, mode):
    settings.MODE = mode
    ben.is_active = False
    ben.save()
    clara.set_unusable_password()
    clara.save()
    queries = set()
    for name, password in [
        ("anna", "falsch-und-lang-genug"),
        ("nobody", "falsch-und-lang-genug"),
        ("ben", PASSWORD),
        ("ben", "falsch-und-lang-genug"),
        ("clara", "falsch-und-lang-genug"),
    ]:
        hashings.clear()
        with CaptureQueriesContext(connection) as captured:
            assert attempt(client, name, password).status_code == 422
        queries.add(len(captured))
        assert len(hashings) == 1, name
    assert len(queries) == 1


@pytest.mark.parametrize(
    "data", [{}, {"username": "anna"}, {"username": "\0", "password": "x"}]
)
def test_incomplete_forms_come_back(db, client, data):
    assert client.post(SIGN_IN, data).status_code == 422


@pytest.mark.parametrize("target", ["/leads/neu/", "/leads/?phase=2&q=a"])
def test_next_leads_to_a_page_of_ours(anna, client, target):
    assert attempt(client, next=target).url == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "https:///evil.example",
        "https://evil.example/",
        "http://testserver/leads/neu/",
        "javascript:alert(1)",
        "/leads/\r\nX-Evil: 1",
        " /leads/neu/",
        "leads/neu/",
    ],
)
def test_next_leads_nowhere_else(anna, client, target):
    assert attempt(client, next=target).url == "/leads/"
    page = Client().get(SIGN_IN, {"next": target})
    assert '<input type="hidden" name="next" value="">' in page.text


def test_who_is_signed_in_is_sent_on(page_of_anna):
    assert page_of_anna.get(f"{SIGN_IN}?next=/leads/neu/").url == "/leads/neu/"


def test_page_behind_the_login_sends_to_the_sign_in_page(db, client):
    assert client.get("/passwort/").url == f"{SIGN_IN}?next=/passwort/"


def test_htmx_gets_the_sign_in_page_as_a_whole(db, client):
    response = client.post(
        "/sprache/",
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL="http://testserver/leads/?phase=2",
    )
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == f"{SIGN_IN}?next=/leads/%3Fphase%3D2"
    assert response.content == b""


@pytest.mark.parametrize(
    "sent_to",
    ["/sprache/", "/darstellung/", "/abmelden/ueberall/", "/einstellungen/morgenmail/"],
)
@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/leads/?phase=2", "/leads/%3Fphase%3D2"),
        ("http://evil.example/leads/", "/"),
        ("http://testserver//evil.example/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_too_late_leads_back_to_its_page(db, client, sent_to, referer, back):
    response = client.post(sent_to, HTTP_REFERER=referer)
    assert response.url == f"{SIGN_IN}?next={back}"


# Signing out ----------------------------------------------------------------------------


def test_sign_out_ends_the_session_in_the_store(page_of_anna):
    old = page_of_anna.cookies["sessionid"].value
    response = page_of_anna.post("/abmelden/", HTTP_REFERER="http://testserver/leads/")
    assert (response.status_code, response.url) == (302, SIGN_IN)
    assert not Session.objects.exists()
    page_of_anna.cookies["sessionid"] = old
    assert not is_signed_in(page_of_anna)


@pytest.mark.parametrize("address", ["/abmelden/", "/abmelden/ueberall/"])
def test_sign_out_by_get_is_refused(page_of_anna, address):
    assert page_of_anna.get(address).status_code == 405
    assert is_signed_in(page_of_anna)


def test_sign_out_everywhere_ends_all_own_sessions_and_no_other(signed_in, anna, ben):
    here, there, other = signed_in(anna), signed_in(anna), signed_in(ben)
    response = here.post("/abmelden/ueberall/")
    assert (response.status_code, response.url) == (303, SIGN_IN)
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert is_signed_in(other)


def test_deactivated_person_is_out_with_the_next_request(page_of_anna, anna):
    anna.is_active = False
    anna.save()
    assert not is_signed_in(page_of_anna)


def test_password_set_by_an_operator_ends_all_sessions(admin_client, signed_in, anna):
    client = signed_in(anna)
    new = {"password1": "anderes-pferd-batterie", "password2": "anderes-pferd-batterie"}
    assert admin_client.post(f"/admin/marketplaces/user/{anna.pk}/password/", new).url
    assert not is_signed_in(client)


def test_ended_membership_counts_with_the_next_request(page_of_anna, anna, lead):
    assert page_of_anna.get(f"/leads/{lead.pk}/").status_code == 200
    anna.memberships.all().delete()
    for method in ("get", "post"):
        address = f"/leads/{lead.pk}/phase/"
        assert getattr(page_of_anna, method)(address).status_code == 404
    assert "Familie Aigner" not in page_of_anna.get("/leads/").text
    assert is_signed_in(page_of_anna)


def test_right_to_the_admin_that_was_taken_away_ends_with_the_next_request(signed_in, olaf):
    client = signed_in(olaf)
    assert client.get("/admin/").status_code == 200
    olaf.is_staff = False
    olaf.save()
    assert client.get("/admin/").status_code == 404


# Throttling -----------------------------------------------------------------------------


def test_fifth_failure_closes_the_door_for_the_right_password_too(anna, client):
    assert fail(client, 4).status_code == 422
    locked = fail(client, 1)
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "900"
    assert "Bitte versuchen Sie es in 15 Minuten noch einmal." in locked.text
    right = attempt(client)
    assert right.status_code == 429
    assert PASSWORD not in right.text
    assert "anna" not in right.text
    assert not is_signed_in(client)


def test_door_opens_again(anna, client):
    fail(client, 5)
    let_pass(minutes=16)
    assert attempt(client).status_code == 302


def test_attempts_while_locked_do_not_lengthen_the_lock(anna, client):
    fail(client, 5)
    let_pass(minutes=10)
    assert fail(client, 3).status_code == 429
    let_pass(minutes=5)
    assert attempt(client).status_code == 302


def test_success_forgets_the_failures(anna, client):
    for _ in range(3):
        fail(client, 4)
        assert attempt(client).status_code == 302
        client.post("/abmelden/")
    assert not Attempt.objects.exists()


def test_lock_holds_for_one_account_at_one_address(anna, ben, client):
    fail(client, 5)
    assert attempt(client, "ben").status_code == 302
    assert attempt(Client(), "anna", address="192.0.2.2").status_code == 302


def test_unknown_names_are_locked_like_known_ones(db, client):
    assert fail(client, 5, "nobody").status_code == 429


def test_thirty_failures_of_an_address_lock_it_for_all_accounts(anna, client):
    for number in range(10):
        fail(client, 3, f"guess{number}")
    assert attempt(client).status_code == 429
    assert attempt(Client(), address="192.0.2.2").status_code == 302
    let_pass(minutes=61)
    assert attempt(client).status_code == 302


def test_old_failures_are_forgotten(anna, client):
    fail(client, 2)
    let_pass(minutes=61)
    fail(client, 1)
    assert Attempt.objects.count() == 1


def test_client_cannot_choose_its_address(anna, client):
    for number in range(5):
        response = client.post(
            SIGN_IN,
            {"username": "anna", "password": "falsch-und-lang-genug"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}",
        )
    assert response.status_code == 429


# An attack on one account from many addresses ---------------------------------------------


def attack(times=20, username="anna"):
    """Failures for one account, each from an address and a browser of its own."""
    for number in range(times):
        fail(Client(), 1, username, address=f"198.51.100.{number}")


def test_attack_from_many_addresses_slows_unknown_browsers(anna):
    attack()
    slowed = attempt(Client(), address="192.0.2.7")
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 30
    assert "Bitte versuchen Sie es in 1 Minute noch einmal." in slowed.text


def test_slowed_account_is_not_locked(anna):
    attack()
    let_pass(seconds=31)
    assert attempt(Client(), address="192.0.2.7").status_code == 302


def test_slowed_attacker_tries_once_in_thirty_seconds(anna):
    attack()
    statuses = []
    for _ in range(6):
        let_pass(seconds=10)
        statuses.append(fail(Client(), 1, address="198.51.100.99").status_code)
    assert statuses == [429, 429, 422, 429, 429, 422]


def test_known_browser_gets_in_while_the_attack_goes_on(anna, client):
    attempt(client, address="192.0.2.7")
    client.post("/abmelden/")
    attack(25)
    assert fail(client, 1, address="192.0.2.8").status_code == 422, "a typing mistake"
    assert attempt(client, address="192.0.2.9").status_code == 302


def test_browser_is_known_for_the_account_only_that_signed_in_there(anna, ben, client):
    attempt(client, "ben")
    client.post("/abmelden/")
    attack()
    assert attempt(client, "anna").status_code == 429


@pytest.mark.parametrize("change", [lambda c: c[:-1] + "x", lambda c: "x" + c, lambda c: ""])
def test_cookie_of_a_browser_cannot_be_made_up(anna, client, change):
    attempt(client)
    client.post("/abmelden/")
    client.cookies["browser"] = change(client.cookies["browser"].value)
    attack()
    assert attempt(client).status_code == 429


def test_stolen_cookie_of_a_browser_does_not_help_for_long(anna, client):
    attempt(client)
    attack()
    for number in range(10):
        thief = Client()
        thief.cookies["browser"] = client.cookies["browser"].value
        assert fail(thief, 1, address=f"203.0.113.{number}").status_code == 422
    thief.cookies["browser"] = client.cookies["browser"].value
    assert fail(thief, 1, address="203.0.113.99").status_code == 429


def test_known_browser_is_still_locked_after_five_failures(anna, client):
    attempt(client)
    client.post("/abmelden/")
    assert fail(client, 5).status_code == 429


def test_cookie_of_a_browser_names_nobody_and_is_for_the_server_alone(anna, client):
    attempt(client)
    cookie = client.cookies["browser"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == 180 * 24 * 60 * 60
    number, _time, _signature = cookie.value.split(":")
    assert re.fullmatch(r"[0-9a-f]{32}", number)


def test_browser_keeps_its_number_when_somebody_signs_in_again(anna, client):
    numbers = set()
    for _ in range(2):
        attempt(client)
        numbers.add(client.cookies["browser"].value.split(":")[0])
        client.post("/abmelden/")
    assert len(numbers) == 1


def test_counters_hold_no_names_and_addresses(anna, client):
    fail(client, 1, "Passwort ins falsche Feld", address="192.0.2.77")
    (row,) = Attempt.objects.values()
    kept = str(row)
    assert "192.0.2" not in kept
    assert "Passwort" not in kept


# The demo -------------------------------------------------------------------------------


@pytest.mark.parametrize("username", DEMO_USERNAMES)
@pytest.mark.parametrize(("mode", "status"), [("production", 422), ("demo", 302)])
def test_demo_password_opens_nothing_outside_the_demo(
    db, client, settings, username, mode, status
):
    settings.MODE = mode
    UserFactory(username=username, password=DEMO_PASSWORD)
    response = attempt(client, username, DEMO_PASSWORD)
    assert response.status_code == status
    assert (REFUSED in response.text) == (status == 422)


def test_other_password_of_a_demo_account_opens_in_production(db, client, settings):
    settings.MODE = "production"
    UserFactory(username="vertrieb1")
    assert attempt(client, "vertrieb1").status_code == 302


@pytest.mark.parametrize(("mode", "is_shown"), [("demo", True), ("production", False)])
def test_demo_accounts_are_shown_in_the_demo_only(db, client, settings, mode, is_shown):
    settings.MODE = mode
    text = client.get(SIGN_IN).text
    assert all((username in text) == is_shown for username in ("vertrieb1", "betreiber"))
    assert (f"<strong>{DEMO_PASSWORD}</strong>" in text) == is_shown


# The admin ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/?next=/admin/"])
def test_admin_uses_the_same_sign_in_page(db, client, address):
    response = client.get(address, follow=True)
    assert response.redirect_chain[-1] == (f"{SIGN_IN}?next=/admin/", 302)


def test_admin_cannot_be_signed_in_to_past_the_throttle(olaf, client):
    fail(client, 5, "olaf")
    data = {"username": "olaf", "password": PASSWORD}
    response = client.post("/admin/login/", data, REMOTE_ADDR="192.0.2.1")
    assert response.url.startswith(SIGN_IN)
    assert not is_signed_in(client)


def test_operator_goes_on_to_the_admin(signed_in, olaf):
    assert signed_in(olaf).get("/admin/login/").url == "/admin/"


def test_rep_is_not_sent_in_circles(page_of_anna):
    assert page_of_anna.get("/admin/", follow=True).status_code in {403, 404}
    assert page_of_anna.get("/admin/login/").status_code == 403


@pytest.mark.parametrize("address", ["/abmelden/", "/abmelden/ueberall/", "/admin/logout/"])
def test_signing_out_lets_the_browser_forget(signed_in, olaf, address):
    answer = signed_in(olaf).post(address)
    assert answer.headers["Clear-Site-Data"] == '"storage"'

"""The code that the admin asks for: where, of whom, how often, and for how long it holds."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from leads.models import Erasure
from leads.privacy.former_members import anonymise_user
from marketplaces.models import Attempt
from tests.factories import PASSWORD, UserFactory
from tests.markup import HTMX, read

from .phone import CODE, OWN, SET_UP, Phone, set_up, shown_codes, shown_key

ADMIN = "/admin/"
NEW_PASSWORD = "anderes-pferd-batterie-19"


@pytest.fixture
def asked(settings, clock):
    """The admin asks for a code."""
    settings.SECOND_FACTOR = "admin"


@pytest.fixture
def page_of_olaf(asked, signed_in, olaf, heatpumps):
    """Olaf's client, without a code given."""
    return signed_in(olaf)


@pytest.fixture
def phone(page_of_olaf, clock, signed_in, olaf):
    """Olaf's phone, set up in another session."""
    phone, _codes = set_up(signed_in(olaf), clock)
    return phone


def give(client, code, address="127.0.0.1", **data):
    return client.post(CODE, {"code": code, **data}, REMOTE_ADDR=address)


def is_let_in(client):
    status = client.get(ADMIN).status_code
    assert status in {200, 302}
    return status == 200


def let_pass(**duration):
    Attempt.objects.update(at=F("at") - timedelta(**duration))


# Where it is asked for ------------------------------------------------------------------


def test_without_the_setting_all_is_as_before(signed_in, olaf, heatpumps):
    assert django_settings.SECOND_FACTOR == "off"
    client = signed_in(olaf)
    assert is_let_in(client)
    for address in (CODE, SET_UP, OWN):
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
    assert OWN not in client.get(ADMIN).text
    assert OWN not in client.get("/leads/").text


def test_with_the_setting_a_page_leads_to_the_code_and_back(page_of_olaf, phone):
    address = "/admin/leads/lead/?q=Aigner"
    answer = page_of_olaf.get(address)
    assert (answer.status_code, answer.url) == (
        302,
        f"{CODE}?next=/admin/leads/lead/%3Fq%3DAigner",
    )
    form = read(page_of_olaf.get(answer.url)).form(CODE)
    answer = page_of_olaf.post(CODE, form.sends(code=phone.code()))
    assert (answer.status_code, answer.url) == (303, address)
    assert page_of_olaf.get(address).status_code == 200


def test_who_has_no_phone_yet_is_led_to_the_setup_and_back(page_of_olaf, clock):
    answer = page_of_olaf.get("/admin/leads/lead/")
    assert answer.url == f"{SET_UP}?next=/admin/leads/lead/"
    assert page_of_olaf.get(f"{CODE}?next=/admin/leads/lead/").url == answer.url
    shown = page_of_olaf.get(answer.url)
    data = read(shown).form(SET_UP).sends(code=Phone(shown_key(shown), clock).code())
    done = page_of_olaf.post(SET_UP, data)
    assert done.status_code == 200
    assert read(done).one("a", href="/admin/leads/lead/").text == "Ich habe sie aufbewahrt"
    assert page_of_olaf.get("/admin/leads/lead/").status_code == 200


def test_what_is_sent_is_refused_and_changes_nothing(page_of_olaf, phone, heatpumps):
    address = f"/admin/marketplaces/marketplace/{heatpumps.pk}/change/"
    for headers in ({}, HTMX):
        answer = page_of_olaf.post(
            address,
            {"name": "Anders", "slug": "Mein langer Text"},
            headers={**headers, "Referer": f"http://testserver{address}"},
        )
        assert answer.status_code == 403
        assert "Bitte zuerst den Code eingeben" in answer.text
        assert "Es wurde nichts gespeichert" in answer.text
        assert "Mein langer Text" in answer.text
        assert f'href="{CODE}?next={address}"' in answer.text
    heatpumps.refresh_from_db()
    assert heatpumps.name == "Wärmepumpe Süd"


def test_htmx_gets_the_code_page_as_a_whole(page_of_olaf, phone):
    answer = page_of_olaf.get(
        "/admin/search/?s=lead",
        headers={**HTMX, "HX-Current-URL": "http://testserver/admin/leads/lead/"},
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"{CODE}?next=/admin/leads/lead/"
    assert answer.content == b""


def test_the_way_out_is_open(page_of_olaf, phone):
    assert page_of_olaf.post("/admin/logout/").url == "/anmelden/"
    assert page_of_olaf.get("/passwort/").status_code == 302


def test_the_application_asks_nobody(page_of_olaf, phone, page_of_anna):
    for client in (page_of_olaf, page_of_anna):
        assert client.get("/leads/").status_code == 200
    assert OWN in page_of_olaf.get("/leads/").text
    give(page_of_olaf, phone.code())
    assert OWN in page_of_olaf.get(ADMIN).text
    assert OWN not in page_of_anna.get("/leads/").text


def test_a_rep_notices_nothing(asked, page_of_anna):
    assert page_of_anna.get(ADMIN).status_code == 404
    for address in (CODE, SET_UP, OWN):
        for verb in ("get", "post", "put", "delete"):
            assert getattr(page_of_anna, verb)(address).status_code == 404


def test_who_becomes_staff_is_asked_with_the_next_request(asked, signed_in, anna):
    client = signed_in(anna)
    anna.is_staff = True
    anna.save()
    assert client.get(ADMIN).url == f"{SET_UP}?next=/admin/"


# Setting up -----------------------------------------------------------------------------


def test_setup_shows_the_key_as_picture_text_and_link(page_of_olaf, olaf):
    response = page_of_olaf.get(SET_UP)
    key = shown_key(response)
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
    html = read(response)
    svg = html.one("svg", role="img", aria_label="QR-Code für die App")
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", svg.one("path")["d"])
    (address,) = [a["href"] for a in html.all("a") if a.get("href").startswith("otpauth:")]
    assert f"secret={key.replace(' ', '')}" in address
    assert "olaf" in address
    field = html.one("input", name="code")
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
    assert "style=" not in response.text
    assert "no-store" in response.headers["Cache-Control"]


def test_key_stays_while_the_page_is_reloaded_and_after_a_wrong_code(page_of_olaf, clock):
    key = shown_key(page_of_olaf.get(SET_UP))
    assert shown_key(page_of_olaf.get(SET_UP)) == key
    wrong = page_of_olaf.post(SET_UP, {"code": Phone(key, clock).wrong()})
    assert wrong.status_code == 422
    assert "Dieser Code stimmt nicht" in wrong.text
    assert shown_key(wrong) == key
    assert not TOTPDevice.objects.exists()
    assert page_of_olaf.get(ADMIN).url.startswith(SET_UP)


def test_key_is_of_this_session_alone(page_of_olaf, signed_in, olaf, clock):
    """Who knew the password first must not know the key that the person confirms later."""
    seen = Phone(shown_key(page_of_olaf.get(SET_UP)), clock)
    mine, _codes = set_up(signed_in(olaf), clock)
    assert give(page_of_olaf, seen.code()).status_code == 422
    assert give(page_of_olaf, mine.code()).status_code == 303


def test_recovery_codes_are_shown_once(page_of_olaf, clock):
    _phone, codes = set_up(page_of_olaf, clock)
    assert len(set(codes)) == 10
    for address in (SET_UP, OWN, ADMIN, CODE):
        assert shown_codes(page_of_olaf.get(address, follow=True)) == []
    kept = str([*StaticToken.objects.values()])
    assert not any(code in kept or code.replace(" ", "") in kept for code in codes)


def test_setup_sent_twice_sets_up_once(page_of_olaf, clock):
    data = {"code": Phone(shown_key(page_of_olaf.get(SET_UP)), clock).code()}
    assert page_of_olaf.post(SET_UP, data).status_code == 200
    before = [*TOTPDevice.objects.values(), *StaticToken.objects.values()]
    again = page_of_olaf.post(SET_UP, data)
    assert again.status_code == 409
    assert "Das Telefon ist schon eingerichtet." in again.text
    assert [*TOTPDevice.objects.values(), *StaticToken.objects.values()] == before
    assert is_let_in(page_of_olaf)


def test_setup_in_a_stale_tab_replaces_nothing(page_of_olaf, signed_in, olaf, clock):
    stale = Phone(shown_key(page_of_olaf.get(SET_UP)), clock)
    phone, _codes = set_up(signed_in(olaf), clock)
    answer = page_of_olaf.post(SET_UP, {"code": stale.code()})
    assert answer.status_code == 403
    assert not is_let_in(page_of_olaf)
    assert give(page_of_olaf, phone.code()).status_code == 303
    # Nor does it go on after the code: another phone needs the password once more.
    assert page_of_olaf.get(SET_UP).url == OWN
    assert page_of_olaf.post(SET_UP, {"code": stale.code()}).status_code == 409
    assert TOTPDevice.objects.count() == 1


def test_setup_whose_session_is_over_shows_a_new_key(page_of_olaf, signed_in, olaf, clock):
    old = shown_key(page_of_olaf.get(SET_UP))
    other = signed_in(olaf)
    answer = other.post(SET_UP, {"code": Phone(old, clock).code()})
    assert answer.status_code == 409
    assert "Hier ist ein neuer QR-Code" in answer.text
    assert shown_key(answer) != old
    assert not TOTPDevice.objects.exists()


def test_setup_is_no_way_around_the_code(page_of_olaf, phone):
    assert page_of_olaf.get(SET_UP).url.startswith(f"{CODE}?next=")
    assert page_of_olaf.post(SET_UP, {"code": "123456"}).status_code == 403
    assert TOTPDevice.objects.count() == 1


# Codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{0}{1}", "{0} {1}", " {0}-{1} ", "{0}\u00a0{1}"])
def test_blanks_in_a_code_do_not_matter(page_of_olaf, phone, written):
    code = phone.code()
    assert give(page_of_olaf, written.format(code[:3], code[3:])).status_code == 303


@pytest.mark.parametrize(("later", "is_right"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_phone_may_be_wrong_by_one_step(page_of_olaf, phone, clock, later, is_right):
    clock.now += 300
    assert give(page_of_olaf, phone.code(later=later)).status_code == (
        303 if is_right else 422
    )
    assert is_let_in(page_of_olaf) == bool(is_right)


def test_code_is_accepted_once(page_of_olaf, phone, signed_in, olaf):
    code = phone.code()
    assert give(page_of_olaf, code).status_code == 303
    other = signed_in(olaf)
    again = give(other, code)
    assert again.status_code == 422
    assert "wurde schon benutzt" in again.text
    assert not is_let_in(other)
    # Nor is one of before it; the next one is.
    assert give(other, phone.code(later=-1)).status_code == 422
    assert give(other, phone.code(later=1)).status_code == 303


def test_code_of_the_setup_is_used_up(page_of_olaf, signed_in, olaf, clock):
    phone = Phone(shown_key(page_of_olaf.get(SET_UP)), clock)
    code = phone.code()
    assert page_of_olaf.post(SET_UP, {"code": code}).status_code == 200
    assert give(signed_in(olaf), code).status_code == 422


def test_code_of_somebody_else_is_wrong(page_of_olaf, phone, signed_in, clock):
    other = signed_in(UserFactory(username="otto", is_staff=True))
    theirs, codes = set_up(other, clock)
    assert give(page_of_olaf, theirs.code()).status_code == 422
    assert give(page_of_olaf, codes[0]).status_code == 422
    assert not is_let_in(page_of_olaf)
    assert is_let_in(other)
    give(page_of_olaf, phone.code())
    assert "noch 10" in read(page_of_olaf.get(OWN)).one("main").text


def test_recovery_code_works_once(asked, signed_in, olaf, clock):
    _phone, codes = set_up(signed_in(olaf), clock)
    first, second = signed_in(olaf), signed_in(olaf)
    assert give(first, codes[3]).status_code == 303
    assert "Es bleiben noch 9." in first.get(ADMIN).text
    assert give(second, codes[3]).status_code == 422
    assert not is_let_in(second)
    assert give(second, codes[4].replace(" ", "")).status_code == 303
    assert is_let_in(second)


def test_code_is_not_shown_again_by_who_refuses_its_form(page_of_olaf, phone):
    page_of_olaf.handler.enforce_csrf_checks = True
    answer = page_of_olaf.post(
        CODE,
        {"code": "1234 5678 9012", "note": "Was ich schrieb"},
        headers={"Referer": f"http://testserver{CODE}"},
    )
    assert answer.status_code == 403
    assert "Was ich schrieb" in answer.text
    assert "1234 5678 9012" not in answer.text


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "\0"])
def test_what_is_no_code_comes_back_and_does_not_count(page_of_olaf, phone, code):
    answer = give(page_of_olaf, code)
    assert answer.status_code == 422
    assert not Attempt.objects.exists()
    assert not is_let_in(page_of_olaf)


def test_code_sent_twice_goes_on(page_of_olaf, phone):
    code = phone.code()
    for _ in range(2):
        assert give(page_of_olaf, code, next="/admin/leads/lead/").url == "/admin/leads/lead/"
    assert not Attempt.objects.exists()
    assert page_of_olaf.get(f"{CODE}?next=/admin/leads/").url == "/admin/leads/"


@pytest.mark.parametrize(
    "target", ["//evil.example/", "/\\evil.example/", "https://evil.example/", "/a\r\nX: 1"]
)
def test_next_leads_nowhere_else(page_of_olaf, phone, target):
    form = read(page_of_olaf.get(CODE, {"next": target})).form(CODE)
    assert form.held["next"] == ""
    assert give(page_of_olaf, phone.code(), next=target).url == ADMIN


# How often ------------------------------------------------------------------------------


def fail(client, phone, times, **kwargs):
    for _ in range(times):
        response = give(client, phone.wrong(), **kwargs)
    return response


def sign_in(client, password=PASSWORD, address="127.0.0.1"):
    data = {"username": "olaf", "password": password}
    return client.post("/anmelden/", data, REMOTE_ADDR=address)


def test_fifth_wrong_code_closes_the_door_for_the_right_one_too(page_of_olaf, phone):
    assert fail(page_of_olaf, phone, 4).status_code == 422
    locked = fail(page_of_olaf, phone, 1)
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "900")
    assert "Bitte versuchen Sie es in 15 Minuten noch einmal." in locked.text
    code = phone.code()
    assert give(page_of_olaf, code).status_code == 429
    assert not is_let_in(page_of_olaf)
    let_pass(minutes=16)
    assert give(page_of_olaf, code).status_code == 303


def test_wrong_codes_and_wrong_passwords_count_together(page_of_olaf, phone):
    fail(page_of_olaf, phone, 3)
    assert sign_in(Client(), "falsch").status_code == 422
    assert sign_in(Client(), "falsch").status_code == 429
    assert give(page_of_olaf, phone.code()).status_code == 429
    assert sign_in(Client()).status_code == 429


def test_right_password_does_not_forget_wrong_codes(page_of_olaf, phone):
    fail(page_of_olaf, phone, 4)
    again = Client()
    assert sign_in(again).status_code == 302
    assert fail(again, phone, 1).status_code == 429


def test_right_code_forgets_the_failures(page_of_olaf, phone):
    sign_in(Client(), "falsch")
    fail(page_of_olaf, phone, 3)
    assert give(page_of_olaf, phone.code()).status_code == 303
    assert not Attempt.objects.exists()


def test_codes_tried_from_many_addresses_are_slowed(page_of_olaf, phone):
    """Also in browsers that are known, since whoever knows the password has such a one."""
    for number in range(20):
        thief = Client()
        assert sign_in(thief, address=f"198.51.100.{number}").status_code == 302
        assert fail(thief, phone, 1, address=f"198.51.100.{number}").status_code == 422
    code = phone.code()
    assert give(page_of_olaf, code, address="192.0.2.7").status_code == 429
    let_pass(seconds=31)
    assert give(page_of_olaf, code, address="192.0.2.7").status_code == 303


def test_who_does_not_know_the_password_slows_nobody_down_here(page_of_olaf, phone):
    for number in range(25):
        sign_in(Client(), "falsch", address=f"198.51.100.{number}")
    assert give(page_of_olaf, phone.code(), address="192.0.2.7").status_code == 303


def test_wrong_codes_of_the_setup_are_counted(page_of_olaf, clock):
    phone = Phone(shown_key(page_of_olaf.get(SET_UP)), clock)
    statuses = [
        page_of_olaf.post(SET_UP, {"code": phone.wrong()}).status_code for _ in range(5)
    ]
    assert statuses == [422] * 4 + [429]
    assert page_of_olaf.post(SET_UP, {"code": phone.code()}).status_code == 429
    assert not TOTPDevice.objects.exists()


# How long it holds ----------------------------------------------------------------------


def test_code_is_given_for_one_session(page_of_olaf, phone, signed_in, olaf):
    old = page_of_olaf.cookies["sessionid"].value
    give(page_of_olaf, phone.code())
    assert is_let_in(page_of_olaf)
    assert page_of_olaf.cookies["sessionid"].value != old
    assert not Session.objects.filter(pk=old).exists()
    assert not is_let_in(signed_in(olaf))


def test_signing_out_ends_it(page_of_olaf, phone):
    give(page_of_olaf, phone.code())
    page_of_olaf.post("/abmelden/")
    assert sign_in(page_of_olaf).status_code == 302
    assert not is_let_in(page_of_olaf)


def test_changed_password_ends_it(page_of_olaf, phone):
    give(page_of_olaf, phone.code())
    data = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD}
    assert (
        page_of_olaf.post("/passwort/", {**data, "new_password2": NEW_PASSWORD}).status_code
        == 302
    )
    assert page_of_olaf.get("/passwort/").status_code == 200, "this session is kept"
    assert page_of_olaf.get(ADMIN).url == f"{CODE}?next=/admin/"
    assert give(page_of_olaf, phone.code(later=1)).status_code == 303


def test_other_phone_ends_it_elsewhere(page_of_olaf, phone, signed_in, olaf, clock):
    give(page_of_olaf, phone.code())
    other = signed_in(olaf)
    give(other, phone.code(later=1))
    clock.now += 60
    assert other.post(OWN, {"password": PASSWORD, "neu": "telefon"}).url == SET_UP
    assert is_let_in(page_of_olaf), "nothing is confirmed yet"
    new, codes = set_up(other, clock)
    assert len(codes) == 10
    assert is_let_in(other)
    assert not is_let_in(page_of_olaf)
    assert give(page_of_olaf, phone.code()).status_code == 422
    assert give(page_of_olaf, new.code()).status_code == 303


# The own page ---------------------------------------------------------------------------


def test_own_page_needs_a_code(page_of_olaf, phone):
    assert page_of_olaf.get(OWN).url == f"{CODE}?next={OWN}"
    for wanted in ("codes", "telefon"):
        answer = page_of_olaf.post(OWN, {"password": PASSWORD, "neu": wanted})
        assert answer.status_code == 403
        assert shown_codes(answer) == []


def test_own_page_shows_what_there_is(page_of_olaf, phone):
    give(page_of_olaf, phone.code())
    text = read(page_of_olaf.get(OWN)).one("main").text
    assert re.search(r"eingerichtet am \d\d\.\d\d\.\d{4}", text)
    assert "noch 10" in text
    page_of_olaf.cookies["django_language"] = "en"
    assert re.search(r"set up on \d\d\.\d\d\.\d{4}", read(page_of_olaf.get(OWN)).text)
    assert page_of_olaf.get(SET_UP).url == OWN


def test_new_recovery_codes_replace_the_old_ones(asked, signed_in, olaf, clock):
    page_of_olaf = signed_in(olaf)
    _phone, old = set_up(page_of_olaf, clock)
    answer = page_of_olaf.post(OWN, {"password": PASSWORD, "neu": "codes"})
    new = shown_codes(answer)
    assert (answer.status_code, len(set(new) - set(old))) == (200, 10)
    other = signed_in(olaf)
    assert give(other, old[0]).status_code == 422
    assert give(other, new[0]).status_code == 303


@pytest.mark.parametrize("wanted", ["codes", "telefon"])
def test_own_page_wants_the_password(page_of_olaf, phone, wanted):
    give(page_of_olaf, phone.code())
    before = [*TOTPDevice.objects.values(), *StaticToken.objects.values()]
    for password in ("", "falsch"):
        answer = page_of_olaf.post(OWN, {"password": password, "neu": wanted})
        assert answer.status_code == 422
        assert shown_codes(answer) == []
    assert page_of_olaf.get(SET_UP).url == OWN
    assert [*TOTPDevice.objects.values(), *StaticToken.objects.values()] == before


def test_own_page_does_not_let_passwords_be_guessed(page_of_olaf, phone):
    give(page_of_olaf, phone.code())
    data = {"password": "falsch", "neu": "codes"}
    statuses = [page_of_olaf.post(OWN, data).status_code for _ in range(21)]
    assert statuses == [422] * 20 + [429]
    assert page_of_olaf.post(OWN, {**data, "password": PASSWORD}).status_code == 429


def test_own_page_knows_two_things(page_of_olaf, phone):
    give(page_of_olaf, phone.code())
    assert page_of_olaf.post(OWN, {"password": PASSWORD, "neu": "alles"}).status_code == 400


# Secrets --------------------------------------------------------------------------------


def test_the_admin_shows_no_devices(admin_client):
    for name in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert admin_client.get(f"/admin/{name}/").status_code == 404
    assert "otp_totp" not in admin_client.get(ADMIN).text


def test_an_anonymised_person_has_no_device_any_more(page_of_olaf, phone, olaf):
    olaf.is_active = False
    olaf.save()
    anonymise_user(olaf, by=None, reason=Erasure.Reason.REQUEST)
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()


# Resetting ------------------------------------------------------------------------------


def reset(username):
    out = StringIO()
    call_command("reset_second_factor", username, stdout=out)
    return out.getvalue()


def test_reset_takes_all_away_and_ends_the_sessions(
    page_of_olaf, phone, olaf, signed_in, clock
):
    other = signed_in(UserFactory(username="otto", is_staff=True))
    set_up(other, clock)
    give(page_of_olaf, phone.code())
    assert "2 Sitzungen wurden beendet" in reset("olaf")
    assert page_of_olaf.get(ADMIN).url == "/admin/login/?next=/admin/"
    assert is_let_in(other)
    assert not TOTPDevice.objects.filter(user=olaf).exists()
    assert not StaticToken.objects.filter(device__user=olaf).exists()
    again = signed_in(olaf)
    assert again.get(ADMIN).url == f"{SET_UP}?next=/admin/"


def test_reset_of_who_has_none_changes_nothing(page_of_olaf, olaf):
    assert "keinen zweiten Faktor" in reset("olaf")
    assert page_of_olaf.get("/leads/").status_code == 200


def test_reset_of_nobody_says_so(db):
    with pytest.raises(CommandError, match="kein Konto"):
        reset("niemand")

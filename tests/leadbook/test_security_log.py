"""The security log: what is written down, and what never is."""

import io
import json
import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from leadbook import provenance, security_log
from leadbook.security_log import AT_MOST
from tests.factories import PASSWORD
from tests.marketplaces.admin_page import MarketplacePage
from tests.marketplaces.phone import CODE, OWN, set_up

NEW = "sieben-rote-dachziegel"


@pytest.fixture
def log():
    """A list into which each line is read as soon as it is written."""

    class Reader(logging.Handler):
        def emit(self, record):
            text = self.format(record)
            assert "\n" not in text
            lines.append(json.loads(text))

    lines = []
    handler = Reader()
    handler.setFormatter(security_log.Formatter())
    security_log.logger.addHandler(handler)
    yield lines
    security_log.logger.removeHandler(handler)


def sign_in(client, username="anna", password=PASSWORD):
    return client.post("/anmelden/", {"username": username, "password": password})


def events(log):
    return [line["event"] for line in log]


# What is written down ---------------------------------------------------------------------


def test_a_line_says_who_what_when_and_where_from(page_of_anna, anna, log):
    response = page_of_anna.get("/leads/999999/", REMOTE_ADDR="192.0.2.7")
    (line,) = log
    written = datetime.fromisoformat(line.pop("time"))
    assert written.utcoffset() == timedelta(0)
    assert line == {
        "event": "object_not_found",
        "user": anna.pk,
        "address": "192.0.2.7",
        "request_id": response.headers[provenance.HEADER],
        "method": "GET",
        "path": "/leads/999999/",
        "status": 404,
    }


def test_signing_in_and_out(anna, client, log):
    sign_in(client, password="falsch")
    sign_in(client)
    client.post("/abmelden/")
    sign_in(client)
    client.post("/abmelden/ueberall/")
    assert [(line["event"], line["user"], line["status"]) for line in log] == [
        ("sign_in_failed", None, 422),
        ("signed_in", anna.pk, 302),
        ("signed_out", anna.pk, 302),
        ("signed_in", anna.pk, 302),
        ("signed_out_everywhere", anna.pk, 303),
    ]
    assert log[-1]["sessions"] == 1
    assert log[0]["account"] == log[1]["account"], "so that failures can be told apart"


def test_throttled_sign_in(anna, client, log):
    for _ in range(6):
        sign_in(client, password="falsch")
    assert events(log)[4:] == ["sign_in_failed", "sign_in_throttled", "sign_in_throttled"]
    assert log[-1]["status"] == 429


def test_passwords(anna, signed_in, client, log, mailoutbox):
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    signed_in(anna).post("/passwort/", data)
    client.post("/passwort/vergessen/", {"email": "niemand@beispiel.de"})
    assert events(log) == ["password_changed", "password_reset_asked"]


def test_second_factor(signed_in, olaf, settings, clock, log):
    settings.SECOND_FACTOR = "admin"
    client = signed_in(olaf)
    assert client.post("/admin/").status_code == 403
    phone, codes = set_up(client, clock)
    other = signed_in(olaf)
    for code in (phone.wrong(), codes[0]):
        other.post(CODE, {"code": code})
    other.post(OWN, {"password": PASSWORD, "neu": "codes"})
    other = signed_in(olaf)
    for _ in range(6):
        other.post(CODE, {"code": phone.wrong()})
    call_command("reset_second_factor", "olaf", stdout=io.StringIO())
    assert events(log) == [
        "second_factor_missing",
        "second_factor_set_up",
        "second_factor_failed",
        "second_factor_given",
        "recovery_codes_renewed",
        *["second_factor_failed"] * 5,
        *["second_factor_throttled"] * 2,
        "second_factor_reset",
    ]
    assert {line["user"] for line in log[:-1]} == {olaf.pk}
    assert log[3]["means"] == "recovery_code"
    assert (log[-1]["account"], log[-1]["sessions"]) == (olaf.pk, 3)
    written = str(log)
    assert "olaf" not in written
    assert phone.wrong() not in written
    assert not any(code in written or code.replace(" ", "") in written for code in codes)


def test_refused_form(anna, log):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post("/abmelden/").status_code == 403
    assert client.post("/anmelden/", HTTP_ORIGIN="https://evil.example").status_code == 403
    assert [(line["event"], line["status"]) for line in log] == [("form_refused", 403)] * 2
    assert log[0]["user"] == anna.pk
    assert log[0]["reason"] == "CSRF cookie not set."


def test_refused_page(page_of_anna, log):
    assert page_of_anna.get("/admin/login/").status_code == 403
    assert page_of_anna.get("/admin/").status_code == 404
    assert events(log) == ["access_refused", "object_not_found"]


def test_foreign_lead(signed_in, ben, lead, log):
    for method in ("get", "post"):
        getattr(signed_in(ben), method)(f"/leads/{lead.pk}/phase/")
    assert [(line["event"], line["user"]) for line in log] == [
        ("object_not_found", ben.pk)
    ] * 2


def test_addresses_that_lead_nowhere_and_strangers_are_left_out(page_of_anna, client, log):
    assert page_of_anna.get("/nirgends/").status_code == 404
    assert client.get("/nirgends/").status_code == 404
    assert client.get("/leads/1/").status_code == 302
    assert log == []


def test_late_move(page_of_anna, lead, log):
    von, nach = lead.phase_id, lead.next_phase.pk
    for _ in range(2):
        answer = page_of_anna.post(f"/leads/{lead.pk}/phase/", {"von": von, "nach": nach})
    assert answer.status_code == 409
    (line,) = log
    assert (line["event"], line["path"]) == ("change_refused", f"/leads/{lead.pk}/phase/")


def test_conflict_of_a_field(page_of_anna, lead, log):
    data = {"phone": "089 1", "seen-phone": "anders"}
    answer = page_of_anna.post(f"/leads/{lead.pk}/felder/phone/", data)
    assert answer.status_code == 409
    assert events(log) == ["change_refused"]


def test_refused_upload(page_of_anna, lead, log):
    files = [SimpleUploadedFile("Aigner.exe", b"MZ"), SimpleUploadedFile("gut.txt", b"gut")]
    answer = page_of_anna.post(f"/leads/{lead.pk}/anhaenge/", {"dateien": files})
    assert answer.status_code == 303
    (line,) = log
    assert (line["event"], line["lead"], line["files"]) == ("upload_refused", lead.pk, 1)
    assert "Aigner" not in str(line)


def test_too_large_a_request(page_of_anna, log):
    page_of_anna.post("/sprache/", {"language": "a" * 3_000_000})
    assert events(log) == ["request_too_large"]


def test_others_write_their_own_lines(anna, rf, log):
    with provenance.of(request_id="7" * 32):
        security_log.record("lead_exported", user=anna, lead=12)
    (line,) = log
    assert (line["event"], line["user"], line["lead"]) == ("lead_exported", anna.pk, 12)
    assert (line["request_id"], line["path"]) == ("7" * 32, None)


# What operators do ------------------------------------------------------------------------


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """What a request leaves for after its transaction is done at the end of the block."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def told(log):
    """What the lines say of changed objects, shortly."""
    return [
        (line["event"], line["model"], line["id"], line.get("fields"))
        for line in log
        if line["event"].startswith("admin_")
    ]


def test_changed_marketplace_with_its_parts(signed_in, olaf, ben, heatpumps, log, committed):
    page = MarketplacePage(signed_in(olaf), heatpumps)
    offer, deal = heatpumps.phases.get(name="Angebot"), heatpumps.phases.get(name="Auftrag")
    place = heatpumps.memberships.get(user=ben)
    page.data["name"] = "Wärmepumpen"
    page.set("phases", "Angebot", name="Offerte", target_days="5")
    page.delete("phases", "Auftrag")
    page.data[f"{page.row('memberships', str(ben.pk))}-role"] = "manager"
    page.add("fields", label="Dach", group="interest", kind="text")
    with committed():
        page.save()
    field = heatpumps.fields.get()
    assert sorted(told(log), key=str) == [
        ("admin_added", "marketplaces.field", field.pk, None),
        ("admin_changed", "marketplaces.marketplace", heatpumps.pk, ["Name"]),
        ("admin_changed", "marketplaces.membership", place.pk, ["role"]),
        ("admin_changed", "marketplaces.phase", offer.pk, ["name", "target_days"]),
        ("admin_deleted", "marketplaces.phase", deal.pk, None),
    ]
    assert {line["user"] for line in log} == {olaf.pk}
    assert "Offerte" not in str(log)


def test_unchanged_page_leaves_no_line(signed_in, olaf, heatpumps, log, committed):
    with committed():
        MarketplacePage(signed_in(olaf), heatpumps).save()
    assert log == []


def test_refused_page_leaves_no_line(signed_in, olaf, heatpumps, lead, log, committed):
    page = MarketplacePage(signed_in(olaf), heatpumps)
    page.delete("phases", "Angebot")
    with committed():
        assert page.send().status_code == 200
    assert told(log) == []


def test_accounts(admin_client, ben, log, committed):
    address = f"/admin/marketplaces/user/{ben.pk}/"
    table = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    account = {"username": "ben", "email": "neu@beispiel.de", "is_superuser": "on"}
    with committed():
        admin_client.post(f"{address}change/", {**account, **table})
        admin_client.post(f"{address}password/", {"password1": NEW, "password2": NEW})
        admin_client.post(f"{address}delete/", {"post": "yes"})
    model = "marketplaces.user"
    first, second, third = told(log)
    assert first[:3] == ("admin_changed", model, ben.pk)
    assert {"Superuser status", "Active"} <= set(first[3])
    assert second == ("admin_changed", model, ben.pk, ["password"])
    assert third == ("admin_deleted", model, ben.pk, None)
    assert "neu@beispiel.de" not in str(log)
    assert NEW not in str(log)


def test_moved_leads(signed_in, olaf, heatpumps, lead, log):
    here, there = lead.phase, heatpumps.phases.first()
    address = f"/admin/marketplaces/marketplace/{heatpumps.pk}/phases/{here.pk}/relocate/"
    assert signed_in(olaf).post(address, {"to": there.pk}).status_code == 302
    (line,) = log
    assert (line["event"], line["leads"]) == ("admin_moved_leads", 1)
    assert (line["from_phase"], line["to_phase"]) == (here.pk, there.pk)


# A scanner does not flood it --------------------------------------------------------------


def test_a_scanner_leaves_some_lines_in_a_minute(page_of_anna, signed_in, meike, log):
    for number in range(AT_MOST * 2):
        page_of_anna.get(f"/leads/{900_000 + number}/")
    assert len(log) == AT_MOST
    assert [line.get("more_left_out", False) for line in log[-2:]] == [False, True]
    signed_in(meike).get("/leads/900000/")
    assert len(log) == AT_MOST + 1, "others are still heard"


# What never stands in it ------------------------------------------------------------------


def test_secrets_stay_out(anna, client, lead, log, mailoutbox):
    typed = "Geheimes Passwort im falschen Feld"
    sign_in(client, typed, "ein anderes Geheimnis")
    sign_in(client)
    secrets = [client.cookies[name].value for name in ("sessionid", "csrftoken", "browser")]
    client.get(f"/leads/99999/?q={lead.phone}")
    client.post(f"/leads/{lead.pk}/felder/phone/", {"phone": "0171 99", "seen-phone": "x"})
    client.post("/passwort/vergessen/", {"email": anna.email})
    client.post("/abmelden/")
    text = json.dumps(log)
    assert len(log) >= 6
    for secret in (typed, "Geheim", PASSWORD, anna.email, lead.phone, "0171 99", *secrets):
        assert secret not in text


def test_link_for_a_new_password_stays_out(anna, client, log):
    unprotected = Client(enforce_csrf_checks=True)
    assert unprotected.post("/passwort/neu/MQ/cabc12-0123456789abcdef/").status_code == 403
    (line,) = log
    assert line["path"] == "/passwort/neu/<uidb64>/<token>/"


@pytest.mark.parametrize(
    "text", ["a\r\nb", 'a"}\n{"event": "x', "a\u2028b", "a\x1b[2Jb", "a\x00"]
)
def test_no_character_begins_a_line_of_its_own(text):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(security_log.Formatter())
    security_log.logger.addHandler(handler)
    security_log.record("test", path_of_file=text)
    security_log.logger.removeHandler(handler)
    written = stream.getvalue()
    assert written.isascii()
    assert written.removesuffix("\n").isprintable()
    assert json.loads(written)["path_of_file"] == text


def test_very_long_texts_are_cut(log):
    security_log.record("test", text="a" * 10_000)
    assert len(log[0]["text"]) == 200


# In production ----------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["INFO", "CRITICAL"])
def test_it_goes_to_standard_output_whatever_the_level(tmp_path, level):
    code = "from leadbook import security_log as s; s.record('test', count=1)"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    result = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=settings.BASE_DIR,
        env={
            **kept,
            "SECRET_KEY": "0123456789" * 6,
            "ALLOWED_HOSTS": "leads.example",
            "VAR_DIR": str(tmp_path),
            "LOG_LEVEL": level,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert json.loads(result.stdout)["event"] == "test"
    assert "test" not in result.stderr

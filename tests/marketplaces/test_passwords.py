"""Passwords: changing one, getting a new one by e-mail, and what one must be."""

import re
import threading
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from marketplaces import tasks
from tests.factories import PASSWORD, UserFactory

NEW = "sieben-rote-dachziegel"


def change(client, old=PASSWORD, new=NEW, again=None):
    data = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post("/passwort/", data)


def ask(client, email, **kwargs):
    response = client.post("/passwort/vergessen/", {"email": email}, **kwargs)
    wait_for_mails()
    return response


def wait_for_mails():
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()


def link_in(mail):
    return re.search(r"http://127\.0\.0\.1:8000(/passwort/neu/\S+)", mail.body).group(1)


# Changing -------------------------------------------------------------------------------


def test_change_keeps_this_session_and_ends_the_others(signed_in, anna):
    here, there = signed_in(anna), signed_in(anna)
    assert change(here).status_code == 302
    assert "Ihr Passwort ist geändert." in here.get("/passwort/").text
    assert there.get("/passwort/").status_code == 302
    anna.refresh_from_db()
    assert anna.check_password(NEW)


def test_page_says_what_a_password_needs(page_of_anna, signed_in, olaf):
    page = page_of_anna.get("/passwort/").text
    assert "Mindestens 12 Zeichen" in page
    assert page.count('autocomplete="new-password"') == 2
    assert "Mindestens 15 Zeichen" in signed_in(olaf).get("/passwort/").text


@pytest.mark.parametrize(
    ("passwords", "message"),
    [
        ({"old": "falsch"}, "Das aktuelle Passwort ist nicht richtig."),
        ({"again": "acht-rote-dachziegel"}, "Die beiden Passwörter sind nicht gleich."),
        ({"new": "kurz"}, "mindestens 12 Zeichen"),
    ],
)
def test_refused_change_says_why_and_changes_nothing(page_of_anna, anna, passwords, message):
    response = change(page_of_anna, **passwords)
    assert response.status_code == 422
    assert message in response.text
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("password", "is_staff"),
    [
        ("elf-zeichen", False),
        ("vierzehn-zchn", True),
        ("qwerty123456", False),
        ("123456789012345", False),
        ("anna.beispiel@beispiel.de", False),
    ],
)
def test_weak_passwords_are_refused(db, password, is_staff):
    user = UserFactory(
        username="anna.beispiel", email="anna.beispiel@beispiel.de", is_staff=is_staff
    )
    with pytest.raises(ValidationError):
        validate_password(password, user)


@pytest.mark.parametrize(
    ("password", "is_staff"),
    [("zwoelf-zeich", False), ("fuenfzehn-zeich", True), ("ä" * 128, False)],
)
def test_long_passwords_need_no_special_characters(db, password, is_staff):
    assert validate_password(password, UserFactory(is_staff=is_staff)) is None


# Forgotten ------------------------------------------------------------------------------


def test_way_from_the_mail_to_the_new_password(anna, client, mailoutbox):
    response = ask(client, anna.email.upper())
    assert response.url == "/passwort/vergessen/gesendet/"
    assert "unterwegs" in client.get(response.url).text
    (mail,) = mailoutbox
    assert mail.to == [anna.email]
    assert mail.subject == "Ihr neues Passwort für leadbook"
    assert mail.body.startswith("Guten Tag Anna Beispiel,")
    assert "Ihr Benutzername lautet: anna" in mail.body
    assert mail.content_subtype == "plain"

    page = client.get(link_in(mail), follow=True)
    assert "<h1>Neues Passwort</h1>" in page.text
    assert page.redirect_chain[0][0].endswith("/set-password/"), "the token leaves the address"
    data = {"new_password1": NEW, "new_password2": NEW}
    done = client.post(page.redirect_chain[0][0], data)
    assert done.url == "/passwort/neu/fertig/"
    assert client.get(done.url).status_code == 200
    anna.refresh_from_db()
    assert anna.check_password(NEW)


def test_link_leads_to_the_installation_whatever_the_host(anna, client, mailoutbox, settings):
    settings.PUBLIC_URL = "https://leads.example"
    ask(client, anna.email, headers={"Host": "localhost:4444"})
    assert re.search(r"https://leads\.example/passwort/neu/", mailoutbox[0].body)
    assert "localhost" not in mailoutbox[0].body


def test_new_password_ends_all_sessions(signed_in, anna, client, mailoutbox):
    elsewhere = signed_in(anna)
    ask(client, anna.email)
    address = client.get(link_in(mailoutbox[0])).url
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert elsewhere.get("/passwort/").status_code == 302


def test_weak_new_password_comes_back(anna, client, mailoutbox):
    ask(client, anna.email)
    address = client.get(link_in(mailoutbox[0])).url
    response = client.post(address, {"new_password1": "kurz", "new_password2": "kurz"})
    assert response.status_code == 422
    assert "mindestens 12 Zeichen" in response.text


def test_link_works_once(anna, client, mailoutbox):
    ask(client, anna.email)
    link = link_in(mailoutbox[0])
    client.post(client.get(link).url, {"new_password1": NEW, "new_password2": NEW})
    again = Client().get(link)
    assert again.status_code == 410
    assert "Dieser Link gilt nicht mehr" in again.text


@pytest.mark.parametrize("link", ["/passwort/neu/MQ/falsch/", "/passwort/neu/%00/x-y/"])
def test_wrong_link_says_so(db, client, link):
    assert client.get(link).status_code == 410


def test_answer_does_not_tell_who_has_an_account(anna, ben, client, mailoutbox):
    ben.is_active = False
    ben.save()
    answers = {
        (response.status_code, response.url, response.content)
        for response in (
            ask(client, email) for email in (anna.email, ben.email, "niemand@beispiel.de")
        )
    }
    assert len(answers) == 1
    assert [mail.to for mail in mailoutbox] == [[anna.email]]


def test_asking_does_the_same_work_for_unknown_addresses(anna, ben, client, monkeypatch):
    ben.is_active = False
    ben.save()
    work = []
    monkeypatch.setattr(tasks, "render_to_string", lambda *args: work.append("text") or "text")
    make_token = PasswordResetTokenGenerator.make_token
    monkeypatch.setattr(
        PasswordResetTokenGenerator,
        "make_token",
        lambda *args: work.append("token") or make_token(*args),
    )
    done = []
    for email in (anna.email, ben.email, "niemand@beispiel.de"):
        work.clear()
        with CaptureQueriesContext(connection) as queries:
            ask(client, email)
        done.append((len(queries), *work))
    assert done == [(done[0][0], "token", "text", "text")] * 3


# Behind the answer, by a worker -----------------------------------------------------------


def test_worker_sends_the_link_and_no_row_holds_it(anna, client, mailoutbox, worker):
    ask(client, anna.email)
    assert mailoutbox == []
    row = DBTaskResult.objects.get()
    worker()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([anna.email], "Ihr neues Passwort für leadbook")
    assert client.get(link_in(mail), follow=True).status_code == 200
    row.refresh_from_db()
    kept = str(vars(row))
    assert row.status == "SUCCESSFUL"
    assert not any(
        text in kept for text in (anna.email, "Beispiel", *link_in(mail).split("/")[3:5])
    )


def test_for_unknown_addresses_the_same_waits(anna, ben, client, mailoutbox, worker):
    ben.is_active = False
    ben.save()
    done = []
    for email in (anna.email, ben.email, "niemand@beispiel.de"):
        with CaptureQueriesContext(connection) as queries:
            ask(client, email)
        done.append(len(queries))
    assert done == [done[0]] * 3
    assert DBTaskResult.objects.count() == 3
    worker()
    assert [mail.to for mail in mailoutbox] == [[anna.email]]


def test_who_is_let_go_meanwhile_gets_no_mail(anna, client, mailoutbox, worker):
    ask(client, anna.email)
    anna.is_active = False
    anna.save()
    worker()
    assert mailoutbox == []


def test_mail_server_that_is_away_is_tried_later(anna, client, monkeypatch, worker, caplog):
    def refuse(mail):
        raise SMTPRecipientsRefused({anna.email: (550, b"unknown")})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    ask(client, anna.email)
    for tries in range(4):
        waiting = DBTaskResult.objects.get(status="READY")
        if tries:
            assert waiting.run_after > timezone.now()
        DBTaskResult.objects.update(run_after=timezone.now())
        worker()
    assert not DBTaskResult.objects.filter(status="READY").exists()
    last = DBTaskResult.objects.get(status="FAILED")
    assert last.exception_class_path.endswith("MailNotSent")
    assert anna.email not in last.traceback + caplog.text


def test_answer_does_not_wait_for_the_mail_server(anna, client, monkeypatch):
    may_go_on, sent = threading.Event(), []

    def slow(mail):
        assert may_go_on.wait(timeout=60)
        sent.append(mail.to)

    monkeypatch.setattr(EmailMessage, "send", slow)
    response = client.post("/passwort/vergessen/", {"email": anna.email})
    assert (response.status_code, sent) == (302, [])
    may_go_on.set()
    wait_for_mails()
    assert sent == [[anna.email]]


def test_browser_of_the_mails_reader_is_known_afterwards(anna, client, mailoutbox):
    ask(client, anna.email)
    address = client.get(link_in(mailoutbox[0])).url
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    for number in range(20):
        data = {"username": "anna", "password": "falsch"}
        Client().post("/anmelden/", data, REMOTE_ADDR=f"198.51.100.{number}")
    data = {"username": "anna", "password": NEW}
    assert Client().post("/anmelden/", data).status_code == 429
    assert client.post("/anmelden/", data).status_code == 302


def test_old_password_cannot_be_guessed_without_end(page_of_anna):
    for number in range(20):
        assert change(page_of_anna, old=f"falsch{number}").status_code == 422
    assert change(page_of_anna).status_code == 429


def test_mail_server_that_is_away_changes_no_answer(anna, client):
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    closed = {"default": {"BACKEND": smtp, "OPTIONS": {"host": "127.0.0.1", "port": 9}}}
    with override_settings(MAILERS=closed):
        assert ask(client, anna.email).url == "/passwort/vergessen/gesendet/"


def test_one_address_gets_three_mails_an_hour(anna, client, mailoutbox):
    for number in range(5):
        response = ask(client, anna.email, REMOTE_ADDR=f"192.0.2.{number}")
        assert response.url == "/passwort/vergessen/gesendet/"
    assert len(mailoutbox) == 3


def test_one_client_may_ask_ten_times_an_hour(db, client):
    for number in range(10):
        assert ask(client, f"p{number}@beispiel.de").status_code == 302
    refused = ask(client, "p@beispiel.de")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    assert ask(client, "p@beispiel.de", REMOTE_ADDR="192.0.2.9").status_code == 302


@pytest.mark.parametrize("email", ["", "anna", "a" * 300 + "@beispiel.de"])
def test_no_address_comes_back(db, client, email):
    assert ask(client, email).status_code == 422

"""How long a session lasts."""

import json
import time
from types import SimpleNamespace

import pytest
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.utils import timezone

from leadbook import sessions

HOUR = 3600


@pytest.fixture
def later(monkeypatch):
    """Return a function that moves the sessions' clock on by some seconds."""
    start = time.time()

    def move(seconds):
        clock = SimpleNamespace(time=lambda: start + seconds)
        monkeypatch.setattr(sessions, "time", clock)

    return move


@pytest.mark.parametrize("key", ['"aaaaaaaa\\000"', "ä" * 9, "aaaaaaaa'--", "a" * 5000, ""])
def test_a_key_that_is_none_of_ours_is_no_session(client, db, key):
    answer = client.get("/leads/", headers={"cookie": f"sessionid={key}"})
    assert (answer.status_code, answer["Location"]) == (302, "/anmelden/?next=/leads/")


def is_signed_in(client):
    return client.get("/passwort/").status_code == 200


@pytest.mark.parametrize(
    ("name", "seconds", "lasts"),
    [
        ("anna", 11 * HOUR, True),
        ("anna", 12 * HOUR + 60, False),
        ("olaf", 1.9 * HOUR, True),
        ("olaf", 2 * HOUR + 60, False),
    ],
)
def test_idle_sessions_end(signed_in, anna, olaf, later, name, seconds, lasts):
    client = signed_in({"anna": anna, "olaf": olaf}[name])
    later(seconds)
    assert is_signed_in(client) is lasts
    assert Session.objects.exists() is lasts


def test_busy_sessions_go_on_until_a_week_is_over(page_of_anna, later):
    for hours in range(10, 168, 10):
        later(hours * HOUR)
        assert is_signed_in(page_of_anna)
    later(168 * HOUR + 60)
    assert not is_signed_in(page_of_anna)


def test_expired_session_comes_back_to_the_page(page_of_anna, later):
    later(13 * HOUR)
    assert page_of_anna.get("/passwort/").url == "/anmelden/?next=/passwort/"


def choose_theme(client):
    return client.post("/darstellung/", {"theme": "dark"})


def test_session_is_written_every_ten_minutes_only(
    page_of_anna, later, django_assert_num_queries
):
    later(9 * 60)
    with django_assert_num_queries(2):  # the session, the user
        choose_theme(page_of_anna)
    later(11 * 60)
    refreshed = choose_theme(page_of_anna)
    assert refreshed.cookies["sessionid"]["max-age"] == 12 * HOUR
    later(11 * 60 + 5)
    with django_assert_num_queries(2):
        choose_theme(page_of_anna)


def test_expired_session_shows_nobody_on_open_pages_either(page_of_anna, later):
    assert "Anna Beispiel" in page_of_anna.get("/passwort/vergessen/").text
    later(13 * HOUR)
    assert "Anna Beispiel" not in page_of_anna.get("/passwort/vergessen/").text


def test_a_database_that_goes_away_meanwhile_is_503_and_no_lost_session(page_of_anna, lead):
    """The change may be committed already: 400 would say that it is not."""

    def away(execute, sql, *args):
        if sql.startswith('UPDATE "django_session"'):
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *args)

    page_of_anna.raise_request_exception = False
    address = f"/leads/{lead.pk}/felder/phone/"
    with connection.execute_wrapper(away):
        response = page_of_anna.post(address, {"phone": "089 1", "seen-phone": lead.phone})
    assert response.status_code == 503
    assert "leadbook erreicht seine Datenbank nicht" in response.text


def test_messages_are_looked_for_where_some_wait(page_of_anna, signed_in, ben, monkeypatch):
    """Decoding all sessions for each lead that is erased took most of the time."""
    waiting = signed_in(ben).session
    messages = [Message(SUCCESS, "Aigner" * 9), Message(SUCCESS, "Huber")]
    waiting[sessions.MESSAGES] = json.dumps(messages, cls=MessageEncoder)
    waiting.save()
    Session(pk="old", session_data="no session", expire_date=timezone.now()).save()
    decode, decoded = sessions.SessionStore.decode, []

    def counted(self, data):
        decoded.append(data)
        return decode(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(sessions.SessionStore, "decode", counted)
        sessions.SessionStore.forget_messages(lambda message: "Aigner" in message.message)
    assert len(set(decoded) - {"no session"}) == 1
    kept = sessions.SessionStore(waiting.session_key)[sessions.MESSAGES]
    assert "Aigner" not in kept
    assert "Huber" in kept
    assert is_signed_in(page_of_anna)

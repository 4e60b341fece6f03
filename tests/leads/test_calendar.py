"""/kalender/<token>.ics and /einstellungen/: the own follow-ups in a calendar program."""

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from leads.models import CalendarAddress
from leads.moments import start_of_day
from tests import factories
from tests.markup import read
from tests.state import everything

PAGE = "/einstellungen/"


def feed_of(client):
    """The path of the address that the page shows."""
    shown = read(client.get(PAGE)).one("input", id="calendar-address")["value"]
    assert shown.startswith("http://testserver/kalender/")
    return shown.removeprefix("http://testserver")


def events(response):
    assert response.status_code == 200
    found = Calendar.from_ical(response.content).walk("VEVENT")
    return {str(event["UID"]): event for event in found}


@pytest.fixture
def feed(page_of_anna):
    """The address of Anna's calendar."""
    assert page_of_anna.post(PAGE, {"kalender": "neu"}).status_code == 303
    return feed_of(page_of_anna)


def test_each_own_follow_up_is_an_event_and_nothing_else_is_told(
    feed, heatpumps, anna, ben, lead
):
    lead.set_follow_up(at=start_of_day(), note="Nachfassen; mit Komma,", by=anna)
    timed = factories.accepted(heatpumps, anna, name="Gasthof", company="Gasthof")
    at = timezone.now().replace(microsecond=0) + timedelta(days=2, minutes=7)
    timed.set_follow_up(at=at, by=anna)
    closed = factories.accepted(heatpumps, anna, phase=5, name="Gewonnen")
    closed.set_follow_up(at=at, by=anna)
    closed.win(seen=closed.phase, by=anna)
    old = factories.accepted(heatpumps, anna, name="Alt")
    old.set_follow_up(at=at - timedelta(days=40), by=anna)
    foreign = factories.accepted(heatpumps, ben, name="Fremd")
    foreign.set_follow_up(at=at, by=ben)
    response = Client().get(feed)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Referrer-Policy"] == "no-referrer"
    found = events(response)
    day, clock = (found[f"follow-up-{one.pk}@testserver"] for one in (lead, timed))
    assert len(found) == 2
    assert day["SUMMARY"] == "Familie Aigner (Aigner Holzbau): Nachfassen; mit Komma,"
    assert day.decoded("DTSTART") == timezone.localdate()
    assert (clock["SUMMARY"], clock.decoded("DTSTART")) == ("Gasthof", at)
    assert str(day["URL"]) == f"http://testserver/leads/{lead.pk}/"
    assert all(event.walk("VALARM") for event in found.values())
    for secret in ("1234567", "s.aigner", "Mühlbach", "Sabine", "Fremd"):
        assert secret not in response.content.decode()


def test_what_has_not_changed_is_not_sent_again(feed, anna, lead):
    lead.set_follow_up(at=start_of_day(), by=anna)
    etag = Client().get(feed)["ETag"]
    before = everything()
    assert Client().get(feed, headers={"If-None-Match": etag}).status_code == 304
    assert everything() == before
    lead.set_follow_up(at=start_of_day(), note="Neu", by=anna)
    assert Client().get(feed, headers={"If-None-Match": etag}).status_code == 200


def test_the_calendar_speaks_the_language_of_its_person(feed, anna):
    assert b"X-WR-CALNAME:leadbook: Wiedervorlagen" in Client().get(feed).content
    anna.choose_language("en")
    assert b"X-WR-CALNAME:leadbook: follow-ups" in Client().get(feed).content


def test_a_renewed_or_forgotten_address_and_a_gone_person_answer_404(
    feed, page_of_anna, anna, heatpumps
):
    page_of_anna.post(PAGE, {"kalender": "neu"})
    renewed = feed_of(page_of_anna)
    assert renewed != feed
    assert Client().get(feed).status_code == 404
    assert Client().get(renewed).status_code == 200
    # What stands in the database opens nothing.
    key = CalendarAddress.objects.get(user=anna).key
    assert Client().get(f"/kalender/{key}.ics").status_code == 404
    assert Client().get(f"/kalender/{key}~{key}.ics").status_code == 404
    anna.is_active = False
    anna.save()
    assert Client().get(renewed).status_code == 404
    anna.is_active = True
    anna.save()
    page_of_anna.force_login(anna)
    page_of_anna.post(PAGE, {"kalender": "aus"})
    assert Client().get(renewed).status_code == 404
    assert "Adresse anlegen" in read(page_of_anna.get(PAGE)).text


def test_a_lead_that_is_not_ones_own_any_more_leaves_the_calendar(feed, anna, lead):
    lead.set_follow_up(at=start_of_day(), by=anna)
    assert len(events(Client().get(feed))) == 1
    anna.memberships.all().delete()
    assert events(Client().get(feed)) == {}


def test_no_log_holds_the_address(feed, caplog):
    caplog.set_level(logging.DEBUG)
    Client().get(feed)
    Client().get(feed + "x")
    secret = feed.removeprefix("/kalender/").removesuffix(".ics")
    assert caplog.records
    assert not any(secret in record.getMessage() for record in caplog.records)

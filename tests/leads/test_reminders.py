"""Mails about forgotten leads, and their links that work without signing in."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from leadbook import nightly, provenance
from leads import daily_mails, reminding
from leads.models import Lead, Reminder, reminder
from leads.targets import working_days_before
from marketplaces.models import User
from marketplaces.models.daily_mail import REMINDER
from tests import factories
from tests.leads.test_stepper import worked_ago
from tests.markup import read
from tests.state import everything

Answer = Reminder.Answer


@pytest.fixture
def forgotten(heatpumps, anna):
    """A lead of Anna's in which nothing has happened for six working days."""
    return idle(heatpumps, anna, days=6)


def idle(marketplace, owner, *, days, **values):
    lead = factories.accepted(marketplace, owner, **values)
    with worked_ago(days):
        at = provenance.current().at
    Lead.objects.filter(pk=lead.pk).update(last_activity_at=at)
    return Lead.objects.get(pk=lead.pk)


@pytest.fixture(autouse=True)
def _a_working_day(monkeypatch):
    """Let every day be one, so that the tests hold on Sundays."""
    for module in (daily_mails, reminding):
        monkeypatch.setattr(module, "works", lambda marketplace, day: True)


def names_in_mails():
    nightly.JOBS["remind"]()
    found = {m.to[0]: re.findall(r"^(\S.*?) · Wärmepumpe", m.body, re.M) for m in mail.outbox}
    mail.outbox.clear()
    return found


def links(lead, user):
    made, _is_new = Reminder.objects.get_or_create(lead=lead, user=user)
    return {a: f"/leads/rueckmeldung/{made.token_for(a)}/" for a in Answer}


def test_forgotten_leads_come_in_one_mail_a_day_to_who_wants_it(
    heatpumps, anna, ben, forgotten
):
    idle(heatpumps, anna, days=4, name="Noch nicht")
    idle(heatpumps, anna, days=9, name="Geplant", follow_up_at=timezone.now())
    late = factories.accepted(heatpumps, anna, name="Über dem Soll")
    Lead.objects.filter(pk=late.pk).update(
        phase_due_on=timezone.localdate() - timedelta(days=20)
    )
    idle(heatpumps, ben, days=9, name="Bens")
    ben.choose_mail(REMINDER, is_wanted=False)
    assert names_in_mails() == {
        anna.email: ["Über dem Soll, Rosenheim", "Familie Aigner, Rosenheim"]
    }
    # Not twice a day; the next day others, and these again only after three working days.
    assert names_in_mails() == {}
    yesterday = timezone.localdate() - timedelta(days=1)
    User.objects.update(reminded_on=yesterday)
    Reminder.objects.update(created_on=yesterday)
    assert names_in_mails() == {}
    Reminder.objects.update(created_on=yesterday - timedelta(days=9))
    heatpumps.remind_late_days = None
    heatpumps.save()
    assert names_in_mails() == {anna.email: ["Familie Aigner, Rosenheim"]}
    User.objects.update(reminded_on=None)
    Reminder.objects.all().delete()
    heatpumps.remind_idle_days = None
    heatpumps.save()
    assert names_in_mails() == {}


@pytest.mark.parametrize("days_over", [2, 3])
def test_a_lead_over_its_target_is_told_as_that_from_the_day_on_that_is_set(
    heatpumps, anna, days_over
):
    heatpumps.phases.update(target_days=4)
    late = factories.accepted(heatpumps, anna)
    entered, due = (
        working_days_before(timezone.localdate(), days, heatpumps.federal_state)
        for days in (4 + days_over, days_over)
    )
    noon = timezone.make_aware(datetime.combine(entered, time(12)))
    Lead.objects.update(phase_entered_at=noon, phase_due_on=due)
    nightly.JOBS["remind"]()
    bodies = [message.body for message in mail.outbox]
    assert len(bodies) == (days_over == heatpumps.remind_late_days)
    for body in bodies:
        assert "\n\ndieser Lead wartet auf Sie, und nichts ist geplant:\n" in body
        lying = f"{late.phase.name} · seit 7 Arbeitstagen, Soll 4 Erreicht:"
        assert lying in " ".join(body.split())


def test_a_long_mail_is_cut_and_a_mail_server_that_fails_gets_it_later(
    heatpumps, anna, monkeypatch
):
    monkeypatch.setattr(reminding, "MOST_LEADS", 2)
    for number in range(4):
        idle(heatpumps, anna, days=8, name=f"Lead {number}")

    def fail(self, **kwargs):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(daily_mails.DailyMessage, "send", fail)
        nightly.JOBS["remind"]()
    nightly.JOBS["remind"]()
    (sent,) = mail.outbox
    assert sent.body.count("/leads/rueckmeldung/") == 6
    assert "weitere in Ihrer Liste" in sent.body
    assert "1234567" not in sent.body


@pytest.mark.parametrize("kind", ["idle", "late"])
def test_of_leads_that_wait_equally_long_the_same_come_first(
    heatpumps, anna, monkeypatch, kind
):
    monkeypatch.setattr(reminding, "MOST_LEADS", 2)
    leads = [idle(heatpumps, anna, days=8, name=f"Lead {number}") for number in range(5)]
    moment = leads[0].last_activity_at
    Lead.objects.update(last_activity_at=moment if kind == "idle" else timezone.now())
    if kind == "late":
        Lead.objects.update(phase_due_on=timezone.localdate(moment))
    # PostgreSQL reads last what was written last.
    Lead.objects.filter(pk=leads[0].pk).update(city="Ulm")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert names_in_mails() == {anna.email: ["Lead 0, Ulm", "Lead 1, Rosenheim"]}


@pytest.mark.parametrize("chosen", list(Answer))
def test_a_link_asks_first_and_a_confirmation_is_written_once(forgotten, anna, chosen):
    address = links(forgotten, anna)[chosen]
    scanner = Client()
    before = everything()
    for _twice in range(2):
        page = scanner.get(address)
        scanner.head(address)
        assert page.status_code == 200
    assert everything() == before
    shown = page.content.decode()
    assert "Familie Aigner, Rosenheim" in shown
    assert "1234567" not in shown
    assert "Mühlbach" not in shown
    assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == (
        "noindex, nofollow", "strict-origin",
    )  # fmt: skip
    sent = {"termin_day": "2027-01-15", "termin_time": "09:30"}
    if chosen == Answer.APPOINTMENT:
        for wrong in ({}, {"termin_day": "31.02.2027"}):
            assert scanner.post(address, wrong).status_code == 422
        assert everything() == before
    for _twice in range(2):
        answer = scanner.post(address, sent)
        assert answer.status_code == 200
        assert "Festgehalten" in read(answer).text
    entry = forgotten.journal.written().get()
    outcomes = {"erreicht": ("call", "reached"), "nicht-erreicht": ("call", "not_reached")}
    kind, outcome = outcomes.get(chosen, ("meeting", ""))
    assert (entry.author, entry.kind, entry.outcome) == (anna, kind, outcome)
    fresh = Lead.objects.get(pk=forgotten.pk)
    if chosen == Answer.APPOINTMENT:
        assert "15.01.2027, 09:30" in entry.text
        assert f"{timezone.localtime(fresh.follow_up_at):%d.%m.%Y %H:%M}" == "15.01.2027 09:30"
        assert scanner.get(address).status_code == 200
    else:
        used = scanner.get(address)
        assert used.status_code == 410
        assert read(used).one("a", class_="button")["href"] == "/anmelden/"


def test_an_appointment_that_is_over_is_told_as_such(forgotten, anna):
    sent = {"termin_day": "2020-01-01"}
    answer = Client().post(links(forgotten, anna)[Answer.APPOINTMENT], sent)
    assert "Termin am 01.01.2020 (schon vergangen)." in read(answer).text


def test_another_answer_takes_the_place_of_the_first(forgotten, anna):
    found = links(forgotten, anna)
    Client().post(found[Answer.REACHED])
    page = Client().get(found[Answer.NOT_REACHED])
    assert (page.status_code, "Festgehalten: Erreicht" in read(page).text) == (200, True)
    Client().post(found[Answer.NOT_REACHED])
    kept = forgotten.journal.written().filter(deleted_at=None)
    assert [entry.text for entry in kept] == ["Nicht erreicht"]


@pytest.mark.parametrize("is_moved", [False, True])
def test_another_answer_takes_the_appointment_out_of_the_list_unless_it_was_moved(
    forgotten, anna, is_moved
):
    found = links(forgotten, anna)
    sent = {"termin_day": "2027-01-15", "termin_time": "09:30"}
    assert Client().post(found[Answer.APPOINTMENT], sent).status_code == 200
    later = timezone.now() + timedelta(days=90)
    if is_moved:
        forgotten.set_follow_up(at=later, note="Ortstermin", by=anna)
    assert Client().post(found[Answer.NOT_REACHED]).status_code == 200
    fresh = Lead.objects.get(pk=forgotten.pk)
    expected = (later, "Ortstermin") if is_moved else (None, "")
    assert (fresh.follow_up_at, fresh.follow_up_note) == expected
    kept = forgotten.journal.written().filter(deleted_at=None)
    assert [entry.text for entry in kept] == ["Nicht erreicht"]


def test_an_answer_counts_as_an_attempt_and_a_correction_as_none(forgotten, anna):
    addresses = links(forgotten, anna)
    for chosen in (Answer.NOT_REACHED, Answer.REACHED):
        client = Client()
        assert client.post(addresses[chosen]).status_code == 200
        forgotten.refresh_from_db()
        assert forgotten.attempts == "1 Versuch an 1 Tag"


@pytest.mark.parametrize(
    "case", ["owner", "closed", "deactivated", "member", "erased", "old", "forged", "other"]
)
def test_a_link_that_holds_no_more_shows_nothing_and_changes_nothing(
    forgotten, anna, ben, heatpumps, monkeypatch, case
):
    address = links(forgotten, anna)[Answer.REACHED]
    match case:
        case "owner":
            Lead.objects.update(owner=ben)
        case "closed":
            heatpumps.allows_early_loss = True
            heatpumps.save()
            reason = heatpumps.loss_reasons.first()
            forgotten.lose(seen=forgotten.phase, reason=reason, by=anna)
        case "deactivated":
            anna.is_active = False
            anna.save()
        case "member":
            anna.memberships.all().delete()
        case "erased":
            forgotten.anonymise(by=None, reason="request", among=Lead.objects.all())
        case "old":
            monkeypatch.setattr(reminder, "LINKS_LIVE", -1)
        case "forged":
            address = address[:-3] + "xx/"
        case "other":
            address = address.replace("rueckmeldung/", "rueckmeldung/x")
    before = everything()
    for response in (Client().get(address), Client().post(address)):
        assert response.status_code == 410
        assert "Aigner" not in response.content.decode()
        assert response["Referrer-Policy"] == "strict-origin"
    assert everything() == before


def test_no_log_holds_a_token_and_a_post_needs_its_form(forgotten, anna, caplog):
    address = links(forgotten, anna)[Answer.REACHED]
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403
    with caplog.at_level("DEBUG"):
        Client().get(address)
        Client().post(address)
    # Of Django's own refusal the formatter names the route: leadbook/test_log_lines.py.
    own = [r for r in caplog.records if not r.name.startswith("django.security.")]
    lines = [f"{r.getMessage()} {getattr(r, 'line', '')}" for r in own]
    assert any("reminder_answered" in line for line in lines)
    token = address.split("/")[-2]
    assert not [line for line in lines if token in line]


def test_a_person_switches_the_mails_off_and_on(page_of_anna, anna):
    form = read(page_of_anna.get("/erinnerungen/")).form("/erinnerungen/")
    page_of_anna.post("/erinnerungen/", form.sends(an="nein"))
    anna.refresh_from_db()
    assert anna.wants_reminders is False
    assert "keine E-Mails" in read(page_of_anna.get("/erinnerungen/")).text
    page_of_anna.post("/erinnerungen/", form.sends(an="ja"))
    anna.refresh_from_db()
    assert anna.wants_reminders is True

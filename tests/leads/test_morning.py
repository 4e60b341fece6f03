"""The mail of the morning, when it is sent, and the way out of it."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leadbook import nightly
from leads import daily_mails, morning, reminding
from leads.models import Lead
from leads.moments import start_of_day
from marketplaces.models import User, daily_mail
from marketplaces.models.daily_mail import MORNING, REMINDER
from tests import factories
from tests.leads import rows
from tests.markup import read
from tests.state import everything


@pytest.fixture(autouse=True)
def _a_working_day(monkeypatch):
    """Let every day be one, so that the tests hold on Sundays."""
    for module in (daily_mails, reminding):
        monkeypatch.setattr(module, "works", lambda marketplace, day: True)


@pytest.fixture
def due(heatpumps, anna):
    """Anna's lead that is due today."""
    lead = factories.accepted(heatpumps, anna)
    lead.set_follow_up(at=start_of_day(), note="Angebot & <Plan> nachfassen", by=anna)
    return lead


def mails():
    nightly.JOBS["morning_mails"]()
    found = {message.to[0]: message for message in mail.outbox}
    mail.outbox.clear()
    return found


def test_own_leads_that_are_due_come_in_one_mail_a_day(heatpumps, anna, ben, meike, due):
    yesterday = start_of_day() - timedelta(days=1)
    late = factories.accepted(heatpumps, anna, name="Liegt schon")
    late.set_follow_up(at=yesterday + timedelta(hours=9), by=anna)
    later = factories.accepted(heatpumps, anna, name="Erst später")
    later.set_follow_up(at=start_of_day() + timedelta(days=2), by=anna)
    won = factories.accepted(heatpumps, anna, phase=5, name="Gewonnen")
    won.set_follow_up(at=yesterday, by=anna)
    won.win(seen=won.phase, by=anna)
    bens = factories.accepted(heatpumps, ben, name="Bens")
    bens.set_follow_up(at=yesterday, by=ben)
    ben.choose_mail(MORNING, is_wanted=False)
    found = mails()
    assert list(found) == [anna.email]
    sent = found[anna.email]
    assert sent.subject == "leadbook: 2 Wiedervorlagen sind fällig"
    assert "\ndiese Wiedervorlagen sind fällig:\n" in sent.body
    overdue, today = sent.body.index("Überfällig (1)"), sent.body.index("Heute (1)")
    assert overdue < sent.body.index("- Liegt schon · Wärmepumpe Süd · ") < today
    assert today < sent.body.index("- Familie Aigner · Wärmepumpe Süd · ")
    assert "  Angebot & <Plan> nachfassen\n" in sent.body
    assert f"/leads/{due.pk}/\n" in sent.body
    for secret in ("1234567", "s.aigner", "Mühlbach", "Sabine", "Rosenheim", "Bens"):
        assert secret not in sent.body
    assert mails() == {}
    User.objects.update(morning_mailed_on=yesterday.date())
    anna.memberships.all().delete()
    assert mails() == {}, "what may not be seen any more is not told"


@pytest.mark.parametrize(
    ("job", "german", "english"),
    [
        ("morning_mails", "diese Wiedervorlage ist fällig:", "this follow-up is due:"),
        ("remind", "dieser Lead wartet auf Sie", "this lead waits for you"),
    ],
)
def test_a_mail_speaks_as_its_reader_chose(
    signed_in, heatpumps, anna, ben, job, german, english
):
    for owner in (anna, ben):
        factories.accepted(heatpumps, owner)
    yesterday = start_of_day() - timedelta(days=1)
    Lead.objects.update(follow_up_at=yesterday, phase_due_on=yesterday - timedelta(days=30))
    signed_in(anna).post("/sprache/", {"language": "en"})
    nightly.JOBS[job]()
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert english in bodies[anna.email]
    assert "Switch these e-mails off:" in bodies[anna.email]
    assert german in bodies[ben.email]


@pytest.mark.parametrize(("hour", "greeting"), [(7, "Guten Morgen"), (11, "Guten Tag")])
def test_it_greets_by_the_hour_in_which_it_is_sent(due, anna, monkeypatch, hour, greeting):
    at = start_of_day().replace(hour=hour)
    monkeypatch.setattr(timezone, "now", lambda: at)
    body = mails()[anna.email].body
    assert body.startswith(f"{greeting} {anna},\n\ndiese Wiedervorlage ist fällig:\n")


def test_nobody_is_mailed_on_a_holiday_or_without_anything_due(heatpumps, due, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(daily_mails, "works", lambda marketplace, day: False)
        assert mails() == {}
    Lead.objects.update(follow_up_at=timezone.now() + timedelta(days=3))
    assert mails() == {}
    # Something came up until the job runs again.
    Lead.objects.update(follow_up_at=start_of_day())
    assert len(mails()) == 1


def test_a_long_mail_is_cut_and_costs_the_same(heatpumps, anna, due, monkeypatch):
    def cost():
        User.objects.update(morning_mailed_on=None)
        with CaptureQueriesContext(connection) as captured:
            sent = mails()[anna.email]
        return len(captured), sent.body

    few, _body = cost()
    monkeypatch.setattr(morning, "MOST_LEADS", 2)
    rows.in_progress(heatpumps, anna, 30)
    Lead.objects.update(follow_up_at=start_of_day())
    many, body = cost()
    assert "Heute (31)" in body
    assert body.count("\n- ") == 2
    assert "und 29 weitere" in body
    assert many <= few + 1


# When it is sent ------------------------------------------------------------------------


def test_it_waits_for_the_morning_where_a_worker_sends_it(worker, due, monkeypatch):
    late = timezone.localtime() + timedelta(hours=2)
    monkeypatch.setattr(daily_mails, "MORNING", late.timetz().replace(tzinfo=None))
    # Before midnight the hour of "later" would be past already.
    if late.date() == timezone.localdate():
        nightly.JOBS["morning_mails"]()
        worker()
        assert mail.outbox == []
        assert {row.run_after.hour for row in DBTaskResult.objects.all()} == {
            late.astimezone(DBTaskResult.objects.first().run_after.tzinfo).hour
        }
    monkeypatch.setattr(daily_mails, "MORNING", late.time().min)
    for _twice in range(2):
        nightly.JOBS["morning_mails"]()
        worker()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("kind", [MORNING, REMINDER], ids=lambda kind: kind.name)
def test_a_day_belongs_to_one_task_until_it_went_out(anna, kind):
    today = timezone.localdate()

    def claim(task):
        return User.people.claim(anna.pk, kind, day=today, task=task)

    assert claim("a") == anna
    assert claim("b") is None
    mine = claim("a")
    assert mine == anna, "begun again after its worker died"
    mine.has_got(kind)
    assert claim("a") is None
    assert claim("b") is None
    mine.give_back(kind)
    assert claim("b") == anna
    anna.refresh_from_db()
    anna.choose_mail(kind, is_wanted=False)
    assert claim("b") is None


@pytest.mark.parametrize("job", ["morning_mails", "remind"])
def test_a_worker_that_died_while_sending_sends_when_it_is_back(worker, due, job, monkeypatch):
    Lead.objects.filter(pk=due.pk).update(
        phase_due_on=timezone.localdate() - timedelta(days=30),
        follow_up_at=start_of_day() - timedelta(days=1),
    )
    monkeypatch.setattr(daily_mails, "MORNING", timezone.localtime().time().min)

    def die(self):
        raise KeyboardInterrupt

    nightly.JOBS[job]()
    with monkeypatch.context() as patch:
        patch.setattr(daily_mails.DailyMessage, "send", die)
        worker()
    assert mail.outbox == []
    DBTaskResult.objects.update(status="READY", started_at=None)
    # Another run of the job finds the day taken.
    nightly.JOBS[job]()
    worker()
    assert len(mail.outbox) == 1
    worker()
    assert len(mail.outbox) == 1


# The way out ----------------------------------------------------------------------------


def way_out(message):
    """The path that stands in the mail's header and text."""
    header = re.search(rb"^List-Unsubscribe: <(\S+)>\r?$", message.message().as_bytes(), re.M)
    address = header[1].decode()
    assert f" {address}\n" in message.body
    assert message.message()["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return re.sub(r"^https?://[^/]+", "", address)


def test_the_header_survives_a_long_address(due, anna, settings):
    settings.PUBLIC_URL = f"https://{'sehr-' * 12}lang.beispiel.de"
    assert way_out(mails()[anna.email]).startswith("/abbestellen/")


@pytest.mark.parametrize("kind", [MORNING, REMINDER], ids=lambda kind: kind.name)
def test_a_link_asks_first_and_a_program_needs_no_form(anna, kind, caplog):
    address = f"/abbestellen/{kind.token_for(anna)}/"
    other = REMINDER if kind is MORNING else MORNING
    scanner = Client(enforce_csrf_checks=True)
    before = everything()
    for _twice in range(2):
        page = scanner.get(address)
        scanner.head(address)
        assert page.status_code == 200
        assert (page["X-Robots-Tag"], page["Referrer-Policy"]) == (
            "noindex, nofollow", "strict-origin",
        )  # fmt: skip
    assert "Diese E-Mails abbestellen?" in read(page).text
    assert everything() == before
    with caplog.at_level("DEBUG"):
        for _twice in range(2):
            program = Client(enforce_csrf_checks=True)
            answer = program.post(address, {"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
            assert "ausgeschaltet" in read(answer).text
            assert "sessionid" not in answer.cookies
    anna.refresh_from_db()
    assert not kind.is_wanted_by(anna)
    assert other.is_wanted_by(anna)
    lines = [f"{r.getMessage()} {getattr(r, 'line', '')}" for r in caplog.records]
    assert sum("mail_switched_off" in r.getMessage() for r in caplog.records) == 1
    assert not [line for line in lines if address.split("/")[-2] in line]
    assert "ausgeschaltet" in read(Client().get(address)).text


@pytest.mark.parametrize("case", ["forged", "old", "deactivated", "other"])
def test_a_link_that_holds_no_more_changes_nothing(anna, forged_link, monkeypatch, case):
    address = f"/abbestellen/{MORNING.token_for(anna)}/"
    match case:
        case "forged":
            address = address[:-3] + "xx/"
        case "old":
            monkeypatch.setattr(daily_mail, "LINKS_LIVE", -1)
        case "deactivated":
            anna.is_active = False
            anna.save()
        case "other":
            address = forged_link
    before = everything()
    for response in (Client().get(address), Client().post(address)):
        assert response.status_code == 410
        assert "gilt nicht mehr" in read(response).text
    assert everything() == before


@pytest.fixture
def forged_link(due, anna):
    """A link of a reminder, which permits something else."""
    made = due.reminders.create(user=anna)
    return f"/abbestellen/{made.token_for('erreicht')}/"


def test_a_person_switches_it_off_and_on(page_of_anna, anna):
    target = "/einstellungen/morgenmail/"
    for value, is_on, said in (
        ("nein", False, "ausgeschaltet"),
        ("ja", True, "eingeschaltet"),
    ):
        form = read(page_of_anna.get("/einstellungen/")).form(target)
        answer = page_of_anna.post(target, form.sends(an=value), follow=True)
        assert answer.redirect_chain == [("/einstellungen/", 303)]
        assert f"E-Mails {said}" in read(answer).one("div", class_="toast").text
        anna.refresh_from_db()
        assert anna.wants_morning_mail is is_on
        assert anna.wants_reminders is True
    assert read(page_of_anna.get("/einstellungen/")).all("a", href="/erinnerungen/")
    assert read(page_of_anna.get("/erinnerungen/")).all("a", href="/einstellungen/")

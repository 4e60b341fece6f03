"""Retention (G4): what a marketplace no longer needs is anonymised, once, by calendar."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from leads.models import Erasure, Lead
from leads.privacy import retention
from tests import factories
from tests.state import changes, everything

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def limits(heatpumps):
    heatpumps.anonymise_closed_after_months = 6
    heatpumps.anonymise_offered_after_days = 90
    heatpumps.save()
    return heatpumps


def closed(marketplace, by, at, **values):
    lead = factories.accepted(marketplace, by, phase=marketplace.phases.count(), **values)
    lead.win(seen=lead.phase, by=by)
    Lead.objects.filter(pk=lead.pk).update(closed_at=at)
    return Lead.objects.get(pk=lead.pk)


def offered(marketplace, at, **values):
    lead = factories.offer(marketplace, **values)
    Lead.objects.filter(pk=lead.pk).update(created_at=at)
    return Lead.objects.get(pk=lead.pk)


@pytest.fixture
def cases(limits, anna, solar, clara):
    """Leads of each state, old enough and not."""
    old, young = NOW - timedelta(days=400), NOW - timedelta(days=30)
    open_lead = factories.accepted(limits, anna)
    Lead.objects.filter(pk=open_lead.pk).update(created_at=old, accepted_at=old)
    reopened = closed(limits, anna, old)
    reopened.reopen(by=anna)
    return {
        "closed and due": closed(limits, anna, old, name="Familie Geheim"),
        "closed lately": closed(limits, anna, young),
        "offered and due": offered(limits, old),
        "offered lately": offered(limits, young),
        "in progress": open_lead,
        "reopened": reopened,
        "where nothing is set": closed(solar, clara, old),
        "offered where nothing is set": offered(solar, old),
    }


def run(*options):
    out, err = StringIO(), StringIO()
    call_command("apply_retention", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def anonymised(cases):
    gone = set(Lead.objects.exclude(anonymised_at=None).values_list("pk", flat=True))
    return {name for name, lead in cases.items() if lead.pk in gone}


@pytest.fixture
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.usefixtures("_today")
def test_what_is_due_is_anonymised_and_nothing_else(cases, limits, commits):
    with commits():
        out, err = run()
    assert anonymised(cases) == {"closed and due", "offered and due"}
    assert err == ""
    for name in ("closed and due", "offered and due"):
        assert str(cases[name].pk) in out
    assert "Geheim" not in out
    assert "Photovoltaik" not in out
    assert set(Erasure.objects.values_list("reason", flat=True)) == {"retention"}


@pytest.mark.usefixtures("_today")
def test_a_dry_run_writes_nothing(cases, settings):
    before = everything()
    out, _err = run("--dry-run")
    assert changes(before, everything()) == {}
    assert not settings.ERASURE_LIST.exists()
    for name in ("closed and due", "offered and due"):
        assert str(cases[name].pk) in out
    assert "Wärmepumpe Süd" in out


@pytest.mark.usefixtures("_today")
def test_a_second_run_changes_nothing(cases, settings, commits):
    with commits():
        run()
    before, text = everything(), settings.ERASURE_LIST.read_text()
    with commits():
        run()
    assert changes(before, everything()) == {}
    assert settings.ERASURE_LIST.read_text() == text


def berlin(*parts):
    return datetime(*parts, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("closed_at", "months", "due"),
    [
        (berlin(2026, 1, 15, 14), 1, berlin(2026, 2, 15, 14)),
        # The last day where the month has no such day.
        (berlin(2025, 8, 31, 14), 6, berlin(2026, 2, 28, 14)),
        (berlin(2023, 8, 31, 14), 6, berlin(2024, 2, 29, 14)),
        (berlin(2024, 2, 29, 9), 12, berlin(2025, 2, 28, 9)),
        # Over the change of clocks: the same time of the day.
        (berlin(2026, 3, 1, 0, 30), 1, berlin(2026, 4, 1, 0, 30)),
        (berlin(2025, 12, 31, 23, 59), 2, berlin(2026, 2, 28, 23, 59)),
        (berlin(2020, 1, 1, 0, 0), 60, berlin(2025, 1, 1, 0, 0)),
    ],
)
def test_months_are_those_of_the_calendar(limits, anna, closed_at, months, due):
    limits.anonymise_closed_after_months = months
    limits.save()
    lead = closed(limits, anna, closed_at)
    assert retention.ends_at(lead) == due
    moment = timedelta(microseconds=1)
    assert retention.plans(now=due - moment) == []
    (plan,) = retention.plans(now=due)
    assert (plan.closed, plan.offered) == ([lead.pk], [])


def test_days_are_those_of_the_calendar(limits):
    limits.anonymise_offered_after_days = 3
    limits.save()
    lead = offered(limits, berlin(2026, 3, 27, 12))
    due = berlin(2026, 3, 30, 12)
    assert retention.ends_at(lead) == due
    assert retention.plans(now=due - timedelta(minutes=1)) == []
    (plan,) = retention.plans(now=due)
    assert plan.offered == [lead.pk]


def test_what_is_reopened_or_accepted_meanwhile_is_spared(limits, anna, commits):
    old = NOW - timedelta(days=400)
    reopened, accepted = closed(limits, anna, old), offered(limits, old)
    again = closed(limits, anna, old)
    (plan,) = retention.plans(now=NOW)
    reopened.reopen(by=anna)
    accepted.accept(by=anna)
    again.reopen(by=anna)
    again.win(seen=again.phase, by=anna)
    with commits():
        outcome = retention.apply(plan, now=NOW)
    assert (outcome.anonymised, outcome.spared, outcome.failed) == (0, 3, [])
    assert not Lead.objects.exclude(anonymised_at=None).exists()


@pytest.mark.usefixtures("_today")
def test_one_that_fails_keeps_none_of_the_others(limits, anna, monkeypatch, commits):
    old = NOW - timedelta(days=400)
    bad, good = closed(limits, anna, old), closed(limits, anna, old)
    anonymise = Lead.anonymise

    def fail_for_one(lead, **kwargs):
        if lead.pk == bad.pk:
            raise ValueError("broken")
        return anonymise(lead, **kwargs)

    monkeypatch.setattr(Lead, "anonymise", fail_for_one)
    with pytest.raises(CommandError), commits():
        run()
    assert Lead.objects.get(pk=good.pk).anonymised_at
    monkeypatch.undo()
    (plan,) = retention.plans(now=NOW)
    assert plan.closed == [bad.pk]


def test_it_stops_while_the_database_is_away_and_goes_on_later(
    limits, anna, monkeypatch, commits
):
    old = NOW - timedelta(days=400)
    leads = [closed(limits, anna, old) for _number in range(3)]
    anonymise = Lead.anonymise

    def away_for_the_second(lead, **kwargs):
        if lead.pk == leads[1].pk:
            raise OperationalError
        return anonymise(lead, **kwargs)

    (plan,) = retention.plans(now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(Lead, "anonymise", away_for_the_second)
        with pytest.raises(OperationalError), commits():
            retention.apply(plan, now=NOW)
    (plan,) = retention.plans(now=NOW)
    assert plan.closed == [leads[1].pk, leads[2].pk]
    with commits():
        assert retention.apply(plan, now=NOW).anonymised == 2

"""The circles: what was passed, where the lead stands, what is coming, and for how long."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from leadbook import nightly, provenance
from leads import reckoning
from leads.models import Lead
from leads.stepper import Stepper
from leads.targets import days_between, last_day
from marketplaces.models import Phase
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import read


def fresh(lead):
    return Lead.objects.for_page().get(pk=lead.pk)


def states(lead):
    return [(step.phase.name, step.state) for step in Stepper(fresh(lead)).steps]


def worked_ago(days):
    """Let what is done inside have happened so many working days ago."""
    moment = now = timezone.now()
    while days_between(moment, now, "") < days:
        moment -= timedelta(days=1)
    return provenance.of(at=moment)


def rows_of(response):
    bodies = read(response).all("tbody")
    rows = [row for body in bodies for row in body.all("tr")]
    # Between them stand the headings of the days.
    return [row for row in rows if row.all("a", class_="lead-table__name")]


def test_done_current_and_coming(lead):
    assert states(lead) == [
        ("Qualifizierung", "done"), ("Vor-Ort-Termin", "done"), ("Angebot", "current"),
        ("Verhandlung", "coming"), ("Auftrag", "coming"),
    ]  # fmt: skip


def test_only_the_current_circle_and_the_one_before_open(lead):
    opened = [step.phase.name for step in Stepper(fresh(lead)).steps if step.is_open]
    assert opened == ["Vor-Ort-Termin", "Angebot"]


def test_a_closed_lead_has_passed_its_last_phase_and_opens_nothing(heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.win(seen=lead.phase, by=anna)
    stepper = Stepper(fresh(lead))
    assert {step.state for step in stepper.steps} == {"done"}
    assert not any(step.is_open for step in stepper.steps)
    assert stepper.closing.kind == "won"


def test_a_phase_that_was_inserted_behind_the_leads_back_was_not_passed(lead, heatpumps):
    new = Phase.objects.create(marketplace=heatpumps, name="Förderung", position=99)
    order = list(heatpumps.phases.in_order().values_list("pk", flat=True))
    order.insert(1, order.pop())
    heatpumps.phases.arrange(order)
    assert new.pk == order[1]
    assert states(lead)[:4] == [
        ("Qualifizierung", "done"), ("Förderung", "passed_by"), ("Vor-Ort-Termin", "done"),
        ("Angebot", "current"),
    ]  # fmt: skip


def test_phases_that_change_places_move_no_lead(page_of_anna, lead, heatpumps):
    order = list(heatpumps.phases.in_order().values_list("pk", flat=True))
    heatpumps.phases.arrange([order[0], order[2], order[1], *order[3:]])
    assert states(lead)[:3] == [
        ("Qualifizierung", "done"), ("Angebot", "current"), ("Vor-Ort-Termin", "coming"),
    ]  # fmt: skip
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    current = page.one("button", aria_current="step")
    assert page.one(id=current["aria-labelledby"]).text == "Angebot"


def test_a_retired_phase_is_shown_only_where_a_lead_stands_in_it(lead, heatpumps):
    heatpumps.phases.filter(position__in=[2, 3]).update(is_retired=True)
    assert [name for name, _state in states(lead)] == [
        "Qualifizierung", "Angebot", "Verhandlung", "Auftrag",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "text"),
    [(0, "seit heute"), (1, "seit 1 Arbeitstag"), (12, "seit 12 Arbeitstagen")],
)
def test_the_time_in_the_current_phase(page_of_anna, heatpumps, anna, days, text):
    with worked_ago(days):
        lead = factories.accepted(heatpumps, anna, phase=3)
    stepper = read(page_of_anna.get(f"/leads/{lead.pk}/")).one("ol", class_="stepper")
    assert text in stepper.text
    assert "unter 1 Arbeitstag" in stepper.text


def test_over_a_weekend_it_is_not_since_today(heatpumps, anna, monkeypatch):
    with provenance.of(at=datetime(2026, 11, 20, 15, tzinfo=UTC)):
        lead = factories.accepted(heatpumps, anna, phase=3)
    told = {}
    for day in (20, 22):
        now = datetime(2026, 11, day, 18, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        [current] = [step for step in Stepper(fresh(lead)).steps if step.state == "current"]
        told[day] = str(current.since)
    assert told == {20: "seit heute", 22: "unter 1 Arbeitstag"}


@pytest.mark.parametrize(("days", "late"), [(3, False), (4, False), (5, True), (30, True)])
def test_a_lead_that_stands_longer_than_the_target_is_marked_and_found(
    page_of_anna, heatpumps, anna, days, late
):
    heatpumps.phases.filter(position=3).update(target_days=4)
    with worked_ago(days):
        lead = factories.accepted(heatpumps, anna, phase=3)
    factories.accepted(heatpumps, anna, name="Ohne Soll")
    said = f"seit {days} Arbeitstagen, Soll 4"
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    current = page.one("button", aria_current="step")
    assert ("aria-describedby" in current.attrs) is late
    if late:
        assert page.one(id=current["aria-describedby"]).text == said
    rows = {
        row.one("a", class_="lead-table__name").text: row.text
        for row in rows_of(page_of_anna.get("/leads/"))
    }
    assert (said in rows["Familie Aigner"]) is late
    found = page_of_anna.get("/leads/", {"ziel": "ueberschritten"})
    assert [row.one("a", class_="lead-table__name").text for row in rows_of(found)] == [
        "Familie Aigner"
    ] * late
    chip = next(a for a in read(found).all("a") if a.text.startswith("Liegt zu lange"))
    assert (chip.text, chip["aria-current"]) == (f"Liegt zu lange {int(late)}", "true")
    assert read(found).one("form", class_="chips").sends()["ziel"] == "ueberschritten"
    # Beside another filter, a search and a closed list, where it means nothing.
    for query in ({"wiedervorlage": "keine"}, {"q": "Aigner"}):
        both = page_of_anna.get("/leads/", {"ziel": "ueberschritten", **query})
        assert len(rows_of(both)) == late
    closed = page_of_anna.get("/leads/abgeschlossen/", {"ziel": "ueberschritten"})
    assert closed.status_code == 200


def test_time_adds_up_over_returns_and_stops_at_the_end(page_of_anna, heatpumps, anna):
    with worked_ago(13):
        lead = factories.accepted(heatpumps, anna, phase=5)
    with worked_ago(12):
        lead.win(seen=lead.phase, by=anna)
    assert Lead.objects.get(pk=lead.pk).phase_due_on is None
    with worked_ago(2):
        lead.reopen(by=anna)
    times = lead.times_in_phases(lead.events.of_process().oldest_first())
    # The ten days between closing and reopening were spent in no phase.
    assert times[lead.phase_id] == 3
    stepper = read(page_of_anna.get(f"/leads/{lead.pk}/")).one("ol", class_="stepper")
    assert "seit 2 Arbeitstagen" in stepper.text
    assert "insgesamt 3 Arbeitstage" in stepper.text


def test_a_weekend_behind_the_target_is_not_too_long_yet():
    friday = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert last_day(friday, 5, "") == date(2026, 11, 29)
    # All Saints' Day is one in Bavaria only.
    thursday = datetime(2029, 10, 31, 12, tzinfo=UTC)
    assert last_day(thursday, 1, "BY") == date(2029, 11, 4)
    assert last_day(thursday, 1, "HH") == date(2029, 11, 1)
    assert last_day(thursday, 0, "HH") is None


def test_a_changed_target_or_state_is_reckoned_anew_for_the_leads_that_stand_there(
    signed_in, olaf, heatpumps, anna, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(reckoning, "BATCH", 2)
    with provenance.of(at=datetime(2029, 10, 31, 12, tzinfo=UTC)):
        leads = [factories.accepted(heatpumps, anna, phase=3) for _number in range(5)]
        other = factories.accepted(heatpumps, anna, phase=2)
    page = MarketplacePage(signed_in(olaf), heatpumps)

    def saved():
        with django_capture_on_commit_callbacks(execute=True):
            page.save()
        page.load()
        found = Lead.objects.with_ids([lead.pk for lead in leads])
        return set(found.values_list("phase_due_on", flat=True))

    page.set("phases", "Angebot", target_days="1")
    assert saved() == {date(2029, 11, 1)}
    page.data["federal_state"] = "BY"
    assert saved() == {date(2029, 11, 4)}
    page.set("phases", "Angebot", target_days="")
    assert saved() == {None}
    assert Lead.objects.get(pk=other.pk).phase_due_on is None
    # Every night it is put right whatever was written meanwhile.
    heatpumps.phases.filter(position=2).update(target_days=1)
    nightly.JOBS["reckon_targets"]()
    assert Lead.objects.get(pk=other.pk).phase_due_on == date(2029, 11, 4)


@pytest.mark.parametrize("retired", [[5], [3, 4, 5], [1, 2, 3, 4, 5], [4, 5]])
def test_pages_work_whatever_is_retired(page_of_anna, lead, heatpumps, retired):
    heatpumps.phases.filter(position__in=retired).update(is_retired=True)
    for address in ("/leads/", f"/leads/{lead.pk}/", f"/leads/{lead.pk}/phase/"):
        assert page_of_anna.get(address).status_code == 200
    dialog = read(page_of_anna.get(f"/leads/{lead.pk}/phase/")).one("dialog")
    if set(retired) >= {4, 5}:
        # No active phase is left before the lead: it can be closed from here.
        assert dialog.button("Gewonnen")
    else:
        assert dialog.button("Nächste Phase")


def test_a_process_of_a_single_phase(page_of_anna, anna):
    tiny = factories.MarketplaceFactory(
        name="Klein", phases=["Alles"], members={"rep": [anna]}, reasons=["Nein"]
    )
    lead = factories.accepted(tiny, anna)
    assert states(lead) == [("Alles", "current")]
    dialog = read(page_of_anna.get(f"/leads/{lead.pk}/phase/")).one("dialog")
    assert dialog.button("Gewonnen")


def test_the_list_shows_a_dot_for_each_phase(page_of_anna, lead):
    dots = read(page_of_anna.get("/leads/")).one("span", class_="dots").all("i")
    assert [dot["class"].split("--")[1] for dot in dots] == [
        "done", "done", "current", "coming", "coming",
    ]  # fmt: skip


@pytest.mark.parametrize(("added", "shown"), [(7, ""), (8, "3/13")])
def test_the_list_shows_the_place_among_more_phases_than_fit(
    page_of_anna, lead, heatpumps, added, shown
):
    for position in range(6, 6 + added):
        heatpumps.phases.create(name=f"Zusatz {position}", position=position)
    phase = read(page_of_anna.get("/leads/")).one("span", class_="lead-table__phase")
    dots = phase.one("span", class_="dots", aria_hidden="true")
    assert (dots.text, len(dots.all("i"))) == (shown, 0 if shown else 12)
    assert phase.text.removeprefix(shown).strip() == "Angebot"

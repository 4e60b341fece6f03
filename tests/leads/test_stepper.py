"""The circles: what was passed, where the lead stands, what is coming, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leadbook import provenance
from leads.models import Lead
from leads.stepper import Stepper
from marketplaces.models import Phase
from tests import factories
from tests.markup import read


def fresh(lead):
    return Lead.objects.for_page().get(pk=lead.pk)


def states(lead):
    return [(step.phase.name, step.state) for step in Stepper(fresh(lead)).steps]


def ago(**kwargs):
    """Let what is done inside have happened that long ago."""
    return provenance.of(at=timezone.now() - timedelta(**kwargs))


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
    ("days", "text"), [(0, "seit heute"), (1, "seit 1 Tag"), (12, "seit 12 Tagen")]
)
def test_the_time_in_the_current_phase(page_of_anna, heatpumps, anna, days, text):
    with ago(days=days):
        lead = factories.accepted(heatpumps, anna, phase=3)
    stepper = read(page_of_anna.get(f"/leads/{lead.pk}/")).one("ol", class_="stepper")
    assert text in stepper.text
    assert "unter 1 Tag" in stepper.text


@pytest.mark.parametrize(("days", "late"), [(3, False), (4, False), (5, True), (30, True)])
def test_a_lead_that_stands_longer_than_the_target_is_late(heatpumps, anna, days, late):
    heatpumps.phases.filter(position=3).update(target_days=4)
    with ago(days=days):
        lead = factories.accepted(heatpumps, anna, phase=3)
    steps = {step.state: step for step in Stepper(fresh(lead)).steps}
    assert steps["current"].is_late is late
    assert not steps["done"].is_late


def test_time_adds_up_over_returns_and_stops_at_the_end(heatpumps, anna):
    with ago(days=13):
        lead = factories.accepted(heatpumps, anna, phase=5)
    with ago(days=12):
        lead.win(seen=lead.phase, by=anna)
    with ago(days=2):
        lead.reopen(by=anna)
    times = lead.times_in_phases(lead.events.of_process().oldest_first())
    # The ten days between closing and reopening were spent in no phase.
    assert times[lead.phase_id].days == 3


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

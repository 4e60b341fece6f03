"""Moving a lead through its marketplace's phases, and closing it."""

import pytest

from leads.models import JournalEntry, Lead, LeadEvent, NotNeighbours, StaleMove
from tests import factories


def names(lead):
    return [lead.phase.name, lead.status]


def test_a_lead_moves_one_phase_forward_and_back(lead, anna):
    third = lead.phase
    lead.move(seen=third, to=lead.next_phase, by=anna)
    assert names(Lead.objects.get(pk=lead.pk)) == ["Verhandlung", "in_progress"]
    lead.move(seen=lead.phase, to=third, by=anna)
    assert names(Lead.objects.get(pk=lead.pk)) == ["Angebot", "in_progress"]


def test_a_move_leaves_event_and_journal_line(lead, anna):
    before = lead.phase
    event = lead.move(seen=before, to=lead.next_phase, by=anna, note="Angebot liegt vor")
    assert (event.kind, event.from_phase, event.to_phase) == ("moved", before, lead.phase)
    newest = list(lead.journal.newest_first()[:2])
    assert newest[0].text == "Angebot liegt vor"
    assert newest[1].event == event


def test_a_repeated_move_is_stale_and_names_the_event(lead, anna):
    here, there = lead.phase, lead.next_phase
    event = lead.move(seen=here, to=there, by=anna)
    with pytest.raises(StaleMove) as stale:
        lead.move(seen=here, to=there, by=anna)
    assert stale.value.event == event
    assert Lead.objects.get(pk=lead.pk).phase == there


def test_only_neighbours_can_be_reached(lead, anna, solar):
    first, fifth = lead.process[0], lead.process[4]
    for target in (first, fifth, lead.phase, solar.phases.first()):
        with pytest.raises(NotNeighbours):
            lead.move(seen=lead.phase, to=target, by=anna)
    assert names(Lead.objects.get(pk=lead.pk)) == ["Angebot", "in_progress"]


def test_a_lead_is_won_only_in_the_last_phase(heatpumps, lead, anna):
    with pytest.raises(NotNeighbours):
        lead.win(seen=lead.phase, by=anna)
    assert Lead.objects.get(pk=lead.pk).status == "in_progress"
    last = factories.accepted(heatpumps, anna, phase=5)
    last.win(seen=last.phase, by=anna)
    assert names(Lead.objects.get(pk=last.pk)) == ["Auftrag", "won"]


def test_early_loss_only_where_the_marketplace_allows_it(lead, anna, heatpumps):
    reason = heatpumps.loss_reasons.first()
    with pytest.raises(NotNeighbours):
        lead.lose(seen=lead.phase, reason=reason, by=anna)
    heatpumps.allows_early_loss = True
    heatpumps.save()
    lead.lose(seen=lead.phase, reason=reason, by=anna)
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.status, fresh.loss_reason) == ("lost", reason)


def test_reopening_leads_back_into_the_phase(heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    lead.reopen(by=anna)
    fresh = Lead.objects.get(pk=lead.pk)
    assert names(fresh) == ["Auftrag", "in_progress"]
    assert (fresh.closed_at, fresh.loss_reason) == (None, None)


def test_a_lead_in_a_retired_phase_goes_on_to_the_next_active_one(lead, anna):
    third = lead.phase
    third.is_retired = True
    third.save()
    assert lead.next_phase.name == "Verhandlung"
    assert lead.previous_phase.name == "Vor-Ort-Termin"
    lead.move(seen=third, to=lead.next_phase, by=anna)
    assert lead.previous_phase.name == "Vor-Ort-Termin"


def test_undo_of_a_move_goes_back_and_is_recorded(lead, anna):
    here = lead.phase
    event = lead.move(seen=here, to=lead.next_phase, by=anna)
    undone = lead.undo(event, by=anna)
    assert (undone.kind, lead.phase) == (LeadEvent.Kind.MOVED_BACK, here)
    with pytest.raises(StaleMove):
        lead.undo(event, by=anna)


def test_time_in_phases_adds_up_over_returns(lead, anna):
    third, fourth = lead.phase, lead.next_phase
    lead.move(seen=third, to=fourth, by=anna)
    lead.move(seen=fourth, to=third, by=anna)
    times = lead.times_in_phases(lead.events.of_process().oldest_first())
    assert set(times) == {phase.pk for phase in lead.process[:4]}
    assert JournalEntry.objects.filter(lead=lead, kind="event").count() == 5

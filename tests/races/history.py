"""What must be true of a lead's history at every moment."""

from leads.models import JournalEntry, LeadEvent

CLOSING = {"won", "lost"}


def assert_whole(lead):
    """Replay the steps of `lead`: they follow each other and end where it stands."""
    steps = list(lead.events.of_process().oldest_first())
    status, phase, owner = "offered", None, None
    for step in steps:
        told = (step.pk, step.kind, step.from_phase_id, step.to_phase_id)
        if step.kind in {"accepted", "entered"}:
            assert (status, step.from_phase_id) == ("offered", None), told
            status, phase, owner = "in_progress", step.to_phase_id, step.actor_id
        elif step.kind in {"moved", "moved_back"}:
            assert (status, step.from_phase_id) == ("in_progress", phase), told
            assert step.to_phase_id not in {phase, None}, told
            phase = step.to_phase_id
        elif step.kind in CLOSING:
            assert (status, step.from_phase_id) == ("in_progress", phase), told
            status = step.kind
        else:
            assert step.kind == "reopened", told
            assert status in CLOSING, told
            assert step.to_phase_id == phase, told
            status = "in_progress"
    assert (lead.status, lead.phase_id, lead.owner_id) == (status, phase, owner)
    assert (lead.loss_reason_id is not None) == (status == "lost")
    assert (lead.closed_at is not None) == (status in CLOSING)
    lines = JournalEntry.objects.filter(lead=lead, event__isnull=False)
    expected = {e.pk for e in lead.events.all() if e.kind in LeadEvent.IN_JOURNAL}
    assert sorted(lines.values_list("event_id", flat=True)) == sorted(expected)

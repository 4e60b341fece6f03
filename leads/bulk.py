"""The same change of several leads at once, each in a transaction of its own.

One that cannot be changed does not keep the others from it, and nobody waits for the locks
of all of them. Sent again, a change finds its work done and records nothing.
"""

from dataclasses import dataclass, field

from .models import Lead, LeadError
from .models.follow_up import FOLLOW_UP

AT_MOST = 100


@dataclass
class Outcome:
    """What became of the leads: how many it was for, what was recorded, who is left out."""

    asked: int
    done: int = 0
    # Lead → its new events.
    events: dict = field(default_factory=dict)
    # The names of those that can still be seen but not be changed.
    refused: list = field(default_factory=list)


def set_follow_ups(ids, *, at, note, by):
    """Set the follow-up of the leads with these ids that `by` may see; return the Outcome."""
    outcome = Outcome(asked=len(ids))
    for lead in _worked(ids, by):
        try:
            events = lead.set_follow_up(at=at, note=note, by=by)
        except LeadError:
            _refuse(outcome, lead, by)
            continue
        outcome.done += 1
        if events:
            outcome.events[lead] = events
    return outcome


def undo_follow_ups(recorded, *, by):
    """Take back what `recorded` names, lead id → ids of its events; return the Outcome."""
    outcome = Outcome(asked=len(recorded))
    for lead in _worked(recorded, by):
        events = list(lead.events.with_ids(recorded[lead.pk]))
        if not events or any(event.field not in FOLLOW_UP for event in events):
            continue
        try:
            lead.undo_fields(events, by=by)
        except LeadError:
            _refuse(outcome, lead, by)
            continue
        outcome.done += 1
    return outcome


def _worked(ids, by):
    return Lead.objects.visible_to(by).worked().with_ids(ids).by_name()


def _refuse(outcome, lead, by):
    if Lead.objects.visible_to(by).with_id(lead.pk):
        outcome.refused.append(lead.name)

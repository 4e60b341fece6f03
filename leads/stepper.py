"""What the stepper shows of a lead's way through its marketplace's phases."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import LeadEvent
from .models.questions import Question
from .targets import show_lying, show_since


@dataclass
class Step:
    """One circle: its phase, its state, and whether it opens a dialog."""

    phase: object
    number: int
    # done, current, passed_by (inserted behind the lead's back), coming
    state: str
    since: str = ""
    # Where the lead was here before: the working days of all visits.
    in_all: str = ""
    # For how long it lies here, where that is longer than the phase's target.
    late: str = ""
    is_open: bool = False


class Stepper:
    """The circles of `lead`: active phases, and a retired one it stands in.

    Which phases are done is read from the events, not from their places: a phase that an
    operator inserted before the lead's own was not passed.
    """

    def __init__(self, lead):
        self.lead = lead
        lead.read_process()
        events = Question(
            ("steps",),
            lambda given: LeadEvent.objects.of_lead(given["lead"]).for_stepper(),
            {"lead": lead.pk},
        ).objects()
        # The event that closed the lead, or None.
        self.closing = events[-1] if events and lead.is_closed else None
        self.steps = list(self._steps(events))

    def _steps(self, events):
        lead = self.lead
        times = lead.times_in_phases(events)
        entered = {event.to_phase_id for event in events}
        shown = [p for p in lead.process if not p.is_retired or p.pk == lead.phase_id]
        for number, phase in enumerate(shown, start=1):
            step = Step(phase=phase, number=number, state=_state(lead, phase, entered))
            if phase.pk in times and step.state != "coming":
                _tell_time(step, lead, times[phase.pk])
            is_current = lead.is_in_progress and phase.pk == lead.phase_id
            step.is_open = is_current or phase == lead.previous_phase
            yield step


def _state(lead, phase, entered):
    if phase.pk == lead.phase_id:
        return "current" if lead.is_in_progress else "done"
    if phase.position > lead.phase.position:
        return "coming"
    return "done" if phase.pk in entered else "passed_by"


def _tell_time(step, lead, days):
    if step.state != "current":
        step.since = _in_all(days)
        return
    here = lead.days_in_phase
    if here:
        step.since = show_since(here)
    else:
        # Over a weekend no working day goes by.
        is_today = timezone.localdate(lead.phase_entered_at) == timezone.localdate()
        step.since = _("since today") if is_today else _in_all(0)
    if days > here:
        step.in_all = _("%(days)s in all") % {"days": _in_all(days)}
    if lead.lies_too_long:
        step.late = show_lying(here, step.phase.target_days or 0)


def _in_all(days):
    if not days:
        return _("under 1 working day")
    return ngettext("%(count)d working day", "%(count)d working days", days) % {"count": days}

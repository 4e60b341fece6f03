"""What a phase asks for before the next one: a checklist and fields that must be filled."""

from leads.fields import table_of
from marketplaces.models import ChecklistItem, Requirement

from .errors import RequirementsMissing
from .event import LeadEvent
from .follow_up import DAY, NOTE
from .questions import Question
from .tick import Tick


class Requirements:
    """The checklist's verb and the rule of the step forward; mixed into Lead."""

    def checklist(self):
        """Return the entries of the current phase in order, each with its `tick` or None."""
        if not self.phase_in_process.has_checklist:
            return []
        items = _asked(
            "checklist",
            self.phase_id,
            lambda given: ChecklistItem.objects.of_phase(given["phase"]).active().in_order(),
        ).objects()
        ticks = {tick.item_id: tick for tick in self.ticks.of_items(items)} if items else {}
        for item in items:
            item.tick = ticks.get(item.pk)
        return items

    def required_fields(self):
        """Return the fields that must be filled before the next phase, in the form's order.

        A retired definition is required of nobody, also where it has a value; and the
        note of a follow-up goes with its day.
        """
        if not self.phase_in_process.has_requirements:
            return []
        asked = _asked(
            "requirements",
            self.phase_id,
            lambda given: Requirement.objects.of_phase(given["phase"]).names(),
        )
        names = {name for (name,) in asked.rows()}
        if not names:
            return []
        if NOTE in names:
            names.add(DAY)
        named = [field for name, field in table_of(self, names).items() if name in names]
        return [field for field in named if not field.is_retired]

    def tick(self, wanted, *, seen, by, since=None):
        """Tick what `wanted` maps to True, take the tick away where it says False.

        `wanted` is by the id of the entry; others than those of the current phase are left
        out. Returns the events, none for what is so already. Raises StaleMove when the
        lead is not in the phase `seen` any more; `since` as in `move`.
        """
        with self.locked_for(by):
            self._check_seen(seen, since)
            return self._tick(wanted, by=by)

    def _tick(self, wanted, *, by):
        events = []
        for item in self.checklist() if wanted else ():
            is_wanted = wanted.get(item.pk)
            if is_wanted is None or is_wanted == (item.tick is not None):
                continue
            kind = LeadEvent.Kind.TICKED if is_wanted else LeadEvent.Kind.UNTICKED
            event = self.record(kind, by=by, label=item.text, object_id=item.pk)
            if is_wanted:
                Tick.objects.create(lead=self, item=item, by=by, created_at=event.created_at)
            else:
                item.tick.delete()
            events.append(event)
        if events:
            self.save_change()
        return events

    def _check_requirements(self):
        """Raise RequirementsMissing unless the phase has all that it asks for."""
        fields = [field for field in self.required_fields() if field.is_empty_on(self)]
        items = [item for item in self.checklist() if item.is_required and not item.tick]
        if fields or items:
            raise RequirementsMissing(fields, items)


def _asked(what, phase_id, build):
    """Return the Question of `what` a phase asks for; each step forward asks it twice."""
    return Question((what,), build, {"phase": phase_id})

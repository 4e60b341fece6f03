"""The sales process: one phase at a time, until the lead is won or lost."""

from datetime import timedelta

from django.utils import timezone

from leads.fields import BUILT_IN_BY_NAME
from marketplaces.models import Phase

from .errors import LeadError, NotNeighbours, StaleMove
from .event import LeadEvent


class Process:
    """Moving and closing; mixed into Lead."""

    @property
    def process(self):
        """The marketplace's phases in order, retired ones included."""
        return sorted(self.marketplace.phases.all(), key=lambda phase: phase.position)

    @property
    def next_phase(self):
        """The active phase behind the current one, or None in the last."""
        if not self.is_in_progress:
            return None
        here = self.phase.position
        return next((p for p in self.process if p.position > here and not p.is_retired), None)

    @property
    def previous_phase(self):
        """The active phase before the current one, or None in the first."""
        if not self.is_in_progress:
            return None
        here = self.phase.position
        before = [p for p in self.process if p.position < here and not p.is_retired]
        return before[-1] if before else None

    @property
    def can_be_won(self):
        """Whether every phase has been passed up to the last."""
        return self.is_in_progress and self.next_phase is None

    @property
    def can_be_lost(self):
        """Whether the marketplace lets the lead be lost now."""
        return self.can_be_won or (self.is_in_progress and self.marketplace.allows_early_loss)

    def can_move_to(self, phase):
        """Whether `phase` is a neighbour of the current one."""
        return phase is not None and phase in {self.next_phase, self.previous_phase}

    def move(self, *, seen, to, by, note="", follow_up_at=None):
        """Move from the phase `seen` one step to the phase `to`; return the event.

        A `note` is written into the journal, a `follow_up_at` set, in the same
        transaction. Raises StaleMove when the lead is not in `seen` any more,
        NotNeighbours when `to` is not the phase before or behind.
        """
        with self.locked_for(by):
            # A phase that is being retired or reordered in the admin waits for this
            # move, or this move for the admin.
            list(
                Phase.objects.select_for_update(no_key=True)
                .filter(pk__in=[seen.pk, to.pk])
                .order_by("pk")
            )
            self._check_seen(seen)
            if not self.can_move_to(to):
                raise NotNeighbours
            is_forward = to.position > self.phase.position
            self._take_along(by=by, follow_up_at=follow_up_at)
            event = self._step_to(
                to, LeadEvent.Kind.MOVED if is_forward else LeadEvent.Kind.MOVED_BACK, by=by
            )
            self._write_note(note, by=by)
            return event

    def keep(self, *, text, follow_up_at, token, by):
        """Keep what was typed for a move that came too late; see `move`, `write_entry`."""
        with self.locked_for(by):
            self._take_along(by=by, follow_up_at=follow_up_at)
            if text:
                self.write_entry(text=text, token=token, by=by)

    def relocate(self, *, to, by, among):
        """Move to any active phase of the same marketplace, for operators who retire one.

        `among` is the queryset that the operator may act on; see `locked`.
        """
        with self.locked(among):
            if to.marketplace_id != self.marketplace_id or to.is_retired:
                raise NotNeighbours
            if not self.is_in_progress or to == self.phase:
                return None
            is_forward = to.position > self.phase.position
            return self._step_to(
                to, LeadEvent.Kind.MOVED if is_forward else LeadEvent.Kind.MOVED_BACK, by=by
            )

    def win(self, *, seen, by, note=""):
        """Close as won out of the last phase `seen`. Raises StaleMove, NotNeighbours."""
        with self.locked_for(by):
            self._check_seen(seen)
            if not self.can_be_won:
                raise NotNeighbours
            self.status = self.Status.WON
            return self._close(LeadEvent.Kind.WON, by=by, note=note)

    def lose(self, *, seen, reason, by, note=""):
        """Close as lost for the LossReason `reason`; see `win`."""
        with self.locked_for(by):
            self._check_seen(seen)
            if not self.can_be_lost:
                raise NotNeighbours
            if reason.marketplace_id != self.marketplace_id:
                raise LeadError
            self.status = self.Status.LOST
            self.loss_reason = reason
            return self._close(LeadEvent.Kind.LOST, by=by, note=note, new_text=reason.label)

    def reopen(self, *, by):
        """Take a closed lead back into the phase it was closed in. Raises StaleMove."""
        with self.locked_for(by):
            if not self.is_closed:
                raise StaleMove(self.last_step)
            old_text = self.get_status_display()
            self.status = self.Status.IN_PROGRESS
            self.closed_at = self.loss_reason = None
            self.phase_entered_at = timezone.now()
            self.save_change("status", "closed_at", "loss_reason", "phase_entered_at")
            return self.record(
                LeadEvent.Kind.REOPENED,
                by=by,
                to_phase=self.phase,
                old_text=str(old_text),
                new_text=self.phase.name,
            )

    @property
    def last_step(self):
        """The latest step of the process, or None."""
        return self.events.of_process().newest_first().first()

    def times_in_phases(self, steps):
        """Return phase id → timedelta spent there, read from the `steps` (oldest first).

        The time in the current phase runs on until now.
        """
        times, phase_id, since = {}, None, None
        for step in steps:
            if phase_id:
                times[phase_id] = times.get(phase_id, timedelta()) + step.created_at - since
            is_end = step.kind in {LeadEvent.Kind.WON, LeadEvent.Kind.LOST}
            phase_id, since = (None if is_end else step.to_phase_id), step.created_at
        if phase_id and since:
            times[phase_id] = times.get(phase_id, timedelta()) + timezone.now() - since
        return times

    def _check_seen(self, seen):
        if not self.is_in_progress or self.phase_id != seen.pk:
            raise StaleMove(self.last_step)

    def _take_along(self, *, by, follow_up_at):
        if follow_up_at is not None and follow_up_at != self.follow_up_at:
            self.write_fields([(BUILT_IN_BY_NAME["follow_up_at"], follow_up_at)], by=by)

    def _step_to(self, to, kind, *, by):
        left = self.phase
        self.phase, self.phase_entered_at = to, timezone.now()
        self.save_change("phase", "phase_entered_at")
        return self.record(
            kind, by=by, from_phase=left, to_phase=to, old_text=left.name, new_text=to.name
        )

    def _close(self, kind, *, by, note, new_text=""):
        self.closed_at = timezone.now()
        self.save_change("status", "closed_at", "loss_reason")
        event = self.record(
            kind, by=by, from_phase=self.phase, old_text=self.phase.name, new_text=new_text
        )
        self._write_note(note, by=by)
        return event

    def _write_note(self, note, *, by):
        if note:
            self.write_line(author=by, text=note)

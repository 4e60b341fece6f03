"""The sales process: one phase at a time, until the lead is won or lost."""

from django.utils import timezone

from leads.targets import days_between, last_day
from marketplaces.models import Phase

from .errors import NotInLastPhase, NotNeighbours, PhaseRetired, ReasonGone, StaleMove
from .event import LeadEvent
from .follow_up import NOTE
from .questions import read_beside


class Process:
    """Moving and closing; mixed into Lead."""

    # The columns that say where in the process a lead stands.
    PLACE = ("phase", "phase_entered_at", "phase_due_on")

    @property
    def process(self):
        """The marketplace's phases in order, retired ones included."""
        return sorted(self.marketplace.phases.all(), key=lambda phase: phase.position)

    def read_process(self):
        """Read the phases once for all that looks at them, unless that is done already."""
        build = Phase.objects.for_process
        read_beside([self.marketplace], "phases", build, key=("process",))

    @property
    def phase_in_process(self):
        """The current phase as a part of the process, which says what there is in it."""
        self.read_process()
        return self._fresh(self.phase_id)

    @property
    def next_phase(self):
        """The active phase behind the current one, or None in the last."""
        return self._neighbours[1]

    @property
    def previous_phase(self):
        """The active phase before the current one, or None in the first."""
        return self._neighbours[0]

    @property
    def _neighbours(self):
        """The active phases before and behind the current one, as one look finds them."""
        if not self.is_in_progress:
            return None, None
        process = self.process
        here = next(place for place, p in enumerate(process) if p.pk == self.phase_id)
        before = [p for p in process[:here] if not p.is_retired]
        behind = [p for p in process[here + 1 :] if not p.is_retired]
        return (before[-1] if before else None), (behind[0] if behind else None)

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

    def move(
        self,
        *,
        seen,
        to,
        by,
        note="",
        follow_up_at=None,
        follow_up_note="",
        since=None,
        filled=None,
        ticks=None,
    ):
        """Move from the phase `seen` one step to the phase `to`; return the event.

        A `note` is written into the journal, a `follow_up_at` set with its own note,
        fields are `filled` (arguments of `set_fields`) and entries of the checklist ticked
        (see `tick`), in the same transaction. `since` is the time at which the lead came
        into `seen` when the actor looked. Raises StaleMove when the lead is not in `seen`
        any more, or is there again; NotNeighbours when `to` is not the phase before or behind,
        PhaseRetired when it was retired; FieldConflict, Unchangeable; and, for a step
        forward, RequirementsMissing.
        """
        with self.locked_for(by):
            self._check_seen(seen, since)
            self._hold_process(seen.pk, to.pk)
            if not self.can_move_to(to):
                raise PhaseRetired if self._is_retired(to) else NotNeighbours
            self._take_along(
                by=by,
                follow_up_at=follow_up_at,
                follow_up_note=follow_up_note,
                filled=filled,
                ticks=ticks,
            )
            if to == self.next_phase:
                self._check_requirements()
            event = self._step_to(to, by=by)
            self._write_note(note, by=by)
            return event

    def keep(self, *, text, follow_up_at, follow_up_note, token, by):
        """Keep what was typed for a move that came too late; see `move`, `write_entry`.

        Raises NotInProgress: a closed lead keeps no follow-up.
        """
        with self.locked_for(by):
            self._take_along(by=by, follow_up_at=follow_up_at, follow_up_note=follow_up_note)
            if text:
                self.write_entry(text=text, token=token, by=by)

    def relocate(self, *, to, by, among):
        """Move to any active phase of the same marketplace, for operators who retire one.

        That is no step of the rep's, so what the phase asks for is not looked at.
        `among` is the queryset that the operator may act on; see `locked`.
        """
        with self.locked(among):
            if not self.is_in_progress or to.pk == self.phase_id:
                return None
            self._hold_process(self.phase_id, to.pk)
            if self._is_retired(to):
                raise PhaseRetired
            if to not in self.process:
                raise NotNeighbours
            return self._step_to(to, by=by)

    def win(self, *, seen, by, note="", since=None, filled=None, ticks=None):
        """Close as won out of the last phase `seen`; arguments and errors as in `move`."""
        with self.locked_for(by):
            self._check_seen(seen, since)
            self._hold_process(seen.pk)
            if not self.can_be_won:
                raise NotInLastPhase
            self._take_along(by=by, filled=filled, ticks=ticks)
            self._check_requirements()
            self.status = self.Status.WON
            return self._close(LeadEvent.Kind.WON, by=by, note=note)

    def lose(self, *, seen, reason, by, note="", since=None, filled=None, ticks=None):
        """Close as lost for the LossReason `reason`; see `win`. Raises ReasonGone, too.

        What the phase asks for may be missing: the work on a lost lead is over.
        """
        with self.locked_for(by):
            self._check_seen(seen, since)
            # Who changes the marketplace in the admin holds its phases, too.
            self._hold_process(seen.pk)
            self.marketplace.refresh_from_db(fields=["allows_early_loss"])
            if not self.can_be_lost:
                raise NotInLastPhase
            self._take_along(by=by, filled=filled, ticks=ticks)
            if not self.marketplace.loss_reasons.active().among([reason]).hold():
                raise ReasonGone
            self.status = self.Status.LOST
            self.loss_reason = reason
            return self._close(LeadEvent.Kind.LOST, by=by, note=note, new_text=reason.label)

    def reopen(self, *, by, since=None):
        """Take a closed lead back into the phase it was closed in. Raises StaleMove.

        `since` is the time at which the closing that the actor saw happened.
        """
        with self.locked_for(by):
            if not self.is_closed or since not in {None, self.closed_at}:
                raise StaleMove(self.last_step)
            old_text = self.get_status_display()
            self.status = self.Status.IN_PROGRESS
            self.closed_at = self.loss_reason = None
            self._hold_process(self.phase_id)
            self.enter_phase(self._fresh(self.phase_id))
            self.save_change("status", "closed_at", "loss_reason", *self.PLACE)
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
        """Return phase id → working days spent there, read from the `steps` (oldest first).

        Returns add up; the time in the current phase runs on until now.
        """
        times, phase_id, since = {}, None, None
        ends = [(step.created_at, step) for step in steps]
        for moment, step in [*ends, (timezone.now(), None)]:
            if phase_id:
                days = days_between(since, moment, self.marketplace.federal_state)
                times[phase_id] = times.get(phase_id, 0) + days
            is_end = step is None or step.kind in {LeadEvent.Kind.WON, LeadEvent.Kind.LOST}
            phase_id, since = (None if is_end else step.to_phase_id), moment
        return times

    @property
    def days_in_phase(self):
        """The working days since the lead came into its phase."""
        state = self.marketplace.federal_state
        return days_between(self.phase_entered_at, timezone.now(), state)

    @property
    def lies_too_long(self):
        """Whether the target of its phase is over."""
        return self.phase_due_on is not None and self.phase_due_on < timezone.localdate()

    def enter_phase(self, phase):
        """Put the lead into `phase` from now on; does not save."""
        self.phase, self.phase_entered_at = phase, self.moment
        self.phase_due_on = last_day(
            self.phase_entered_at, phase.target_days, self.marketplace.federal_state
        )

    def is_as_seen(self, seen, since=None):
        """Whether the lead stands in the phase `seen`, and has done so `since` then."""
        is_here = self.is_in_progress and seen is not None and self.phase_id == seen.pk
        return is_here and since in {None, self.phase_entered_at}

    def _check_seen(self, seen, since):
        if not self.is_as_seen(seen, since):
            raise StaleMove(self.last_step)

    def _hold_process(self, *phase_ids):
        """Share the phases with these ids and read the process once, as it is then.

        A phase that is being retired or reordered in the admin waits for this step, or
        this step for the admin, which writes all places of a process or none.
        """
        Phase.share(phase_ids)
        self.read_process()

    def _fresh(self, phase_id):
        return next(phase for phase in self.process if phase.pk == phase_id)

    def _is_retired(self, phase):
        return any(fresh == phase and fresh.is_retired for fresh in self.process)

    def _take_along(
        self, *, by, follow_up_at=None, follow_up_note="", filled=None, ticks=None
    ):
        if filled:
            self.write_changes(**filled, by=by)
        if ticks:
            self._tick(ticks, by=by)
        # A new day takes the note along that a required field has just set.
        if filled and NOTE in filled["changes"]:
            follow_up_note = follow_up_note or self.follow_up_note
        # The same day without a note is what a required field has just set.
        if follow_up_at is not None and (follow_up_note or follow_up_at != self.follow_up_at):
            self.replace_follow_up(
                follow_up_at=follow_up_at, follow_up_note=follow_up_note, by=by
            )

    def _step_to(self, to, *, by):
        left, to = self._fresh(self.phase_id), self._fresh(to.pk)
        is_forward = to.position > left.position
        kind = LeadEvent.Kind.MOVED if is_forward else LeadEvent.Kind.MOVED_BACK
        self.enter_phase(to)
        self.save_change(*self.PLACE)
        return self.record(
            kind, by=by, from_phase=left, to_phase=to, old_text=left.name, new_text=to.name
        )

    def _close(self, kind, *, by, note, new_text=""):
        self.closed_at = self.moment
        self.phase_due_on = None
        self.save_change("status", "closed_at", "loss_reason", "phase_due_on")
        event = self.record(
            kind, by=by, from_phase=self.phase, old_text=self.phase.name, new_text=new_text
        )
        self._write_note(note, by=by)
        return event

    def _write_note(self, note, *, by):
        if note:
            self.write_line(author=by, text=note)

"""Answering a reminder by the link of its mail."""

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.moments import show_moment

from .errors import NoLongerVisible
from .journal import JournalEntry
from .reminder import Reminder

OUTCOMES = {
    Reminder.Answer.REACHED: JournalEntry.Outcome.REACHED,
    Reminder.Answer.NOT_REACHED: JournalEntry.Outcome.NOT_REACHED,
}


class Reminding:
    """The verb behind the links; mixed into Lead."""

    def answer_reminder(self, reminder, answer, *, at=None):
        """Write the answer of the reminded person into the journal; return the Reminder.

        An appointment `at` a moment becomes the follow-up. The same answer again changes
        nothing, another one takes the place of the first, whose entry is deleted and whose
        follow-up is taken back. Raises NoLongerVisible when the lead is not that person's
        to work on any more.
        """
        by = reminder.user
        with self.locked_for(by):
            if not self.is_in_progress or self.owner_id != by.pk:
                raise NoLongerVisible
            held = Reminder.objects.select_for_update(no_key=True).get(pk=reminder.pk)
            if held.answer == answer and held.appointment_at == at:
                return held
            if entry := self.journal.by(by).filter(pk=held.entry_id).first():
                self.delete_entry(entry.pk, by=by)
                planned = self.events.planned_with(entry.pk, since=entry.created_at)
                self.take_back_follow_up(planned, by=by)
            held.entry_id = self._write_answer(answer, at, by=by)
            held.answer, held.appointment_at = answer, at
            held.answered_at = timezone.now()
            held.save()
            return held

    def _write_answer(self, answer, at, *, by):
        """Return the id of the entry: a call with its outcome, or the appointment."""
        if answer != Reminder.Answer.APPOINTMENT:
            return self.record_call(outcome=OUTCOMES[answer], by=by).object_id
        text = _("Appointment on %(moment)s") % {"moment": show_moment(at)}
        entry = self.write_entry(text=text, kind=JournalEntry.Kind.MEETING, by=by)
        self.replace_follow_up(
            follow_up_at=at, follow_up_note=_("Appointment"), by=by, entry=entry
        )
        return entry.pk

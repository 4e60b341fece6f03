"""Calls: each attempt stands in the journal, and how many there were on the lead."""

from django.utils import timezone
from django.utils.translation import ngettext

from .counting import MOST
from .errors import NotInProgress, SentBefore
from .event import LeadEvent
from .journal import JournalEntry

COUNTERS = ("call_count", "call_days")


class Calling:
    """The verb that records a call; mixed into Lead."""

    def record_call(
        self, *, outcome, by, note="", token=None, follow_up_at=None, follow_up_note=""
    ):
        """Write an attempt to call into the journal; return its event.

        The same `token` twice writes one and returns None the second time, but raises
        SentBefore where that is about another call. A `follow_up_at` is set with its note
        in the same transaction; on a closed lead that raises NotInProgress.
        """
        with self.locked_for(by):
            outcome = JournalEntry.Outcome(outcome)
            # The journal refuses an empty text, and the word is found by a search.
            text = note or str(outcome.label)
            if token and self.written_with(token, outcome=outcome, text=text):
                if follow_up_at and follow_up_at != self.follow_up_at:
                    raise SentBefore
                return None
            if follow_up_at and not self.is_in_progress:
                raise NotInProgress
            extra = {"token": token} if token else {}
            entry = self.write_line(
                author=by,
                kind=JournalEntry.Kind.CALL,
                outcome=outcome,
                text=text,
                **extra,
            )
            self.save_change(*self.counted_calls(entry))
            event = self.record(
                LeadEvent.Kind.CALLED,
                by=by,
                label=str(outcome.label),
                new_text=note,
                object_id=entry.pk,
            )
            if follow_up_at:
                self.replace_follow_up(
                    follow_up_at=follow_up_at,
                    follow_up_note=follow_up_note,
                    by=by,
                    entry=entry,
                )
            return event

    def take_back_call(self, event, *, by):
        """Take back the call that `event` recorded, with the follow-up that it set.

        Returns the event, and those of the follow-up: None when that is another one by
        now, which stays. Raises Unchangeable as `delete_entry` does.
        """
        with self.locked_for(by):
            deleted = self.delete_entry(event.object_id, by=by)
            planned = self.events.planned_with(event.object_id, since=event.created_at)
            return deleted, self.take_back_follow_up(planned, by=by)

    def counted_calls(self, entry):
        """Count the attempts afresh if `entry` is one; return the columns that changed.

        Those since the lead was accepted count, as far as a number that people read.
        """
        if not entry.outcome:
            return ()
        since = self.accepted_at
        calls = self.journal.attempts().since(since).values_list("created_at", flat=True)
        times = list(calls[: MOST + 1])
        self.call_count = len(times)
        self.call_days = len({timezone.localdate(at) for at in times})
        return COUNTERS

    @property
    def attempts(self):
        """How often and on how many days somebody was called, as people read it, or empty."""
        if not self.call_count:
            return ""
        count, days = self.call_count, self.call_days
        attempts = ngettext("%(count)d attempt", "%(count)d attempts", count)
        on_days = ngettext("on %(count)d day", "on %(count)d days", days)
        return f"{attempts % {'count': count}} {on_days % {'count': days}}"

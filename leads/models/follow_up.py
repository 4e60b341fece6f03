"""When the rep must touch the lead next, and what for."""

from leads.fields import BUILT_IN_BY_NAME

from .errors import NotInProgress

FOLLOW_UP = ("follow_up_at", "follow_up_note")


class FollowUp:
    """Setting, moving and clearing the follow-up; mixed into Lead."""

    def set_follow_up(self, *, at, by, note="", seen=None):
        """Let the lead be due `at` a moment, None for never, with a note; return the events.

        Without a note (None) it keeps the one it has, as long as it is due. `seen` maps the
        fields' names to what LeadField.seen_of gave when the actor looked; without it
        whatever stands there is replaced. Raises NotInProgress, FieldConflict.
        """
        with self.locked_for(by):
            if not self.is_in_progress:
                raise NotInProgress
            if note is None:
                note = self.follow_up_note
                seen = seen and {"follow_up_note": note, **seen}
            values = {"follow_up_at": at, "follow_up_note": note if at else ""}
            if seen is None:
                return self.replace_follow_up(by=by, **values)
            return self.set_fields(
                {name: (seen[name], value) for name, value in values.items()}, by=by
            )

    def replace_follow_up(self, *, follow_up_at, follow_up_note, by, entry=None):
        """Write both into the locked row, for verbs that take them along; see above.

        `entry` is what they were planned with, in the journal.
        """
        values = {"follow_up_at": follow_up_at, "follow_up_note": follow_up_note}
        fields = {name: BUILT_IN_BY_NAME[name] for name in FOLLOW_UP}
        writes = [(f, values[n]) for n, f in fields.items() if f.value_of(self) != values[n]]
        return self.write_fields(writes, by=by, object_id=entry and entry.pk)

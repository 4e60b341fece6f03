"""When the rep must touch the lead next, and what for."""

from leads.fields import BUILT_IN_BY_NAME

from .errors import NotInProgress

FOLLOW_UP = DAY, NOTE = ("follow_up_at", "follow_up_note")


class FollowUp:
    """Setting, moving and clearing the follow-up; mixed into Lead."""

    def set_follow_up(self, *, at, by, note="", seen=None):
        """Let the lead be due `at` a moment, None for never, with a note; return the events.

        `seen` maps the fields' names to what LeadField.seen_of gave when the actor looked;
        without it whatever stands there is replaced. Raises NotInProgress, FieldConflict.
        """
        with self.locked_for(by):
            if not self.is_in_progress:
                raise NotInProgress
            values = dict(zip(FOLLOW_UP, (at, note if at else ""), strict=True))
            if seen is None:
                return self.replace_follow_up(by=by, **values)
            return self.set_fields(
                {name: (seen[name], value) for name, value in values.items()}, by=by
            )

    def writes_of_follow_up(self, values):
        """Return what is to be written beside these `values` of fields, by name.

        The note goes with its day. Raises NotInProgress: a closed lead is not due.
        """
        at, note = (BUILT_IN_BY_NAME[name] for name in FOLLOW_UP)
        if at.name not in values:
            return []
        if not self.is_in_progress:
            raise NotInProgress
        is_orphan = values[at.name] is None and self.follow_up_note and note.name not in values
        return [(note, "")] if is_orphan else []

    def take_back_follow_up(self, planned, *, by):
        """Write into the locked row what was there before the events `planned`; return events.

        None when it is another follow-up by now, or the lead is closed.
        """
        changes = [(BUILT_IN_BY_NAME[change.field], change) for change in planned]
        is_as_set = all(field.data_of(self) == change.new for field, change in changes)
        if changes and not (self.is_in_progress and is_as_set):
            return None
        before = [(field, field.value_from(change.old)) for field, change in changes]
        return self.write_fields(before, by=by)

    def replace_follow_up(self, *, follow_up_at, follow_up_note, by, entry=None):
        """Write both into the locked row, for verbs that take them along; see above.

        `entry` is what they were planned with, in the journal. Raises NotInProgress.
        """
        if not self.is_in_progress:
            raise NotInProgress
        values = {"follow_up_at": follow_up_at, "follow_up_note": follow_up_note}
        fields = {name: BUILT_IN_BY_NAME[name] for name in FOLLOW_UP}
        writes = [(f, values[n]) for n, f in fields.items() if f.value_of(self) != values[n]]
        return self.write_fields(writes, by=by, object_id=entry and entry.pk)

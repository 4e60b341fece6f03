"""Taking a change back, as the toast and the Verlauf offer it."""

from leads.fields import table_of

from .errors import StaleMove, Unchangeable
from .event import LeadEvent


class Undo:
    """The way back from an event; mixed into Lead."""

    def undo(self, event, *, by):
        """Take back what `event` recorded; return the new event.

        Undoing is a change like any other: it is refused when somebody has changed the
        same thing since (FieldConflict, StaleMove, Unchangeable), and it is recorded. Not
        of a call, for which there is `take_back_call`.
        """
        kind = LeadEvent.Kind
        match event.kind:
            case kind.MOVED | kind.MOVED_BACK | kind.WON | kind.LOST:
                with self.locked_for(by):
                    if self.last_step != event:
                        raise StaleMove(self.last_step)
                    if event.kind in {kind.WON, kind.LOST}:
                        return self.reopen(by=by)
                    return self.move(seen=event.to_phase, to=event.from_phase, by=by)
            case kind.FIELD_CHANGED:
                return self.undo_fields([event], by=by)
            case kind.ENTRY_DELETED:
                return self.restore_entry(event.object_id, by=by)
            case kind.ENTRY_EDITED:
                return self.edit_entry(event.object_id, text=event.old, seen=event.new, by=by)
            case kind.FILE_DELETED:
                return self.restore_file(event.object_id, by=by)
            case kind.FILE_RENAMED:
                return self.rename_file(event.object_id, name=event.old, seen=event.new, by=by)
            case _:
                raise Unchangeable

    def undo_fields(self, events, *, by):
        """Take back field changes that were made at once, all or none; return an event.

        See `undo`; of several new events the last is returned.
        """
        # Among all: what is undone may have been the last value of a retired field.
        table = table_of(self, [event.field for event in events])
        changes = {}
        for event in events:
            field = table.get(event.field)
            if field is None or event.kind != LeadEvent.Kind.FIELD_CHANGED:
                raise Unchangeable
            value = field.value_from(event.old)
            changes[field.name] = (field.seen(event.new), value)
        undone = self.set_fields(changes, by=by)
        return undone[-1] if undone else None

"""Correcting a lead's fields, each conditional on the value that the user saw."""

from leads.fields import table_of
from leads.match_keys import is_matched

from .errors import FieldConflict, Unchangeable
from .event import LeadEvent


class Editing:
    """The verbs that write fields; mixed into Lead."""

    def set_field(self, name, *, seen, value, by):
        """Set the field called `name` to the Python `value`; return the event.

        `seen` is what LeadField.seen_of gave when the user looked. Returns None when
        nothing changes. Raises FieldConflict, Unchangeable (no such field), NotInProgress
        (a closed lead's follow-up).
        """
        events = self.set_fields({name: (seen, value)}, by=by)
        return events[0] if events else None

    def set_fields(self, changes, *, by, kinds=None):
        """Set several fields, all or none; return the events.

        `changes` maps names to pairs of what was seen and the new value; `kinds`, where
        it is given, maps them to the kinds (leads.kinds) that the values were read as.
        """
        with self.locked_for(by):
            return self.write_changes(changes, by=by, kinds=kinds)

    def write_changes(self, changes, *, by, kinds=None):
        """Do what `set_fields` does, in the row that is locked already."""
        table = table_of(self, changes)
        writes, conflicts = [], {}
        for name, (seen, value) in changes.items():
            field = table.get(name)
            if field is None or (kinds and kinds[name] != field.kind_name):
                raise Unchangeable
            if field.json_of(value) == field.data_of(self):
                continue
            if _same(seen, field.seen_of(self)):
                writes.append((field, value))
            elif not _same(seen, field.seen(field.json_of(value))):
                conflicts[name] = self.events.of_field(name).newest_first().first()
        if conflicts:
            raise FieldConflict(conflicts)
        writes += self.writes_of_follow_up({field.name: value for field, value in writes})
        self._hold_definitions([field for field, _value in writes])
        return self.write_fields(writes, by=by)

    def _hold_definitions(self, fields):
        """Let nobody delete the definitions of `fields` or make another kind of them.

        Raises Unchangeable when that has just happened.
        """
        own = [field for field in fields if field.own_id]
        if own:
            held = self.marketplace.fields.with_ids([field.own_id for field in own]).hold()
            now = {definition.pk: definition.kind for definition in held}
            if any(now.get(field.own_id) != field.kind_name for field in own):
                raise Unchangeable

    def write_fields(self, writes, *, by, **details):
        """Write pairs of field and value into the locked row; return the events.

        `details` go into each of the events.
        """
        columns, events = set(), []
        for field, value in writes:
            old = field.data_of(self)
            columns.add(field.assign(self, value))
            new = field.data_of(self)
            events.append(
                self.record(
                    LeadEvent.Kind.FIELD_CHANGED,
                    by=by,
                    field=field.name,
                    label=str(field.label),
                    old=old,
                    new=new,
                    old_text=field.text(old),
                    new_text=field.text(new),
                    **details,
                )
            )
        if columns:
            self.derive()
            self.save_change(*columns, "sort_name")
        if any(is_matched(field) for field, _value in writes):
            self.save_match_keys()
        return events


def _same(seen, current):
    # Browsers send the line breaks of a form as CR LF.
    return seen.replace("\r\n", "\n") == current

"""Keeping what a lead is sorted and filtered by in step with its own fields."""

from leads.field_values import columns_of, kinds_of, rows_of

from .field_value import FieldValue


class Valuing:
    """What the other verbs call; mixed into Lead."""

    def save_field_values(self):
        """Write what has changed of the rows of this locked lead."""
        values = FieldValue.objects.filter(lead=self)
        there = {(row.field_id, row.is_choice, row.key): row for row in values}
        fields = self.marketplace.fields.all() if self.own_values else ()
        kinds = {definition.pk: kinds_of(definition) for definition in fields}
        wanted = {row: columns_of(self, row) for row in rows_of(self, kinds)}
        gone = [row.pk for row in there.values() if _differs(row, wanted)]
        if gone:
            values.filter(pk__in=gone).delete()
        FieldValue.objects.bulk_create(
            FieldValue(**columns)
            for row, columns in wanted.items()
            if row not in there or _differs(there[row], wanted)
        )

    def forget_field_values(self):
        """Let nobody find the lead by its own fields any more."""
        FieldValue.objects.filter(lead=self).delete()


def _differs(row, wanted):
    columns = wanted.get((row.field_id, row.is_choice, row.key))
    return columns is None or any(
        getattr(row, name) != value for name, value in columns.items()
    )

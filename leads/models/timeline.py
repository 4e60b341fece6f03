"""What journal, attachments and Verlauf share: rows of a lead by time, newest first."""

from django.db import models
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan


class TimelineQuerySet(models.QuerySet):
    """Rows with `created_at`, read from the newest on."""

    def newest_first(self):
        """In the order in which they are shown; the id breaks ties."""
        return self.order_by("-created_at", "-id")

    def oldest_first(self):
        """In the order in which they happened."""
        return self.order_by("created_at", "id")

    def since(self, moment):
        """Those of `moment` and later."""
        return self.filter(created_at__gte=moment)

    def with_ids(self, ids):
        """The rows with these ids."""
        return self.filter(pk__in=ids)

    def of_lead(self, pk):
        """The rows of the lead with this id."""
        return self.filter(lead=pk)

    def older_than(self, moment, pk):
        """Those that stand below the row of this moment and id."""
        # As one range of the index; the same in words joined with OR would be none.
        place = Tuple(models.F("created_at"), models.F("id"))
        return self.filter(TupleLessThan(place, (moment, pk)))

    def with_id(self, pk):
        """Return the row with this id, or None."""
        return self.filter(pk=pk).first()

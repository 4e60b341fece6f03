"""What journal, attachments and Verlauf share: rows of a lead by time, newest first."""

from django.db import models


class TimelineQuerySet(models.QuerySet):
    """Rows with `created_at`, read from the newest on."""

    def newest_first(self):
        """In the order in which they are shown; the id breaks ties."""
        return self.order_by("-created_at", "-id")

    def oldest_first(self):
        """In the order in which they happened."""
        return self.order_by("created_at", "id")

    def older_than(self, row):
        """Those that stand below `row`."""
        return self.filter(
            models.Q(created_at__lt=row.created_at)
            | models.Q(created_at=row.created_at, id__lt=row.pk)
        )

    def with_id(self, pk):
        """Return the row with this id, or None."""
        return self.filter(pk=pk).first()

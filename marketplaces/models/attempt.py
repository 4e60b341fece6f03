"""Attempts that count towards a limit: signing in, asking for a password, uploading."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class AttemptQuerySet(models.QuerySet):
    """Attempts, by who made them and when."""

    def of(self, what, **columns):
        """Attempts at `what` that have these columns: who, client, browser."""
        return self.filter(what=what, **columns)

    def of_any(self, kinds, **columns):
        """Attempts at one of `kinds` that have these columns."""
        return self.filter(what__in=kinds, **columns)

    def besides(self, attempt):
        """All but this one."""
        return self.exclude(pk=attempt.pk)

    def later_than(self, moment):
        """Attempts after `moment`."""
        return self.filter(at__gt=moment)

    def earlier_than(self, moment):
        """Attempts before `moment`."""
        return self.filter(at__lt=moment)

    def time_before(self, count):
        """The time of the attempt that has `count` later ones, or None."""
        times = self.order_by("-at", "-id").values_list("at", flat=True)
        return next(iter(times[count : count + 1]), None)

    def forget(self, kinds, *, who, client, browser):
        """Delete the attempts of an account at a client's address, or in a browser."""
        same = Q(client=client)
        if browser:
            same |= Q(browser=browser)
        self.filter(same, what__in=kinds, who=who).delete()


class Attempt(models.Model):
    """One attempt. Names, addresses and the like stand here as keyed hashes only."""

    what = models.CharField(max_length=20)
    who = models.CharField(max_length=32, blank=True)
    client = models.CharField(max_length=32, blank=True)
    browser = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["what", "who", "at"], name="attempt_of_account"),
            models.Index(fields=["what", "client", "at"], name="attempt_of_client"),
            models.Index(fields=["at"], name="attempt_time"),
        ]

    def __str__(self):
        return f"{self.what} · {self.at:%Y-%m-%d %H:%M}"

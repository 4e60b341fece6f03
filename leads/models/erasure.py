"""That somebody's personal data were erased, by whom and why; without the data."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from leadbook.provenance import Source


class ErasureQuerySet(models.QuerySet):
    """Erasures."""

    def finished(self):
        """Those that are done, oldest first."""
        return self.filter(finished_at__isnull=False).order_by("pk")

    def external_id_hashes(self, marketplace):
        """Return the hashes of the numbers that erased leads of `marketplace` had."""
        rows = self.filter(lead__marketplace=marketplace).exclude(external_id_sha256="")
        return set(rows.values_list("external_id_sha256", flat=True))


class Erasure(models.Model):
    """The anonymising of one lead or of one former member (Art. 17 GDPR).

    While `finished_at` is empty, inside the transaction that erases, the database lets
    the texts of the events concerned be changed; see leads.append_only. A finished
    erasure is never changed or deleted.
    """

    class Reason(models.TextChoices):
        """Why."""

        REQUEST = "request", _("Request of the person")
        RETENTION = "retention", _("End of the retention period")
        REPLAY = "replay", _("Repeated after a restore")
        TAKEN_BACK = "taken_back", _("Import taken back")

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, null=True, related_name="erasures",
        verbose_name=_("lead"),
    )  # fmt: skip
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="erasures",
        verbose_name=_("user"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("person"),
    )  # fmt: skip
    actor_name = models.CharField(_("name of the person then"), max_length=310, blank=True)
    source = models.CharField(_("through"), max_length=10, choices=Source)
    request_id = models.CharField(_("request"), max_length=32, blank=True)
    # Of the marketplace's own number: an import recognises the lead and leaves it out.
    external_id_sha256 = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(_("numbers of what was erased"), default=dict, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lead=None, user__isnull=False) | Q(lead__isnull=False, user=None),
                name="erasure_of_lead_or_user",
            ),
        ]

    def __str__(self):
        return f"{self.get_reason_display()} · {self.created_at:%Y-%m-%d}"

    @cached_property
    def left_undone(self):
        """Sentences on what failed after the commit; only of the instance that erased."""
        return []

    @staticmethod
    def hash_of(external_id):
        """Return what is kept of a marketplace's own number, empty for none."""
        return hashlib.sha256(external_id.encode()).hexdigest() if external_id else ""

"""What of a phase's checklist is done for a lead."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TickQuerySet(models.QuerySet):
    """Ticks of leads."""

    def of_items(self, items):
        """Those of these entries of a checklist, with who made them."""
        return self.filter(item__in=items).select_related("by")


class Tick(models.Model):
    """One entry of a checklist that is done; the Verlauf keeps the ticks that are gone."""

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="ticks", verbose_name=_("lead")
    )
    item = models.ForeignKey(
        "marketplaces.ChecklistItem", on_delete=models.PROTECT, related_name="+",
        verbose_name=_("checklist item"),
    )  # fmt: skip
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("person"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    objects = TickQuerySet.as_manager()

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "item"],
                name="tick_once",
                violation_error_message=_("This is ticked already."),
            ),
        ]

    def __str__(self):
        return f"{self.item} · {self.by}"

"""Why a marketplace's leads are lost."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leadbook.numbers import german

from .ordering import OrderedEntry, OrderedQuerySet


class LossReasonQuerySet(OrderedQuerySet):
    """Reasons of a marketplace's list."""

    def with_lead_count(self):
        """With `lead_count`, the leads that were lost for the reason."""
        return self.annotate(lead_count=models.Count("leads"))


class LossReason(OrderedEntry):
    """One reason out of a marketplace's list."""

    marketplace = models.ForeignKey(
        "marketplaces.Marketplace",
        on_delete=models.CASCADE,
        related_name="loss_reasons",
        verbose_name=_("marketplace"),
    )
    label = models.CharField(_("reason"), max_length=80)

    objects = LossReasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("loss reason")
        verbose_name_plural = _("loss reasons")
        ordering = ["marketplace", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "position"],
                name="loss_reason_position_unique",
                violation_error_message=_("Two reasons cannot have the same place."),
            ),
            models.UniqueConstraint(
                Lower("label"),
                "marketplace",
                name="loss_reason_label_unique",
                violation_error_message=_("There is already such a reason."),
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def use(self):
        """How many leads were lost for this reason."""
        count = self.leads.count()
        if not count:
            return ""
        return ngettext(
            "%(count)s lead was lost for this reason.",
            "%(count)s leads were lost for this reason.",
            count,
        ) % {"count": german(count)}

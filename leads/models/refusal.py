"""A rep's refusal of an offered lead."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LeadRefusal(models.Model):
    """Hides one offered lead from one rep."""

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="refusals", verbose_name=_("lead")
    )
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("person"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "rep"],
                name="refusal_once_per_rep",
                violation_error_message=_("You have already declined this lead."),
            ),
        ]

    def __str__(self):
        return f"{self.lead} · {self.rep}"

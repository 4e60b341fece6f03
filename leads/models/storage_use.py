"""How much room each marketplace's attachments take."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StorageUse(models.Model):
    """A counter beside the marketplace, so that its admin form never writes it back."""

    marketplace = models.OneToOneField(
        "marketplaces.Marketplace", on_delete=models.CASCADE, primary_key=True,
        related_name="storage_use", verbose_name=_("marketplace"),
    )  # fmt: skip
    bytes = models.BigIntegerField(_("bytes"), default=0)

    class Meta:
        verbose_name = _("storage use")
        verbose_name_plural = _("storage use")

    def __str__(self):
        return f"{self.marketplace_id}: {self.bytes}"

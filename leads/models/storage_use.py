"""How much room each marketplace's attachments take."""

from django.apps import apps
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class StorageUseQuerySet(models.QuerySet):
    """The counters. What is deleted counts until its file is removed."""

    def take(self, marketplace, size):
        """Count `size` bytes more; return whether there was room for them.

        Looking and counting are one statement, so that of two uploads at the limit's
        edge only one passes. To be called before the attachment's row is written.
        """
        self._ensure(marketplace.pk)
        with_room = self.filter(
            marketplace=marketplace, bytes__lte=marketplace.storage_limit - size
        )
        return bool(with_room.update(bytes=F("bytes") + size))

    def has_room(self, marketplace, size):
        """Whether `size` bytes more could be counted now; `take` decides."""
        return self.bytes_of(marketplace) + size <= marketplace.storage_limit

    def give_back(self, marketplace_id, size):
        """Count `size` bytes less; to be called before the row is removed, with it."""
        self._ensure(marketplace_id)
        self.filter(marketplace=marketplace_id).update(bytes=F("bytes") - size)

    def bytes_of(self, marketplace):
        """Return the bytes that a marketplace's attachments take."""
        counter = self.filter(marketplace=marketplace).first()
        return counter.bytes if counter else _counted(marketplace.pk)

    def recount(self):
        """Count all marketplaces' attachments afresh; return how many counters were wrong."""
        wrong = 0
        for marketplace in apps.get_model("marketplaces.Marketplace").objects.by_name():
            with transaction.atomic():
                self._ensure(marketplace.pk)
                # An upload holds the counter until its row is committed.
                counter = self.select_for_update().get(marketplace=marketplace)
                size = _counted(marketplace.pk)
                if counter.bytes != size:
                    counter.bytes = size
                    counter.save(update_fields=["bytes"])
                    wrong += 1
        return wrong

    def _ensure(self, marketplace_id):
        counter, _is_new = self.get_or_create(
            marketplace_id=marketplace_id,
            defaults={"bytes": lambda: _counted(marketplace_id)},
        )
        return counter


class StorageUse(models.Model):
    """A counter beside the marketplace, so that its admin form never writes it back."""

    marketplace = models.OneToOneField(
        "marketplaces.Marketplace", on_delete=models.CASCADE, primary_key=True,
        related_name="storage_use", verbose_name=_("marketplace"),
    )  # fmt: skip
    bytes = models.BigIntegerField(_("bytes"), default=0)

    objects = StorageUseQuerySet.as_manager()

    class Meta:
        verbose_name = _("storage use")
        verbose_name_plural = _("storage use")

    def __str__(self):
        return f"{self.marketplace_id}: {self.bytes}"


def _counted(marketplace_id):
    return apps.get_model("leads.Attachment").objects.bytes_in(marketplace_id)

"""Attachments: documents that belong to a lead."""

import secrets

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leads.file_types import FILE_TYPES

from .storage_use import StorageUse
from .timeline import TimelineQuerySet


def attachment_storage():
    """Return the storage that the installation keeps attachments in.

    Asked for at the start, where a class that is none stops it: it cannot be imported while
    the settings are read.
    """
    try:
        storage = storages["attachments"]
    except Exception as error:
        # Whatever a storage's constructor raises about its options.
        raise ImproperlyConfigured(
            f"ATTACHMENTS must name a storage and its options: {error}"
        ) from error
    if not isinstance(storage, Storage):
        raise ImproperlyConfigured(
            f"ATTACHMENTS must name a class of storages, not {settings.ATTACHMENTS!r}."
        )
    return storage


def random_key(instance=None, filename=""):
    """Return a name for the storage: 128 random bits, nothing of the user's."""
    key = secrets.token_hex(16)
    return f"{key[:2]}/{key}"


class AttachmentQuerySet(TimelineQuerySet):
    """Attachments."""

    def kept(self):
        """Attachments that are not deleted."""
        return self.filter(deleted_at=None)

    def for_list(self):
        """With what a row of the tab shows."""
        return self.select_related("author")

    def deleted_before(self, moment):
        """Attachments that were deleted before `moment` and whose files may go."""
        return self.filter(deleted_at__lt=moment)

    def with_files(self):
        """Attachments that have a file in the storage, the deleted ones included."""
        return self.exclude(file="").order_by("pk")

    def to_scan(self):
        """Attachments with a file that the virus scanner has not seen."""
        unseen = [Attachment.ScanState.UNSCANNED, Attachment.ScanState.PENDING]
        return self.with_files().filter(scan_state__in=unseen)

    def without_thumbnail(self, *, since):
        """Pictures that are kept, came after `since` and have no small one; newest first."""
        endings = [ending for ending, kind in FILE_TYPES.items() if kind.is_picture]
        lacking = self.kept().filter(thumbnail="", extension__in=endings)
        return lacking.filter(created_at__gt=since).newest_first()

    def set_thumbnail(self, pk, key):
        """Give an attachment its thumbnail; return whether it is there and had none."""
        return bool(self.filter(pk=pk, thumbnail="").update(thumbnail=key))

    def keys_among(self, keys):
        """Return those of the storage's `keys` that a row names."""
        rows = self.filter(models.Q(file__in=keys) | models.Q(thumbnail__in=keys))
        return {key for row in rows.values_list("file", "thumbnail") for key in row}

    def bytes_in(self, marketplace_id):
        """Return the size of a marketplace's attachments, the deleted ones included."""
        rows = self.filter(lead__marketplace=marketplace_id)
        return rows.aggregate(size=models.Sum("size"))["size"] or 0

    def purge(self):
        """Remove these attachments for good, rows first, then files; return how many."""
        number = 0
        for attachment in self.select_related("lead").iterator():
            with transaction.atomic():
                # Who was faster has also given the room back; who restored it keeps it.
                if not self.select_for_update(of=("self",)).with_id(attachment.pk):
                    continue
                StorageUse.objects.give_back(attachment.lead.marketplace_id, attachment.size)
                attachment.delete()
                transaction.on_commit(attachment.remove_files)
            number += 1
        return number


class Attachment(models.Model):
    """One uploaded document. Its name is only text; the file has a random key."""

    class ScanState(models.TextChoices):
        """What the virus scanner says."""

        UNSCANNED = "", _("Not checked")
        PENDING = "pending", _("Being checked")
        CLEAN = "clean", _("Checked")
        BLOCKED = "blocked", _("Blocked")

    # The indexes below begin with the lead.
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, related_name="attachments", db_index=False,
        verbose_name=_("lead"),
    )  # fmt: skip
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("author"),
    )  # fmt: skip
    file = models.FileField(
        _("file"), storage=attachment_storage, upload_to=random_key, max_length=100
    )
    thumbnail = models.FileField(
        _("thumbnail"), storage=attachment_storage, upload_to=random_key, max_length=100,
        blank=True,
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=150)
    extension = models.CharField(_("type"), max_length=10)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    scan_state = models.CharField(
        _("virus check"),
        max_length=8,
        choices=ScanState,
        blank=True,
        default="",
        db_default="",
    )
    # The name that the scanner gives to what it found.
    scan_result = models.CharField(_("found"), max_length=200, blank=True, db_default="")
    scanned_at = models.DateTimeField(_("checked"), null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["lead", "-created_at", "-id"], name="file_newest_of_lead"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "sha256"],
                condition=models.Q(deleted_at=None),
                name="attachment_once_per_lead",
                violation_error_message=_("This file is already attached."),
            ),
            models.CheckConstraint(
                condition=models.Q(size__gt=0),
                name="attachment_not_empty",
                violation_error_message=_("The file is empty."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def key(self):
        """Its name in the storage."""
        return self.file.name

    @property
    def lock(self):
        """BLOCKED or PENDING where nobody may open the file, otherwise empty.

        Where there is a virus scanner, only what it found clean is opened; what it once
        blocked stays so without it.
        """
        if self.scan_state == self.ScanState.BLOCKED:
            return self.ScanState.BLOCKED
        if settings.CLAMD is not None and self.scan_state != self.ScanState.CLEAN:
            return self.ScanState.PENDING
        return self.ScanState.UNSCANNED

    @property
    def rename_label(self):
        """What the button is called that opens the editor of the name."""
        return gettext("Rename %(name)s") % {"name": self.name}

    @property
    def delete_label(self):
        """What the button is called that takes the document away."""
        return gettext("Delete %(name)s") % {"name": self.name}

    def remove_files(self):
        """Remove document and thumbnail from the storage."""
        for stored in (self.file, self.thumbnail):
            if stored:
                stored.storage.delete(stored.name)

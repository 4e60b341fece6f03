"""Files that go to the bucket first, past the application, and become attachments then."""

import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .attachment import attachment_storage
from .errors import Unchangeable

logger = logging.getLogger(__name__)

# As long as its file may be looked at without anybody else beginning to.
CLAIM = timedelta(minutes=15)
# An upload that is not finished by then will not be.
GRACE = timedelta(hours=24)


def pending_key():
    """Return a name for what arrives: 128 random bits, apart from the attachments' keys."""
    return f"pending/{secrets.token_hex(16)}"


class DirectUploadQuerySet(models.QuerySet):
    """Uploads to the bucket."""

    def of(self, user):
        """What `user` has announced; nobody else finishes it."""
        return self.filter(author=user)

    def under_way_of(self, user):
        """Return how many files of `user` are awaited."""
        since = timezone.now() - DirectUpload.FORM_LIFETIME
        return self.of(user).filter(attachment=None, created_at__gt=since).count()

    def past_grace(self):
        """Uploads of yesterday: those that are finished, and those that never will be."""
        return self.filter(created_at__lt=timezone.now() - GRACE)

    def keys_among(self, keys):
        """Return those of the storage's `keys` that are awaited."""
        return set(self.filter(key__in=keys).values_list("key", flat=True))

    def discard(self):
        """Remove these uploads with what has arrived for them."""
        for upload in self.iterator():
            upload.discard()


class DirectUpload(models.Model):
    """One announced file: who may finish it, on which lead, and what it must be like."""

    # As long as the bucket takes the file: 2 GB by a line of 5 Mbit/s.
    FORM_LIFETIME = timedelta(hours=1)
    # Unfinished ones of one person; a browser sends one after the other.
    AT_ONCE = 20

    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.CASCADE, related_name="direct_uploads",
        verbose_name=_("lead"),
    )  # fmt: skip
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+",
        verbose_name=_("author"),
    )  # fmt: skip
    key = models.CharField(max_length=100, unique=True, default=pending_key)
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    # What it became, so that who did not hear the answer can ask again.
    attachment = models.ForeignKey(
        "leads.Attachment", on_delete=models.CASCADE, null=True, related_name="+"
    )

    objects = DirectUploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="direct_upload_time")]

    def __str__(self):
        return self.name

    def claim(self):
        """Begin to look at the file; return whether nobody else is at it."""
        now = timezone.now()
        free = models.Q(claimed_at=None) | models.Q(claimed_at__lt=now - CLAIM)
        mine = type(self).objects.filter(free, pk=self.pk, attachment=None)
        return bool(mine.update(claimed_at=now))

    def release(self):
        """Let it be looked at again."""
        type(self).objects.filter(pk=self.pk).update(claimed_at=None)

    def finish(self, attachment):
        """Note what it became; once. Raises Unchangeable when it became something before."""
        mine = type(self).objects.filter(pk=self.pk, attachment=None)
        if not mine.update(attachment=attachment):
            raise Unchangeable
        self.attachment = attachment

    def discard(self):
        """Remove it with what has arrived; what cannot be removed now is removed later."""
        self.try_to_remove_files()
        type(self).objects.filter(pk=self.pk).delete()

    def try_to_remove_files(self):
        """Remove what has arrived; failing that, reconcile_attachments does it later."""
        try:
            self.remove_files()
        except Exception:
            # Whatever a storage's own client raises.
            logger.exception("What has arrived could not be removed: %s", self.key)

    def remove_files(self):
        """Remove what has arrived from the storage."""
        attachment_storage().delete(self.key)

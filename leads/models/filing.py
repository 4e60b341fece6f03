"""Filing documents with a lead. Row and file stand or fall together."""

import logging

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.file_names import numbered
from marketplaces.models import User

from .attachment import Attachment
from .direct_upload import DirectUpload
from .errors import FieldConflict, LeadError, Unchangeable
from .event import LeadEvent
from .storage_use import StorageUse

logger = logging.getLogger(__name__)

NO_ROOM_IN_MARKETPLACE = _(
    "The marketplace has no room left for this file. Deleted attachments "
    "count until they are removed for good."
)


class Filing:
    """The verbs on attachments; mixed into Lead."""

    def attach(self, upload, *, by):
        """File a checked document (leads.uploads.Document); return attachment and event.

        The same bytes twice are stored once: then the event is None. Raises LeadError
        when the lead is full, StorageAway when the file cannot be written. What was
        written to the storage is removed again when the row cannot be written, except
        when the database goes away while it commits: then nobody knows whether there is a
        row, and a file too many is better than one too few.
        """
        if existing := self._same_file(upload):
            upload.was_filed(existing)
            return existing, None
        stored, is_committing = [], False
        try:
            attachment = upload.store(stored)
            with self.locked_for(by):
                if existing := self._same_file(upload):
                    _remove(stored)
                    upload.was_filed(existing)
                    return existing, None
                self._take_room(upload.size)
                attachment.lead, attachment.author = self, by
                attachment.name = self._free_name(upload.name)
                attachment.save()
                upload.was_filed(attachment)
                self.save_change()
                event = self._record_file(
                    LeadEvent.Kind.FILE_ADDED, attachment, by, new=attachment.name
                )
                is_committing = True
            return attachment, event
        except BaseException:
            if not is_committing:
                _remove(stored)
            raise

    def expect_file(self, *, name, size, by):
        """Make ready for a file that goes to the bucket first; return its DirectUpload.

        Raises LeadError where there is no room for it, or too many are on their way.
        """
        with self.locked_for(by):
            # They may be announced for other leads in the same moment.
            User.people.hold(by.pk)
            if DirectUpload.objects.under_way_of(by) >= DirectUpload.AT_ONCE:
                raise LeadError(_("Too many uploads in a short time; please wait."))
            self._check_room(size)
            if not StorageUse.objects.has_room(self.marketplace, size):
                raise LeadError(NO_ROOM_IN_MARKETPLACE)
            return self.direct_uploads.create(author=by, name=name, size=size)

    def rename_file(self, attachment_id, *, name, by, seen=None):
        """Give an attachment another name; return the event, or None without a change.

        One that another file of the lead has gets a number.
        `seen` is the name that the actor saw; another one now is a FieldConflict.
        """
        with self.locked_for(by):
            attachment = self._kept_file(attachment_id)
            old = attachment.name
            if name == old:
                return None
            if seen is not None and old != seen:
                raise FieldConflict({"name": None})
            attachment.name = self._free_name(name, besides=attachment.pk)
            if attachment.name == old:
                return None
            attachment.save(update_fields=["name"])
            self.save_change()
            return self._record_file(
                LeadEvent.Kind.FILE_RENAMED, attachment, by, old=old, new=attachment.name
            )

    def delete_file(self, attachment_id, *, by):
        """Take an attachment away; its file stays until the days of grace are over."""
        with self.locked_for(by):
            attachment = self._kept_file(attachment_id)
            attachment.deleted_at = timezone.now()
            attachment.save(update_fields=["deleted_at"])
            self.save_change()
            return self._record_file(
                LeadEvent.Kind.FILE_DELETED, attachment, by, old=attachment.name
            )

    def restore_file(self, attachment_id, *, by):
        """Put a deleted attachment back.

        Raises Unchangeable when it is gone for good, LeadError when the lead is full.
        """
        with self.locked_for(by):
            # Locked itself, too: it may be about to be purged.
            deleted = self.attachments.filter(deleted_at__isnull=False).select_for_update()
            attachment = deleted.with_id(attachment_id)
            if (
                attachment is None
                or self.attachments.kept().filter(sha256=attachment.sha256).exists()
            ):
                raise Unchangeable
            # Its own room it has kept.
            self._check_room(0)
            attachment.name = self._free_name(attachment.name)
            attachment.deleted_at = None
            attachment.save(update_fields=["name", "deleted_at"])
            self.save_change()
            return self._record_file(
                LeadEvent.Kind.FILE_RESTORED, attachment, by, new=attachment.name
            )

    def note_scan(self, attachment_id, *, found):
        """Note what the virus scanner `found` in an attachment; "" for nothing.

        Return the event where that blocks it, or opens it again, otherwise None. Raises
        Unchangeable when it is gone for good.
        """
        with self.locked(type(self).objects.all()):
            attachment = self.attachments.select_for_update().with_id(attachment_id)
            if attachment is None:
                raise Unchangeable
            was_blocked = attachment.scan_state == Attachment.ScanState.BLOCKED
            attachment.scan_state = (
                Attachment.ScanState.BLOCKED if found else Attachment.ScanState.CLEAN
            )
            attachment.scan_result = found[:200]
            attachment.scanned_at = timezone.now()
            attachment.save(update_fields=["scan_state", "scan_result", "scanned_at"])
            if found and not was_blocked:
                return self._record_file(
                    LeadEvent.Kind.FILE_BLOCKED, attachment, None, new=attachment.scan_result
                )
            if was_blocked and not found:
                return self._record_file(LeadEvent.Kind.FILE_RESTORED, attachment, None)
            return None

    @property
    def room_left(self):
        """How many files, and how many bytes, the lead still takes."""
        counter = getattr(self.marketplace, "storage_use", None)
        of_marketplace = self.marketplace.storage_limit - (counter.bytes if counter else 0)
        number, size = self._files_held()
        of_lead = settings.UPLOAD_MAX_BYTES_PER_LEAD - size
        files = settings.UPLOAD_MAX_FILES_PER_LEAD - number
        return max(0, files), max(0, min(of_lead, of_marketplace))

    def _same_file(self, upload):
        return self.attachments.kept().filter(sha256=upload.sha256).first()

    def _kept_file(self, attachment_id):
        attachment = self.attachments.kept().filter(pk=attachment_id).first()
        if attachment is None:
            raise Unchangeable
        return attachment

    def _files_held(self):
        """Return how many files are kept, and the bytes of all, the deleted ones included."""
        held = self.attachments.aggregate(
            number=Count("pk", filter=Q(deleted_at=None)), size=Sum("size", default=0)
        )
        return held["number"], held["size"]

    def _check_room(self, size):
        number, held = self._files_held()
        if number >= settings.UPLOAD_MAX_FILES_PER_LEAD:
            raise LeadError(
                _("This lead already has %(count)d attachments; more are not possible."),
                count=number,
            )
        if size and held + size > settings.UPLOAD_MAX_BYTES_PER_LEAD:
            raise LeadError(
                _(
                    "There is no room left for this file on this lead. Deleted attachments "
                    "count until they are removed for good."
                )
            )

    def _take_room(self, size):
        self._check_room(size)
        if not StorageUse.objects.take(self.marketplace, size):
            raise LeadError(NO_ROOM_IN_MARKETPLACE)

    def _free_name(self, name, *, besides=None):
        kept = self.attachments.kept().exclude(pk=besides)
        taken = set(kept.values_list("name", flat=True))
        candidate, number = name, 2
        while candidate in taken:
            candidate = numbered(name, number)
            number += 1
        return candidate

    def _record_file(self, kind, attachment, by, *, old="", new=""):
        return self.record(
            kind,
            by=by,
            label=attachment.name,
            old=old,
            new=new,
            old_text=old,
            new_text=new,
            object_id=attachment.pk,
        )


def _remove(stored):
    storage = Attachment._meta.get_field("file").storage
    for key in stored:
        try:
            storage.delete(key)
        except Exception:
            # The reason why the file is not filed must not be hidden behind this one.
            logger.exception("An orphaned file could not be removed: %s", key)
    stored.clear()

"""Taking files: limits while the bytes arrive, then checks, then the storage."""

import hashlib
import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.utils.translation import gettext as _

from .file_names import clean_file_name, split_extension
from .file_types import FILE_TYPES, HEAD_BYTES, file_type
from .models.attachment import Attachment, attachment_storage, random_key
from .models.errors import StorageAway
from .numbers import german
from .pictures import make_thumbnail

logger = logging.getLogger(__name__)


class LimitUploadHandler(FileUploadHandler):
    """Counts the bytes of a request while they arrive and stops what is too much.

    It is global because the CSRF middleware reads the whole body before any view runs.
    What it refused stands in `request.refused_uploads` as pairs of name and reason;
    Django leaves those files out of `request.FILES`.
    """

    def __init__(self, request=None):
        super().__init__(request)
        self.total = 0
        self.of_file = 0
        if request is not None:
            request.refused_uploads = []

    def new_file(self, *args, **kwargs):
        """Start counting; a stranger's file is not even looked at."""
        super().new_file(*args, **kwargs)
        self.of_file = 0
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data, start):
        """Pass the chunk on, or leave the file out when a limit is passed."""
        self.of_file += len(raw_data)
        self.total += len(raw_data)
        if self.total > settings.UPLOAD_MAX_REQUEST_BYTES:
            self._refuse(_("Too much at once; please upload fewer files."))
            raise StopUpload(connection_reset=False)
        if self.of_file > settings.UPLOAD_MAX_BYTES:
            self._refuse(too_large())
            raise SkipFile
        return raw_data

    def file_complete(self, file_size):
        """Leave the file to the handlers behind."""

    def _refuse(self, reason):
        self.request.refused_uploads.append((clean_file_name(self.file_name), reason))


def too_large(size=None):
    """Return why a file of `size` bytes (None where it is not known) is refused."""
    limit = megabytes(settings.UPLOAD_MAX_BYTES)
    if size is None:
        return _("Too large: %(limit)s are allowed for each file.") % {"limit": limit}
    return _("Too large: %(size)s, allowed are %(limit)s for each file.") % {
        "size": megabytes(size),
        "limit": limit,
    }


def accepted_endings():
    """Return the endings that the file dialog offers, as an `accept` attribute."""
    extra = (e.lower().lstrip(".") for e in settings.UPLOAD_EXTRA_TYPES)
    return ",".join(f".{ending}" for ending in (*FILE_TYPES, *extra))


def megabytes(size):
    """Return `size` in bytes as people read it: 2,4 MB (1 MB = 10^6 bytes)."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            amount = size / factor
            places = 1 if amount < 10 and size % factor else 0
            return f"{german(round(amount, places), decimal_places=places)} {unit}"
    return f"{size} B"


class Document:
    """An uploaded file that passed all checks and may be filed with a lead."""

    def __init__(self, upload, *, name, extension, kind):
        self.upload = upload
        self.name = name
        self.extension = extension
        self.kind = kind
        self.size = upload.size
        self.sha256 = _sha256(upload)

    @classmethod
    def check(cls, upload):
        """Return the Document of Django's UploadedFile `upload`.

        Raises ValidationError: empty, too large, a type that is not taken, or contents
        that are not what the name says.
        """
        name = clean_file_name(upload.name)
        extension = split_extension(name)[1].lower()
        if not upload.size:
            raise ValidationError(_("The file is empty."), code="empty")
        if upload.size > settings.UPLOAD_MAX_BYTES:
            raise ValidationError(too_large(upload.size), code="too_large")
        kind = file_type(extension, extra=settings.UPLOAD_EXTRA_TYPES)
        if kind is None:
            raise ValidationError(_("This type of file is not accepted."), code="type")
        upload.seek(0)
        if not kind.matches(upload.read(HEAD_BYTES)):
            raise ValidationError(
                _("The contents do not match the ending .%(extension)s."),
                params={"extension": extension},
                code="contents",
            )
        return cls(upload, name=name, extension=extension, kind=kind)

    def store(self, stored):
        """Write file and thumbnail to the storage; return the unsaved Attachment.

        Each key is appended to `stored` as soon as something may lie under it, so that
        the caller can remove it when the row cannot be written. Raises StorageAway.
        """
        attachment = Attachment(
            name=self.name, extension=self.extension, size=self.size, sha256=self.sha256
        )
        attachment.file.name = self._write(self.upload, stored)
        if self.kind.is_picture and (picture := make_thumbnail(self.upload)):
            attachment.thumbnail.name = self._write(picture, stored)
        return attachment

    def _write(self, content, stored):
        key = random_key()
        stored.append(key)
        content.seek(0)
        try:
            saved = attachment_storage().save(key, File(content))
        except Exception as error:
            # A full disk, or whatever a storage's own client raises.
            logger.exception("The storage of attachments took no file.")
            raise StorageAway from error
        stored[-1] = saved
        return saved


def _sha256(upload):
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()

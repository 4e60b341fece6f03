"""Taking files: limits while the bytes arrive, then checks, then the storage."""

import errno
import hashlib
import logging
import os
import shutil
from contextlib import contextmanager, suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    SkipFile,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import UnreadablePostError
from django.utils import timezone
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from leadbook import tasks
from leadbook.nameless import give_name, nameless_file
from leadbook.numbers import german
from leadbook.second_thread import SecondThread

from .file_names import clean_file_name, split_extension
from .file_types import FILE_TYPES, HEAD_BYTES, file_type
from .models.attachment import Attachment, attachment_storage, random_key
from .models.errors import StorageAway
from .pictures import PictureTime
from .scanning import first_look
from .tasks import add_thumbnail

logger = logging.getLogger(__name__)

PIECE_BYTES = 1_048_576
# After so many they go to the disk, so that the end does not wait for all of it.
WRITE_OUT_BYTES = 8 * PIECE_BYTES
# The type of a body that is one file. No form of a page can send it.
ONE_FILE = "application/octet-stream"

CLEAN = Attachment.ScanState.CLEAN


def takes_files(view):
    """Let `view` be sent files; what comes with other requests is not even kept."""
    view.takes_files = True
    return view


class ArrivingFile(UploadedFile):
    """A file without a name on the disk of uploads, summed up while it is written."""

    def __init__(self, name, content_type):
        super().__init__(nameless_file(settings.FILE_UPLOAD_TEMP_DIR), name, content_type, 0)
        self._digest = hashlib.sha256()
        self._pieces = SecondThread(self._keep)
        self._in_memory = 0

    def write(self, data):
        """Append `data`; an OSError of the disk may come with later ones, or at `finish`."""
        self._pieces.give(data)

    def finish(self):
        """Return when all of it is written."""
        self._pieces.finish()

    def _keep(self, data):
        self._digest.update(data)
        self.file.write(data)
        self._in_memory += len(data)
        if self._in_memory >= WRITE_OUT_BYTES:
            self._write_out()

    def _write_out(self):
        """Let the disk begin with what was written, and the memory go of what it has by now.

        A gigabyte would push out what the database keeps there, and on a virtual machine
        each new page has to be asked for. Source: posix_fadvise(2), on Linux.
        """
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self._in_memory = 0

    @property
    def sha256(self):
        """The sum of all of it, which is written."""
        return self._digest.hexdigest()

    def close(self):
        """Let the file go for good, unless it has got a name."""
        self._pieces.close()
        super().close()

    def give_up(self):
        """Let the file go without another attempt to write what waits in memory."""
        self._pieces.close()
        self.file.raw.close()

    def give_name(self, path):
        """Let a storage on the same disk have the file, which then is not copied."""
        give_name(self.file, path)


class UploadHandler(TemporaryFileUploadHandler):
    """Keeps files on the disk while they arrive, and stops what is too much.

    It is global because the CSRF middleware reads the whole body before any view runs.
    What it refused stands in `request.refused_uploads` as pairs of name and reason, and
    the status that fits in `request.refused_status`; Django leaves those files out of
    `request.FILES`. The files have no name in their folder: whatever dies, nothing stays.
    """

    # Of pieces of 64 KiB, Django's search for the end of the file makes twice the work.
    chunk_size = 262_144

    def __init__(self, request=None):
        super().__init__(request)
        self.announced = 0
        self.total = 0
        self.of_file = 0
        if request is not None:
            request.refused_uploads = []
            request.refused_status = 413

    def handle_raw_input(self, input_data, meta, content_length, *args, **kwargs):
        """Remember how much is to come."""
        self.announced = content_length

    def new_file(self, field_name, file_name, content_type, *args, **kwargs):
        """Start a file; a stranger's, or one for another address, is not looked at."""
        FileUploadHandler.new_file(self, field_name, file_name, content_type, *args, **kwargs)
        self.of_file = 0
        if not self._may_send_files():
            raise StopUpload(connection_reset=False)
        with self._disk():
            self.file = self.request.arriving_file = ArrivingFile(file_name, content_type)

    def receive_data_chunk(self, raw_data, start):
        """Write the chunk, or leave the file out when a limit is passed."""
        self.of_file += len(raw_data)
        self.total += len(raw_data)
        if self.total > settings.UPLOAD_MAX_REQUEST_BYTES:
            self.refuse(_("Too much at once; please upload fewer files."))
            raise StopUpload(connection_reset=False)
        if self.of_file > settings.UPLOAD_MAX_BYTES:
            self.refuse(too_large())
            raise SkipFile
        with self._disk():
            self.file.write(raw_data)

    def file_complete(self, file_size):
        """Return the file, all of it."""
        with self._disk():
            self.file.finish()
            file = super().file_complete(file_size)
        # Django closes the handler's file when it stops; this one is no longer ours.
        del self.file
        self.request.arriving_file = None
        return file

    def upload_interrupted(self):
        """Forget the file that the connection broke off in."""
        if hasattr(self, "file"):
            self.file.close()

    def _may_send_files(self):
        user = getattr(self.request, "user", None)
        match = getattr(self.request, "resolver_match", None)
        takes_files = getattr(getattr(match, "func", None), "takes_files", False)
        return takes_files and user is not None and user.is_authenticated

    @contextmanager
    def _disk(self):
        """Refuse everything that still comes while the disk is, or would become, full."""
        try:
            to_come = max(0, self.announced - self.total)
            if room_on_arrival() < to_come:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield
        except OSError as error:
            logger.exception("An upload cannot be kept in %s.", settings.FILE_UPLOAD_TEMP_DIR)
            if hasattr(self, "file"):
                # Django closes the file, which would try again to write what does not fit.
                self.file.give_up()
            self.request.refused_status = 507
            self.refuse(StorageAway.message)
            raise StopUpload(connection_reset=False) from error

    def refuse(self, reason):
        """Note why the file is left out."""
        self.request.refused_uploads.append((clean_file_name(self.file_name), reason))


def room_on_arrival():
    """Return how many bytes may still arrive; negative where nothing may.

    The rest of that disk stays free (UPLOAD_KEEP_FREE_BYTES).
    """
    free = shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR).free
    return free - settings.UPLOAD_KEEP_FREE_BYTES


def is_one_file(request):
    """Whether the body of `request` is a file as it is, without a form around it."""
    return request.content_type == ONE_FILE


def receive(request):
    """Return the file that the body of `request` is, or None where it was refused.

    A form has its border looked for in every byte, which is most of the work of a large
    upload. Content-Disposition says the name (RFC 6266). The limits, and where it is said
    why something was refused, are those of UploadHandler.
    """
    handler = UploadHandler(request)
    handler.handle_raw_input(request, request.META, _announced_bytes(request))
    try:
        name = clean_file_name(_disposed_name(request))
        handler.new_file("", name, ONE_FILE, handler.announced)
        while piece := request.read(PIECE_BYTES):
            handler.receive_data_chunk(piece, handler.of_file)
        return handler.file_complete(handler.of_file)
    except (SkipFile, StopUpload):
        handler.upload_interrupted()
        _read_away(request)
    except UnreadablePostError:
        handler.upload_interrupted()
        handler.refuse(_("The upload was interrupted. Please try again."))
        request.refused_status = 422
    return None


def _announced_bytes(request):
    """Return how many bytes the body has; a body of which nobody says so has none."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _disposed_name(request):
    """Return the name of the file that the header says, or an empty one."""
    try:
        _kind, parameters = parse_header_parameters(
            request.headers.get("Content-Disposition", "")
        )
    except (ValueError, LookupError):
        return ""  # an encoding that is none, or bytes that are not in it
    return parameters.get("filename", "")


def _read_away(request):
    """Read what still comes, so that a browser hears the answer."""
    with suppress(UnreadablePostError):
        while request.read(PIECE_BYTES):
            pass


def too_large(size=None):
    """Return why a file of `size` bytes (None where it is not known) is refused."""
    limit = megabytes(settings.UPLOAD_MAX_BYTES)
    if size is None:
        return _("Too large: %(limit)s are allowed for each file.") % {"limit": limit}
    return _("Too large: %(size)s, allowed are %(limit)s for each file.") % {
        "size": megabytes(size),
        "limit": limit,
    }


def check_announced(name, size):
    """Return the clean name, the ending and the FileType of a file before it is read.

    Raises ValidationError: empty, too large, or a type that is not taken.
    """
    name = clean_file_name(name)
    extension = split_extension(name)[1].lower()
    if not size:
        raise ValidationError(_("The file is empty."), code="empty")
    if size > settings.UPLOAD_MAX_BYTES:
        raise ValidationError(too_large(size), code="too_large")
    kind = file_type(extension, extra=settings.UPLOAD_EXTRA_TYPES)
    if kind is None:
        raise ValidationError(_("This type of file is not accepted."), code="type")
    return name, extension, kind


def accepted_endings():
    """Return the endings that the file dialog offers, as an `accept` attribute."""
    return ",".join(f".{ending}" for ending in (*FILE_TYPES, *settings.UPLOAD_EXTRA_TYPES))


def takes_files_directly():
    """Return whether browsers send large files to the storage themselves."""
    return getattr(attachment_storage(), "signs_forms", False)


def megabytes(size):
    """Return `size` in bytes as people read it: 2,4 MB (1 MB = 10^6 bytes)."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        # What is rounded up to a thousand of a unit is one of the next.
        if size >= factor - factor // 2000:
            amount = size / factor
            places = 1 if amount < 9.95 and size % factor else 0
            # As text: 2.4 is a little less as a binary number, and would be cut to 2,3.
            return f"{german(f'{amount:.{places}f}', decimal_places=places)} {unit}"
    return f"{size} B"


class Document:
    """An uploaded file that passed all checks and may be filed with a lead."""

    def __init__(self, upload, *, name, extension, kind, scan_state):
        self.upload = upload
        # The DirectUpload by which it came, if it came past the application.
        self.arrival = None
        # Those of one request share theirs.
        self.picture_time = PictureTime()
        self.name = name
        self.extension = extension
        self.kind = kind
        self.scan_state = scan_state
        self.size = upload.size
        self.sha256 = getattr(upload, "sha256", None) or _sha256(upload)

    @classmethod
    def check(cls, upload):
        """Return the Document of Django's UploadedFile `upload`.

        Raises ValidationError: empty, too large, a type that is not taken, contents that
        are not what the name says, or a virus.
        """
        name, extension, kind = check_announced(upload.name, upload.size)
        upload.seek(0)
        if not kind.matches(upload.read(HEAD_BYTES)):
            raise ValidationError(
                _("The contents do not match the ending .%(extension)s."),
                params={"extension": extension},
                code="contents",
            )
        scan_state, found = first_look(upload)
        if found:
            raise ValidationError(
                _("The virus check found “%(found)s” in it. It was not stored."),
                params={"found": found},
                code="virus",
            )
        return cls(upload, name=name, extension=extension, kind=kind, scan_state=scan_state)

    @classmethod
    def check_arrived(cls, arrival, upload):
        """Return the Document of what came into the bucket for the DirectUpload `arrival`.

        The same checks as of every other file, and that it is as large as was announced.
        """
        if upload.size != arrival.size:
            raise ValidationError(
                _("What arrived is not the file that was announced."), code="size"
            )
        document = cls.check(upload)
        document.arrival = arrival
        return document

    def store(self, stored):
        """Write file and thumbnail to the storage; return the unsaved Attachment.

        Each key is appended to `stored` as soon as something may lie under it, so that
        the caller can remove it when the row cannot be written. Raises StorageAway.
        """
        attachment = Attachment(
            name=self.name,
            extension=self.extension,
            size=self.size,
            sha256=self.sha256,
            scan_state=self.scan_state,
            scanned_at=timezone.now() if self.scan_state == CLEAN else None,
        )
        attachment.file.name = self._write(self.upload, stored)
        if (
            self._needs_thumbnail(attachment)
            and not tasks.are_durable()
            and (picture := self.picture_time.make(self.upload))
        ):
            attachment.thumbnail.name = self._write(picture, stored)
        return attachment

    def was_filed(self, attachment):
        """Note that the saved Attachment holds it; raises Unchangeable for a second one.

        The worker, where there is one, is to make the thumbnail.
        """
        if self.arrival:
            self.arrival.finish(attachment)
        if self._needs_thumbnail(attachment) and tasks.are_durable():
            add_thumbnail.enqueue(attachment.pk)

    def _needs_thumbnail(self, attachment):
        return self.kind.is_picture and not attachment.lock

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
    for chunk in upload.chunks(PIECE_BYTES):
        digest.update(chunk)
    return digest.hexdigest()

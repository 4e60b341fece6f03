"""Small pictures of uploaded images. The originals are never changed."""

import io
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import BoundedSemaphore

from django.conf import settings

from . import thumbnailer
from .models.attachment import Attachment, attachment_storage, random_key

logger = logging.getLogger(__name__)

PROGRAM = [sys.executable, "-I", str(Path(thumbnailer.__file__).resolve())]
DEADLINE_SECONDS = 30
# All pictures of a request together, and how long one of them waits for others' to be
# made: who answers has only so many threads.
SECONDS_OF_REQUEST = 6
WAIT_OF_REQUEST = 1
# At once and in one process; each may take as much memory as the program allows itself.
AT_ONCE = BoundedSemaphore(2)
# The program reads a copy: of what is larger it could decode nothing within its limits.
MAX_BYTES = 500_000_000


class PictureTime:
    """How many seconds are left for the pictures of one request."""

    def __init__(self):
        self.left = SECONDS_OF_REQUEST

    def make(self, upload):
        """Return the thumbnail of `upload` as `make_thumbnail` does, or None out of time."""
        if self.left <= 0:
            return None
        begun = time.monotonic()
        try:
            return make_thumbnail(upload, seconds=self.left, patience=WAIT_OF_REQUEST)
        finally:
            self.left -= time.monotonic() - begun


def make_thumbnail(upload, *, seconds=None, patience=None):
    """Return a WebP of at most 208 pixels a side as a file, or None.

    Made by leads.thumbnailer in a process of its own, which has limits of time and
    memory. The header is read first: what is larger than 50 megapixels, 20,000 pixels a
    side or 500 MB is not decoded. The thumbnail carries no EXIF, its orientation is applied. A
    broken image gives None; it stays a document like any other. So does one that takes
    longer than `seconds`, or than `patience` until others are made.
    """
    if upload.seek(0, io.SEEK_END) > MAX_BYTES:
        return None
    if not AT_ONCE.acquire(timeout=patience):
        return None
    try:
        code, made = _run(upload, seconds=seconds or DEADLINE_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        # No room for the copy, no more processes, or the deadline: it stays a document.
        logger.warning("No thumbnail: %s", error)
        return None
    finally:
        AT_ONCE.release()
    if code != 0 or not is_whole_webp(made):
        logger.info("No thumbnail: the program ended with %s.", code)
        return None
    return io.BytesIO(made)


def file_thumbnail(attachment, file, *, make=make_thumbnail):
    """Give a stored Attachment the small picture of its open `file`, where there is one.

    Return False where the storage did not take it; it then stays without one.
    """
    picture = make(file)
    if picture is None:
        return True
    storage = attachment_storage()
    try:
        key = storage.save(random_key(), picture)
    except Exception:
        # Whatever a storage's own client raises: the picture stays without a small one.
        logger.exception("The storage of attachments took no thumbnail.")
        return False
    if not Attachment.objects.set_thumbnail(attachment.pk, key):
        storage.delete(key)
    return True


def _run(upload, *, seconds):
    """Return the program's exit code and what it has written."""
    folder = settings.FILE_UPLOAD_TEMP_DIR
    with (
        tempfile.TemporaryFile(dir=folder) as image,
        tempfile.TemporaryFile(dir=folder) as made,
    ):
        upload.seek(0)
        shutil.copyfileobj(upload, image)
        image.seek(0)
        done = subprocess.run(  # noqa: S603 - nothing of a stranger's is in the arguments
            PROGRAM,
            stdin=image,
            stdout=made,
            stderr=subprocess.DEVNULL,
            # No secret of the installation is there to be read.
            env={},
            timeout=seconds,
        )
        made.seek(0)
        return done.returncode, made.read()


def is_whole_webp(content):
    """Whether the bytes are a WebP of the length that it names itself.

    Source: https://developers.google.com/speed/webp/docs/riff_container
    """
    length = int.from_bytes(content[4:8], "little") + 8
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP" and length == len(content)

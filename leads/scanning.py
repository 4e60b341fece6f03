"""What the virus scanner says about files, and what follows from it."""

import logging

from django.conf import settings

from . import clamd
from .clamd import ScannerAway
from .file_types import file_type
from .models import Attachment
from .models.errors import StorageAway
from .pictures import PictureTime, file_thumbnail, make_thumbnail

logger = logging.getLogger(__name__)


def first_look(upload):
    """Return the scan state of a file that arrives, and what was found in it.

    Without a scanner the file counts as not scanned, while the scanner is away as
    pending.
    """
    if settings.CLAMD is None:
        return Attachment.ScanState.UNSCANNED, ""
    try:
        found = clamd.scan(settings.CLAMD, upload)
    except ScannerAway as error:
        logger.error("The virus scanner is away: %s", error)
        return Attachment.ScanState.PENDING, ""
    return (Attachment.ScanState.BLOCKED if found else Attachment.ScanState.CLEAN), found


def scan(attachment, *, patience=None):
    """Have the scanner look at a stored attachment and note what it says.

    A clean picture gets the thumbnail that it could not have before. Without `patience`
    somebody waits for the file. Raises ScannerAway (also after `patience` seconds), and
    StorageAway or FileNotFoundError when the file cannot be read.
    """
    try:
        file = attachment.file.open("rb")
    except FileNotFoundError:
        raise
    except Exception as error:
        raise StorageAway from error
    with file:
        found = clamd.scan(settings.CLAMD, file, patience=patience)
        attachment.lead.note_scan(attachment.pk, found=found)
        kind = file_type(attachment.extension)
        if not found and not attachment.thumbnail and kind and kind.is_picture:
            make = PictureTime().make if patience is None else make_thumbnail
            file_thumbnail(attachment, file, make=make)
    attachment.refresh_from_db()

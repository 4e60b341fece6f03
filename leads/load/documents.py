"""Some hundred tiny real files, which the load's attachments share.

A lead never has one of them twice. Many leads have the same: whoever deletes attachments
of a load for good takes the others' files along.
"""

import io
from concurrent.futures import ThreadPoolExecutor

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from leads.models.attachment import attachment_storage
from leads.uploads import Document

from .cast import FILES_OF_HEAVY

# Every so many of them is a picture with a thumbnail.
PICTURE_EVERY = 5
AT_ONCE = 16


def store_documents(stored):
    """Store the files; return what the rows need of each, in the order of lives.FILE.

    The keys are appended to `stored`, so that the caller can remove them.
    """
    # Several at once: the storage waits for the disk with each of them.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(_store, range(1, FILES_OF_HEAVY + 1)))
    for keys, _columns in made:
        stored += keys
    return [columns for _keys, columns in made]


def _store(number):
    """Store one file; return its keys and what a row needs of it."""
    is_picture = number % PICTURE_EVERY == 0
    name = f"Foto_{number:03}.png" if is_picture else f"Notiz_{number:03}.txt"
    content = _picture(number) if is_picture else f"Notiz {number}\n".encode()
    keys = []
    made = Document.check(SimpleUploadedFile(name, content)).store(keys)
    return keys, (
        made.file.name, made.thumbnail.name or "", name, made.extension, made.size,
        made.sha256,
    )  # fmt: skip


def remove_documents(stored):
    """Remove the files again, when their rows could not be written."""
    for name in stored:
        attachment_storage().delete(name)


def _picture(number):
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (number % 256, number // 256, 90)).save(file, "PNG")
    return file.getvalue()

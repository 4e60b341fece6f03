"""Comparing the rows of attachments with what their storage holds."""

import hashlib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Attachment, DirectUpload, LeadImport
from .models.attachment import attachment_storage
from .models.errors import StorageAway
from .pictures import is_whole_webp

# An upload writes its file before its row: what is younger may still get one.
GRACE = timedelta(hours=24)
CHUNK_BYTES = 1_000_000
KEYS_AT_ONCE = 500


class Kind(TextChoices):
    """What does not fit."""

    MISSING = "missing", _("file is missing")
    UNREADABLE = "unreadable", _("file cannot be read")
    SIZE = "size", _("size differs")
    CHECKSUM = "checksum", _("contents differ")
    ORPHANED = "orphaned", _("file without attachment")


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: the key in the storage, and whose it is (if anybody's)."""

    kind: Kind
    key: str
    attachment_id: int | None = None
    lead_id: int | None = None


def findings(*, now=None, progress: Callable[[int], None] = lambda looked_at: None):
    """Yield a Finding for each row without its file and each file without its row.

    Every file is read, in pieces, and compared with the size and SHA-256 of its row; a
    thumbnail, of which no sum is kept, with the length that it names itself. Files
    younger than 24 hours are no orphans yet. `progress` hears the number of rows and
    keys looked at so far. Raises StorageAway when the storage does not answer.
    """
    looked_at = 0
    for found in (_of_rows(), _of_keys(now or timezone.now())):
        for some in found:
            yield from some
            looked_at += 1
            progress(looked_at)


def remove_orphan(finding):
    """Remove the file of an orphan from the storage. Other findings are refused."""
    if finding.kind != Kind.ORPHANED:
        raise ValueError(f"{finding.key} belongs to an attachment.")
    with _storage_errors():
        attachment_storage().delete(finding.key)


def _of_rows():
    """Yield a list of findings for each attachment, the deleted ones included."""
    for attachment in Attachment.objects.with_files().iterator(chunk_size=KEYS_AT_ONCE):
        kinds = [(attachment.file.name, _kind_of_file(attachment))]
        if attachment.thumbnail:
            kinds.append((attachment.thumbnail.name, _kind_of_thumbnail(attachment)))
        found = [
            Finding(kind, key, attachment.pk, attachment.lead_id)
            for key, kind in kinds
            if kind
        ]
        # Purged or erased while we looked: its files went with it.
        is_gone = found and not Attachment.objects.with_files().with_id(attachment.pk)
        yield [] if is_gone else found


def _kind_of_file(attachment):
    digest, size = hashlib.sha256(), 0

    def take(chunk):
        nonlocal size
        digest.update(chunk)
        size += len(chunk)

    if kind := _read(attachment.file.name, take):
        return kind
    if size != attachment.size:
        return Kind.SIZE
    return None if digest.hexdigest() == attachment.sha256 else Kind.CHECKSUM


def _kind_of_thumbnail(attachment):
    read = bytearray()
    if kind := _read(attachment.thumbnail.name, read.extend):
        return kind
    return None if is_whole_webp(bytes(read)) else Kind.CHECKSUM


def _read(key, take):
    """Hand the contents under `key` to `take` in pieces; return what is wrong, or None."""
    with _storage_errors():
        try:
            with attachment_storage().open(key, "rb") as file:
                for chunk in file.chunks(CHUNK_BYTES):
                    take(chunk)
        except FileNotFoundError:
            return Kind.MISSING
        except NotADirectoryError:
            # Not this file is away, but all of them.
            raise
        except OSError:
            return Kind.UNREADABLE
    return None


def _of_keys(now):
    """Yield a list of findings for each key in the storage."""
    storage = attachment_storage()
    for keys in _keys(storage):
        for start in range(0, len(keys), KEYS_AT_ONCE):
            portion = keys[start : start + KEYS_AT_ONCE]
            # Listed before the rows are read: who gets its row in between is young.
            named = Attachment.objects.keys_among(portion)
            named |= DirectUpload.objects.keys_among(portion)
            named |= LeadImport.objects.keys_among(portion)
            for key in portion:
                is_orphan = key not in named and _is_old(storage, key, now)
                yield [Finding(Kind.ORPHANED, key)] if is_orphan else []


def _keys(storage, folder=""):
    """Yield the keys of each folder as a list."""
    with _storage_errors():
        try:
            subfolders, names = storage.listdir(folder)
        except FileNotFoundError:
            # The folder is made with the first attachment.
            return
    above = f"{folder}/" if folder else ""
    yield [f"{above}{name}" for name in sorted(names)]
    for subfolder in sorted(subfolders):
        yield from _keys(storage, f"{above}{subfolder}")


def _is_old(storage, key, now):
    with _storage_errors():
        try:
            return storage.get_modified_time(key) < now - GRACE
        except FileNotFoundError:
            return False


@contextmanager
def _storage_errors():
    """Turn whatever a storage's own client raises into StorageAway."""
    try:
        yield
    except Exception as error:
        raise StorageAway from error

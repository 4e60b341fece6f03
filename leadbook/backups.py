"""Backups of an installation that keeps its data in SQLite and a folder of attachments.

A backup is a folder: the database, the attachments and, written last, a manifest with the
size and SHA-256 of everything. Without manifest it was interrupted. The database is copied
first: a row's file is written before its row, so each row of the copy has its file. Put
back, the files come first and the database, at once, last. docs/backup.md tells why.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tomllib
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils._os import safe_join
from django.utils.translation import gettext as _

from leads.models import Attachment
from leads.models.attachment import attachment_storage

from .storages import sync

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "leadbook.sqlite3", "attachments"
NAME = "leadbook-%Y-%m-%dT%H%M%S.%fZ"
PIECE = 1_000_000  # bytes


class BackupError(Exception):
    """A backup that cannot be made, trusted or put back; the message says why."""


@dataclass
class Backup:
    """A backup that was made: its folder, what it says of itself, and what was amiss."""

    folder: Path
    manifest: dict
    amiss: list = field(default_factory=list)

    @property
    def size(self):
        """Bytes of database and attachments."""
        return size_of(self.manifest)


def size_of(manifest):
    """Return the bytes of database and attachments together."""
    return sum(part["size"] for part in (manifest["database"], *manifest["files"].values()))


# Making -------------------------------------------------------------------------------


def make(into):
    """Copy the running installation into a new folder below `into`; return the Backup.

    What lies below `into` already is not touched; attachments that the newest complete
    backup there has too are linked to it. A file that the installation itself has lost,
    or that is not what was uploaded, is told in `amiss` and does not keep the others from
    being copied. Raises BackupError.
    """
    require_embedded()
    now = timezone.now()
    folder = Path(into) / f"{now:{NAME}}"
    try:
        Path(into).mkdir(mode=0o700, parents=True, exist_ok=True)
        before = _newest(Path(into))
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise BackupError(_not_written(error)) from error
    try:
        backup = _fill(folder, now, before)
        found = problems(folder)
        if found and before:
            # Something is damaged there; nothing is shared with it then.
            shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
            backup = _fill(folder, now, None)
            found = problems(folder)
        if found:
            raise BackupError("\n".join(found))
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupError(_not_written(error)) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return backup


def _fill(folder, now, before):
    storage, database, files = attachment_storage(), folder / DATABASE, folder / FILES
    files.mkdir(mode=0o700)
    copied, amiss = {}, {}
    # A file that is removed for good while we copy is gone with its row: with a second
    # copy of the database, what is missing then is missing.
    for _attempt in range(2):
        _copy_database(database)
        rows = _rows(database)
        amiss = {}
        for key in rows:
            if key in copied:
                continue
            try:
                copied[key] = _copy_file(storage, key, files, before)
            except FileNotFoundError:
                amiss[key] = _("file is missing: %(key)s")
        if not amiss:
            break
    # Only now: what was copied by the first attempt is not looked at by the second.
    for key, expected in rows.items():
        if key in copied and expected not in (None, copied[key]["sha256"]):
            amiss[key] = _("contents differ from what was uploaded: %(key)s")
    for key in copied.keys() - rows.keys():
        (files / key).unlink()
        del copied[key]
    for path in [*files.rglob("*"), files, folder]:
        if path.is_dir():
            sync(path)
    manifest = {
        "format": FORMAT,
        "version": version(),
        "made_at": now.isoformat(),
        "migrations": _migrations(database),
        "database": {"size": database.stat().st_size, "sha256": _digest(database)},
        "files": dict(sorted(copied.items())),
    }
    _write_manifest(folder, manifest)
    return Backup(folder, manifest, [text % {"key": key} for key, text in amiss.items()])


def _copy_database(target):
    """Copy the database while others write; the copy is of one moment."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    sync(target)


def _rows(database):
    """Return the keys that the copy's rows name → the SHA-256, where the row has it."""
    table = Attachment._meta.db_table
    with closing(sqlite3.connect(database)) as copy:
        rows = copy.execute(f"SELECT file, sha256, thumbnail FROM {table}").fetchall()  # noqa: S608
    files = {file: digest for file, digest, _thumbnail in rows}
    return files | {small: None for _file, _digest, small in rows if small}


def _copy_file(storage, key, files, before):
    target = files / key
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if known := before and _link(before, key, storage.size(key), target):
        return known
    digest, size = hashlib.sha256(), 0
    with storage.open(key) as source, _new(target) as copy:
        for piece in source.chunks(PIECE):
            digest.update(piece)
            size += len(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def _link(before, key, size, target):
    """Share the file with the backup before, which verifying reads again like any other."""
    known = before.manifest["files"].get(key)
    if known is None or known["size"] != size:
        return None
    try:
        os.link(before.folder / FILES / key, target)
    except OSError:
        return None
    return known


def _newest(folder):
    """Return the newest complete backup in `folder`, or None."""
    for path in sorted(folder.glob("leadbook-*"), reverse=True):
        with suppress(BackupError):
            return Backup(path, read_manifest(path))
    return None


def _write_manifest(folder, manifest):
    part = folder / f"{MANIFEST}.part"
    with _new(part) as file:
        file.write(json.dumps(manifest, indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / MANIFEST)
    sync(folder)
    sync(folder.parent)


# Trusting -----------------------------------------------------------------------------


def read_manifest(folder):
    """Return the manifest of the backup in `folder`. Raises BackupError."""
    try:
        manifest = json.loads((Path(folder) / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise BackupError(
            _("%(folder)s has no %(file)s: it is no backup, or one that was interrupted.")
            % {"folder": folder, "file": MANIFEST}
        ) from error
    except (OSError, ValueError) as error:
        raise BackupError(_unreadable(folder)) from error
    try:
        if manifest["format"] > FORMAT:
            raise BackupError(_newer(manifest["version"]))
        parts = {DATABASE: manifest["database"]}
        parts |= {f"{FILES}/{key}": part for key, part in manifest["files"].items()}
        for key, part in parts.items():
            safe_join(Path(folder).resolve(), key)
            if not (isinstance(part["size"], int) and len(part["sha256"]) == 64):
                raise ValueError(key)
        sorted(manifest["migrations"])
    except (KeyError, TypeError, AttributeError, ValueError, SuspiciousFileOperation) as error:
        raise BackupError(_unreadable(folder)) from error
    return manifest


def problems(folder):
    """Return what is wrong with the backup in `folder`; reads all of it.

    Raises BackupError where it is no (complete) backup at all.
    """
    folder, manifest = Path(folder), read_manifest(folder)
    parts = {DATABASE: manifest["database"]}
    parts |= {f"{FILES}/{key}": part for key, part in manifest["files"].items()}
    found = []
    for key, part in parts.items():
        try:
            path = folder / key
            if path.stat().st_size != part["size"] or _digest(path) != part["sha256"]:
                found.append(_("contents differ: %(key)s") % {"key": key})
        except FileNotFoundError:
            found.append(_("file is missing: %(key)s") % {"key": key})
        except OSError:
            found.append(_("file cannot be read: %(key)s") % {"key": key})
    if not found and not _is_sound(folder / DATABASE):
        found.append(_("The database in the backup is damaged."))
    return found


def _is_sound(database):
    try:
        with closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
        ) as copy:
            return copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False


# Putting back -------------------------------------------------------------------------


def restore(folder):
    """Put the backup in `folder` into this empty installation; return its manifest.

    Everything is verified before anything is written. Interrupted, it can be repeated.
    Raises BackupError.
    """
    require_embedded()
    folder = Path(folder)
    manifest = read_manifest(folder)
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if set(manifest["migrations"]) - {".".join(name) for name in known}:
        raise BackupError(_newer(manifest["version"]))
    database, storage = Path(connection.settings_dict["NAME"]), attachment_storage()
    _require_empty(database, storage, manifest)
    if found := problems(folder):
        raise BackupError("\n".join(found))
    try:
        for key, part in manifest["files"].items():
            _put_back(folder / FILES / key, storage, key, part)
        part = database.with_name(f"{database.name}.part")
        part.unlink(missing_ok=True)
        with (folder / DATABASE).open("rb") as source, _new(part) as copy:
            shutil.copyfileobj(source, copy, PIECE)
            copy.flush()
            os.fsync(copy.fileno())
        for end in ("wal", "shm"):
            database.with_name(f"{database.name}-{end}").unlink(missing_ok=True)
        part.replace(database)
        sync(database.parent)
    except OSError as error:
        raise BackupError(_not_written(error)) from error
    return manifest


def _require_empty(database, storage, manifest):
    """Refuse to mix a backup with anything else."""
    if not _is_blank(database):
        raise BackupError(
            _("There is a database already: %(path)s. Restore into an empty installation.")
            % {"path": database}
        )
    root = Path(storage.location)
    for path in root.rglob("*"):
        # What an interrupted restore has left is written again.
        key = path.relative_to(root).as_posix().removesuffix(".part")
        if not path.is_dir() and key not in manifest["files"]:
            raise BackupError(
                _("There are attachments already: %(path)s. Restore into an empty one.")
                % {"path": root}
            )
    database.parent.mkdir(parents=True, exist_ok=True)
    above = next(path for path in (root, *root.parents) if path.exists())
    if shutil.disk_usage(above).free < size_of(manifest):
        raise BackupError(_("The disk has no room for the backup: %(path)s") % {"path": above})


def _is_blank(database):
    """Whether there is no database yet; Django's own checks may have made one of no tables."""
    connection.close()
    if not database.exists():
        return True
    try:
        with closing(sqlite3.connect(database)) as found:
            return found.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    except sqlite3.Error:
        return False


def _put_back(source, storage, key, part):
    storage.delete(f"{key}.part")
    storage.delete(key)
    with source.open("rb") as file:
        saved = storage.save(key, File(file))
    if saved != key or storage.size(key) != part["size"]:
        raise BackupError(_("contents differ: %(key)s") % {"key": key})


# All three ----------------------------------------------------------------------------


def require_embedded():
    """Raise BackupError unless the data are in SQLite and a folder of this machine."""
    is_embedded = connection.vendor == "sqlite" and isinstance(
        attachment_storage(), FileSystemStorage
    )
    if not is_embedded:
        raise BackupError(
            _(
                "This command backs up SQLite with a folder of attachments. For PostgreSQL "
                "and buckets, docs/backup.md says what to do."
            )
        )


def version():
    """Return the version of leadbook."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return project["project"]["version"]


def _migrations(database):
    with closing(sqlite3.connect(database)) as copy:
        rows = copy.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [".".join(row) for row in rows]


def _digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _new(path):
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _not_written(error):
    return _("Nothing was kept, because it could not be written: %(reason)s") % {
        "reason": error
    }


def _unreadable(folder):
    return _("%(file)s in %(folder)s cannot be read.") % {"file": MANIFEST, "folder": folder}


def _newer(made_with):
    return _(
        "The backup was made by leadbook %(version)s, which knows migrations that this one "
        "does not know. Install that version first."
    ) % {"version": made_with}

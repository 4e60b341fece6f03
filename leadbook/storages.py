"""Storages of the project."""

import os
import re
from contextlib import suppress
from pathlib import Path
from posixpath import dirname, join

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_makedirs
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The ending of a file that is still being written.
PART = ".part"
# The second is for what is printed, of which no other page needs to know.
TABLES_OF_CONTENTS = ("css/app.css", "css/paper.css")
IMPORT = re.compile(
    r'^@import url\("(?P<file>[^"]+)"\)'
    r"(?: layer\((?P<layer>[\w-]+)\))?(?: (?P<media>[^;]+))?;$",
    re.MULTILINE,
)
# What would mean something else in another file.
BOUND_TO_ITS_PLACE = re.compile(r"@import|@charset|url\(")


class AttachmentStorage(FileSystemStorage):
    """A folder in which a file is whole and on the disk, or not there at all.

    The bytes are written and synced under another name and only then get theirs: a row
    that is committed afterwards never names less than its file, whatever dies in between.
    What a kill leaves ends in `.part`, and no row names it. What lies on the same disk
    already, and can be given a name (leadbook.nameless), is not written a second time.
    """

    def _open(self, name, mode="rb"):
        try:
            return super()._open(name, mode)
        except FileNotFoundError as error:
            if Path(self.location).is_dir():
                raise
            # Not this one file is missing: all are away, as with a volume that is.
            raise NotADirectoryError(f"{self.location} is gone") from error

    def _save(self, name, content):
        path = Path(self.path(name))
        # A new folder, too, is lost with the power until the one above it is synced.
        above = [folder.parent for folder in path.parents if not folder.exists()]
        part = f"{name}{PART}"
        try:
            if not self._give_name(content, self.path(part)):
                part = super()._save(part, content)
            sync(self.path(part))
            Path(self.path(part)).replace(path)
            for folder in dict.fromkeys([path.parent, Path(self.location), *above]):
                sync(folder)
        except BaseException:
            with suppress(OSError):
                self.delete(part)
            raise
        return name

    def _give_name(self, content, path):
        """Let a nameless file be found under `path`; return whether that was possible."""
        give_name = getattr(content.file, "give_name", None)
        if give_name is None:
            return False
        safe_makedirs(Path(path).parent, self.directory_permissions_mode, exist_ok=True)
        try:
            give_name(path)
        except OSError:
            return False
        Path(path).chmod(self.file_permissions_mode)
        self._ensure_location_group_id(path)
        return True


def sync(path):
    """Return when what was written to the file or folder `path` is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed static files; the names in JavaScript imports are hashed too.

    A style sheet that is a table of contents takes its parts in: in a cold load of the
    list, one answer for each of its thirty files was half of all bytes, most of them
    headers.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths, dry_run=False, **options):
        """Bundle, then hash and compress what collectstatic has copied."""
        bundles = {
            name: (Bundle(bundled(name, paths)), name)
            for name in TABLES_OF_CONTENTS
            if name in paths and not dry_run
        }
        return super().post_process({**paths, **bundles}, dry_run, **options)


class Bundle:
    """A storage of one file, for as long as collectstatic works on it."""

    def __init__(self, text):
        self.text = text

    def open(self, name, mode="rb"):
        """Return the file; it has only one name."""
        return ContentFile(self.text.encode())


def bundled(name, paths):
    """Return the style sheet `name` with the contents of what it imports.

    `paths` maps the names of static files to pairs of a storage and a path in it.
    """

    def contents(match):
        part = join(dirname(name), match["file"])
        css = _read(part, paths)
        if BOUND_TO_ITS_PLACE.search(css):
            raise ImproperlyConfigured(
                f"{part} is taken into {name}, so it cannot name other files."
            )
        if match["layer"]:
            css = f"@layer {match['layer']} {{\n{css}}}\n"
        if match["media"]:
            css = f"@media {match['media']} {{\n{css}}}\n"
        return css

    return IMPORT.sub(contents, _read(name, paths))


def _read(name, paths):
    storage, path = paths[name]
    with storage.open(path) as file:
        return file.read().decode()

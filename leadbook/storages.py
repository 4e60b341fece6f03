"""Storages of the project."""

import re
from posixpath import dirname, join

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

TABLES_OF_CONTENTS = ("css/app.css",)
IMPORT = re.compile(
    r'^@import url\("(?P<file>[^"]+)"\)'
    r"(?: layer\((?P<layer>[\w-]+)\))?(?: (?P<media>[^;]+))?;$",
    re.MULTILINE,
)
# What would mean something else in another file.
BOUND_TO_ITS_PLACE = re.compile(r"@import|@charset|url\(")


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

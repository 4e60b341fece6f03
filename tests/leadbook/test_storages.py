"""Attachments that are whole or absent; the style sheet that production serves."""

import errno
import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile, File
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from django.test import override_settings

from leadbook.settings import attachment_storage
from leadbook.storages import AttachmentStorage, StaticFilesStorage, bundled
from leads.uploads import ArrivingFile

# Attachments --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "new" / "attachments"


@pytest.fixture
def storage(folder):
    setting = attachment_storage(str(folder))
    assert setting["BACKEND"] == "leadbook.storages.AttachmentStorage"
    return AttachmentStorage(**setting["OPTIONS"])


@pytest.fixture
def acts(monkeypatch):
    """What is synced and renamed, in order; a synced thing by its place on the disk."""
    found = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor):
        found.append(("sync", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def replaced(path, target):
        found.append(("name", os.stat(path).st_ino))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    return found


def places(*paths):
    return [("sync", path.stat().st_ino) for path in paths]


def test_a_file_gets_its_name_when_its_bytes_are_on_the_disk(storage, folder, acts):
    assert storage.save("ab/abc", ContentFile(b"all of it")) == "ab/abc"
    file = folder / "ab" / "abc"
    [bytes_synced, named, *folders_synced] = acts
    assert [bytes_synced] == places(file)
    assert named == ("name", file.stat().st_ino)
    # The folders are new themselves, so each is entered in the one above it.
    assert folders_synced[0] == places(file.parent)[0]
    assert set(folders_synced) == {*places(file.parent, folder, folder.parent, tmp(folder))}
    assert file.read_bytes() == b"all of it"
    assert [path.name for path in folder.rglob("*")] == ["ab", "abc"]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def tmp(folder):
    return folder.parent.parent


def test_what_lies_on_the_same_disk_gets_its_name_and_is_not_copied(
    storage, folder, tmp_path, acts
):
    folder.parent.mkdir()
    upload = arriving(tmp_path, b"all of it")
    storage.save("ab/abc", File(upload))
    file = folder / "ab" / "abc"
    assert file.stat().st_ino == os.fstat(upload.fileno()).st_ino
    assert acts[:2] == [places(file)[0], ("name", file.stat().st_ino)]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    upload.close()
    assert file.read_bytes() == b"all of it"
    assert [path.name for path in folder.rglob("*")] == ["ab", "abc"]


def test_what_lies_on_another_disk_is_copied(storage, folder, tmp_path, monkeypatch):
    def other_disk(*args, **kwargs):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    folder.parent.mkdir()
    upload = arriving(tmp_path, b"all of it")
    storage.save("ab/abc", File(upload))
    file = folder / "ab" / "abc"
    assert file.stat().st_ino != os.fstat(upload.fileno()).st_ino
    assert file.read_bytes() == b"all of it"
    upload.close()


def arriving(tmp_path, content):
    with override_settings(FILE_UPLOAD_TEMP_DIR=tmp_path):
        upload = ArrivingFile("Plan.pdf", "")
    upload.write(content)
    upload.finish()
    upload.size = len(content)
    return upload


class Broken(ContentFile):
    """A file whose second piece does not fit on the disk any more."""

    def chunks(self, chunk_size=None):
        yield b"first piece"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_does_not_fit_leaves_nothing(storage, folder):
    with pytest.raises(OSError, match="No space left"):
        storage.save("ab/abc", Broken(b"x"))
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_name_that_cannot_be_synced_is_no_stored_file(storage, folder, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        storage.save("ab/abc", ContentFile(b"x"))
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_of_a_file_in_a_bucket_only_a_piece_is_held_in_memory():
    """With threads, ten pieces of eight megabytes were; of reading see test_buckets."""
    options = attachment_storage("s3://bucket/prefix")["OPTIONS"]
    assert options["transfer_config"].use_threads is False


# Style sheets -------------------------------------------------------------------------


def stored(**files):
    storage = InMemoryStorage()
    paths = {}
    for stem, css in files.items():
        name = f"css/{stem}.css"
        with storage.open(name, "w") as file:
            file.write(css)
        paths[name] = (storage, name)
    return paths


def test_imports_are_taken_in_with_their_layer_and_media():
    paths = stored(
        app='@layer a, b;\n@import url("one.css") layer(a);\n@import url("two.css") print;\n',
        one=".one { color: red }\n",
        two=".two { color: blue }\n",
    )
    assert bundled("css/app.css", paths) == (
        "@layer a, b;\n"
        "@layer a {\n.one { color: red }\n}\n\n"
        "@media print {\n.two { color: blue }\n}\n\n"
    )


@pytest.mark.parametrize("css", ['@import url("three.css");', ".a { mask: url(b.svg) }"])
def test_a_part_that_names_other_files_is_refused(css):
    paths = stored(app='@import url("one.css") layer(a);\n', one=css)
    with pytest.raises(ImproperlyConfigured, match=r"css/one\.css"):
        bundled("css/app.css", paths)


def test_a_part_that_is_missing_is_not_passed_over():
    with pytest.raises(KeyError):
        bundled("css/app.css", stored(app='@import url("one.css") layer(a);\n'))


@pytest.fixture
def collected(settings, tmp_path):
    """The static files as an installation serves them; gives name → text."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "leadbook.storages.StaticFilesStorage"},
    }
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    call_command("collectstatic", interactive=False, verbosity=0)

    def text_of(name):
        return (settings.STATIC_ROOT / StaticFilesStorage().stored_name(name)).read_text()

    return text_of


def test_production_serves_style_sheets_with_all_their_parts(collected):
    css = collected("css/app.css")
    assert "@layer tokens {" in css
    assert ".stepper__circle" in css
    assert "@media print {" in css
    paper = collected("css/paper.css")
    assert ".dossier__line" in paper
    for sheet in (css, paper):
        assert "@import" not in sheet
        assert sheet.count("{") == sheet.count("}")


def test_production_serves_scripts_under_hashed_names(collected):
    assert './elements/drop-zone.js"' not in collected("js/lead.js")
    assert "./elements/drop-zone." in collected("js/lead.js")

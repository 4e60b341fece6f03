"""Files while they arrive: who may send them, where, and how much there is room for."""

import errno
import os
import shutil
from collections import namedtuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from leadbook.nameless import nameless_file
from leads import uploads
from tests.markup import HTMX, read
from tests.state import stored_files

from .samples import PDF

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
Usage = namedtuple("Usage", ["total", "used", "free"])


def named(name, content=PDF):
    return SimpleUploadedFile(name, content)


def upload(client, lead, *files, headers=None):
    address = f"/leads/{lead.pk}/anhaenge/"
    return client.post(address, {"dateien": list(files)}, headers=headers)


@pytest.fixture
def kept(monkeypatch):
    """The temporary files that were made for what arrives."""
    made = []

    def file(folder):
        made.append(nameless_file(folder))
        return made[-1]

    monkeypatch.setattr(uploads, "nameless_file", file)
    return made


def test_what_arrives_lies_in_a_nameless_file_that_goes_with_the_request(
    page_of_anna, lead, kept, settings, monkeypatch
):
    seen = []
    real = uploads.UploadHandler.file_complete

    def look(self, size):
        seen.append(os.fstat(kept[0].fileno()).st_nlink)
        seen.append(list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()))
        return real(self, size)

    monkeypatch.setattr(uploads.UploadHandler, "file_complete", look)
    assert upload(page_of_anna, lead, named("Plan.pdf")).status_code == 303
    assert seen == [0, []]
    assert [file.closed for file in kept] == [True]


def test_an_ending_of_any_length_is_no_name_of_a_temporary_file(page_of_anna, lead):
    response = upload(page_of_anna, lead, named("a." + "b" * 300), headers=HTMX)
    assert response.status_code == 422
    assert "Dieser Dateityp wird nicht angenommen." in read(response).text


def test_a_strangers_file_is_not_kept(lead, kept):
    # As in a browser: who checks the form's token reads the body before anybody else.
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    assert upload(client, lead, named("Plan.pdf")).status_code == 403
    assert kept == []
    client = Client()
    assert upload(client, lead, named("Plan.pdf")).status_code == 302
    assert client.post("/anmelden/", {"datei": named("Plan.pdf")}).status_code == 422
    assert kept == []


@pytest.mark.parametrize("address", ["journal/", "phase/", "felder/phone/", "../anlegen/"])
def test_files_for_another_address_are_not_kept(page_of_anna, lead, kept, address):
    data = {"text": "Angerufen", "datei": named("Plan.pdf")}
    assert page_of_anna.post(f"/leads/{lead.pk}/{address}", data).status_code < 500
    assert kept == []


# The disk -----------------------------------------------------------------------------


@pytest.fixture
def disk(monkeypatch):
    """A disk whose free bytes, one number for each look at it, a test says."""
    free = []

    def disk_usage(path):
        return Usage(10**12, 0, free.pop(0) if len(free) > 1 else free[0])

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    return free


def test_what_is_announced_must_fit_before_the_first_byte_is_kept(
    page_of_anna, lead, disk, kept, settings
):
    disk[:] = [settings.UPLOAD_KEEP_FREE_BYTES + 50_000]
    large = named("Groß.pdf", PDF + b" " * 60_000)
    assert upload(page_of_anna, lead, large, headers=HTMX).status_code == 507
    assert kept == []
    assert upload(page_of_anna, lead, named("Klein.pdf"), headers=HTMX).status_code == 200


@BOTH
def test_below_the_reserve_nothing_is_taken(page_of_anna, lead, disk, kept, settings, headers):
    disk[:] = [settings.UPLOAD_KEEP_FREE_BYTES - 1]
    files = [named("a.pdf"), named("b.pdf", PDF + b" ")]
    response = upload(page_of_anna, lead, *files, headers=headers)
    assert response.status_code == 507
    assert "Die Datei konnte nicht gespeichert werden." in read(response).text
    assert kept == []
    assert not lead.attachments.exists()


def test_what_came_before_the_disk_was_full_is_filed(page_of_anna, lead, disk, kept, settings):
    enough = settings.UPLOAD_KEEP_FREE_BYTES
    # For each file: to begin, to write its only piece, to end.
    disk[:] = [enough + 10_000] * 3 + [enough - 1]
    files = [named("a.pdf"), named("b.pdf", PDF + b" ")]
    response = upload(page_of_anna, lead, *files, headers=HTMX)
    assert response.status_code == 200
    assert lead.attachments.get().name == "a.pdf"
    assert "Die Datei konnte nicht gespeichert werden." in read(response).text


@pytest.mark.parametrize("written", [0, 1, 7])
def test_a_disk_that_is_full_while_the_bytes_arrive_answers_507(
    page_of_anna, lead, monkeypatch, written
):
    class Full:
        closed = False

        def __init__(self, folder):
            self.raw = self
            self.left = written

        def write(self, data):
            assert not self.closed
            if not self.left:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.left -= 1

        def close(self):
            self.closed = True

    monkeypatch.setattr(uploads, "nameless_file", Full)
    large = named("Plan.pdf", PDF + b" " * 2_000_000)
    response = upload(page_of_anna, lead, large, headers=HTMX)
    assert response.status_code == 507
    assert not lead.attachments.exists()
    assert stored_files() == []


def test_a_body_without_length_answers_411_and_a_far_too_long_one_413(
    page_of_anna, lead, settings
):
    address = f"/leads/{lead.pk}/anhaenge/"
    response = page_of_anna.generic(
        "POST", address, b"", "multipart/form-data; boundary=x",
        headers={"Transfer-Encoding": "chunked"},
    )  # fmt: skip
    assert response.status_code == 411
    assert "Content-Length" in read(response).text
    too_long = 2 * settings.UPLOAD_MAX_REQUEST_BYTES + 1
    for length in (too_long, "9" * 5000):
        response = page_of_anna.post(address, CONTENT_LENGTH=str(length))
        assert response.status_code == 413


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1 kB"), (2_400_000, "2,4 MB"),
        (2_300_000, "2,3 MB"), (9_990_000, "10 MB"), (50_000_000, "50 MB"),
        (100_000_000_000, "100 GB"),
    ],
)  # fmt: skip
def test_sizes_as_people_read_them(size, shown):
    assert uploads.megabytes(size) == shown

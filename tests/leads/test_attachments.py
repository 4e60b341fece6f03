"""/leads/<id>/anhaenge/…: taking, handing out, renaming, deleting documents."""

import base64
import io
import os
import random
import zlib
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone
from PIL import Image

from leadbook import nightly
from leadbook.settings import attachment_storage
from leadbook.storages import AttachmentStorage
from leads import models, pictures, thumbnailer, uploads
from leads.file_types import FILE_TYPES, NEVER
from leads.models import Attachment, Lead, StorageUse
from leads.models.attachment import AttachmentQuerySet
from leads.models.storage_use import StorageUseQuerySet
from leads.views import attachments
from tests import factories
from tests.markup import HTMX, as_read, read
from tests.state import everything, stored_files

from .samples import EML, HTML, PDF, SVG, archive, picture, samples

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def upload_address(lead):
    return f"/leads/{lead.pk}/anhaenge/"


def file_address(attachment):
    return f"/leads/{attachment.lead_id}/anhaenge/{attachment.pk}/"


def named(name, content, content_type="application/octet-stream"):
    return SimpleUploadedFile(name, content, content_type)


def upload(client, lead, *files, headers=None):
    return client.post(upload_address(lead), {"dateien": list(files)}, headers=headers)


def refusals(response):
    """Name and reason of each file that was refused, with htmx."""
    return [
        (li.one("span", class_="file__name").text, li.one("span", class_="file__meta").text)
        for li in read(response).all("li", class_="file file--failed")
    ]


@pytest.fixture
def untouched():
    """Check that the test leaves tables and storage as they were."""
    before = everything(), stored_files()
    yield
    assert (everything(), stored_files()) == before


@pytest.fixture
def plan(page_of_anna, lead):
    upload(page_of_anna, lead, named("Plan.pdf", PDF))
    return lead.attachments.get()


# Taking -------------------------------------------------------------------------------


@BOTH
def test_a_document_is_filed_with_author_size_and_event(page_of_anna, anna, lead, headers):
    response = upload(page_of_anna, lead, named("Grundriss EG.pdf", PDF), headers=headers)
    attachment = lead.attachments.get()
    assert (attachment.name, attachment.extension) == ("Grundriss EG.pdf", "pdf")
    assert (attachment.size, attachment.author) == (len(PDF), anna)
    event = lead.events.newest_first().first()
    assert (event.kind, event.new_text, event.object_id) == (
        "file_added", "Grundriss EG.pdf", attachment.pk,
    )  # fmt: skip
    if headers:
        assert response.status_code == 200
        row = read(response).one("li", id=f"file-{attachment.pk}")
        assert "Grundriss EG.pdf" in row.text
        assert read(response).one("span", id="file-count").text == "1"
    else:
        assert (response.status_code, response["Location"]) == (
            303, f"/leads/{lead.pk}/?tab=anhaenge",
        )  # fmt: skip
        assert "1 Datei abgelegt" in read(page_of_anna.get(response["Location"])).text


def test_the_file_lies_under_a_random_name_that_nobody_else_can_read(plan):
    [key] = stored_files()
    assert plan.file.name == key
    folder, name = key.split("/")
    assert len(name) == 32
    assert name.startswith(folder)
    assert "Plan" not in key
    assert Path(storages["attachments"].path(key)).read_bytes() == PDF


def test_the_folder_of_attachments_is_closed_to_others():
    options = attachment_storage("/srv/leadbook/attachments")["OPTIONS"]
    assert options["file_permissions_mode"] == 0o600
    assert options["directory_permissions_mode"] == 0o700
    assert options["base_url"] is None
    options = attachment_storage("/srv/leadbook/attachments", is_for_web_server=True)[
        "OPTIONS"
    ]
    assert options["file_permissions_mode"] == 0o640
    assert options["directory_permissions_mode"] == 0o750


@pytest.mark.once
@pytest.mark.parametrize("extension", FILE_TYPES)
def test_each_type_that_is_promised_is_taken(page_of_anna, lead, extension):
    content = samples()[extension]
    for name in (f"Datei.{extension}", f"DATEI 2.{extension.upper()}"):
        response = upload(
            page_of_anna, lead, named(name, content + b" " * len(name)), headers=HTMX
        )
        assert response.status_code == 200, refusals(response)
    for attachment in lead.attachments.all():
        answer = page_of_anna.get(file_address(attachment))
        assert answer.status_code == 200
        body = b"".join(answer.streaming_content)
        assert body.startswith(content)
        assert answer["Content-Type"] == FILE_TYPES[extension].content_type


@pytest.mark.once
@pytest.mark.parametrize("extension", [*sorted(NEVER), "xyz", "", "pdf.exe", "svgz"])
def test_other_types_are_refused(page_of_anna, lead, untouched, extension):
    response = upload(page_of_anna, lead, named(f"Datei.{extension}", PDF), headers=HTMX)
    assert response.status_code == 422
    assert refusals(response)[0][1] == "Dieser Dateityp wird nicht angenommen."


def test_an_installation_may_take_more_types_but_never_programs(page_of_anna, lead, settings):
    settings.UPLOAD_EXTRA_TYPES = ["xyz", "abc", "exe", "html"]
    assert upload(page_of_anna, lead, named("a.xyz", b"1"), headers=HTMX).status_code == 200
    assert upload(page_of_anna, lead, named("a.ABC", b"2"), headers=HTMX).status_code == 200
    assert upload(page_of_anna, lead, named("a.xyz", HTML), headers=HTMX).status_code == 422
    for name in ("a.exe", "a.html"):
        assert upload(page_of_anna, lead, named(name, b"3"), headers=HTMX).status_code == 422
    answer = page_of_anna.get(file_address(lead.attachments.get(name="a.xyz")))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


MISMATCHES = {
    "plan.png": HTML, "plan.jpg": SVG, "plan.gif": PDF, "plan.webp": b"RIFF1234WAVE",
    "plan.pdf": HTML, "plan.docx": HTML, "plan.zip": PDF, "plan.doc": archive("x"),
    "plan.xls": HTML, "plan.msg": EML, "plan.eml": b"\x00\x01", "mail.eml": HTML,
    "text.txt": HTML, "text2.txt": b"a\x00b", "liste.csv": b"<script>alert(1)</script>",
    "bild.tif": PDF, "bild.heic": PDF, "plan.dwg": PDF, "plan.dxf": PDF, "plan.ifc": PDF,
    "plan.rtf": HTML, "plan.svg": HTML,
    "skript.txt": b"#!/bin/sh\nrm -rf /", "exe.pdf": b"MZ\x90",
}  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(("name", "content"), MISMATCHES.items(), ids=MISMATCHES)
def test_contents_that_are_not_what_the_ending_says_are_refused(
    page_of_anna, lead, untouched, name, content
):
    response = upload(page_of_anna, lead, named(name, content, "image/png"), headers=HTMX)
    assert response.status_code == 422
    extension = name.rpartition(".")[2]
    assert refusals(response) == [(name, f"Der Inhalt passt nicht zur Endung .{extension}.")]


@BOTH
def test_an_empty_file_is_refused(page_of_anna, lead, untouched, headers):
    response = upload(page_of_anna, lead, named("leer.pdf", b""), headers=headers)
    assert response.status_code == 422
    assert "Die Datei ist leer." in read(response).text
    assert bool(read(response).all("html")) == (not headers)


@BOTH
def test_no_file_at_all(page_of_anna, lead, untouched, headers):
    for data in ({}, {"dateien": ""}, {"dateien": "Plan.pdf"}):
        response = page_of_anna.post(upload_address(lead), data, headers=headers)
        assert response.status_code == 422
        assert "Bitte wählen Sie mindestens eine Datei aus." in read(response).text
    plain = "application/x-www-form-urlencoded"
    response = page_of_anna.post(
        upload_address(lead), "dateien=x", content_type=plain, headers=headers
    )
    assert response.status_code == 422


@pytest.mark.once
@BOTH
@pytest.mark.parametrize("size", [1001, 70_000, 300_000])
def test_a_file_over_the_limit_answers_413(
    page_of_anna, lead, untouched, settings, headers, size
):
    settings.UPLOAD_MAX_BYTES = 1000
    content = PDF + b" " * (size - len(PDF))
    response = upload(page_of_anna, lead, named("groß.pdf", content), headers=headers)
    assert response.status_code == 413
    assert "groß.pdf" in read(response).text
    assert "Zu groß: Erlaubt sind 1 kB je Datei." in read(response).text


def test_a_file_of_exactly_the_limit_is_taken(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    content = PDF + b" " * (1000 - len(PDF))
    assert upload(page_of_anna, lead, named("a.pdf", content), headers=HTMX).status_code == 200


def test_the_limits_are_told_beforehand(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_BYTES = 12_000_000
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}))
    assert "bis 12 MB je Datei" in page.text
    zone = page.one("drop-zone")
    assert zone["data-limit"] == "12000000"
    chooser = page.one("input", type="file", id="files-input")
    assert "multiple" in chooser.attrs
    assert ".pdf" in chooser["accept"].split(",")
    assert "Dateien auswählen" in chooser.parent.text


def test_too_many_bytes_in_one_request(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_REQUEST_BYTES = 100_000
    files = [named(f"{n}.pdf", PDF + b" " * 40_000 + bytes([n])) for n in range(4)]
    response = upload(page_of_anna, lead, *files, headers=HTMX)
    assert response.status_code == 200
    assert [reason for _name, reason in refusals(response)] == [
        "Zu viel auf einmal; bitte laden Sie weniger Dateien hoch."
    ]
    assert len(stored_files()) == lead.attachments.count() == 2


def test_one_bad_file_does_not_stop_the_others(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_BYTES = 5000
    response = upload(
        page_of_anna, lead, named("eins.pdf", PDF), named("zwei.exe", b"MZ"),
        named("drei.png", picture("PNG")), named("leer.txt", b""),
        named("gross.txt", b"x" * 5001), headers=HTMX,
    )  # fmt: skip
    assert response.status_code == 200
    assert sorted(lead.attachments.values_list("name", flat=True)) == ["drei.png", "eins.pdf"]
    assert {name for name, _reason in refusals(response)} == {
        "zwei.exe", "leer.txt", "gross.txt",
    }  # fmt: skip
    told = upload(page_of_anna, lead, named("4.txt", b"4"), named("zwei.exe", b"MZ"))
    assert told.status_code == 303
    page = read(page_of_anna.get(told["Location"]))
    assert "1 Datei abgelegt" in page.text
    assert "zwei.exe: Dieser Dateityp wird nicht angenommen." in page.text


@BOTH
def test_21_files_at_once_are_refused_as_a_whole(page_of_anna, lead, untouched, headers):
    files = [named(f"{n}.pdf", PDF + bytes([n])) for n in range(21)]
    response = upload(page_of_anna, lead, *files, headers=headers)
    assert response.status_code == 413
    assert "Laden Sie weniger oder kleinere Dateien" in read(response).text


def test_20_files_at_once_are_taken(page_of_anna, lead):
    files = [named(f"{n}.txt", f"{n}".encode()) for n in range(20)]
    assert upload(page_of_anna, lead, *files).status_code == 303
    assert lead.attachments.count() == 20


def test_a_full_lead_takes_no_more(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_FILES_PER_LEAD = 2
    for n in range(2):
        upload(page_of_anna, lead, named(f"{n}.txt", f"{n}".encode()))
    before = everything(), stored_files()
    response = upload(page_of_anna, lead, named("3.txt", b"3"), headers=HTMX)
    assert response.status_code == 422
    assert "Dieser Lead hat schon 2 Anhänge" in refusals(response)[0][1]
    settings.UPLOAD_MAX_FILES_PER_LEAD = 10
    settings.UPLOAD_MAX_BYTES_PER_LEAD = 4
    response = upload(page_of_anna, lead, named("3.txt", b"333"), headers=HTMX)
    assert "kein Platz mehr" in refusals(response)[0][1]
    assert (everything(), stored_files()) == before
    assert upload(page_of_anna, lead, named("3.txt", b"33"), headers=HTMX).status_code == 200


def test_a_full_lead_says_so_in_the_language_of_its_person(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_FILES_PER_LEAD = 1
    upload(page_of_anna, lead, named("1.txt", b"1"))
    page_of_anna.cookies["django_language"] = "en"
    response = upload(page_of_anna, lead, named("2.txt", b"2"), headers=HTMX)
    assert response["Content-Language"] == "en"
    assert "This lead already has 1 attachments" in refusals(response)[0][1]
    settings.UPLOAD_MAX_FILES_PER_LEAD, settings.UPLOAD_MAX_BYTES_PER_LEAD = 2, 1
    response = upload(page_of_anna, lead, named("2.txt", b"2"), headers=HTMX)
    assert "no room left for this file on this lead" in refusals(response)[0][1]
    settings.UPLOAD_MAX_BYTES_PER_LEAD = 10
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = 1
    response = upload(page_of_anna, lead, named("2.txt", b"2"), headers=HTMX)
    assert "The marketplace has no room left" in refusals(response)[0][1]


def test_a_deleted_file_takes_room_until_it_is_gone_for_good_and_can_come_back(
    page_of_anna, lead, plan, anna, settings
):
    settings.UPLOAD_MAX_BYTES_PER_LEAD = len(PDF)
    event = lead.delete_file(plan.pk, by=anna)
    response = upload(page_of_anna, lead, named("1.txt", b"1"), headers=HTMX)
    assert response.status_code == 422
    assert "Gelöschte Anhänge zählen mit" in refusals(response)[0][1]
    page_of_anna.post(f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/")
    assert lead.attachments.kept().get() == plan
    lead.delete_file(plan.pk, by=anna)
    Attachment.objects.deleted_before(timezone.now()).purge()
    assert upload(page_of_anna, lead, named("1.txt", b"1"), headers=HTMX).status_code == 200


def test_the_same_bytes_twice_are_stored_once_and_it_says_so(page_of_anna, plan, lead):
    before = everything(), stored_files()
    response = upload(page_of_anna, lead, named("Kopie.pdf", PDF), headers=HTMX)
    assert response.status_code == 200
    row = read(response).one("li", id=f"file-{plan.pk}")
    assert "Plan.pdf" in row.text
    assert "war schon angehängt" in row.text
    assert (everything(), stored_files()) == before


def test_the_same_bytes_on_another_lead_are_stored_again(page_of_anna, plan, heatpumps, anna):
    other = factories.accepted(heatpumps, anna)
    upload(page_of_anna, other, named("Plan.pdf", PDF))
    assert other.attachments.get().file.name != plan.file.name


def test_the_same_name_twice_is_numbered(page_of_anna, plan, lead):
    for n in range(2):
        upload(page_of_anna, lead, named("Plan.pdf", PDF + bytes([n])))
    names = list(lead.attachments.order_by("pk").values_list("name", flat=True))
    assert names == ["Plan.pdf", "Plan (2).pdf", "Plan (3).pdf"]


def test_a_very_long_name_can_come_twice(page_of_anna, lead):
    for n in range(2):
        name = "x" * 240 + ".pdf"
        assert upload(page_of_anna, lead, named(name, PDF + bytes([n]))).status_code == 303
    for name in lead.attachments.values_list("name", flat=True):
        assert len(name) <= 150
        assert name.endswith(".pdf")


def raw_upload(client, lead, disposition, content=PDF, headers=None):
    """A body as no browser would send it."""
    body = b"\r\n".join([
        b"--grenze", b"Content-Disposition: form-data; " + disposition,
        b"Content-Type: application/pdf", b"", content, b"--grenze--", b"",
    ])  # fmt: skip
    return client.post(
        upload_address(lead), body, content_type="multipart/form-data; boundary=grenze",
        headers=headers,
    )  # fmt: skip


HOSTILE_NAMES = {
    "path": b'name="dateien"; filename="../../../tmp/x.pdf"',
    "backslashes": b'name="dateien"; filename="..\\\\..\\\\x.pdf"',
    "direction": 'name="dateien"; filename="rechnung\u202efdp.pdf"'.encode(),
    "NUL": b'name="dateien"; filename="a\x00b.pdf"',
    "percent": b"name=\"dateien\"; filename*=utf-8''%2e%2e%2fx%00.pdf",
    "half character": b"name=\"dateien\"; filename*=utf-8''%ED%A0%80x.pdf",
    "escape": b"name=\"dateien\"; filename*=unicode_escape''%5Cud800x.pdf",
    "unknown encoding": b"name=\"dateien\"; filename*=nope''x.pdf",
    "codec that is no text": b"name=\"dateien\"; filename*=hex''78.pdf",
    "idna": b"name=\"dateien\"; filename*=idna''xn--a.pdf",
    "broken": b'name="dateien"; filename*=utf-8\'x.pdf',
    "bytes": b'name="dateien"; filename="\xff\xfe.pdf"',
    "entities": b'name="dateien"; filename="&lt;img src=x onerror=alert(1)&gt;.pdf"',
    "only dots": b'name="dateien"; filename="..."',
    "long": b'name="dateien"; filename="' + b"x" * 900 + b'.pdf"',
    "no name": b'filename="x.pdf"',
    "latin": b'name="dateien"; filename="\xe4.pdf"',
}


def bare_upload(client, lead, disposition, content=PDF, headers=None):
    """A body that is the file, as the drop zone sends it."""
    return client.post(
        upload_address(lead), content, content_type="application/octet-stream",
        headers={**(headers or {}), "Content-Disposition": disposition.decode("latin-1")},
    )  # fmt: skip


@pytest.mark.parametrize("send", [raw_upload, bare_upload])
@pytest.mark.parametrize("disposition", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_hostile_names_are_only_text(page_of_anna, lead, disposition, send):
    response = send(page_of_anna, lead, disposition, headers=HTMX)
    assert response.status_code in {200, 400, 413, 422}
    assert not Path("/tmp/x.pdf").exists()
    for attachment in lead.attachments.all():
        for character in "/\\\x00\u202e\r\n":
            assert character not in attachment.name
        page = page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"})
        assert "<img src=x" not in page.content.decode()
        answer = page_of_anna.get(file_address(attachment))
        assert answer.status_code == 200
        assert "\n" not in answer["Content-Disposition"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=grenze", b"--grenze\r\nContent-Disp"),
        ("multipart/form-data; boundary=grenze", b""),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=grenze; charset=utf-7", b"--grenze--"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=b"),
        ("application/json", b"{}"),
        ("application/octet-stream", b""),
        ("application/octet-stream", b"no name, so no type that is taken"),
        ("x" * 1000, b"x"),
        ("", b"x"),
    ],
)
def test_broken_bodies_are_refused(page_of_anna, lead, untouched, content_type, body):
    response = page_of_anna.post(upload_address(lead), body, content_type=content_type)
    assert response.status_code in {400, 415, 422}


def test_a_body_that_is_the_file_has_the_same_limits(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_BYTES = len(PDF)
    name = b"attachment; filename*=UTF-8''B%C3%BCro%20%28Nord%29.pdf"
    answer = bare_upload(page_of_anna, lead, name, headers=HTMX)
    filed = lead.attachments.get()
    assert (answer.status_code, filed.name) == (200, "Büro (Nord).pdf")
    assert b"".join(page_of_anna.get(file_address(filed))) == PDF
    answer = bare_upload(page_of_anna, lead, name, PDF + b" ", headers=HTMX)
    assert answer.status_code == 413
    assert refusals(answer)[0][0] == "Büro (Nord).pdf"
    assert refusals(answer)[0][1].startswith("Zu groß")
    assert bare_upload(page_of_anna, lead, name, b"MZ" + PDF[2:]).status_code == 422
    assert lead.attachments.count() == 1


def test_a_part_in_base64_is_read_and_limited(page_of_anna, lead, settings):
    def send(content):
        body = b"\r\n".join([
            b"--grenze", b'Content-Disposition: form-data; name="dateien"; filename="a.pdf"',
            b"Content-Type: application/pdf", b"Content-Transfer-Encoding: base64", b"",
            base64.encodebytes(content), b"--grenze--", b"",
        ])  # fmt: skip
        return page_of_anna.post(
            upload_address(lead), body, content_type="multipart/form-data; boundary=grenze",
            headers=HTMX,
        )  # fmt: skip

    settings.UPLOAD_MAX_BYTES = 1000
    assert send(PDF + b" " * 2000).status_code == 413
    assert send(PDF).status_code == 200
    assert lead.attachments.get().size == len(PDF)


# Row and file stand or fall together --------------------------------------------------


@BOTH
def test_a_full_disk_leaves_no_row_and_no_file(
    page_of_anna, lead, untouched, monkeypatch, headers
):
    def full(self, name, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AttachmentStorage, "_save", full)
    response = upload(page_of_anna, lead, named("Plan.pdf", PDF), headers=headers)
    assert response.status_code == 507
    assert "Die Datei konnte nicht gespeichert werden." in read(response).text


def test_a_storage_with_errors_of_its_own_leaves_no_row_and_no_file(
    page_of_anna, lead, untouched, monkeypatch
):
    class EndpointError(Exception):
        pass

    real = AttachmentStorage._save

    def fail_at_the_thumbnail(self, name, content):
        if content.size < 1000 and content.read(4) == b"RIFF":
            raise EndpointError
        return real(self, name, content)

    monkeypatch.setattr(AttachmentStorage, "_save", fail_at_the_thumbnail)
    image = picture("PNG", size=(400, 300))
    response = upload(page_of_anna, lead, named("Foto.png", image), headers=HTMX)
    assert response.status_code == 507


def test_a_clean_up_that_fails_does_not_hide_the_reason(page_of_anna, lead, monkeypatch):
    def away(self, *args):
        raise OSError

    monkeypatch.setattr(AttachmentStorage, "_save", away)
    monkeypatch.setattr(FileSystemStorage, "delete", away)
    response = upload(page_of_anna, lead, named("Plan.pdf", PDF), headers=HTMX)
    assert response.status_code == 507
    assert not lead.attachments.exists()


@pytest.mark.parametrize("model", ["Attachment", "LeadEvent"])
def test_when_the_database_refuses_the_file_is_removed(
    page_of_anna, lead, untouched, monkeypatch, model
):
    def refuse(self, *args, **kwargs):
        raise DatabaseError

    page_of_anna.raise_request_exception = False
    monkeypatch.setattr(getattr(models, model), "save", refuse)
    image = picture("PNG", size=(400, 300))
    assert upload(page_of_anna, lead, named("Foto.png", image)).status_code >= 500


def test_the_bytes_are_on_the_disk_before_the_row_is_written(page_of_anna, lead, monkeypatch):
    acts, fsync = [], os.fsync

    def synced(descriptor):
        acts.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def watched(execute, sql, *args):
        if sql.startswith('INSERT INTO "leads_attachment"'):
            acts.append("row")
        return execute(sql, *args)

    monkeypatch.setattr(os, "fsync", synced)
    with connection.execute_wrapper(watched):
        upload(page_of_anna, lead, named("Plan.pdf", PDF))
    file = Path(storages["attachments"].path(stored_files()[0]))
    assert acts.index(file.stat().st_ino) < acts.index(file.parent.stat().st_ino)
    assert acts.index("row") == len(acts) - 1


@pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "lost"])
def test_a_database_that_goes_while_it_commits_never_leaves_a_row_without_its_file(
    page_of_anna, lead, monkeypatch, is_committed
):
    """Whether the row is there nobody knows then; reconcile finds a file too many."""
    real = Lead.locked_for

    @contextmanager
    def locked_for(self, user):
        with real(self, user):
            yield
            if not is_committed:
                raise OperationalError("server closed the connection unexpectedly")
        raise OperationalError("server closed the connection unexpectedly")

    page_of_anna.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(Lead, "locked_for", locked_for)
        response = upload(page_of_anna, lead, named("Plan.pdf", PDF))
    assert response.status_code == 503
    assert lead.attachments.count() == (1 if is_committed else 0)
    for attachment in lead.attachments.all():
        assert attachment.file.name in stored_files()


class SentBackError(Exception):
    """As the database's driver says it."""

    sqlstate = "40P01"


def test_who_is_sent_back_by_the_database_files_what_was_sent(page_of_anna, lead, monkeypatch):
    """Also where the body is the file, which can be read only once."""
    real, tries = Lead.locked_for, []

    @contextmanager
    def locked_for(self, user):
        tries.append(user)
        if len(tries) == 1:
            raise OperationalError from SentBackError()
        with real(self, user):
            yield

    monkeypatch.setattr(Lead, "locked_for", locked_for)
    name = b'attachment; filename="Plan.pdf"'
    answer = bare_upload(page_of_anna, lead, name, headers=HTMX)
    assert (answer.status_code, len(tries)) == (200, 2)
    filed = lead.attachments.get()
    assert b"".join(page_of_anna.get(file_address(filed))) == PDF
    assert list(stored_files()) == [filed.file.name]


def test_a_right_that_ends_while_uploading_leaves_nothing(
    page_of_anna, lead, anna, heatpumps, monkeypatch
):
    real = uploads.Document.store

    def store(self, stored):
        heatpumps.memberships.filter(user=anna).delete()
        return real(self, stored)

    monkeypatch.setattr(uploads.Document, "store", store)
    response = upload(page_of_anna, lead, named("Plan.pdf", PDF), headers=HTMX)
    assert response.status_code in {404, 422}
    assert not lead.attachments.exists()
    assert stored_files() == []


def test_while_the_storage_is_away_pages_work_and_a_download_says_so(
    page_of_anna, lead, plan, monkeypatch
):
    def away(self, *args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(FileSystemStorage, "_open", away)
    assert page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}).status_code == 200
    response = page_of_anna.get(file_address(plan))
    assert response.status_code == 503
    assert read(response).one("h1")


def test_a_file_that_is_gone_answers_404(page_of_anna, plan):
    os.remove(plan.file.path)
    assert page_of_anna.get(file_address(plan)).status_code == 404


# Handing out --------------------------------------------------------------------------


def filed(client, lead, name, content):
    response = upload(client, lead, named(name, content), headers=HTMX)
    assert response.status_code == 200, refusals(response)
    return lead.attachments.order_by("pk").last()


@pytest.mark.once
@pytest.mark.parametrize("extension", FILE_TYPES)
def test_the_headers_of_a_download(page_of_anna, lead, extension):
    attachment = filed(page_of_anna, lead, f"Büro & Plan.{extension}", samples()[extension])
    response = page_of_anna.get(file_address(attachment))
    inline = extension in {"png", "jpg", "jpeg", "gif", "webp"}
    disposition = response["Content-Disposition"]
    assert disposition.startswith("inline" if inline else "attachment")
    assert f"filename*=utf-8''B%C3%BCro%20%26%20Plan.{extension}" in disposition
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    body = b"".join(response.streaming_content)
    assert int(response["Content-Length"]) == len(body) == attachment.size
    head = page_of_anna.head(file_address(attachment))
    assert head.status_code == 200
    assert head["Content-Disposition"] == disposition


def test_svg_is_never_opened_in_the_browser(page_of_anna, lead):
    attachment = filed(page_of_anna, lead, "plan.svg", SVG)
    assert not attachment.thumbnail
    response = page_of_anna.get(file_address(attachment))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Security-Policy"].startswith("sandbox")


def test_a_picture_that_cannot_be_decoded_is_only_a_download(page_of_anna, lead):
    broken = picture("PNG")[:40] + HTML
    attachment = filed(page_of_anna, lead, "plan.png", broken)
    assert not attachment.thumbnail
    response = page_of_anna.get(file_address(attachment))
    assert response["Content-Disposition"].startswith("attachment")
    assert page_of_anna.get(file_address(attachment) + "vorschau/").status_code == 404
    assert page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}).status_code == 200


def test_the_clients_word_for_the_type_is_not_believed(page_of_anna, lead):
    upload(page_of_anna, lead, named("a.txt", b"Text", "text/html"))
    response = page_of_anna.get(file_address(lead.attachments.get()))
    assert response["Content-Type"] == "text/plain; charset=utf-8"


# Thumbnails ---------------------------------------------------------------------------


def thumbnail(client, attachment):
    response = client.get(file_address(attachment) + "vorschau/")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Security-Policy"].startswith("sandbox")
    return Image.open(io.BytesIO(b"".join(response.streaming_content)))


@pytest.mark.once
@pytest.mark.parametrize("extension", ["png", "jpg", "gif", "webp", "tif"])
def test_pictures_have_a_small_one(page_of_anna, lead, extension):
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(extension, extension.upper())
    attachment = filed(page_of_anna, lead, f"a.{extension}", picture(kind, size=(800, 600)))
    small = thumbnail(page_of_anna, attachment)
    assert small.size == (208, 156)
    red, green, blue = small.convert("RGB").getpixel((100, 70))
    assert red > 150 > 90 > max(green, blue)
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}))
    assert page.one("img")["src"] == file_address(attachment) + "vorschau/"


@pytest.mark.once
def test_the_small_picture_is_upright_and_tells_nothing_of_the_camera(page_of_anna, lead):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Kamera von Anna"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 0.0)  # where it was taken
    original = picture("JPEG", size=(800, 400), exif=exif)
    attachment = filed(page_of_anna, lead, "Foto.jpg", original)
    small = thumbnail(page_of_anna, attachment)
    assert small.size == (104, 208)
    assert not small.getexif()
    key = attachment.thumbnail.name
    raw = Path(storages["attachments"].path(key)).read_bytes()
    assert b"Kamera" not in raw
    assert b"EXIF" not in raw
    # The original is evidence and stays as it is.
    body = b"".join(page_of_anna.get(file_address(attachment)).streaming_content)
    assert body == original


@pytest.mark.once
def test_a_transparent_picture_stays_transparent(page_of_anna, lead):
    file = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(file, "PNG")
    attachment = filed(page_of_anna, lead, "logo.png", file.getvalue())
    assert thumbnail(page_of_anna, attachment).mode == "RGBA"


def test_what_a_request_had_no_time_for_is_made_in_the_night(page_of_anna, lead, monkeypatch):
    with monkeypatch.context() as hurry:
        hurry.setattr(pictures, "SECONDS_OF_REQUEST", 0)
        late = filed(page_of_anna, lead, "Foto.png", picture("PNG"))
        old = filed(page_of_anna, lead, "Alt.png", picture("PNG", size=(7, 9)))
        gone = filed(page_of_anna, lead, "Weg.png", picture("PNG", size=(9, 7)))
        locked = filed(page_of_anna, lead, "Virus.png", picture("PNG", size=(8, 7)))
    # What could not be made in two nights is broken.
    Attachment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    Attachment.objects.filter(pk=locked.pk).update(scan_state="blocked")
    lead.delete_file(gone.pk, by=lead.owner)
    filed(page_of_anna, lead, "Plan.pdf", PDF)
    nightly.JOBS["add_thumbnails"]()
    assert [file.pk for file in Attachment.objects.exclude(thumbnail="")] == [late.pk]
    late.refresh_from_db()
    assert thumbnail(page_of_anna, late).size == Image.open(late.file).size


@pytest.mark.once
@pytest.mark.parametrize("size", [(8000, 7000), (20_001, 10), (50_000, 50_000)])
def test_a_picture_that_would_take_too_much_memory_is_not_decoded(
    page_of_anna, lead, size, monkeypatch
):
    small = picture("PNG", size=(10, 10), color=1)
    width, height = (n.to_bytes(4) for n in size)
    header = b"IHDR" + width + height + small[24:29]
    bomb = small[:12] + header + zlib.crc32(header).to_bytes(4) + small[33:]
    codes = []
    real = pictures._run

    def run(upload, *, seconds):
        code, made = real(upload, seconds=seconds)
        codes.append(code)
        return code, made

    monkeypatch.setattr(pictures, "_run", run)
    attachment = filed(page_of_anna, lead, "plan.png", bomb)
    # Refused by its header; the system had to end nothing.
    assert len(codes) == 1
    assert codes[0] in {thumbnailer.NO_PICTURE, 1}
    assert not attachment.thumbnail
    assert len(stored_files()) == 1


@pytest.mark.once
def test_a_picture_that_only_claims_to_be_huge_breaks_nothing(page_of_anna, lead):
    header = picture("PNG", size=(10, 10))
    lying = header[:16] + (2**31 - 1).to_bytes(4) * 2 + header[24:]
    attachment = filed(page_of_anna, lead, "plan.png", lying)
    assert not attachment.thumbnail


@pytest.mark.once
def test_random_bytes_behind_a_signature_break_nothing(page_of_anna, lead):
    rows = random.Random(7)
    for n, (name, start) in enumerate(
        [("a.png", b"\x89PNG\r\n\x1a\n"), ("a.jpg", b"\xff\xd8\xff"), ("a.gif", b"GIF89a"),
         ("a.tif", b"II*\x00"), ("a.webp", b"RIFF\x10\x00\x00\x00WEBP")] * 4
    ):  # fmt: skip
        filed(page_of_anna, lead, f"{n}{name}", start + rows.randbytes(500))
    assert page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}).status_code == 200


# Renaming -----------------------------------------------------------------------------


@BOTH
def test_renaming_keeps_the_ending(page_of_anna, lead, plan, headers):
    address = file_address(plan) + "name/"
    form = read(page_of_anna.get(address, headers=headers)).form(address)
    assert form.sends()["name"] == "Plan.pdf"
    data = form.sends(name=" Grundriss  EG ")
    response = page_of_anna.post(address, data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert Attachment.objects.get(pk=plan.pk).name == "Grundriss EG.pdf"
    event = lead.events.newest_first().first()
    assert (event.old_text, event.new_text) == ("Plan.pdf", "Grundriss EG.pdf")
    page = read(response if headers else page_of_anna.get(response["Location"]))
    assert page.one("li", id=f"file-{plan.pk}").one("a").text == "Grundriss EG.pdf"
    assert "Rückgängig" in page.text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Neu.pdf", "Neu.pdf"),
        ("Neu.PDF", "Neu.PDF"),
        ("Neu.exe", "Neu.exe.pdf"),
        ("Neu.html", "Neu.html.pdf"),
        ("../../Neu", "Neu.pdf"),
        ("x" * 150, "x" * 146 + ".pdf"),
        ("\u202eNeu", "Neu.pdf"),
        ("CON", "CON_.pdf"),
        ("..", "Datei.pdf"),
    ],
)
def test_what_a_new_name_becomes(page_of_anna, plan, typed, kept):
    response = page_of_anna.post(file_address(plan) + "name/", {"name": typed})
    assert response.status_code == 303
    fresh = Attachment.objects.get(pk=plan.pk)
    assert fresh.name == kept
    assert fresh.extension == "pdf"
    assert page_of_anna.get(file_address(plan))["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("typed", ["", "  ", "x" * 151, "a\x00b", "\u200b"])
@BOTH
def test_a_refused_name_stays_in_the_editor(page_of_anna, plan, typed, headers):
    before = everything()
    address = file_address(plan) + "name/"
    response = page_of_anna.post(address, {"name": typed}, headers=headers)
    assert response.status_code == 422
    form = read(response).form(address)
    assert form.sends()["name"] == as_read(typed)
    assert form.all("p", class_="field-error")
    assert everything() == before


def test_the_same_name_is_no_change(page_of_anna, plan):
    before = everything()
    page_of_anna.post(file_address(plan) + "name/", {"name": "Plan.pdf"})
    assert everything() == before


def test_cancel_shows_the_file_again(page_of_anna, plan):
    part = read(page_of_anna.get(file_address(plan) + "name/?ansicht", headers=HTMX))
    assert part.one("li", id=f"file-{plan.pk}")


# Deleting -----------------------------------------------------------------------------


@BOTH
def test_deleting_hides_the_file_and_can_be_taken_back(page_of_anna, lead, plan, headers):
    response = page_of_anna.post(file_address(plan) + "loeschung/", headers=headers)
    assert response.status_code == (200 if headers else 303)
    for tail in ("", "name/", "vorschau/"):
        assert page_of_anna.get(file_address(plan) + tail).status_code == 404
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}))
    assert not page.all("li", id=f"file-{plan.pk}")
    assert page.one("span", id="file-count").text == "0"
    # The file stays for the days of grace.
    assert stored_files() == [plan.file.name]
    event = lead.events.newest_first().first()
    assert (event.kind, event.old_text) == ("file_deleted", "Plan.pdf")
    undo = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    assert page_of_anna.post(undo, headers=headers).status_code in {200, 303}
    body = b"".join(page_of_anna.get(file_address(plan)).streaming_content)
    assert body == PDF


def test_a_deleted_file_can_be_filed_again_and_then_not_be_restored(page_of_anna, lead, plan):
    page_of_anna.post(file_address(plan) + "loeschung/")
    event = lead.events.newest_first().first()
    upload(page_of_anna, lead, named("Plan.pdf", PDF))
    assert lead.attachments.kept().get().pk != plan.pk
    before = everything()
    undo = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    assert page_of_anna.post(undo).status_code == 409
    assert everything() == before


def test_no_two_files_of_a_lead_have_the_same_name(page_of_anna, lead, plan):
    other = filed(page_of_anna, lead, "Skizze.pdf", PDF + b"\n")
    page_of_anna.post(file_address(other) + "name/", {"name": "Plan", "seen": "Skizze.pdf"})
    page_of_anna.post(file_address(plan) + "loeschung/")
    event = lead.events.newest_first().first()
    filed(page_of_anna, lead, "Plan.pdf", PDF + b" ")
    page_of_anna.post(f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/")
    names = lead.attachments.kept().values_list("name", flat=True)
    assert sorted(names) == ["Plan (2).pdf", "Plan (3).pdf", "Plan.pdf"]


def test_a_number_that_a_file_has_already_it_keeps(page_of_anna, lead, plan):
    other = filed(page_of_anna, lead, "Plan.pdf", PDF + b"\n")
    data = {"name": "Plan", "seen": "Plan (2).pdf"}
    assert page_of_anna.post(file_address(other) + "name/", data).status_code == 303
    other.refresh_from_db()
    assert other.name == "Plan (2).pdf"
    assert not lead.events.filter(kind="file_renamed").exists()


def test_deleting_in_the_same_instant_deletes_once(
    page_of_anna, lead, plan, anna, monkeypatch
):
    real = attachments.kept_file

    def overtaken(found, attachment_id):
        answer = real(found, attachment_id)
        Lead.objects.get(pk=lead.pk).delete_file(plan.pk, by=anna)
        return answer

    monkeypatch.setattr(attachments, "kept_file", overtaken)
    for address, data in (("loeschung/", {}), ("name/", {"name": "Neu"})):
        assert page_of_anna.post(file_address(plan) + address, data).status_code == 404
        Attachment.objects.filter(pk=plan.pk).update(deleted_at=None)
    assert lead.events.filter(kind="file_renamed").count() == 0


def test_files_go_for_good_when_the_days_of_grace_are_over(
    page_of_anna, lead, plan, django_capture_on_commit_callbacks
):
    kept = filed(page_of_anna, lead, "Foto.png", picture("PNG"))
    page_of_anna.post(file_address(plan) + "loeschung/")
    call_command("purge_attachments", "--days", "30")
    assert plan.file.name in stored_files()
    long_ago = timezone.now() - timedelta(days=31)
    Attachment.objects.filter(pk=plan.pk).update(deleted_at=long_ago)
    call_command("purge_attachments", "--days", "30", "--dry-run")
    assert plan.file.name in stored_files()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("purge_attachments", "--days", "30")
    assert stored_files() == sorted([kept.file.name, kept.thumbnail.name])


@pytest.mark.parametrize("days", ["-5", "36501", "99999999999", "x", "1.5"])
def test_days_of_grace_that_there_cannot_be_are_refused(days):
    with pytest.raises(CommandError, match=r"--days.* 36500"):
        call_command("purge_attachments", f"--days={days}")


# Whose --------------------------------------------------------------------------------


def test_a_file_is_reached_through_its_own_lead_only(page_of_anna, plan, heatpumps, anna):
    other = factories.accepted(heatpumps, anna)
    before = everything()
    address = f"/leads/{other.pk}/anhaenge/{plan.pk}/"
    for tail in ("", "name/", "vorschau/"):
        assert page_of_anna.get(address + tail).status_code == 404
    for tail in ("name/", "loeschung/"):
        assert page_of_anna.post(address + tail, {"name": "Neu"}).status_code == 404
    assert everything() == before


@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_reach_no_file(request, signed_in, lead, plan, solar, person):
    client = signed_in(request.getfixturevalue(person))
    before = everything(), stored_files()
    for tail in ("", "name/", "vorschau/"):
        assert client.get(file_address(plan) + tail).status_code == 404
    for tail in ("name/", "loeschung/"):
        assert client.post(file_address(plan) + tail, {"name": "Neu"}).status_code == 404
    assert upload(client, lead, named("Neu.pdf", PDF + b" ")).status_code == 404
    assert (everything(), stored_files()) == before


def test_a_stranger_uploads_nothing(client, lead, untouched):
    response = upload(client, lead, named("Plan.pdf", PDF))
    assert response.status_code == 302
    assert "/anmelden/" in response["Location"]


def test_a_manager_hands_out_renames_and_deletes(signed_in, meike, plan):
    client = signed_in(meike)
    assert client.get(file_address(plan)).status_code == 200
    assert client.post(file_address(plan) + "name/", {"name": "Neu"}).status_code == 303
    assert client.post(file_address(plan) + "loeschung/").status_code == 303


def test_wrong_verbs_and_missing_files(page_of_anna, lead, plan):
    assert page_of_anna.get(upload_address(lead)).status_code == 405
    assert page_of_anna.post(file_address(plan)).status_code == 405
    assert page_of_anna.get(file_address(plan) + "loeschung/").status_code == 405
    assert page_of_anna.post(file_address(plan) + "vorschau/").status_code == 405
    for missing in ("0", "99999999", "99999999999999999999"):
        address = f"/leads/{lead.pk}/anhaenge/{missing}/"
        assert page_of_anna.get(address).status_code == 404
        assert page_of_anna.post(address + "loeschung/").status_code == 404
    assert upload(page_of_anna, Lead(pk=99999999), named("a.pdf", PDF)).status_code == 404


def test_many_files_come_in_portions(page_of_anna, lead, anna):
    Attachment.objects.bulk_create(
        Attachment(lead=lead, author=anna, file=f"aa/{n}", name=f"Plan {n}.pdf",
                   extension="pdf", size=1, sha256=f"{n}")
        for n in range(50)
    )  # fmt: skip
    first = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"}))
    more = next(a for a in first.all("a") if a.text == "Ältere anzeigen")
    rest = read(page_of_anna.get(more["href"], headers=HTMX))
    names = [a.text for page in (first, rest) for a in page.all("a", class_="file__name")]
    assert names == [f"Plan {n}.pdf" for n in range(49, -1, -1)]


# The room of a marketplace ------------------------------------------------------------


def room_taken(marketplace):
    return StorageUse.objects.get(marketplace=marketplace).bytes


@BOTH
def test_a_full_marketplace_takes_no_more(
    page_of_anna, lead, plan, heatpumps, settings, headers
):
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = len(PDF) + 3
    before = everything(), stored_files()
    response = upload(page_of_anna, lead, named("4.txt", b"4444"), headers=headers)
    assert response.status_code == 422
    assert "Im Marktplatz ist kein Platz mehr für diese Datei." in read(response).text
    assert (everything(), stored_files()) == before
    assert upload(page_of_anna, lead, named("3.txt", b"333"), headers=HTMX).status_code == 200
    assert room_taken(heatpumps) == len(PDF) + 3


def test_a_marketplace_may_have_a_limit_of_its_own(
    page_of_anna, lead, plan, heatpumps, settings
):
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = 1
    heatpumps.storage_limit_gb = 1
    heatpumps.save()
    assert upload(page_of_anna, lead, named("a.txt", b"a"), headers=HTMX).status_code == 200
    StorageUse.objects.update(bytes=10**9 - 2)
    assert upload(page_of_anna, lead, named("b.txt", b"bbb"), headers=HTMX).status_code == 422
    assert upload(page_of_anna, lead, named("c.txt", b"cc"), headers=HTMX).status_code == 200


def test_what_was_there_before_the_counter_counts(page_of_anna, lead, plan, heatpumps):
    StorageUse.objects.all().delete()
    upload(page_of_anna, lead, named("a.txt", b"abc"))
    assert room_taken(heatpumps) == len(PDF) + 3


def test_the_room_comes_back_only_when_the_file_goes_for_good(
    page_of_anna, lead, plan, heatpumps, anna
):
    lead.delete_file(plan.pk, by=anna)
    assert room_taken(heatpumps) == len(PDF)
    upload(page_of_anna, lead, named("Plan.pdf", PDF))
    assert room_taken(heatpumps) == 2 * len(PDF)
    assert Attachment.objects.deleted_before(timezone.now()).purge() == 1
    assert room_taken(heatpumps) == len(PDF)


def test_the_same_file_again_takes_no_room(page_of_anna, lead, plan, heatpumps):
    upload(page_of_anna, lead, named("Kopie.pdf", PDF))
    assert room_taken(heatpumps) == len(PDF)


def test_a_file_restored_while_the_purge_runs_stays(lead, plan, anna, heatpumps, monkeypatch):
    lead.delete_file(plan.pk, by=anna)
    doomed = Attachment.objects.deleted_before(timezone.now())
    rows = list(doomed.select_related("lead"))
    lead.restore_file(plan.pk, by=anna)
    monkeypatch.setattr(AttachmentQuerySet, "iterator", lambda self: iter(rows))
    assert doomed.purge() == 0
    assert lead.attachments.kept().get() == plan
    assert room_taken(heatpumps) == len(PDF)


def tab(client, lead):
    return read(client.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"})).one("drop-zone")


def test_the_tab_tells_how_many_and_when_little_room_is_left(
    page_of_anna, lead, plan, heatpumps, settings
):
    zone = tab(page_of_anna, lead)
    assert "höchstens 20 auf einmal" in zone.text
    assert not zone.all("span", class_="drop-zone__room")
    settings.UPLOAD_MAX_FILES_PER_LEAD = 3
    assert "Es ist noch Platz für 2 Dateien, insgesamt 2,1 GB." in tab(page_of_anna, lead).text
    settings.UPLOAD_MAX_BYTES_PER_LEAD = len(PDF) + 1500
    assert "insgesamt 1,5 kB" in tab(page_of_anna, lead).text
    heatpumps.storage_limit_gb = 1
    heatpumps.save()
    StorageUse.objects.update(bytes=10**9 - 700)
    assert "insgesamt 700 B" in tab(page_of_anna, lead).text
    StorageUse.objects.update(bytes=10**9 + 5)
    assert "Es ist kein Platz mehr." in tab(page_of_anna, lead).text
    StorageUse.objects.all().delete()
    assert "insgesamt 1,5 kB" in tab(page_of_anna, lead).text


# Each step of filing fails once -------------------------------------------------------

STEPS = {
    "document": (AttachmentStorage, "_save", 1),
    "thumbnail": (AttachmentStorage, "_save", 2),
    "room": (StorageUseQuerySet, "take", 1),
    "name": (Lead, "_free_name", 1),
    "row": (Attachment, "save", 1),
    "lead": (Lead, "save_change", 1),
    "event": (Lead, "record", 1),
}


@pytest.mark.parametrize(("owner", "method", "which"), STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("error", [OSError, DatabaseError, KeyError, SystemExit])
def test_whatever_fails_nothing_is_half(
    page_of_anna, lead, plan, monkeypatch, owner, method, which, error
):
    before, real, calls = (everything(), stored_files()), getattr(owner, method), []

    def fail(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == which:
            raise error
        return real(self, *args, **kwargs)

    page_of_anna.raise_request_exception = False
    monkeypatch.setattr(owner, method, fail)
    image = picture("PNG", size=(400, 300))
    with suppress(SystemExit):
        assert upload(page_of_anna, lead, named("Foto.png", image)).status_code >= 422
    assert len(calls) >= which
    assert (everything(), stored_files()) == before


def test_who_downloads_while_it_is_purged_gets_the_whole_file(page_of_anna, lead, anna):
    content = PDF + os.urandom(2_000_000)
    attachment = filed(page_of_anna, lead, "Groß.pdf", content)
    response = page_of_anna.get(file_address(attachment))
    pieces = iter(response.streaming_content)
    begun = next(pieces)
    lead.delete_file(attachment.pk, by=anna)
    Attachment.objects.filter(pk=attachment.pk).purge()
    attachment.remove_files()
    assert stored_files() == []
    assert begun + b"".join(pieces) == content

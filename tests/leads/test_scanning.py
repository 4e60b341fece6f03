"""The virus scanner: what it refuses, what it locks, and while it is away."""

import io
import os
import shutil
import socket

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from leads import clamd, pictures
from leads.clamd import ScannerAway
from leads.models import Attachment, Lead
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything, stored_files

from .samples import PDF, picture
from .scanner import EICAR, fake_clamd, real_clamd

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])
PHOTO = picture("PNG", size=(400, 300))
EVIL = PDF + EICAR


@pytest.fixture
def scanner(settings):
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        yield server


@pytest.fixture
def away(settings):
    """A scanner that is set but does not run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.CLAMD = probe.getsockname()


def upload(client, lead, name, content, headers=HTMX):
    files = {"dateien": SimpleUploadedFile(name, content)}
    return client.post(f"/leads/{lead.pk}/anhaenge/", files, headers=headers)


def address_of(attachment):
    return f"/leads/{attachment.lead_id}/anhaenge/{attachment.pk}/"


def body(response):
    return b"".join(response.streaming_content)


def fresh(attachment):
    return Attachment.objects.get(pk=attachment.pk)


def row(client, attachment):
    page = read(client.get(f"/leads/{attachment.lead_id}/", {"tab": "anhaenge"}))
    return page.one("li", id=f"file-{attachment.pk}")


def run(*options):
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("scan_attachments", *options, stdout=out, stderr=errors)
    except CommandError as error:
        return out.getvalue(), errors.getvalue(), str(error)
    return out.getvalue(), errors.getvalue(), None


# Uploading ----------------------------------------------------------------------------


def test_a_clean_file_is_filed_as_checked(page_of_anna, lead, scanner):
    large = PDF + os.urandom(300_000)
    assert upload(page_of_anna, lead, "Plan.pdf", large).status_code == 200
    assert scanner.heard == [large]
    attachment = lead.attachments.get()
    assert (attachment.scan_state, attachment.scan_result) == ("clean", "")
    assert attachment.scanned_at
    assert body(page_of_anna.get(address_of(attachment))) == large


@BOTH
def test_an_infected_file_is_refused_and_written_down(
    page_of_anna, lead, scanner, headers, caplog
):
    before = everything(), stored_files()
    response = upload(page_of_anna, lead, "Rechnung.pdf", EVIL, headers)
    assert response.status_code == 422
    text = read(response).text
    assert "Rechnung.pdf" in text
    assert "Die Virenprüfung hat darin „Eicar-Test-Signature“ gefunden." in text
    assert (everything(), stored_files()) == before
    [line] = [r.line for r in caplog.records if r.getMessage() == "virus_refused"]
    assert (line["lead"], line["found"]) == (lead.pk, "Eicar-Test-Signature")


def test_without_a_scanner_files_are_open(page_of_anna, lead):
    upload(page_of_anna, lead, "Plan.pdf", EVIL)
    attachment = lead.attachments.get()
    assert (attachment.scan_state, attachment.scanned_at) == ("", None)
    assert page_of_anna.get(address_of(attachment)).status_code == 200
    assert not row(page_of_anna, attachment).all("span", class_="file__lock")


# While the scanner is away ------------------------------------------------------------


def test_while_the_scanner_is_away_a_file_is_kept_and_locked(page_of_anna, lead, away):
    response = upload(page_of_anna, lead, "Foto.png", PHOTO)
    assert response.status_code == 200
    attachment = lead.attachments.get()
    assert (attachment.scan_state, attachment.scanned_at) == ("pending", None)
    # Not even its picture is decoded.
    assert not attachment.thumbnail
    assert "wird auf Viren geprüft" in row(page_of_anna, attachment).text
    answer = page_of_anna.get(address_of(attachment))
    assert answer.status_code == 423
    assert read(answer).one("h1").text == "Dieser Anhang wird noch geprüft"
    assert page_of_anna.head(address_of(attachment)).status_code == 423
    assert page_of_anna.get(address_of(attachment) + "vorschau/").status_code == 404


def test_opening_a_waiting_file_asks_the_scanner_at_once(page_of_anna, lead, away, settings):
    upload(page_of_anna, lead, "Foto.png", PHOTO)
    attachment = lead.attachments.get()
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        answer = page_of_anna.get(address_of(attachment))
        assert answer.status_code == 200
        assert body(answer) == PHOTO
    assert fresh(attachment).scan_state == "clean"
    assert page_of_anna.get(address_of(attachment) + "vorschau/").status_code == 200
    assert not lead.events.filter(kind="file_blocked").exists()


def test_the_scan_for_which_nobody_waits_has_time_for_pictures(
    page_of_anna, lead, away, settings, monkeypatch
):
    upload(page_of_anna, lead, "Foto.png", PHOTO)
    monkeypatch.setattr(pictures, "SECONDS_OF_REQUEST", 0)
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        assert run()[2] is None
    assert lead.attachments.get().thumbnail


def test_a_waiting_file_that_turns_out_infected_is_blocked(page_of_anna, lead, away, settings):
    upload(page_of_anna, lead, "Rechnung.pdf", EVIL)
    attachment = lead.attachments.get()
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        answer = page_of_anna.get(address_of(attachment))
    assert answer.status_code == 423
    assert read(answer).one("h1").text == "Dieser Anhang ist gesperrt"
    assert "Eicar-Test-Signature" in read(answer).text
    shown = row(page_of_anna, attachment)
    assert "gesperrt: Virus gefunden (Eicar-Test-Signature)" in shown.text
    assert not shown.all("a", class_="file__name")
    event = lead.events.newest_first().first()
    assert (event.kind, event.label, event.new_text, event.actor) == (
        "file_blocked", "Rechnung.pdf", "Eicar-Test-Signature", None,
    )  # fmt: skip
    # Without a scanner, too, it stays blocked.
    settings.CLAMD = None
    assert page_of_anna.get(address_of(attachment)).status_code == 423


def test_a_file_of_before_the_scanner_waits_for_it(page_of_anna, lead, anna, settings, away):
    settings.CLAMD, address = None, settings.CLAMD
    attachment = factories.attach(lead, anna, "Foto.png", PHOTO)
    assert page_of_anna.get(address_of(attachment) + "vorschau/").status_code == 200
    settings.CLAMD = address
    assert page_of_anna.get(address_of(attachment)).status_code == 423
    assert page_of_anna.get(address_of(attachment) + "vorschau/").status_code == 404
    assert "vorschau" not in page_of_anna.get(f"/leads/{lead.pk}/?tab=anhaenge").text


def test_a_waiting_file_that_is_gone_answers_404(page_of_anna, lead, away, settings):
    upload(page_of_anna, lead, "Plan.pdf", PDF)
    attachment = lead.attachments.get()
    os.remove(attachment.file.path)
    assert page_of_anna.get(address_of(attachment)).status_code == 404


def test_a_locked_file_can_be_renamed_and_deleted(page_of_anna, lead, away):
    upload(page_of_anna, lead, "Plan.pdf", PDF)
    address = address_of(lead.attachments.get())
    assert page_of_anna.post(address + "name/", {"name": "Neu"}).status_code == 303
    assert page_of_anna.post(address + "loeschung/").status_code == 303


# The command --------------------------------------------------------------------------


def test_the_command_needs_a_scanner(db):
    assert run()[2] == "Es ist kein Virenscanner eingestellt (CLAMD)."


def test_the_command_looks_at_what_waits(page_of_anna, lead, away, settings):
    for name, content in (("Foto.png", PHOTO), ("Rechnung.pdf", EVIL), ("Plan.pdf", PDF)):
        upload(page_of_anna, lead, name, content)
    _out, errors, failure = run()
    assert "Connection refused" in errors
    assert failure == "Nicht alle Anhänge sind sauber."
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        out, errors, failure = run()
        assert "Geprüft: 3 · gesperrt: 1 · nicht geprüft: 0" in out
        assert "Eicar-Test-Signature" in errors
        assert failure == "Nicht alle Anhänge sind sauber."
        assert run() == ("Geprüft: 0 · gesperrt: 0 · nicht geprüft: 0\n", "", None)
    assert dict(lead.attachments.values_list("name", "scan_state")) == {
        "Foto.png": "clean", "Rechnung.pdf": "blocked", "Plan.pdf": "clean",
    }  # fmt: skip
    assert lead.attachments.get(name="Foto.png").thumbnail
    event = lead.events.get(kind="file_blocked")
    assert (event.source, event.actor) == ("command", None)
    page = read(page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "verlauf"}))
    assert "Anhang gesperrt" in page.text
    assert "Eicar-Test-Signature" in page.text


def test_looking_again_finds_what_was_not_known_and_frees_what_was_no_virus(
    page_of_anna, lead, scanner
):
    scanner.finds = None
    upload(page_of_anna, lead, "Rechnung.pdf", EVIL)
    attachment = lead.attachments.get()
    scanner.finds = EICAR
    assert run()[2] is None
    assert fresh(attachment).scan_state == "clean"
    for _n in range(2):
        assert run("--all")[2] == "Nicht alle Anhänge sind sauber."
    assert fresh(attachment).lock == "blocked"
    scanner.finds = None
    assert run("--all")[2] is None
    assert fresh(attachment).lock == ""
    assert fresh(attachment).scan_result == ""
    kinds = lead.events.oldest_first().values_list("kind", flat=True)
    assert list(kinds)[-3:] == ["file_added", "file_blocked", "file_restored"]


def test_one_file_that_is_gone_or_too_large_does_not_stop_the_others(
    page_of_anna, lead, away, settings
):
    for n in range(3):
        upload(page_of_anna, lead, f"{n}.pdf", PDF + bytes([n]))
    os.remove(lead.attachments.get(name="1.pdf").file.path)
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        out, errors, failure = run()
    assert "Geprüft: 2 · gesperrt: 0 · nicht geprüft: 1" in out
    assert "nicht lesbar" in errors
    assert failure


def test_what_is_purged_while_it_is_scanned_leaves_nothing(
    page_of_anna, lead, away, settings, monkeypatch
):
    upload(page_of_anna, lead, "Foto.png", PHOTO)
    real = Lead.note_scan

    def purge_first(self, pk, *, found):
        Attachment.objects.filter(pk=pk).delete()
        return real(self, pk, found=found)

    monkeypatch.setattr(Lead, "note_scan", purge_first)
    with fake_clamd() as server:
        settings.CLAMD = server.server_address
        assert run()[2] is None
    assert not Attachment.objects.exists()


# The conversation ---------------------------------------------------------------------

STRANGE = {
    "error": b"INSTREAM size limit exceeded. ERROR\0",
    "garbage": b"\xff\xfe\x00garbage",
    "nothing": b"",
    "cut": b"stream: O",
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "endless": b"x" * 100_000,
    "found nothing": b"stream:  FOUND\0",
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("hangs_up_early", [False, True])
def test_a_strange_answer_is_no_clean_file(scanner, answer, hangs_up_early):
    scanner.answer, scanner.hangs_up_early = answer, hangs_up_early
    with pytest.raises(ScannerAway):
        clamd.scan(scanner.server_address, io.BytesIO(b"x" * 3_000_000))


def test_a_scanner_that_does_not_answer_is_not_waited_for(scanner, monkeypatch):
    monkeypatch.setattr(clamd, "ANSWER_SECONDS", 0.2)
    scanner.is_silent = True
    with pytest.raises(ScannerAway, match="timed out"):
        clamd.scan(scanner.server_address, io.BytesIO(b"x"))


def test_a_socket_that_is_not_there(tmp_path):
    with pytest.raises(ScannerAway, match="No such file"):
        clamd.scan(str(tmp_path / "clamd.ctl"), io.BytesIO(b"x"))


@pytest.mark.clamd
def test_with_the_real_clamd(page_of_anna, lead, settings, tmp_path_factory):
    # A path of a socket has at most 107 characters.
    folder = tmp_path_factory.mktemp("clamd")
    with real_clamd(folder) as path:
        settings.CLAMD = path
        assert upload(page_of_anna, lead, "Plan.pdf", PDF).status_code == 200
        assert lead.attachments.get().scan_state == "clean"
        response = upload(page_of_anna, lead, "eicar.txt", EICAR)
        assert response.status_code == 422
        assert "Eicar-Test-Signature" in read(response).text
        # Over the scanner's own limit it says ERROR and hangs up.
        with pytest.raises(ScannerAway):
            clamd.scan(path, io.BytesIO(b"x" * 5_000_000))
    shutil.rmtree(folder)
    assert lead.attachments.count() == 1

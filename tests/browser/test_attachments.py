"""Documents are dragged, chosen or pasted onto a lead, in a real browser."""

import base64
import re
from io import BytesIO

import pytest
from django.contrib.sessions.models import Session
from PIL import Image
from playwright.sync_api import expect

from leads.models import Attachment
from marketplaces.throttling import UPLOADS, wait_before
from tests import factories
from tests.faults.waiting import until

from .slow_line import SlowLine

PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
MAIL = b"From: s.aigner@beispiel.de\r\nSubject: AW: Angebot\r\n\r\nGerne, bitte anrufen.\r\n"


def png(color="teal", size=(320, 240)):
    picture = BytesIO()
    Image.new("RGB", size, color).save(picture, "PNG")
    return picture.getvalue()


def text(size, char=b"a"):
    return char * size


def transfer(page, files):
    """What a browser hands over with a drop or a paste: a DataTransfer with `files`."""
    sent = [[name, base64.b64encode(data).decode()] for name, data in files.items()]
    return page.evaluate_handle(
        """files => {
            const transfer = new DataTransfer();
            for (const [name, data] of files) {
                const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
            }
            return transfer;
        }""",
        sent,
    )


def field(page):
    return page.locator("drop-zone").get_by_text("Dateien hierher ziehen")


def drop(page, files, at=None):
    at = at or field(page)
    data = transfer(page, files)
    for name in ("dragenter", "dragover", "drop"):
        at.dispatch_event(name, {"dataTransfer": data})


def rows(page):
    return page.get_by_role("list", name="Anhänge").get_by_role("listitem")


def row(page, name):
    return rows(page).filter(has_text=name)


def tab(page):
    return page.get_by_role("tab", name=re.compile("Anhänge"))


def names(lead):
    return set(lead.attachments.kept().values_list("name", flat=True))


@pytest.fixture
def files_page(annas_page, lead):
    """The tab "Anhänge" of Anna's lead."""
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    return annas_page


@pytest.fixture
def filed(lead, anna):
    """Return a function that files a document with the lead."""
    return lambda name, data: factories.attach(lead, anna, name, data)


@pytest.fixture
def slow_line(live_server):
    """A line to the server on which an upload takes its time."""
    line = SlowLine(live_server.url)
    yield line
    line.close()


@pytest.fixture
def held(files_page):
    """Uploads that do not get on until a test lets them: their routes."""
    routes = []
    files_page.route(re.compile(r"/anhaenge/$"), lambda route: routes.append(route))
    yield routes
    files_page.unroute_all(behavior="ignoreErrors")


def test_several_files_are_dropped_at_once(files_page, lead):
    drop(files_page, {"Grundriss.pdf": PDF, "Anfrage.eml": MAIL, "Heizraum.png": png()})
    expect(rows(files_page)).to_have_count(3)
    for name in ("Grundriss.pdf", "Anfrage.eml", "Heizraum.png"):
        expect(row(files_page, name).get_by_role("link", name=name)).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 3")
    expect(files_page.get_by_role("progressbar")).to_have_count(0)
    assert names(lead) == {"Grundriss.pdf", "Anfrage.eml", "Heizraum.png"}
    assert lead.events.filter(kind="file_added").count() == 3
    files_page.reload()
    expect(rows(files_page)).to_have_count(3)


def test_the_field_says_that_it_takes_the_file(files_page):
    zone = files_page.locator("drop-zone")
    data = transfer(files_page, {"Grundriss.pdf": PDF})
    field(files_page).dispatch_event("dragenter", {"dataTransfer": data})
    expect(zone).to_have_attribute("data-over", "")
    field(files_page).dispatch_event("dragleave", {"dataTransfer": data})
    expect(zone).not_to_have_attribute("data-over", "")


def test_the_limits_are_told_beforehand(files_page):
    expect(files_page.get_by_text("bis 50 MB je Datei")).to_be_visible()
    # That is so only where one button sends them all.
    expect(files_page.get_by_text("höchstens 20")).to_be_hidden()
    expect(files_page.get_by_text("PDF, Bilder, Pläne (DWG, DXF, IFC)")).to_be_visible()


def test_files_are_chosen(files_page, lead):
    files_page.get_by_label("Dateien auswählen").set_input_files(
        [
            {"name": "Grundriss.pdf", "mimeType": "application/pdf", "buffer": PDF},
            {"name": "Notiz.txt", "mimeType": "text/plain", "buffer": b"Schacht ist zu eng"},
        ]
    )
    expect(rows(files_page)).to_have_count(2)
    expect(tab(files_page)).to_have_accessible_name("Anhänge 2")
    assert names(lead) == {"Grundriss.pdf", "Notiz.txt"}


def test_a_picture_is_pasted(files_page, lead):
    handed = files_page.evaluate(
        """clipboardData => document.body.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true})
        )""",
        transfer(files_page, {"Bildschirmfoto.png": png()}),
    )
    assert handed is False, "the paste is taken"
    expect(files_page.get_by_role("link", name="Bildschirmfoto.png")).to_be_visible()
    assert names(lead) == {"Bildschirmfoto.png"}


def look_again(page):
    page.reload()
    return False


def test_a_picture_has_a_thumbnail(files_page):
    drop(files_page, {"Heizraum.png": png()})
    thumbnail = row(files_page, "Heizraum.png").locator("img")
    expect(row(files_page, "Heizraum.png").get_by_role("link")).to_be_visible()
    # Where a worker makes it, it is there at a later look.
    until(lambda: thumbnail.count() or look_again(files_page), what="the picture is there")
    thumbnail.scroll_into_view_if_needed()
    expect(thumbnail).to_have_js_property("complete", True)
    expect(thumbnail).not_to_have_js_property("naturalWidth", 0)
    drop(files_page, {"Kaputt.png": png()[:60]})
    expect(row(files_page, "Kaputt.png").get_by_role("link")).to_be_visible()
    expect(row(files_page, "Kaputt.png").locator("img")).to_have_count(0)


def test_what_is_refused_stays_at_its_row_while_the_others_go_on(files_page, lead, settings):
    settings.UPLOAD_MAX_BYTES = 20_000
    files_page.reload()
    drop(
        files_page,
        {
            "Lageplan.txt": text(20_001),
            "Leer.pdf": b"",
            "angebot.exe": b"MZ" + text(100),
            "Getarnt.pdf": b"<html><script>alert(1)</script></html>",
            "Grundriss.pdf": PDF,
            "Genau.txt": text(20_000),
        },
    )
    for name, reason in {
        "Lageplan.txt": "Zu groß: Erlaubt sind 20 kB je Datei.",
        "Leer.pdf": "Die Datei ist leer, oder es ist ein Ordner.",
        "angebot.exe": "Dieser Dateityp wird nicht angenommen.",
        "Getarnt.pdf": "Der Inhalt passt nicht zur Endung .pdf.",
    }.items():
        expect(row(files_page, name).get_by_role("alert")).to_have_text(reason)
    for name in ("Grundriss.pdf", "Genau.txt"):
        expect(row(files_page, name).get_by_role("link", name=name)).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 2")
    assert names(lead) == {"Grundriss.pdf", "Genau.txt"}
    for name in ("Leer.pdf", "angebot.exe"):
        row(files_page, name).get_by_role("button", name="Entfernen").click()
        expect(row(files_page, name)).to_have_count(0)


def test_a_limit_that_the_page_does_not_know_is_told_by_the_server(files_page, lead, settings):
    settings.UPLOAD_MAX_BYTES = 20_000
    drop(files_page, {"Lageplan.txt": text(200_000), "Grundriss.pdf": PDF})
    expect(row(files_page, "Lageplan.txt").get_by_role("alert")).to_contain_text("Zu groß")
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    assert names(lead) == {"Grundriss.pdf"}


def test_a_slow_upload_shows_its_progress_and_can_be_cancelled(
    files_page, lead, live_server, slow_line
):
    files_page.goto(files_page.url.replace(live_server.url, slow_line.address))
    drop(files_page, {"Lageplan.txt": text(20_000_000), "Grundriss.pdf": PDF})
    going = row(files_page, "Lageplan.txt")
    expect(going).to_contain_text(re.compile(r"\d+\s%\s·\s.+ von 20 MB"))
    expect(going.get_by_role("progressbar")).to_be_visible()
    expect(row(files_page, "Grundriss.pdf")).to_contain_text("wartet")
    going.get_by_role("button", name="Hochladen abbrechen").click()
    expect(going).to_have_count(0)
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 1")
    assert names(lead) == {"Grundriss.pdf"}


def test_a_waiting_upload_can_be_cancelled(files_page, lead, held):
    drop(files_page, {"Grundriss.pdf": PDF, "Anfrage.eml": MAIL})
    waiting = row(files_page, "Anfrage.eml")
    waiting.get_by_role("button", name="Hochladen abbrechen").click()
    expect(waiting).to_have_count(0)
    held[0].continue_()
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    expect(files_page.get_by_role("progressbar")).to_have_count(0)
    assert len(held) == 1
    assert names(lead) == {"Grundriss.pdf"}


def test_an_interrupted_upload_says_so_while_the_others_go_on(
    files_page, lead, held, complaints
):
    drop(files_page, {"Grundriss.pdf": PDF, "Anfrage.eml": MAIL})
    expect(row(files_page, "Anfrage.eml")).to_contain_text("wartet")
    with files_page.expect_request(re.compile(r"/anhaenge/$")):
        held[0].abort()
    expect(row(files_page, "Grundriss.pdf").get_by_role("alert")).to_have_text(
        "Das Hochladen wurde unterbrochen. Bitte versuchen Sie es noch einmal."
    )
    held[1].continue_()
    expect(row(files_page, "Anfrage.eml").get_by_role("link")).to_be_visible()
    assert names(lead) == {"Anfrage.eml"}
    assert all("ERR_FAILED" in complaint for complaint in complaints)
    complaints.clear()


def test_what_was_interrupted_is_sent_again_from_its_row(files_page, lead, held, complaints):
    with files_page.expect_request(re.compile(r"/anhaenge/$")):
        drop(files_page, {"Grundriss.pdf": PDF, "Leer.txt": b""})
    failed = row(files_page, "Grundriss.pdf")
    expect(failed.get_by_role("progressbar")).to_be_visible()
    held[0].abort()
    again = failed.get_by_role("button", name="Noch einmal versuchen")
    expect(again).to_be_visible()
    # An empty file stays empty.
    expect(row(files_page, "Leer.txt").get_by_role("button")).to_have_count(1)
    # Also after a look at another tab.
    files_page.get_by_role("tab", name=re.compile("Journal")).click()
    expect(files_page.get_by_label("Journaleintrag")).to_be_visible()
    tab(files_page).click()
    with files_page.expect_request(re.compile(r"/anhaenge/$")):
        again.click()
    going = row(files_page, "Grundriss.pdf")
    expect(going.get_by_role("progressbar")).to_be_visible()
    expect(going.get_by_role("button", name="Hochladen abbrechen")).to_be_focused()
    held[1].continue_()
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    expect(rows(files_page)).to_have_count(2)
    assert names(lead) == {"Grundriss.pdf"}
    assert all("ERR_FAILED" in complaint for complaint in complaints)
    complaints.clear()


def test_an_upload_goes_on_while_another_tab_is_looked_at(files_page, lead, held):
    drop(files_page, {"Grundriss.pdf": PDF, "Anfrage.eml": MAIL, "Leer.txt": b""})
    expect(row(files_page, "Anfrage.eml")).to_contain_text("wartet")
    files_page.get_by_role("tab", name=re.compile("Journal")).click()
    expect(files_page.get_by_label("Journaleintrag")).to_be_visible()
    held[0].continue_()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 1")
    tab(files_page).click()
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    expect(row(files_page, "Leer.txt").get_by_role("alert")).to_be_visible()
    expect(row(files_page, "Anfrage.eml").get_by_role("progressbar")).to_be_visible()
    # The tab that is shown may be asked for again.
    with files_page.expect_response(re.compile("tab=anhaenge")):
        tab(files_page).click()
    expect(row(files_page, "Leer.txt").get_by_role("alert")).to_be_visible()
    held[1].continue_()
    expect(row(files_page, "Anfrage.eml").get_by_role("link")).to_be_visible()
    expect(rows(files_page)).to_have_count(3)
    assert names(lead) == {"Grundriss.pdf", "Anfrage.eml"}


def test_an_undone_deletion_leaves_running_uploads_and_a_new_name_alone(
    files_page, filed, lead, held
):
    filed("Anfrage.eml", MAIL)
    filed("Grundriss.pdf", PDF)
    files_page.reload()
    files_page.get_by_role("button", name="Anfrage.eml löschen").click()
    expect(row(files_page, "Anfrage.eml")).to_have_count(0)
    files_page.get_by_role("button", name="Grundriss.pdf umbenennen").click()
    name = files_page.get_by_role("textbox", name="Name", exact=True).last
    name.fill("Erdgeschoss")
    drop(files_page, {"Zusage.eml": MAIL + b"Danke", "Leer.txt": b""})
    expect(row(files_page, "Zusage.eml").get_by_role("progressbar")).to_be_visible()
    files_page.get_by_role("button", name="Rückgängig").click()
    expect(row(files_page, "Anfrage.eml").get_by_role("link")).to_be_visible()
    expect(row(files_page, "Zusage.eml").get_by_role("progressbar")).to_be_visible()
    expect(name).to_have_value("Erdgeschoss")
    held[0].continue_()
    expect(row(files_page, "Zusage.eml").get_by_role("link")).to_be_visible()
    row(files_page, "Leer.txt").get_by_role("button").click()
    expect(row(files_page, "Leer.txt")).to_have_count(0)
    # What comes after goes into the list that is shown, too.
    drop(files_page, {"Nochmal leer.txt": b""})
    expect(row(files_page, "Nochmal leer.txt")).to_be_visible()


PAUSE = "/static/pause.js"


def test_the_field_and_the_bar_wait_for_what_stands_in_them(annas_page, lead):
    page, held = annas_page, []

    def pause(route):
        """Let the parser stop at a script in front of the page's content."""
        html = route.fetch().text()
        route.fulfill(body=html.replace("<main", f'<script src="{PAUSE}"></script><main', 1),
                      content_type="text/html")  # fmt: skip

    page.route(re.compile(r"/leads/\d+/\?tab=anhaenge"), pause)
    page.route(f"**{PAUSE}", lambda route: held.append(route))
    is_last = re.compile(r"/uploader\.").search
    with (
        page.expect_request(f"**{PAUSE}"),
        page.expect_request_finished(lambda request: is_last(request.url)),
    ):
        page.goto(f"/leads/{lead.pk}/?tab=anhaenge", wait_until="commit")
    held[0].fulfill(body="", content_type="text/javascript")
    page.wait_for_load_state()
    drop(page, {"Grundriss.pdf": PDF})
    expect(row(page, "Grundriss.pdf").get_by_role("link")).to_be_visible()


def test_leaving_the_page_during_an_upload_asks_first(files_page, held):
    questions = []
    files_page.on("dialog", lambda dialog: (questions.append(dialog.type), dialog.dismiss()))
    files_page.get_by_label("Dateien auswählen").set_input_files(
        {"name": "Grundriss.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    expect(files_page.get_by_role("progressbar")).to_be_visible()
    files_page.get_by_role("link", name="Abgeschlossen").click(no_wait_after=True)
    held[0].continue_()
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    assert questions == ["beforeunload"]
    files_page.get_by_role("link", name="Abgeschlossen").click()
    expect(files_page.get_by_role("heading", name="Abgeschlossene Leads")).to_be_visible()
    assert questions == ["beforeunload"]


def test_the_same_file_twice_is_kept_once_and_said_so(files_page, lead):
    drop(files_page, {"Grundriss.pdf": PDF})
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    drop(files_page, {"Kopie.pdf": PDF})
    expect(files_page.get_by_text("war schon angehängt")).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 1")
    assert names(lead) == {"Grundriss.pdf"}


def test_a_download_gives_the_same_bytes(files_page, filed):
    filed("Grundriss EG – Süd.pdf", PDF)
    files_page.reload()
    with files_page.expect_download() as waiting:
        files_page.get_by_role("link", name="Grundriss EG – Süd.pdf").click()
    download = waiting.value
    assert download.suggested_filename == "Grundriss EG – Süd.pdf"
    with open(download.path(), "rb") as file:
        assert file.read() == PDF


def test_an_attachment_is_renamed(files_page, filed, lead):
    filed("IMG_2041.pdf", PDF)
    files_page.reload()
    files_page.get_by_role("button", name="IMG_2041.pdf umbenennen").click()
    name = files_page.get_by_role("textbox", name="Name", exact=True).last
    name.fill("Das wird nichts")
    files_page.keyboard.press("Escape")
    expect(files_page.get_by_role("link", name="IMG_2041.pdf")).to_be_visible()
    files_page.get_by_role("button", name="IMG_2041.pdf umbenennen").click()
    name.fill("")
    files_page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("Grundriss EG")
    files_page.keyboard.press("Enter")
    expect(files_page.get_by_role("link", name="Grundriss EG.pdf")).to_be_visible()
    assert names(lead) == {"Grundriss EG.pdf"}
    files_page.get_by_role("button", name="Rückgängig").click()
    expect(files_page.get_by_role("link", name="IMG_2041.pdf")).to_be_visible()
    assert names(lead) == {"IMG_2041.pdf"}


def test_the_editor_of_a_name_takes_the_focus_and_gives_it_back(files_page, filed):
    filed("Plan.pdf", PDF)
    files_page.reload()
    pencil = files_page.get_by_role("button", name="Plan.pdf umbenennen")
    name = files_page.get_by_role("textbox", name="Name", exact=True).last
    pencil.click()
    expect(name).to_be_focused()
    files_page.keyboard.press("Escape")
    expect(pencil).to_be_focused()
    pencil.click()
    expect(name).to_be_focused()
    name.fill("")
    files_page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    name.fill("Erdgeschoss")
    files_page.keyboard.press("Enter")
    renamed = files_page.get_by_role("button", name="Erdgeschoss.pdf umbenennen")
    expect(renamed).to_be_focused()


def test_two_names_are_edited_at_once_and_each_label_leads_to_its_own(files_page, filed):
    filed("Anfrage.eml", MAIL)
    filed("Plan.pdf", PDF)
    files_page.reload()
    for name in ("Anfrage.eml", "Plan.pdf"):
        files_page.get_by_role("button", name=f"{name} umbenennen").click()
        expect(files_page.get_by_role("button", name=f"{name} umbenennen")).to_have_count(0)
    editors = rows(files_page).filter(has=files_page.get_by_role("textbox"))
    expect(editors).to_have_count(2)
    for editor in editors.all():
        editor.get_by_text("Name", exact=True).click()
        expect(editor.get_by_role("textbox", name="Name")).to_be_focused()


def test_an_attachment_is_deleted_and_brought_back(files_page, filed, lead):
    filed("Grundriss.pdf", PDF)
    filed("Anfrage.eml", MAIL)
    files_page.reload()
    files_page.get_by_role("button", name="Grundriss.pdf löschen").click()
    expect(row(files_page, "Grundriss.pdf")).to_have_count(0)
    expect(files_page.get_by_text("„Grundriss.pdf“ gelöscht")).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 1")
    assert names(lead) == {"Anfrage.eml"}
    files_page.get_by_role("button", name="Rückgängig").click()
    expect(files_page.get_by_role("link", name="Grundriss.pdf")).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 2")
    assert names(lead) == {"Anfrage.eml", "Grundriss.pdf"}


@pytest.mark.parametrize("shown", ["?tab=anhaenge", "?tab=journal", "?tab=verlauf", ""])
def test_a_file_dropped_beside_the_field_is_kept_and_does_not_replace_the_page(
    annas_page, lead, shown, tmp_path
):
    """The drag comes from outside of the page, as from a file manager.

    A headless browser does not open a file that nobody took, so what counts is that the
    page has taken the drag.
    """
    stray = tmp_path / "Irrläufer.txt"
    stray.write_text("Plan")
    annas_page.goto(f"/leads/{lead.pk}/{shown}" if shown else "/leads/")
    annas_page.evaluate(
        """() => {
            window.untaken = [];
            const note = (event) => event.defaultPrevented || untaken.push(event.type);
            for (const name of ["dragover", "drop"]) window.addEventListener(name, note);
        }"""
    )
    browser = annas_page.context.new_cdp_session(annas_page)
    data = {"items": [], "files": [str(stray)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, "x": 90, "y": 90, "data": data})
    if shown:
        expect(annas_page.get_by_role("link", name=stray.name)).to_be_visible()
        expect(tab(annas_page)).to_have_attribute("aria-selected", "true")
        assert names(lead) == {stray.name}
    else:
        expect(
            annas_page.get_by_text("Hier lassen sich keine Dateien ablegen.")
        ).to_be_visible()
        assert not Attachment.objects.exists()
    assert annas_page.evaluate("untaken") == []


def test_an_upload_after_the_session_has_ended_leads_to_the_sign_in(files_page, lead):
    Session.objects.all().delete()
    drop(files_page, {"Grundriss.pdf": PDF, "Anfrage.eml": MAIL})
    expect(files_page.get_by_role("heading", name="Anmelden")).to_be_visible()
    files_page.get_by_label("Benutzername").fill("anna")
    files_page.locator("input[name=password]").fill(factories.PASSWORD)
    files_page.get_by_role("button", name="Anmelden").click()
    expect(files_page.get_by_role("heading", name=lead.name)).to_be_visible()
    expect(tab(files_page)).to_have_attribute("aria-selected", "true")
    assert not Attachment.objects.exists()


def test_too_many_uploads_in_a_short_time_are_told_at_the_row(files_page, lead, anna):
    limit, _of_an_hour = UPLOADS
    for _ in range(limit.count - 1):
        wait_before("upload", anna.pk, *UPLOADS)
    drop(files_page, {"erste.pdf": PDF, "zweite.eml": MAIL})
    told = row(files_page, "zweite.eml").get_by_role("alert")
    expect(told).to_have_text("Zu viele Uploads in kurzer Zeit; bitte warten Sie etwas.")
    expect(row(files_page, "erste.pdf").get_by_role("link").first).to_be_visible()
    assert names(lead) == {"erste.pdf"}


@pytest.mark.parametrize("width", [1280, 360])
def test_a_waiting_and_a_blocked_file_say_so_in_words(annas_page, lead, anna, width, settings):
    for name in ("Grundriss Erdgeschoss und Heizraum.pdf", "Rechnung.pdf", "Plan.pdf"):
        factories.attach(lead, anna, name, PDF + name.encode())
    lead.note_scan(lead.attachments.get(name="Rechnung.pdf").pk, found="Win.Test.EICAR_HDB-1")
    lead.note_scan(lead.attachments.get(name="Plan.pdf").pk, found="")
    settings.CLAMD = ("127.0.0.1", 1)
    annas_page.set_viewport_size({"width": width, "height": 860})
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    waiting = rows(annas_page).filter(has_text="Grundriss")
    expect(waiting).to_contain_text("wird auf Viren geprüft")
    blocked = rows(annas_page).filter(has_text="Rechnung")
    expect(blocked).to_contain_text("gesperrt: Virus gefunden (Win.Test.EICAR_HDB-1)")
    expect(blocked.get_by_role("link")).to_have_count(0)
    expect(rows(annas_page).filter(has_text="Plan.pdf")).not_to_contain_text("Viren")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not annas_page.evaluate(wide)
    waiting.get_by_role("link").click()
    expect(annas_page.get_by_role("heading", level=1)).to_have_text(
        "Dieser Anhang wird noch geprüft"
    )

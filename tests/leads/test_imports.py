"""Importing leads in the browser: file, columns, check, import, result, way back."""

import csv
import io
import zipfile
from contextlib import contextmanager
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from leadbook import nightly
from leadbook.buckets import BucketAway
from leads import import_runs, tasks
from leads.models import ColumnMemory, Erasure, ImportRow, Lead, LeadEvent, LeadImport
from leads.models.attachment import attachment_storage
from leads.models.lead_import import KEPT, ColumnMemoryQuerySet
from leads.paging import SIZE
from leads.views import imports
from marketplaces.models import Marketplace, User
from marketplaces.throttling import Limit
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything, stored_files

from .privacy.grep import places

NEW = "/leads/importe/neu/"
ROWS = (
    "Lead-Nr;Name;Telefon;E-Mail;Notizfeld\n"
    "A-1;Familie Größl;+49 8031 12345;g@beispiel.de;x\n"
    "A-2;Huber;08031 999;falsch;x\n"
    "A-3;;08031 888;;x\n"
    "A-4;Weiß;+49 8031 5;w@beispiel.de;x\n"
)


@pytest.fixture
def send_file(signed_in, meike, heatpumps):
    """Return a function that uploads a file as somebody and gives client and import."""

    def send(content=ROWS, *, by=None, mode="offer", name="leads.csv", **more):
        by = by or meike
        client = signed_in(by)
        form = read(client.get(NEW)).form(NEW)
        data = content if isinstance(content, bytes) else content.encode("utf-8-sig")
        sent = form.sends(
            ziel=f"waermepumpe-sued/{mode}", datei=SimpleUploadedFile(name, data), **more
        )
        response = client.post(NEW, sent)
        return client, response

    return send


def newest():
    return LeadImport.objects.latest("pk")


def at(part="", number=None):
    return f"/leads/importe/{number or newest().pk}/{part}"


def check(client):
    """Confirm the guessed columns."""
    form = read(client.get(at())).all("form", action=at("spalten/"))[-1]
    return client.post(at("spalten/"), form.sends())


def whole(client):
    """Go through all steps."""
    assert check(client).status_code == 303
    assert client.post(at("start/")).status_code == 303
    return newest()


def to_the_leads(page):
    """Where the page of an import leads to."""
    return next(link["href"] for link in page.all("a") if link.text == "Zu den Leads")


def counts(found):
    return found.state, found.created, found.existing, found.failed


def two_sheets():
    """Return a workbook with the sheets "Leads" and "Andere"."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Leads"
    for sheet in (book.active, book.create_sheet("Andere")):
        sheet.append(["Name"])
        sheet.append(["Meier"])
    book.save(file)
    return file.getvalue()


def test_a_manager_imports_from_the_file_to_the_result(send_file, meike):
    client, response = send_file()
    assert (response.status_code, response["Location"]) == (303, at())
    page = read(client.get(at()))
    chosen = [s.one("option", selected=True)["value"] for s in page.all("select")]
    assert chosen == ["external_id", "name", "phone", "email", ""]
    assert check(client).status_code == 303
    assert not Lead.objects.exists()
    preview = read(client.get(at()))
    assert counts(newest()) == ("checked", 2, 0, 2)
    bad = preview.all("td", _class="sheet__bad")
    assert [cell.text[:6] for cell in bad] == ["falsch", "Bitte "]
    assert [row.text.split()[0] for row in preview.all("th", scope="row")][:2] == ["3", "4"]
    assert client.post(at("start/")).status_code == 303
    assert counts(newest()) == ("done", 2, 0, 2)
    leads = Lead.objects.order_by("external_id")
    assert [(lead.name, lead.status) for lead in leads] == [
        ("Familie Größl", "offered"), ("Weiß", "offered"),
    ]  # fmt: skip
    events = LeadEvent.objects.values_list("kind", "source", "actor")
    assert set(events) == {("offered", "import", meike.pk)}
    assert "2" in read(client.get(at())).one("dl").text
    assert "leads.csv" in read(client.get("/leads/importe/")).text
    # The same file again: nothing twice.
    client, _response = send_file()
    assert counts(whole(client)) == ("done", 0, 2, 2)
    assert Lead.objects.count() == 2


def test_older_imports_are_a_page_away(signed_in, heatpumps, meike):
    for number in range(SIZE + 2):
        factories.imported(heatpumps, meike, f"{number:03}")
    client = signed_in(meike)
    page = read(client.get("/leads/importe/"))
    names = [link.text for link in page.all("a", class_="imports__name")]
    assert len(names) == SIZE
    older = page.one("a", rel="next")["href"]
    rest = read(client.get(f"/leads/importe/{older}"))
    names += [link.text for link in rest.all("a", class_="imports__name")]
    expected = [f"Eigene Liste {number:03}.csv" for number in reversed(range(SIZE + 2))]
    assert names == expected
    assert "Erste Seite" in [link.text for link in rest.all("a", href="/leads/importe/")]
    assert not rest.all("a", rel="next")
    for odd in ("x", "9" * 40, "99999", "٣"):
        assert client.get("/leads/importe/", {"vor": odd}).status_code == 200


def test_with_a_marketplace_go_the_files_of_its_imports(
    heatpumps, solar, meike, clara, admin_user, signed_in, commits
):
    kept = factories.imported(solar, clara, "checked")
    for state in ("mapping", "cancelled"):
        factories.imported(heatpumps, meike, state)
    assert len(stored_files()) == 3
    address = reverse("admin:marketplaces_marketplace_delete", args=[heatpumps.pk])
    with commits():
        signed_in(admin_user).post(address, {"post": "yes"})
        # Not before it is certain.
        assert len(stored_files()) == 3
    assert list(Marketplace.objects.all()) == [solar]
    assert stored_files() == [kept.file_key]


def test_of_more_columns_than_are_remembered_the_last_ones_are(heatpumps):
    then = timezone.now()
    ColumnMemory.objects.bulk_create(
        ColumnMemory(marketplace=heatpumps, heading=f"{number:04}", changed_at=then)
        for number in range(1001)
    )
    known = ColumnMemory.objects.of(heatpumps)
    assert set(known) == {f"{number:04}" for number in range(1, 1001)}


def test_a_rep_imports_own_leads_without_learning_what_others_have(send_file, anna, ben):
    """Own leads have numbers of their own: "already there" tells nothing of the others'."""
    client, _response = send_file()
    whole(client)
    client, _response = send_file(by=anna, mode="own")
    assert counts(whole(client)) == ("done", 2, 0, 2)
    own = Lead.objects.filter(owner=anna)
    assert {(lead.status, lead.phase.position) for lead in own} == {("in_progress", 1)}
    assert set(own.values_list("events__kind", "events__source")) == {("entered", "import")}
    client, _response = send_file(by=anna, mode="own")
    assert counts(whole(client)) == ("done", 0, 2, 2)
    client, _response = send_file(by=ben, mode="own")
    assert counts(whole(client)) == ("done", 2, 0, 2)


def test_who_may_offer_and_who_only_enters(send_file, signed_in, anna, olaf, clara):
    for person, mode, expected in (
        (anna, "offer", 422), (olaf, "own", 422), (olaf, "offer", 303),
    ):  # fmt: skip
        _client, response = send_file(by=person, mode=mode)
        assert response.status_code == expected, (person, mode)
    assert read(signed_in(clara).get(NEW)).all("form", method="post", action=NEW) == []
    assert LeadImport.objects.count() == 1


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_rows_that_failed_are_handed_out_harmless_and_come_back(send_file, ending):
    text = 'Name;Telefon;E-Mail\n=HYPERLINK("x");+49 8031 1;falsch\n@SUM(1);-1;auch\n'
    client, _response = send_file(text)
    whole(client)
    response = client.get(at(f"fehler/{ending}/"))
    assert "attachment" in response["Content-Disposition"]
    data = b"".join(response.streaming_content)
    if ending == "csv":
        assert data.startswith(b"\xef\xbb\xbf")
        table = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
        assert table[1][:2] == ['\'=HYPERLINK("x")', "'+49 8031 1"]
        assert all(not cell.startswith(("=", "+", "-", "@")) for row in table for cell in row)
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
        table = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert table[1][:2] == ['=HYPERLINK("x")', "+49 8031 1"]
    assert table[0][:3] == ["Name", "Telefon", "E-Mail"]
    assert "E-Mail" in table[1][3]
    # Corrected, it is imported as it was typed.
    corrected = data.replace(b"falsch", b"a@beispiel.de") if ending == "csv" else None
    if ending == "xlsx":
        sheet["C2"].value, book = "a@beispiel.de", io.BytesIO()
        sheet.parent.save(book)
        corrected = book.getvalue()
    client, _response = send_file(corrected, name=f"zurueck.{ending}")
    assert counts(whole(client)) == ("done", 1, 0, 1)
    assert list(Lead.objects.values_list("name", "phone")) == [
        ('=HYPERLINK("x")', "+49 8031 1")
    ]


def test_a_row_whose_quotation_marks_do_not_match_is_shown_and_handed_out(send_file):
    client, _response = send_file('Name;Ort\nEins;A\n"Zwei;Ulm\nDrei;C\n')
    assert counts(whole(client)) == ("done", 2, 0, 1)
    assert '"Zwei' in [cell.text for cell in read(client.get(at())).all("td")]
    data = b"".join(client.get(at("fehler/csv/")).streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(data), delimiter=";"))[1][:2] == ['"Zwei', "Ulm"]


def test_columns_are_chosen_remembered_and_refused_where_they_do_not_fit(send_file, heatpumps):
    factories.make_field(heatpumps, "Gebäude", is_required=True)
    client, _response = send_file("Wer;Haus;Ort\nMeier;EFH;Ulm\n")
    page = client.get(at())
    assert "Name, Gebäude" in read(page).text
    form = read(page).form(at("spalten/"))
    twice = client.post(at("spalten/"), form.sends(**{"spalte-0": "name", "spalte-2": "name"}))
    assert twice.status_code == 422
    kept = read(twice).one("select", name="spalte-0").one("option", selected=True)
    assert kept["value"] == "name"
    assert newest().state == "mapping"
    own = heatpumps.fields.get()
    chosen = {"spalte-0": "name", "spalte-1": f"feld-{own.pk}", "spalte-2": ""}
    client.post(at("spalten/"), form.sends(**chosen))
    client.post(at("start/"))
    lead = Lead.objects.get()
    assert (lead.name, lead.own_values, lead.city) == ("Meier", {str(own.pk): "EFH"}, "")
    client, _response = send_file("HAUS;wer;ort\nZFH;Huber;Ulm\n")
    assert newest().targets == {"0": f"feld-{own.pk}", "1": "name"}
    assert ColumnMemory.objects.count() == 3


def test_who_imports_own_leads_changes_no_heading_that_speaks_for_itself(send_file, anna):
    client, _response = send_file(
        "Name;Telefon;Gruppe\nMeier;08031 1;x\n", by=anna, mode="own"
    )
    form = read(client.get(at())).form(at("spalten/"))
    client.post(at("spalten/"), form.sends(**{"spalte-1": "", "spalte-2": "need"}))
    send_file("Name;Telefon;Gruppe\nHuber;08031 2;y\n")
    assert newest().targets == {"0": "name", "1": "phone", "2": "need"}


def test_a_person_in_place_of_headings_is_erased_with_their_lead(
    send_file, heatpumps, django_capture_on_commit_callbacks
):
    values = {"name": "Zacharias Quakenbrück", "phone": "0171 5550199"}
    values["street"] = "Erlkönigsteig 7"
    lead = Lead.offer(marketplace=heatpumps, values=values)
    rows = (
        "Zacharias Quakenbrück;0171 5550199;Ulm;Erlkönigsteig 7\n"
        "Meier;08031 1;Köln;Am Markt 1\n"
    )
    client, _response = send_file(rows, name="Liste Zacharias Quakenbrück.csv")
    form = read(client.get(at())).form(at("spalten/"))
    sent = {"spalte-0": "name", "spalte-1": "phone", "spalte-2": "city"}
    client.post(at("spalten/"), form.sends(**sent, **{"spalte-3": "street"}))
    client.post(at("start/"))
    with django_capture_on_commit_callbacks(execute=True):
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert newest().headings == ["", "", "Ulm", ""]
    gone = places("quakenbrück", "quakenbrueck", "5550199", "erlkönigsteig", "erlkoenigsteig")
    assert gone == set()
    assert list(ColumnMemory.objects.values_list("heading", flat=True)) == ["ulm"]
    assert client.get(at()).status_code == 200
    LeadImport.objects.update(changed_at=timezone.now() - KEPT - timedelta(days=1))
    LeadImport.objects.forget_old()
    assert newest().headings == []
    assert client.get(at()).status_code == 200


def test_a_lead_without_letters_in_a_field_takes_no_file_with_it(
    send_file, heatpumps, django_capture_on_commit_callbacks
):
    lead = Lead.offer(marketplace=heatpumps, values={"name": "Meier", "phone": "---"})
    send_file("Vorname;***\nAnna;x\n")
    with django_capture_on_commit_callbacks(execute=True):
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert newest().headings == ["Vorname", "***"]
    assert newest().file_key


def test_headings_are_remembered_in_one_order_whatever_that_of_the_file(send_file):
    """Two imports that write the same ones the other way round would lock each other out."""
    client, _response = send_file("Ort;Name;Art\nUlm;Meier;x\n")
    check(client)
    written = ColumnMemory.objects.order_by("pk").values_list("heading", flat=True)
    assert list(written) == ["art", "name", "ort"]


def test_long_headings_are_checked_and_remembered(send_file):
    """Also those that begin alike, as far as they are remembered."""
    long = "Frage" * 20
    client, _response = send_file(f"Name;{long}a;{long}b\nMeier;x;Ulm\n")
    form = read(client.get(at())).form(at("spalten/"))
    assert client.post(at("spalten/"), form.sends(**{"spalte-2": "city"})).status_code == 303
    assert counts(newest()) == ("checked", 1, 0, 0)
    send_file(f"{long}b;Name\nUlm;Meier\n")
    assert newest().targets == {"0": "city", "1": "name"}


def test_a_heading_that_stands_twice_teaches_nothing_wrong(send_file):
    for text, chosen in (
        ("Name;Telefon;Telefon\nMeier;089 1;0170 2\n", {"spalte-2": "mobile"}),
        ("Name;Ort;Ort\nMeier;Ulm;\n", {"spalte-2": ""}),
    ):
        client, _response = send_file(text)
        form = read(client.get(at())).form(at("spalten/"))
        assert client.post(at("spalten/"), form.sends(**chosen)).status_code == 303
    send_file("Name;Ort;Telefon\nHuber;Ulm;089 3\n")
    assert newest().targets == {"0": "name", "1": "city", "2": "phone"}


def test_a_check_begins_whatever_comes_of_remembering_its_columns(send_file, monkeypatch):
    def gone(*args):
        raise DatabaseError

    monkeypatch.setattr(ColumnMemoryQuerySet, "remember", gone)
    client, _response = send_file()
    client.raise_request_exception = False
    assert check(client).status_code == 500
    assert newest().state == "checked"


def test_another_sheet_is_read_and_its_name_must_exist(send_file):
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Hinweis"])
    book.active.append(["x"])
    book.create_sheet("Leads").append(["Name"])
    book["Leads"].append(["Meier"])
    book.save(file)
    client, _response = send_file(file.getvalue(), name="leads.xlsx")
    assert newest().headings == ["Hinweis"]
    sent = {"wechseln": "1", "blatt": "Fehlt"}
    assert client.post(at("spalten/"), sent).status_code == 422
    assert client.post(at("spalten/"), {**sent, "blatt": "Leads"}).status_code == 303
    assert newest().headings == ["Name"]
    assert counts(whole(client)) == ("done", 1, 0, 0)


@pytest.mark.parametrize("sheet", ["", "Leads", "x" * 101, "a\x00b"])
def test_a_csv_file_has_no_sheet_to_choose(send_file, sheet):
    client, _response = send_file()
    before = everything()
    response = client.post(at("spalten/"), {"wechseln": "1", "blatt": sheet})
    assert response.status_code == 422
    assert "hat keine Tabellenblätter" in response.text
    assert everything() == before


def test_a_file_is_opened_once_for_its_sheets_and_not_again_and_again(send_file, monkeypatch):
    opened, real = [], import_runs.open_table

    def counting(path, **how):
        opened.append(path)
        return real(path, **how)

    monkeypatch.setattr(import_runs, "open_table", counting)
    client, _response = send_file(two_sheets(), name="leads.xlsx")
    assert (len(opened), newest().sheets) == (1, ["Leads", "Andere"])
    monkeypatch.setattr(imports, "IMPORT_COLUMNS", (Limit(1, timedelta(hours=1)),))
    sent = {"wechseln": "1", "blatt": "Andere"}
    assert client.post(at("spalten/"), sent).status_code == 303
    response = client.post(at("spalten/"), {**sent, "blatt": "Leads"})
    assert response.status_code == 429
    assert "Zu viele Importe in kurzer Zeit" in response.text
    assert (len(opened), newest().sheet) == (2, "Andere")


@pytest.mark.parametrize("place", [0, 1], ids=["the first", "another"])
def test_a_sheet_with_a_name_that_no_excel_writes_is_refused(send_file, place):
    forged, name = io.BytesIO(), (b"Leads", b"Andere")[place]
    with (
        zipfile.ZipFile(io.BytesIO(two_sheets())) as original,
        zipfile.ZipFile(forged, "w") as copy,
    ):
        for part in original.namelist():
            data = original.read(part)
            if part == "xl/workbook.xml":
                data = data.replace(b'name="%b"' % name, b'name="%b"' % (b"x" * 101))
            copy.writestr(part, data)
    _client, response = send_file(forged.getvalue(), name="leads.xlsx")
    assert response.status_code == 422
    assert "100" in read(response).one("p", _class="field-error").text
    assert stored_files() == []


def test_work_goes_on_in_pieces_and_a_row_is_never_imported_twice(send_file, monkeypatch):
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 2)
    monkeypatch.setattr(tasks, "PIECE_OF_REQUEST", -1)
    text = "Name;E-Mail\n" + "".join(f"L{n};{'falsch' * (n == 3)}\n" for n in range(7))
    client, _response = send_file(text + "L1;\n")
    check(client)
    states = []
    for _piece in range(9):
        states.append(newest().state)
        response = client.post(at("fortschritt/"), headers=HTMX)
        assert response.status_code == 200
    assert states[:3] == ["checking"] * 3
    assert counts(newest()) == ("checked", 6, 1, 1)
    client.post(at("start/"))
    page = client.get(at())
    assert read(page).one("progress")["value"] == "25"
    assert newest().created == 2
    # A page that was left: another request goes on where it was.
    while newest().state == "running":
        client.post(at("fortschritt/"))
    assert counts(newest()) == ("done", 6, 1, 1)
    assert Lead.objects.count() == 6
    assert "fortschritt" not in client.post(at("fortschritt/"), headers=HTMX).text


def test_a_worker_that_died_is_followed_by_another(send_file, worker, monkeypatch):
    """The batch in which it died is not half there; what was written is not written again."""
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 2)
    client, _response = send_file("Name\n" + "".join(f"L{n}\n" for n in range(6)))
    check(client)
    worker()
    client.post(at("start/"))
    claimed = LeadImport.objects.claim(newest().pk, worker="gone")
    offer, made = Lead.offer, []

    def dying(**kwargs):
        made.append(kwargs)
        if len(made) == 4:
            raise SystemExit
        return offer(**kwargs)

    monkeypatch.setattr(Lead, "offer", dying)
    with pytest.raises(SystemExit):
        import_runs._run(claimed, float("inf"))
    monkeypatch.setattr(Lead, "offer", offer)
    assert Lead.objects.count() == 2
    # Nobody takes it away from somebody who may still be at it.
    worker()
    assert newest().rows_done == 2
    LeadImport.objects.update(claimed_until=timezone.now())
    client.post(at("fortschritt/"))
    worker()
    assert counts(newest()) == ("done", 6, 0, 0)
    assert Lead.objects.count() == 6


def test_an_import_is_cancelled_just_as_somebody_goes_on_with_it(
    send_file, worker, monkeypatch
):
    client, _response = send_file("Name\nA\n")
    check(client)
    worker()
    client.post(at("start/"))
    read_on = type(LeadImport.objects.all()).for_page

    def cancelled_before(imports):
        monkeypatch.setattr(type(imports), "for_page", read_on)
        newest().cancel()
        return read_on(imports)

    monkeypatch.setattr(type(LeadImport.objects.all()), "for_page", cancelled_before)
    worker()
    assert (newest().state, newest().message) == ("cancelled", "")
    assert not Lead.objects.exists()


def test_an_import_is_cancelled_and_what_is_there_stays(
    send_file, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 1)
    monkeypatch.setattr(tasks, "PIECE_OF_REQUEST", -1)
    client, _response = send_file("Name\nA\nB\nC\n")
    check(client)
    while newest().state == "checking":
        client.post(at("fortschritt/"))
    client.post(at("start/"))
    assert client.post(at("abbruch/")).status_code == 303
    client.post(at("fortschritt/"))
    assert counts(newest()) == ("cancelled", 1, 0, 0)
    assert Lead.objects.count() == 1
    # Before anything is imported, it is forgotten as a whole.
    client, _response = send_file("Name\nA\n")
    files = stored_files()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("abbruch/")).status_code == 303
    assert LeadImport.objects.count() == 1
    assert len(stored_files()) == len(files) - 1


def test_an_import_is_taken_back_without_what_somebody_has_touched(
    send_file, anna, ben, heatpumps, django_capture_on_commit_callbacks
):
    client, _response = send_file("Lead-Nr;Name\n1;Frei\n2;Angenommen\n3;Abgelehnt\n4;Auch\n")
    found = whole(client)
    leads = {lead.name: lead for lead in Lead.objects.all()}
    leads["Angenommen"].accept(by=anna)
    leads["Abgelehnt"].decline(by=ben)
    dialog = client.get(at("ruecknahme/"), headers=HTMX)
    assert "2 von 4" in read(dialog).text
    assert Lead.objects.personal().count() == 4
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at("ruecknahme/")).status_code == 303
    found = newest()
    assert (found.state, found.removed, found.left) == ("taken_back", 2, 2)
    names = Lead.objects.personal().values_list("name", flat=True)
    assert set(names) == {"Angenommen", "Abgelehnt"}
    assert "2" in read(client.get(at())).text
    assert set(Erasure.objects.values_list("reason", flat=True)) == {"taken_back"}
    assert not any(name.startswith("imports/") for name in stored_files())
    # A second click changes nothing, and what was taken back may be imported again.
    assert client.post(at("ruecknahme/")).status_code == 409
    client, _response = send_file("Lead-Nr;Name\n1;Frei\n2;Angenommen\n")
    assert counts(whole(client)) == ("done", 1, 1, 0)


def test_second_clicks_and_stale_tabs_change_nothing(send_file):
    client, _response = send_file()
    again = read(client.get(NEW)).form(NEW).sends(ziel="waermepumpe-sued/offer")
    for _click in range(2):
        again["datei"] = SimpleUploadedFile("leads.csv", ROWS.encode())
        assert client.post(NEW, again).status_code == 303
    assert LeadImport.objects.count() == 2
    form = read(client.get(at())).form(at("spalten/")).sends()
    client.post(at("spalten/"), form)
    assert client.post(at("spalten/"), form).status_code == 409
    client.post(at("start/"))
    stale = client.post(at("start/"))
    assert (stale.status_code, Lead.objects.count()) == (409, 2)
    assert client.post(at("spalten/"), {"nochmal": "1"}).status_code == 409
    assert client.post(at("abbruch/")).status_code == 409
    assert counts(newest()) == ("done", 2, 0, 2)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "leads.csv"),
        (b"Name\n", "leads.csv"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "leads.xls"),
        (b"PK\x03\x04" + bytes(600), "leads.csv"),
        (b"Name\x00\nA\x00\n", "leads.csv"),
        (b"%PDF-1.4\nfoo \xff\x81", "leads.pdf"),
        ("Name\nGrün\n".encode() + "Köln\n".encode("cp1252"), "leads.csv"),
    ],
    ids=["empty", "only headings", "xls", "a broken zip", "zero bytes", "pdf", "mixed"],
)
def test_what_is_no_table_is_refused_at_its_field_and_not_kept(send_file, content, name):
    _client, response = send_file(content, name=name)
    assert response.status_code == 422
    assert read(response).all("p", _class="field-error")
    # No advice for the command line.
    assert "--" not in " ".join(e.text for e in read(response).all("p", _class="field-error"))
    assert not LeadImport.objects.exists()
    assert stored_files() == []


@pytest.mark.parametrize("place", [1, 9], ids=["in the sample", "behind it"])
def test_a_null_character_costs_its_row_alone(send_file, heatpumps, place):
    """PostgreSQL keeps none, neither in a text nor in JSON."""
    factories.make_field(heatpumps, "Dach", kind="choice", choices="Ziegel")
    rows = [f"L{number};Ziegel;x\n" for number in range(12)]
    rows[place] = "Null\x00zeichen;Zie\x00gel;x\n"
    # In a column that is left out it does no harm.
    rows[place + 1] = "Gut;Ziegel;\x00\n"
    client, response = send_file(f"Na\x00me;Dach;Notizfeld\x00\n{''.join(rows)}")
    assert response.status_code == 303
    assert counts(whole(client)) == ("done", 11, 0, 1)
    assert Lead.objects.filter(name="Gut").exists()
    page = read(client.get(at())).text
    assert "Null\ufffdzeichen" in page
    assert "Steuerzeichen" in page
    data = b"".join(client.get(at("fehler/csv/")).streaming_content).decode("utf-8-sig")
    assert "Null\ufffdzeichen;Zie\ufffdgel" in data


def test_the_page_names_the_limits_that_hold(signed_in, heatpumps, meike, monkeypatch):
    monkeypatch.setattr(import_runs, "MAX_BYTES", 7_000_000)
    monkeypatch.setattr(import_runs, "MAX_ROWS", 54_321)
    text = read(signed_in(meike).get(NEW)).text
    assert "bis 7 MB und 54.321 Zeilen" in text


def test_too_many_rows_stop_the_check_with_advice(send_file, monkeypatch):
    monkeypatch.setattr(import_runs, "MAX_ROWS", 2)
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 2)
    client, _response = send_file("Name\nA\nB\nC\n")
    check(client)
    assert counts(newest()) == ("refused", 2, 0, 0)
    page = read(client.get(at()))
    for text, is_there in (
        ("teilen", True), ("Es wurde kein Lead übernommen.", True), ("Übernommen", False),
        ("Zu den Leads", False),
    ):  # fmt: skip
        assert (text in page.text) is is_there
    assert page.one("li", aria_current="step").text == "Prüfung"
    assert "2 Leads" not in read(client.get("/leads/importe/")).text
    page.one("form", action=at("abbruch/"))
    assert client.post(at("abbruch/")).status_code == 303
    assert not LeadImport.objects.exists()
    monkeypatch.setattr(import_runs, "MAX_BYTES", 3)
    _client, response = send_file("Name\nA\n")
    assert response.status_code == 422


def test_an_import_is_there_for_its_person_alone(send_file, signed_in, anna, meike, heatpumps):
    """Also not for another manager, and no longer for who may not import there any more."""
    client, _response = send_file()
    whole(client)
    other = factories.UserFactory(username="mia")
    heatpumps.memberships.create(user=other, role="manager")
    gets = ["", "spalten/", "ruecknahme/", "fehler/csv/", "fehler/xlsx/"]
    posts = ["spalten/", "start/", "fortschritt/", "abbruch/", "ruecknahme/"]

    def answers(client, number):
        return [client.get(at(part, number)).status_code for part in gets] + [
            client.post(at(part, number)).status_code for part in posts
        ]

    for person in (anna, other):
        stranger = signed_in(person)
        assert set(answers(stranger, newest().pk)) == {404}
        assert "leads.csv" not in stranger.get("/leads/importe/").text
    assert client.get(at("fehler/exe/")).status_code == 404
    meike.memberships.all().delete()
    assert set(answers(client, newest().pk)) == {404}
    assert counts(newest()) == ("done", 2, 0, 2)


def test_a_right_that_ends_stops_the_import(send_file, meike, monkeypatch):
    client, _response = send_file()
    check(client)
    found = newest()
    found.run()
    meike.memberships.all().delete()
    import_runs.go_on(found.pk, worker="w", seconds=9)
    assert counts(newest()) == ("refused", 0, 0, 0)
    assert not Lead.objects.exists()


@pytest.mark.parametrize("ends", ["role", "account"])
def test_a_right_that_ends_stops_the_taking_back(send_file, meike, ends):
    client, _response = send_file()
    whole(client)
    LeadImport.objects.get().take_back()
    if ends == "role":
        meike.memberships.all().delete()
    else:
        User.objects.filter(pk=meike.pk).update(is_active=False)
    import_runs.go_on(newest().pk, worker="w", seconds=9)
    assert (newest().state, newest().removed) == ("refused", 0)
    assert Lead.objects.personal().count() == 2


def test_what_is_told_of_an_import_is_in_the_language_of_who_imports(send_file, meike):
    meike.choose_language("en")
    client, _response = send_file("Name;E-Mail\nA;keine\nB;b@example.com\n")
    client.cookies["django_language"] = "en"
    check(client)
    newest().run()
    import_runs.go_on(newest().pk, worker="w", seconds=9)
    assert "Enter a valid e-mail address" in read(client.get(at())).text
    assert (
        "Enter a valid e-mail address"
        in b"".join(client.get(at("fehler/csv/")).streaming_content).decode()
    )
    newest().take_back()
    meike.memberships.all().delete()
    import_runs.go_on(newest().pk, worker="w", seconds=9)
    assert newest().message == "You may not import leads here any more."


def test_the_history_keeps_to_one_language_whoever_takes_an_import_back(send_file, meike):
    meike.choose_language("en")
    client, _response = send_file("Name\nA\n")
    whole(client)
    assert client.post(at("ruecknahme/")).status_code == 303
    event = LeadEvent.objects.get(kind=LeadEvent.Kind.ANONYMISED)
    assert event.new_text == "Import zurückgenommen"


def test_what_is_taken_back_in_two_goes_is_counted_as_a_whole(send_file, meike, anna):
    client, _response = send_file("Name\nA\nB\nC\nD\n")
    whole(client)
    Lead.objects.get(name="C").accept(by=anna)
    newest().take_back()
    assert import_runs.go_on(newest().pk, worker="w", seconds=0)
    roles = list(meike.memberships.all())
    meike.memberships.all().delete()
    import_runs.go_on(newest().pk, worker="w", seconds=9)
    refusal = "Sie dürfen hier keine Leads mehr importieren."
    assert newest().message == refusal
    meike.memberships.bulk_create(roles)
    assert client.post(at("ruecknahme/")).status_code == 303
    found = newest()
    assert (found.state, found.removed, found.left) == ("taken_back", 3, 1)
    assert refusal not in client.get(at()).text


def test_of_an_account_that_is_closed_no_import_goes_on(send_file, meike):
    User.objects.filter(pk=meike.pk).update(is_superuser=True)
    client, _response = send_file()
    check(client)
    found = newest()
    found.run()
    User.objects.filter(pk=meike.pk).update(is_active=False)
    import_runs.go_on(found.pk, worker="w", seconds=9)
    assert counts(newest()) == ("refused", 0, 0, 0)


def test_who_was_erased_takes_the_file_along_and_does_not_come_back(
    send_file, django_capture_on_commit_callbacks
):
    client, _response = send_file()
    whole(client)
    with django_capture_on_commit_callbacks(execute=True):
        Lead.objects.get(external_id="A-1").anonymise(
            by=None, reason="request", among=Lead.objects.all()
        )
    assert (newest().file_key, newest().sample) == ("", [])
    assert stored_files() == []
    client, _response = send_file()
    assert counts(whole(client)) == ("done", 0, 2, 2)


QUAKE = ("quakenbrück", "quakenbrueck", "5550199", "quake@beispiel")
KNOWN = {"name": "Zacharias Quakenbrück", "phone": "0171 5550199"}
TABLE = (
    "Lead-Nr;Vorname;Nachname;Telefon;E-Mail;Dach\n"
    "Q-1;Zacharias;Quakenbrück;+49 171 5550199;quake@beispiel.de;{roof}\n"
    "M-1;Anna;Meier;08031 1;a@beispiel.de;Stroh\n"
)


@pytest.fixture
def erase(django_capture_on_commit_callbacks):
    """Return a function that erases the lead of the person in question."""

    def run(reason="request"):
        lead = Lead.objects.personal().get(phone__contains="5550199")
        with django_capture_on_commit_callbacks(execute=True):
            lead.anonymise(by=None, reason=reason, among=Lead.objects.all())

    return run


def workbook_of(text, *, sheet="Leads"):
    """Return a workbook with the lines of a CSV text on its second sheet, which is hidden."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["Name"])
    book.active.append(["Meier"])
    hidden = book.create_sheet(sheet)
    hidden.sheet_state = "hidden"
    for line in text.splitlines():
        hidden.append(line.split(";"))
    book.save(file)
    return file.getvalue()


def rows_of(name):
    rows = ImportRow.objects.values_list("pk", "cells", "problems")
    return [row for row in rows.order_by("pk") if name in row[1]]


def sent_twice(send, heatpumps, by):
    for _time in range(2):
        whole(send(TABLE.format(roof="Ziegel"))[0])


def corrected(send, heatpumps, by):
    whole(send(TABLE.format(roof="Stroh Quakenbrück"))[0])
    whole(send(TABLE.format(roof="Ziegel"))[0])


def left_out(send, heatpumps, by):
    Lead.enter(marketplace=heatpumps, values=KNOWN, by=by)
    client, _response = send(TABLE.format(roof="Ziegel"))
    check(client)
    client.post(at("start/"), {"dubletten": "auslassen"})
    assert newest().duplicate == 1


def checked(send, heatpumps, by):
    Lead.enter(marketplace=heatpumps, values=KNOWN, by=by)
    check(send(TABLE.format(roof="Ziegel"))[0])


def uploaded(send, heatpumps, by=None):
    Lead.offer(marketplace=heatpumps, values=KNOWN)
    send(TABLE.format(roof="Ziegel"))


def uploaded_as_workbook(send, heatpumps, by):
    Lead.offer(marketplace=heatpumps, values=KNOWN)
    send(workbook_of(TABLE.format(roof="Ziegel")), name="leads.xlsx")


@pytest.mark.parametrize(
    "before", [sent_twice, corrected, left_out, checked, uploaded, uploaded_as_workbook]
)
@pytest.mark.parametrize("reason", ["request", "retention"])
def test_who_is_erased_is_gone_from_all_imports(
    send_file, heatpumps, anna, erase, before, reason
):
    factories.make_field(heatpumps, "Dach", kind="choice", choices="Ziegel")
    before(send_file, heatpumps, anna)
    others = rows_of("Meier")
    erase(reason)
    assert places(*QUAKE) == set()
    assert stored_files() == []
    # What is of others stays, to be corrected.
    assert rows_of("Meier") == others


def test_an_import_that_lost_its_file_asks_for_it_again(send_file, heatpumps, anna, erase):
    checked(send_file, heatpumps, anna)
    erase()
    client, _response = send_file(TABLE.format(roof="Ziegel"))
    before = newest()
    assert before.file_key
    found = LeadImport.objects.exclude(pk=before.pk).get()
    client.post(at("start/", found.pk))
    found.refresh_from_db()
    assert counts(found)[0] == "refused"
    assert "nicht mehr aufbewahrt" in read(client.get(at("", found.pk))).text


OTHERS = "Lead-Nr;Name;Telefon\n2;Quake;0171 555019\nA-7;Zacharias Meier;0171 1\n"


@pytest.mark.parametrize(
    ("reason", "is_kept"), [("request", False), ("retention", True), ("taken_back", True)]
)
def test_a_workbook_of_others_goes_on_request_alone(
    send_file, heatpumps, erase, reason, is_kept
):
    """It takes long to read; a table of text is read in any case."""
    Lead.offer(marketplace=heatpumps, values=KNOWN, external_id="1")
    for content, name in ((OTHERS, "a.csv"), (workbook_of(OTHERS), "a.xlsx")):
        send_file(content, name=name)
    erase(reason)
    table, workbook = LeadImport.objects.order_by("pk")
    assert (bool(table.file_key), bool(table.sample)) == (True, True)
    assert bool(workbook.file_key) is is_kept


def test_what_is_taken_back_leaves_the_next_file_alone(send_file, heatpumps, erase):
    uploaded(send_file, heatpumps)
    erase("taken_back")
    assert newest().file_key


@pytest.mark.parametrize(
    "text",
    [
        "Nachname;Vorname\nQUAKENBRUECK;Zacharias\n",
        "Name;Mobil\nWer;0049 171/5550199\n",
        "Name;Notiz\nWer;Anruf unter (+49) 171 5550199, abends\n",
        "Name;Notiz\nWer;quake@beispiel.de\n",
    ],
)
def test_a_row_names_somebody_in_whatever_cells_and_spelling(
    send_file, heatpumps, erase, text
):
    values = {**KNOWN, "email": "quake@beispiel.de"}
    Lead.offer(marketplace=heatpumps, values=values)
    send_file(text)
    erase("retention")
    assert (newest().file_key, newest().sample) == ("", [])


def test_an_external_id_is_one_in_its_column_only(send_file, heatpumps, erase):
    values = {"name": "Quakenbrück", "phone": "0171 5550199"}
    Lead.offer(marketplace=heatpumps, values=values, external_id="7")
    send_file("Lead-Nr;Name;Hausnummer\n8;Meier;7\n")
    kept = newest()
    send_file("Lead-Nr;Name;Hausnummer\n7;Umbenannt;8\n")
    erase()
    assert list(LeadImport.objects.exclude(file_key="")) == [kept]


@pytest.mark.parametrize("error", [BucketAway("away"), FileNotFoundError("gone")])
def test_a_file_that_cannot_be_read_is_forgotten(send_file, heatpumps, erase, away, error):
    uploaded(send_file, heatpumps)
    with away(error):
        erase("retention")
    assert (newest().file_key, newest().sample) == ("", [])


def test_who_is_erased_while_their_file_is_imported_does_not_come_back(
    send_file, heatpumps, erase, monkeypatch
):
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 1)
    Lead.offer(marketplace=heatpumps, values=KNOWN)
    client, _response = send_file(TABLE.format(roof="Ziegel"))
    check(client)
    real, batches = import_runs.Importer.remember, []

    def erasing(importer, rows):
        batches.append(rows)
        if len(batches) == 1:
            erase()
        real(importer, rows)

    monkeypatch.setattr(import_runs.Importer, "remember", erasing)
    client.post(at("start/"))
    assert newest().state == "refused"
    assert "nicht mehr aufbewahrt" in newest().message
    assert places(*QUAKE) == set()


def test_an_erasure_asks_nothing_of_imports_of_which_nothing_is_kept(
    send_file, heatpumps, erase
):
    def queries():
        Lead.offer(marketplace=heatpumps, values=KNOWN)
        with CaptureQueriesContext(connection) as captured:
            erase()
        return len(captured)

    # The first one also learns what is remembered.
    _first, none = queries(), queries()
    for number in range(3):
        whole(send_file(f"Name\nMeier {number}\n")[0])
    for found in LeadImport.objects.all():
        found.forget_file()
    LeadImport.objects.update(headings=[])
    assert queries() == none


def test_files_and_failed_rows_go_after_two_weeks(
    send_file, django_capture_on_commit_callbacks
):
    client, _response = send_file()
    whole(client)
    send_file("Name\nAngefangen\n")
    old = timezone.now() - KEPT
    with django_capture_on_commit_callbacks(execute=True):
        nightly.JOBS["forget_imports"]()
    assert len(stored_files()) == 2
    LeadImport.objects.update(changed_at=old)
    with django_capture_on_commit_callbacks(execute=True):
        nightly.JOBS["forget_imports"]()
    assert stored_files() == []
    found = LeadImport.objects.get()
    assert list(ImportRow.objects.values_list("fate", flat=True)) == ["created"] * 2
    page = client.get(at())
    assert "nicht mehr aufbewahrt" in page.text
    assert client.post(at("ruecknahme/")).status_code == 303
    assert (newest().state, newest().removed) == ("taken_back", 2)
    assert found.pk == newest().pk


def test_imports_that_led_to_nothing_go_after_two_weeks_with_their_names(send_file):
    client, _response = send_file(name="Mit Leads.csv")
    whole(client)
    for state in ("cancelled", "refused", "done"):
        send_file("Name\nMeier\n", name=f"{state}.csv")
        LeadImport.objects.filter(pk=newest().pk).update(state=state)
    nightly.JOBS["forget_imports"]()
    assert LeadImport.objects.count() == 4
    # Those that made leads stay: they can be taken back.
    for state in ("cancelled", "refused", "done"):
        LeadImport.objects.filter(file_name="Mit Leads.csv").update(state=state)
        LeadImport.objects.update(changed_at=timezone.now() - KEPT)
        nightly.JOBS["forget_imports"]()
        assert newest().file_name == "Mit Leads.csv"
    assert LeadImport.objects.count() == 1


def test_the_storage_that_is_away_is_said_and_keeps_nothing(send_file, monkeypatch):
    def away(*args, **kwargs):
        raise OSError("away")

    monkeypatch.setattr(attachment_storage(), "save", away, raising=False)
    _client, response = send_file()
    assert response.status_code == 507
    assert not LeadImport.objects.exists()


@pytest.fixture
def away(monkeypatch):
    """Return a context in which the storage gives no file."""

    @contextmanager
    def during(error):
        def refuse(*args, **kwargs):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(attachment_storage(), "open", refuse, raising=False)
            yield

    return during


AWAY = pytest.mark.parametrize(
    "error", [BucketAway("away"), NotADirectoryError("away")], ids=["bucket", "folder"]
)


@AWAY
def test_another_sheet_waits_for_the_storage(send_file, away, error):
    client, _response = send_file(two_sheets(), name="leads.xlsx")
    sent = {"wechseln": "1", "blatt": "Andere"}
    with away(error):
        assert client.post(at("spalten/"), sent).status_code == 507
    assert (newest().state, newest().sheet) == ("mapping", "Leads")
    assert client.post(at("spalten/"), sent).status_code == 303
    assert newest().sheet == "Andere"


@AWAY
def test_an_import_waits_for_the_storage_and_goes_on(send_file, away, error):
    client, _response = send_file()
    with away(error):
        assert check(client).status_code == 303
        assert client.post(at("fortschritt/"), headers=HTMX).status_code == 200
    assert newest().state == "checking"
    client.post(at("fortschritt/"))
    with away(error):
        client.post(at("start/"))
    assert counts(newest()) == ("running", 0, 0, 0)
    client.post(at("fortschritt/"))
    assert counts(newest()) == ("done", 2, 0, 2)


def test_a_worker_tries_again_when_the_storage_is_back(send_file, worker, away):
    """Also where nobody looks at the page."""
    client, _response = send_file()
    check(client)
    with away(BucketAway("away")):
        worker()
    worker()
    assert newest().state == "checking"
    DBTaskResult.objects.update(run_after=timezone.now())
    worker()
    assert newest().state == "checked"


def test_the_last_phase_retired_meanwhile_stops_the_import_with_its_reason(
    send_file, heatpumps
):
    client, _response = send_file()
    check(client)
    heatpumps.phases.update(is_retired=True)
    client.post(at("start/"))
    assert counts(newest()) == ("refused", 0, 0, 0)
    assert "noch keine Phasen" in read(client.get(at())).text


@pytest.mark.parametrize("running", [False, True], ids=["checked", "running"])
def test_a_field_retired_meanwhile_stops_the_import_and_loses_nothing(
    send_file, heatpumps, monkeypatch, running
):
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 1)
    own = factories.make_field(heatpumps, "Gebäude")
    client, _response = send_file("Name;Gebäude\nMeier;EFH\nHuber;ZFH\n")
    check(client)
    if running:
        monkeypatch.setattr(tasks, "PIECE_OF_REQUEST", -1)
        client.post(at("start/"))
    heatpumps.fields.update(is_retired=True)
    client.post(at("fortschritt/" if running else "start/"))
    assert counts(newest()) == ("refused", int(running), 0, 0)
    page = read(client.get(at()))
    assert "Das Feld der Spalte „Gebäude“ wird nicht mehr verwendet." in page.text
    values = [lead.own_values for lead in Lead.objects.all()]
    assert values == [{str(own.pk): "EFH"}] * running
    if not running:
        assert client.post(at("spalten/"), {"nochmal": "1"}).status_code == 303
        assert counts(whole(client)) == ("done", 2, 0, 0)


def test_an_export_is_read_back(send_file, heatpumps, meike):
    """Numbers are known again, and what an own field shares with a built-in one is its own."""
    own = {
        label: factories.make_field(heatpumps, label, **how)
        for label, how in {
            "Telefon": {},
            "Gerät": {"kind": "choices", "choices": "11,5 kW, laut\nSchnelllader\nLeise"},
        }.items()
    }
    whole(send_file("Lead-Nr;Name;Telefon\nA-1;Meier;089 1234\n")[0])
    lead = Lead.objects.get()
    lead.accept(by=meike)
    several = ["11,5 kW, laut", "Leise"]
    lead.set_field(f"feld-{own['Telefon'].pk}", seen="", value="abends", by=meike)
    lead.set_field(f"feld-{own['Gerät'].pk}", seen="[]", value=several, by=meike)
    asked = {"format": "csv", "umfang": "alle"}
    client, _response = send_file()
    data = b"".join(client.get("/leads/export/", asked).streaming_content)
    client, _response = send_file(data)
    assert counts(whole(client)) == ("done", 0, 1, 0)
    client, _response = send_file(data.replace(b"A-1", b"A-2"))
    assert counts(whole(client)) == ("done", 1, 0, 0)
    again = Lead.objects.latest("pk")
    assert (again.phone, again.external_id) == ("089 1234", "A-2")
    assert again.own_values == Lead.objects.get(pk=lead.pk).own_values != {}


ALIKE = (
    "Lead-Nr;Name;Telefon;E-Mail\n"
    "A-1;Öttl;+49 8031 1234567;\n"
    "A-2;Neu;089 555666;neu@beispiel.de\n"
    "A-3;Auch neu;;NEU@beispiel.de\n"
    "A-4;Bens;0170 111222;\n"
)


@pytest.mark.parametrize("leaves_out", [True, False], ids=["without them", "with them"])
def test_possible_duplicates_are_marked_and_left_out_or_not(
    send_file, anna, ben, heatpumps, leaves_out
):
    mine = Lead.enter(
        marketplace=heatpumps, by=anna, values={"name": "Früher", "mobile": "08031/1234567"}
    )
    values = {"name": "Von Ben", "phone": "0170 111222"}
    Lead.enter(marketplace=heatpumps, by=ben, values=values)
    client, _response = send_file(ALIKE, by=anna, mode="own")
    assert (check(client).status_code, newest().alike, newest().created) == (303, 2, 4)
    page = read(client.get(at()))
    for text in ("Mögliche Dubletten", "Zeile 2 Öttl", "gleiche Telefonnummer", "Früher",
                 "Zeile 4 Auch neu", "gleiche E-Mail-Adresse", "wie bei Zeile 3"):  # fmt: skip
        assert text in page.text
    assert "Von Ben" not in page.text
    assert f'href="/leads/{mine.pk}/"' in client.get(at()).content.decode()
    choice = "auslassen" if leaves_out else "importieren"
    client.post(at("start/"), {"dubletten": choice})
    found = newest()
    assert (found.state, found.leaves_out_duplicates) == ("done", leaves_out)
    assert (found.alike, found.duplicate, found.created) == (
        (2, 2, 2) if leaves_out else (2, 0, 4)
    )
    names = set(Lead.objects.owned_by(anna).values_list("name", flat=True))
    kept = {"Früher", "Neu", "Bens"}
    assert names == (kept if leaves_out else kept | {"Öttl", "Auch neu"})
    page = read(client.get(at())).text
    assert ("Als Dubletten ausgelassen" in page, "Früher" in page) == (leaves_out, True)
    assert "Zeile 2 Öttl gleiche Telefonnummer" in page
    # A second time everything is there already, and nothing of it is a duplicate.
    client, _response = send_file(ALIKE, by=anna, mode="own")
    check(client)
    again = newest()
    assert again.existing == (2 if leaves_out else 4)
    assert again.alike == (2 if leaves_out else 0)


def test_who_operates_is_told_of_duplicates_and_finds_the_leads(send_file, anna, olaf, meike):
    """In the admin: that is where operators see leads."""
    known = Lead.enter(
        marketplace=anna.memberships.get().marketplace,
        by=anna,
        values={"name": "Aigner", "city": "Prien", "phone": "08031 1234567"},
    )
    text = "Name;Firma;Telefon\nAigner GmbH;Aigner GmbH;+49 8031 1234567\n"
    client, _response = send_file(text, by=olaf)
    check(client)
    assert (newest().alike, newest().created) == (1, 1)
    twin = f"/admin/leads/lead/{known.pk}/change/"
    page = read(client.get(at()))
    assert "Zeile 2 Aigner GmbH gleiche Telefonnummer wie bei Aigner · Prien" in page.text
    assert page.one("a", href=twin).text == "Aigner"
    client.post(at("start/"), {"dubletten": "importieren"})
    page = read(client.get(at()))
    assert "Zeile 2 Aigner GmbH gleiche Telefonnummer wie bei Aigner · Prien" in page.text
    leads = client.get(to_the_leads(page))
    assert (leads.status_code, "Aigner GmbH" in leads.text) == (200, True)
    client.post(at("ruecknahme/"))
    page = read(client.get(at())).text
    assert ("Zurückgenommen" in page, "gleiche Telefonnummer" in page) == (True, False)
    # Who sees leads in the application is led there.
    client, _response = send_file(text, by=meike)
    check(client)
    assert read(client.get(at())).one("a", href=f"/leads/{known.pk}/").text == "Aigner"
    client.post(at("start/"), {"dubletten": "importieren"})
    page = read(client.get(at()))
    assert to_the_leads(page) == "/leads/neu/"


def test_whose_person_is_erased_leaves_no_cell_behind(send_file, ben, heatpumps):
    values = {"name": "Von Ben", "phone": "0170 111222"}
    others = Lead.enter(marketplace=heatpumps, by=ben, values=values)
    client, _response = send_file(ALIKE)
    check(client)
    assert "Von Ben" in read(client.get(at())).text
    client.post(at("start/"), {"dubletten": "auslassen"})
    left_out = ImportRow.objects.filter(fate="duplicate")
    assert [row.cells[0] for row in left_out] == ["A-3", "A-4"]
    others.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert "Von Ben" not in read(client.get(at())).text
    new = Lead.objects.get(name="Neu")
    new.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert [(row.cells, row.twin_id) for row in left_out.all()] == [([], None)] * 2
    assert "Zeile 4" in read(client.get(at())).text


def test_rows_of_an_import_that_goes_on_are_compared_with_those_before(send_file, monkeypatch):
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 1)
    monkeypatch.setattr(tasks, "PIECE_OF_REQUEST", -1)
    client, _response = send_file(ALIKE)
    check(client)
    for step, working in ((None, "checking"), ("start/", "running")):
        if step:
            client.post(at(step), {"dubletten": "auslassen"})
        while newest().state == working:
            client.post(at("fortschritt/"))
    found = newest()
    assert (found.state, found.created, found.duplicate) == ("done", 3, 1)
    assert set(Lead.objects.values_list("name", flat=True)) == {"Öttl", "Neu", "Bens"}

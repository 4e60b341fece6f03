"""Reading Excel's workbooks: what a cell says, and what a hostile file must not do."""

import tracemalloc
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from leads import xlsx_rows
from leads.csv_rows import UnreadableFileError
from leads.importing import ImportRefusedError, import_leads
from leads.models import Lead
from leads.tables import open_rows

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def workbook(tmp_path):
    """Return a function that writes a workbook of rows (or sheets) and gives its path."""

    def write(*rows, sheets=None, formats=(), name="leads.xlsx"):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, lines in (sheets or {"Leads": rows}).items():
            sheet = book.create_sheet(title)
            for line in lines:
                sheet.append(line)
        for cell, number_format in dict(formats).items():
            book.worksheets[0][cell].number_format = number_format
        book.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def rewritten(workbook, tmp_path):
    """Return a function that replaces parts of a small workbook, as a forger would."""

    def write(parts):
        path = tmp_path / "forged.xlsx"
        with (
            zipfile.ZipFile(workbook(["Name"], ["Meier"])) as original,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as forged,
        ):
            for name in {*original.namelist(), *parts}:
                forged.writestr(name, parts.get(name) or original.read(name))
        return path

    return write


def sheet_of(rows):
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def cells(path, **how):
    with open_rows(path, **how) as rows:
        return [(row.line, row.cells) for row in rows]


def test_cells_say_what_a_german_spreadsheet_shows(workbook):
    path = workbook(
        ["a", None, "ü"],
        [],
        [8031, 8031.0, 12.5, 0.1 + 0.2, 491711234567, True],
        [83022, 1716543, 1067, -5],
        [date(2027, 4, 1), datetime(2027, 4, 1, 14, 30), time(9, 5)],
        formats={"B4": "0000 000000", "C4": "00000"},
    )
    assert cells(path) == [
        (1, ["a", "", "ü"]),
        (3, ["8031", "8031", "12,5", "0,3", "491711234567", "ja"]),
        (4, ["83022", "0001 716543", "01067", "-5"]),
        (5, ["01.04.2027", "01.04.2027 14:30", "09:05"]),
    ]


def test_a_format_without_end_is_read_at_once(workbook):
    """Read in the cube of its length it would take hours."""
    assert cells(workbook([7], formats={"A1": "0" * 200 + "x" + "0" * 50_000})) == [(1, ["7"])]


@pytest.mark.parametrize(
    ("number_format", "shown"),
    [
        ("#,##0.00 €", "118,99"),
        ("_-* #,##0.00\\ [$€-407]_-;\\-* #,##0.0000_-", "118,99"),
        ('0.000 "kW/h."', "118,988"),
        ("0.0##", "118,988"),
        ("0.00000", "118,9881"),
        # Which show another number, or say nothing of digits.
        ("General", "118,9881"), ("0", "118,9881"), ("0.00%", "118,9881"),
        ("0.00E+00", "118,9881"), ("0.00,", "118,9881"), ("0." + "0" * 200, "118,9881"),
    ],
)  # fmt: skip
def test_a_number_has_no_more_digits_than_its_format_shows(workbook, number_format, shown):
    path = workbook([118.9881, -0.001], formats={"A1": number_format, "B1": "0.00"})
    assert cells(path) == [(1, [shown, "0"])]


def test_a_workbook_becomes_leads_with_zeros_dates_and_amounts(heatpumps, workbook):
    path = workbook(
        ["Kunde", "Telefon", "PLZ", "Umsatz", "Wunschtermin"],
        ["Familie Größl", 80311234501, 1067, 24800.5, date(2027, 4, 1)],
        ["Weiß", "08031 123", "83022", None, None],
        formats={"B2": "000000000000", "C2": "00000"},
        name="leads.csv",
    )
    assert import_leads(path, marketplace=heatpumps).created == 2
    lead = Lead.objects.get(name="Familie Größl")
    assert (lead.phone, lead.postcode) == ("080311234501", "01067")
    assert (str(lead.value), str(lead.wish_date)) == ("24800.50", "2027-04-01")
    again = import_leads(path, marketplace=heatpumps)
    assert (again.created, again.existing) == (0, 2)


def test_a_sheet_is_chosen_by_its_name(workbook):
    path = workbook(sheets={"Info": [["Hinweis"]], "Leads": [["Name"], ["Meier"]]})
    assert cells(path) == [(1, ["Hinweis"])]
    assert cells(path, sheet="Leads") == [(1, ["Name"]), (2, ["Meier"])]
    with pytest.raises(UnreadableFileError, match="Info, Leads"):
        cells(path, sheet="Fehlt")


def test_formulas_are_not_computed_and_errors_are_named(heatpumps, rewritten):
    path = rewritten(
        {
            SHEET: sheet_of(
                '<row r="1"><c r="A1" t="str"><v>Name</v></c>'
                '<c r="B1" t="str"><v>Ort</v></c></row>'
                '<row r="2"><c r="A2" t="str"><f>HYPERLINK("x")</f><v>Meier</v></c></row>'
                '<row r="3"><c r="A3" t="str"><v>Huber</v></c>'
                '<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
            )
        }
    )
    report = import_leads(path, marketplace=heatpumps)
    assert [(p.line, p.heading, p.column) for p in report.problems] == [(3, "Ort", 1)]
    assert [lead.name for lead in Lead.objects.all()] == ["Meier"]


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>&b;</v></c></row>'
    "</sheetData></worksheet>"
)
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    f'<sst xmlns="{MAIN}"><si><t>&a;</t></si></sst>'
)
HOSTILE = {
    "entities": {SHEET: LAUGHS},
    "a file outside": {"xl/sharedStrings.xml": EXTERNAL},
    "entities in UTF-16": {SHEET: LAUGHS.encode("utf-16")},
    "entities in another part": {"xl/styles.xml": LAUGHS},
    "a huge row": {SHEET: sheet_of("<row>" + "<c/>" * 600_000 + "</row>")},
    "a row behind comments": {SHEET: sheet_of("<row>" + "<c/><!--<row >-->" * 9 + "</row>")},
    "too many cells": {SHEET: sheet_of("<row><c/><c/></row>" * 1_000_001)},
    "too many texts": {
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">' + "<si/>" * 300_001 + "</sst>"
    },
    "empty rows": {SHEET: sheet_of("<row/>" * 1_000_001)},
    "many styles": {"xl/styles.xml": f'<styleSheet xmlns="{MAIN}">' + "<xf/>" * 100_001},
    "a huge part": {"xl/styles.xml": " " * 10_000_001},
    "too many parts": {f"xl/x{number}.xml": "x" for number in range(2001)},
    "no workbook": {"xl/workbook.xml": "<x/>"},
    "no XML": {SHEET: "\x01\x02"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_before_it_is_unpacked_into_objects(
    heatpumps, rewritten, name
):
    with pytest.raises(ImportRefusedError) as refused:
        import_leads(rewritten(HOSTILE[name]), marketplace=heatpumps)
    assert "root:" not in str(refused.value)
    assert not Lead.objects.exists()


def test_what_unpacks_to_more_than_it_says_is_refused(rewritten):
    path = rewritten({SHEET: sheet_of("<row><c/></row>" * 1000)})
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo(SHEET).file_size
    path.write_bytes(data.replace(size.to_bytes(4, "little"), (90).to_bytes(4, "little")))
    with pytest.raises(UnreadableFileError):
        cells(path)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, r"\.xls"),
        (b"PK\x03\x04" + b"\x00" * 60, "CSV UTF-8"),
    ],
)
def test_what_is_no_xlsx_is_refused_with_advice(tmp_path, content, advice):
    path = tmp_path / "leads.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=advice):
        cells(path)


def test_a_row_of_too_many_or_too_long_cells_is_not_taken(heatpumps, workbook, tmp_path):
    path = workbook(["Name"], ["Gut"], ["B", *[None] * 299, "x"], ["C" * 30_000])
    report = import_leads(path, marketplace=heatpumps)
    assert (report.created, [p.line for p in report.problems]) == (1, [3, 4])
    csv = tmp_path / "leads.csv"
    csv.write_text(f"Name;Ort\nB{';' * 300}x\n", encoding="utf-8")
    assert import_leads(csv, marketplace=heatpumps).failed == 1
    csv.write_text(";".join(f"Spalte {n}" for n in range(301)) + "\nB\n", encoding="utf-8")
    with pytest.raises(ImportRefusedError, match="300"):
        import_leads(csv, marketplace=heatpumps)


def test_rows_that_are_left_out_cost_nothing(rewritten):
    rows = '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>'
    rows += '<row r="1048576"><c r="A1048576" t="str"><v>Meier</v></c></row>'
    assert cells(rewritten({SHEET: sheet_of(rows)})) == [(1, ["Name"]), (1048576, ["Meier"])]
    forged = rows.replace("1048576", "99999999999")
    assert cells(rewritten({SHEET: sheet_of(forged)})) == [(1, ["Name"])]


def test_a_part_is_measured_across_its_pieces(rewritten, monkeypatch):
    monkeypatch.setattr(xlsx_rows, "PIECE_BYTES", 70)
    monkeypatch.setattr(xlsx_rows, "MAX_CELLS", 200)
    text = '<row><c t="str"><v>x</v></c></row>'
    assert len(cells(rewritten({SHEET: sheet_of(text * 100)}))) == 100
    with pytest.raises(UnreadableFileError):
        cells(rewritten({SHEET: sheet_of(text * 101)}))


GOOD = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'


@pytest.fixture
def with_texts(rewritten):
    """Return a function that writes two cells and the table in which their texts stand."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"

    def write(texts, rows=GOOD, part="xl/sharedStrings.xml"):
        override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
        with zipfile.ZipFile(rewritten({})) as original:
            types = original.read("[Content_Types].xml").decode()
        parts = {
            "[Content_Types].xml": types.replace("</Types>", override),
            part: f'<sst xmlns="{MAIN}">{texts}</sst>',
        }
        return rewritten({SHEET: sheet_of(rows), **parts})

    return write


def test_a_text_is_put_together_from_its_parts(with_texts):
    """Runs of other looks are one text; what says how Japanese is read is none of it."""
    texts = (
        "<si><t>Näme</t></si><si><r><t>Hu</t></r><r><t>ber 🏡</t></r><rPh><t>x</t></rPh></si>"
    )
    assert cells(with_texts(texts)) == [(1, ["Näme"]), (2, ["Huber 🏡"])]


def test_a_text_of_very_many_parts_is_refused(with_texts, monkeypatch):
    monkeypatch.setattr(xlsx_rows, "MAX_ELEMENTS", 100)
    texts = "<si><t>Name</t></si><si>" + "<t>x</t>" * 100 + "</si>"
    with pytest.raises(UnreadableFileError, match="CSV"):
        cells(with_texts(texts))


@pytest.fixture
def peak():
    """Return a function that gives the most bytes that were held since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


NAMES = "<si><t>Name</t></si><si><t>Meier</t></si>"
LONG = '<c t="s"><v>2</v></c>'
MOST = 10_000_000


@pytest.mark.parametrize(("before", "lost"), [("", [3]), ("<c/>" * 400, [])])
def test_a_text_costs_nothing_in_cells_that_are_not_looked_at(
    heatpumps, with_texts, peak, before, lost
):
    """All cells together would be 65 MB."""
    rows = f"{GOOD}<row>{before}{LONG * 500}</row>"
    path = with_texts(f"{NAMES}<si><t>{'x' * 400_000}</t></si>", rows)
    report = import_leads(path, marketplace=heatpumps)
    assert peak() < MOST
    assert (report.created, [p.line for p in report.problems]) == (1, lost)


@pytest.mark.parametrize("length", [2_000, 131_073])
def test_a_row_of_long_texts_is_lost_alone_and_not_kept(with_texts, peak, length):
    """All rows together would be 12 MB or 786 MB."""
    rows = GOOD + f"<row>{LONG * 300}</row>" * 20
    path = with_texts(f"{NAMES}<si><t>{'x' * length}</t></si>", rows)
    with open_rows(path) as opened:
        first, second, *lost = opened
    assert peak() < MOST
    assert (first.cells, second.cells) == (["Name"], ["Meier"])
    assert {(row.problem, *row.cells) for row in lost} == {("Eine Zelle ist viel zu lang.",)}


def test_all_rows_together_repeat_texts_only_so_often(with_texts, monkeypatch):
    monkeypatch.setattr(xlsx_rows, "MAX_ALL_TEXT", 100_000)
    rows = '<row><c t="s"><v>0</v></c></row>'
    texts = f"<si><t>{'x' * 1000}</t></si>"
    assert len(cells(with_texts(texts, rows * 100))) == 100
    for text in ("x", " "):
        with pytest.raises(UnreadableFileError, match="CSV"):
            cells(with_texts(texts.replace("x", text), rows * 101))


def test_a_table_of_texts_at_an_unusual_place_is_measured_as_well(with_texts):
    assert cells(with_texts(NAMES, part="xl/SharedStrings.xml")) == [
        (1, ["Name"]), (2, ["Meier"]),
    ]  # fmt: skip
    huge = f"{NAMES}<si><t>{'x' * 600_000}</t></si>"
    for part in ("xl/other.xml", "xl/worksheets/other.xml"):
        with pytest.raises(UnreadableFileError, match="CSV"):
            cells(with_texts(huge, part=part))


@pytest.mark.parametrize("folder", ["media", "embeddings"])
def test_nothing_is_read_from_where_parts_may_be_large(with_texts, folder):
    with pytest.raises(UnreadableFileError, match="CSV"):
        cells(with_texts(NAMES, part=f"xl/{folder}/texts.xml"))


@pytest.fixture
def elsewhere(rewritten):
    """Return a function that puts a sheet where no program does."""

    def put(sheet):
        with zipfile.ZipFile(rewritten({})) as original:
            parts = {
                name: original.read(name).replace(b"worksheets/sheet1", b"other/sheet1")
                for name in original.namelist()
                if name.endswith((".rels", "Types].xml"))
            }
        return rewritten({**parts, "xl/other/sheet1.xml": sheet})

    return put


def test_a_sheet_at_an_unusual_place_is_measured_as_well(elsewhere, monkeypatch):
    path = elsewhere(sheet_of('<row><c t="str"><v>x</v></c></row>' * 100))
    assert len(cells(path)) == 100
    monkeypatch.setattr(xlsx_rows, "MAX_CELLS", 199)
    with pytest.raises(UnreadableFileError):
        cells(path)


# Where the central directory keeps it of a part: the offset and what is written there.
DAMAGES = {"checksum": (16, b"\0\0\0\0"), "encrypted": (8, b"\x01"), "method": (10, b"\x63")}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_sheet_at_an_unusual_place_is_refused(elsewhere, damage):
    path = elsewhere(sheet_of('<row><c t="str"><v>x</v></c></row>'))
    content, (offset, written) = bytearray(path.read_bytes()), DAMAGES[damage]
    # The name stands last there; 46 bytes before it the entry begins.
    at = content.rindex(b"xl/other/sheet1.xml") - 46 + offset
    content[at : at + len(written)] = written
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match="lässt sich nicht lesen"):
        cells(path)

"""/leads/export/: a list as the filters show it, read back as a spreadsheet reads it."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from leads.exporting import export
from leads.models import Lead
from tests import factories
from tests.markup import read

from .rows import closed, in_progress

LIST, EXPORT, CLOSED = "/leads/", "/leads/export/", "/leads/abgeschlossen/export/"


def content(response):
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def sheet(client, address=EXPORT, **asked):
    """The rows of an XLSX, as cells."""
    data = content(client.get(address, {"format": "xlsx", **asked}))
    return list(load_workbook(io.BytesIO(data)).active.iter_rows())


def table(client, address=EXPORT, **asked):
    """The rows of a CSV, as a German Excel reads them."""
    data = content(client.get(address, {"format": "csv", **asked}))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def column(rows, heading):
    """The cells below a heading."""
    headings = [getattr(cell, "value", cell) for cell in rows[0]]
    return [row[headings.index(heading)] for row in rows[1:]]


def names(rows):
    return [getattr(cell, "value", cell) for cell in column(rows, "Name")]


@pytest.fixture
def own(heatpumps):
    """An own field of each kind."""
    kinds = ["text", "number", "money", "date", "choice", "choices", "yes_no"]
    choices = {"choice": "Öl\nGas", "choices": "Ziegel\nBlech"}
    return {
        kind: factories.make_field(
            heatpumps, f"Eigenes {kind}", kind, choices=choices.get(kind, ""),
            unit="m²" if kind == "number" else "",
        )
        for kind in kinds
    }  # fmt: skip


# What is in it ----------------------------------------------------------------------------


@pytest.mark.parametrize("reading", [sheet, table])
def test_the_file_holds_what_the_filters_and_the_order_show(
    page_of_anna, heatpumps, anna, solar, reading
):
    solar.memberships.create(user=anna, role="rep")
    for number, name in enumerate(["Bär", "Ärmel", "Zoll"], start=1):
        factories.accepted(heatpumps, anna, phase=number, name=name, value=number * 1000)
    factories.accepted(solar, anna, name="Sonne", email="sonne@beispiel.de")
    assert names(reading(page_of_anna, sort="name")) == ["Ärmel", "Bär", "Sonne", "Zoll"]
    assert names(reading(page_of_anna, sort="-volumen", marktplatz="waermepumpe-sued")) == [
        "Zoll", "Ärmel", "Bär",
    ]  # fmt: skip
    assert names(reading(page_of_anna, q="Sonne")) == ["Sonne"]
    phase = heatpumps.phases.get(position=2)
    assert names(reading(page_of_anna, phase=phase.pk)) == ["Ärmel"]
    assert names(reading(page_of_anna, q="gibtsnicht")) == []
    chosen = reading(page_of_anna, spalten="name,phone,volumen", q="Sonne")
    headings = [getattr(cell, "value", cell) for cell in chosen[0]]
    assert headings == ["Name", "Ort", "Bedarf", "Telefon", "Volumen"]


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        (EXPORT, {"marktplatz": "anders"}),
        (EXPORT, {"phase": "0"}),
        (EXPORT, {"ziel": "anders"}),
        (EXPORT, {"feld-0": "Öl"}),
        (CLOSED, {"ergebnis": "anders"}),
    ],
)
def test_no_more_is_handed_out_than_was_asked_for(page_of_anna, lead, address, asked):
    answer = page_of_anna.get(address, {"format": "csv", "sort": "name", **asked})
    assert answer.status_code == 422
    [link] = read(answer).one("main").all("a")
    assert page_of_anna.get(link["href"]).status_code == 200
    # Neither where the list, which says that it leaves the filter out, offers the file.
    shown = page_of_anna.get(address.replace("export/", ""), asked)
    for item in read(shown).all("a", class_="menu__item"):
        if "/export/" in item["href"]:
            assert page_of_anna.get(item["href"]).status_code == 422


@pytest.mark.parametrize("sign", ["", "-"])
def test_the_order_by_an_own_field_is_that_of_the_list(
    page_of_anna, heatpumps, anna, own, sign, monkeypatch
):
    monkeypatch.setattr(export, "PORTION", 2)
    given = ["30", None, "4", "100", None]
    in_progress(
        heatpumps,
        anna,
        len(given),
        name=lambda n: f"Wert {given[n]}",
        own_values=lambda n: {str(own["number"].pk): given[n]} if given[n] else {},
    )
    values = ["4", "30", "100"] if not sign else ["100", "30", "4"]
    for extent in ("liste", "alle"):
        rows = table(page_of_anna, sort=f"{sign}feld-{own['number'].pk}", umfang=extent)
        assert names(rows) == [f"Wert {value}" for value in [*values, None, None]]


def test_a_column_that_was_chosen_stands_once(page_of_anna, lead):
    rows = table(page_of_anna, spalten="name,city,phone,need")
    assert rows[0] == ["Name", "Ort", "Telefon", "Bedarf"]
    assert column(rows, "Ort") == ["Rosenheim"]
    headings = table(page_of_anna, umfang="alle")[0]
    assert len(headings) == len(set(headings))


def test_fields_that_are_called_nearly_the_same_have_a_column_each(
    page_of_anna, heatpumps, lead
):
    own = {label: factories.make_field(heatpumps, label) for label in ("Maße", "Masse")}
    lead.own_values = {str(own["Maße"].pk): "3 x 4 m", str(own["Masse"].pk): "120 kg"}
    lead.save()
    rows = table(page_of_anna, umfang="alle")
    assert (column(rows, "Maße"), column(rows, "Masse")) == (["3 x 4 m"], ["120 kg"])


def test_closed_leads_come_with_their_result(page_of_anna, heatpumps, anna):
    closed(heatpumps, anna, 4)
    rows = sheet(page_of_anna, CLOSED, ergebnis="verloren")
    assert {cell.value for cell in column(rows, "Ergebnis")} == {"Verloren"}
    assert {cell.value for cell in column(rows, "Verlustgrund")} == {"Zu teuer"}
    assert len(rows) == 3


def test_every_kind_is_what_a_spreadsheet_takes_it_for(page_of_anna, heatpumps, anna, own):
    values = {
        "text": "0815", "number": "-12.3456", "money": "1234.5", "date": "2026-12-01",
        "choice": "Öl", "choices": ["Blech", "Ziegel"], "yes_no": "no",
    }  # fmt: skip
    lead = factories.accepted(
        heatpumps,
        anna,
        postcode="01067",
        value=Decimal("24800.50"),
        wish_date=date(2027, 1, 2),
    )
    Lead.objects.filter(pk=lead.pk).update(
        external_id="00042",
        follow_up_at=datetime(2026, 7, 1, 7, 30, tzinfo=UTC),
        own_values={str(own[kind].pk): value for kind, value in values.items()},
    )
    rows = sheet(page_of_anna, umfang="alle")
    expected = {
        "PLZ": ("01067", "General"),
        "Telefon": ("+49 8031 1234567", "General"),
        "Externe Nummer": ("00042", "General"),
        "Volumen": (24800.5, '#,##0.00\\ "€"'),
        "Wunschtermin": (datetime(2027, 1, 2), "dd/mm/yyyy"),  # noqa: DTZ001
        "Wiedervorlage": (datetime(2026, 7, 1, 9, 30), "dd/mm/yyyy\\ hh:mm"),  # noqa: DTZ001
        "Eigenes text": ("0815", "General"),
        "Eigenes number (m²)": (-12.3456, "#,##0.####"),
        "Eigenes money": (1234.5, '#,##0.00\\ "€"'),
        "Eigenes date": (datetime(2026, 12, 1), "dd/mm/yyyy"),  # noqa: DTZ001
        "Eigenes choice": ("Öl", "General"),
        "Eigenes choices": ("Ziegel, Blech", "General"),
        "Eigenes yes_no": ("Nein", "General"),
    }
    for heading, (value, number_format) in expected.items():
        (cell,) = column(rows, heading)
        assert (cell.value, cell.number_format) == (value, number_format), heading
        assert cell.data_type in ({"n", "d"} if not isinstance(value, str) else {"s"})
    texts = table(page_of_anna, umfang="alle")
    for heading, text in {
        "Volumen": "24800,50", "Wunschtermin": "02.01.2027", "PLZ": "01067",
        "Wiedervorlage": "01.07.2026 09:30", "Eigenes number (m²)": "-12,3456",
        "Eigenes money": "1234,50", "Eigenes choices": "Ziegel, Blech",
    }.items():  # fmt: skip
        assert column(texts, heading) == [text], heading


def test_what_does_not_fit_its_field_any_more_is_exported_as_it_was_entered(
    page_of_anna, heatpumps, anna, own
):
    lead = factories.accepted(heatpumps, anna)
    kept = {str(field.pk): f"war {kind}" for kind, field in own.items()}
    Lead.objects.filter(pk=lead.pk).update(own_values=kept, follow_up_at=None)
    heatpumps.fields.filter(pk=own["text"].pk).update(is_retired=True)
    for rows in (sheet(page_of_anna, umfang="alle"), table(page_of_anna, umfang="alle")):
        for kind in own:
            heading = f"Eigenes {kind} (m²)" if kind == "number" else f"Eigenes {kind}"
            (cell,) = column(rows, heading)
            assert getattr(cell, "value", cell) == f"war {kind}"


HOSTILE = ["=1+1", "+49-1", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://evil.example")']


def test_no_text_becomes_a_formula(page_of_anna, heatpumps, anna):
    in_progress(heatpumps, anna, len(HOSTILE), name=HOSTILE.__getitem__,
                need=lambda n: "\t=1" if n % 2 else "\r=1")  # fmt: skip
    rows = sheet(page_of_anna, sort="name")
    assert sorted(names(rows)) == sorted(HOSTILE)
    for cell in column(rows, "Name"):
        assert (cell.data_type, cell.quotePrefix) == ("s", True)
    texts = table(page_of_anna, sort="name")
    assert sorted(names(texts)) == sorted(f"'{text}" for text in HOSTILE)
    assert set(column(texts, "Bedarf")) <= {"'\t=1", "'\r=1"}


def test_any_text_arrives_as_it_is(page_of_anna, heatpumps, anna):
    texts = ["Ä" * 200, 'Müller "& Söhne" <GmbH>; 1', "_x0041_bc", "Zeile 1\nZeile 2", "😀"]
    in_progress(heatpumps, anna, 5, name="x", description=texts.__getitem__,
                need=lambda n: "\x01ab\ufffe" if n else "")  # fmt: skip
    rows = sheet(page_of_anna, umfang="alle")
    found = [cell.value.replace("_x005F_", "_") for cell in column(rows, "Beschreibung")]
    assert sorted(found) == sorted(texts)
    assert {cell.value for cell in column(rows, "Bedarf")} == {"ab", None}
    assert sorted(column(table(page_of_anna, umfang="alle"), "Beschreibung")) == sorted(texts)


# Who gets what ----------------------------------------------------------------------------


def test_only_the_visible_leads_are_exported_and_no_offered_one(
    page_of_anna, signed_in, heatpumps, anna, ben, meike, solar, clara
):
    factories.accepted(heatpumps, anna, name="Annas")
    factories.accepted(heatpumps, ben, name="Bens")
    factories.accepted(solar, clara, name="Claras")
    factories.offer(heatpumps, name="Verborgen")
    assert names(table(page_of_anna)) == ["Annas"]
    of_meike = table(signed_in(meike), sort="name")
    assert list(zip(names(of_meike), column(of_meike, "Betreuer"), strict=True)) == [
        ("Annas", "Anna Beispiel"), ("Bens", "Ben Beispiel"),
    ]  # fmt: skip
    for number in ("1", "alle&x", ""):
        assert page_of_anna.get(EXPORT, {"format": number}).status_code == 404
    assert page_of_anna.get(EXPORT, {"format": "csv", "umfang": "x"}).status_code == 404
    assert page_of_anna.post(EXPORT, {"format": "csv"}).status_code == 405


def test_the_security_log_tells_who_exported_how_many_of_what(page_of_anna, anna, lead, log):
    asked = {"format": "csv", "q": "Aigner", "marktplatz": "waermepumpe-sued"}
    assert page_of_anna.head(EXPORT, asked).status_code == 200
    response = page_of_anna.get(EXPORT, asked)
    content(response)
    begun, ended = [line for line in log if line["event"].startswith("leads_export")]
    assert (begun["event"], ended["event"]) == ("leads_export_begun", "leads_exported")
    assert ended["filters"] == {"q": True, "marktplatz": "waermepumpe-sued"}
    assert (ended["user"], ended["rows"], ended["is_complete"]) == (anna.pk, 1, True)
    assert ended["request_id"] == begun["request_id"]
    assert "Aigner" not in json.dumps([begun, ended])


def test_the_file_speaks_the_language_of_who_asks_though_it_is_read_later(page_of_anna, lead):
    page_of_anna.cookies["django_language"] = "en"
    assert "Company" in table(page_of_anna, umfang="alle")[0]


def test_a_look_ahead_is_told_what_the_file_is_and_no_length(page_of_anna, lead):
    asked = {"format": "csv"}
    ahead = page_of_anna.head(EXPORT, asked)
    assert ahead.getvalue() == b""
    response = page_of_anna.get(EXPORT, asked)
    content(response)
    assert "Content-Length" not in ahead.headers
    for name in ("Content-Type", "Content-Disposition", "Cache-Control"):
        assert ahead[name] == response[name]


def test_the_file_has_a_german_name_with_the_day(page_of_anna, heatpumps, lead):
    asked = {"format": "xlsx", "marktplatz": "waermepumpe-sued"}
    response = page_of_anna.get(EXPORT, asked)
    content(response)
    today = f"{timezone.localdate():%Y-%m-%d}"
    name = f"Leads%20in%20Bearbeitung%20%E2%80%93%20W%C3%A4rmepumpe%20S%C3%BCd%20{today}.xlsx"
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"
    assert "no-store" in response["Cache-Control"]
    menu = read(page_of_anna.get(LIST, {"sort": "name"})).all("a", class_="menu__item")
    addresses = [link["href"] for link in menu if EXPORT in link["href"]]
    assert f"{EXPORT}?format=csv&umfang=alle&sort=name" in addresses
    for address in addresses:
        content(page_of_anna.get(address))


def test_one_export_at_a_time_and_none_is_forgotten(
    page_of_anna, signed_in, ben, meike, heatpumps, lead
):
    asked = {"format": "csv"}
    first, second = (client.get(EXPORT, asked) for client in (page_of_anna, signed_in(meike)))
    # Also before its first byte is read.
    assert page_of_anna.get(EXPORT, asked).status_code == 429
    assert page_of_anna.head(EXPORT, asked).status_code == 200
    next(iter(first.streaming_content))
    rest = iter(second.streaming_content)
    next(rest)
    busy = signed_in(ben).get(EXPORT, asked)
    assert busy.status_code == 429
    assert "Ein Export läuft gerade" in busy.content.decode()
    # One is cut off, one arrives: both make room.
    first._resource_closers[-1]()
    assert b"Familie Aigner" in b"".join(rest)
    assert names(table(page_of_anna)) == ["Familie Aigner"]
    assert table(signed_in(ben))


# How many ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["", "phase", "-volumen", "marktplatz"])
def test_five_thousand_rows_are_read_in_portions_along_the_index(
    page_of_anna, heatpumps, anna, sort
):
    long = "N" * 200
    in_progress(heatpumps, anna, 5200, name=lambda n: f"{n:04} {long}"[:200],
                value=lambda n: n % 7 or None)  # fmt: skip
    with CaptureQueriesContext(connection) as captured:
        rows = table(page_of_anna, sort=sort, umfang="alle")
    assert len(set(names(rows))) == 5200
    reading = [q["sql"] for q in captured if "leads_lead" in q["sql"]]
    assert len(reading) == -(-5200 // export.PORTION)
    assert not any("OFFSET" in sql for sql in reading)


def test_what_does_not_fit_on_a_sheet_is_said(page_of_anna, heatpumps, anna, monkeypatch):
    monkeypatch.setattr(export, "MOST_ROWS", 7)
    monkeypatch.setattr(export, "PORTION", 5)
    in_progress(heatpumps, anna, 9)
    rows = table(page_of_anna)
    assert len(rows) == 9
    assert rows[-1] == [
        "Es gibt mehr Leads, als auf ein Tabellenblatt passen. Bitte filtern Sie die Liste."
    ]

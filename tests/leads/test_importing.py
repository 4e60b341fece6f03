"""Importing leads from CSV files as German spreadsheets write them."""

import codecs
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import override

from leads import csv_rows, importing, tables
from leads.columns import EXTERNAL_ID
from leads.headings import choices_of_targets
from leads.importing import ImportRefusedError, import_leads
from leads.models import Erasure, Lead, LeadEvent
from tests import factories

FILES = Path(__file__).parent.parent / "files" / "import"
EXCEL = FILES / "excel_utf8_bom.csv"


def run(path, *options, slug="waermepumpe-sued"):
    call_command("import_leads", str(path), "--marketplace", slug, *options)


@pytest.fixture
def csv_file(tmp_path):
    """Return a function that writes a CSV file and gives its path."""

    def write(content, encoding="utf-8"):
        path = tmp_path / "leads.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def names():
    return sorted(Lead.objects.values_list("name", flat=True))


def lines(report):
    return [problem.line for problem in report.problems]


@pytest.mark.parametrize("name", ["excel_utf8_bom.csv", "excel_windows1252.csv"])
def test_a_file_from_excel_becomes_offered_leads(heatpumps, name):
    report = import_leads(FILES / name, marketplace=heatpumps)
    assert (report.created, report.existing, report.failed) == (3, 0, 0)
    lead = Lead.objects.get(external_id="WP-1001")
    assert (lead.status, lead.owner, lead.marketplace) == ("offered", None, heatpumps)
    assert (lead.name, lead.contact_person) == ("Familie Größl", "Sabine Größl")
    assert (lead.street, lead.postcode, lead.city) == ("Am Mühlbach 3", "83022", "Rosenheim")
    assert (lead.phone, lead.email) == ("+49 8031 1234501", "s.groessl@beispiel.de")
    assert lead.description == "Bitte abends anrufen.\nHund im Garten; klingeln!"
    assert (lead.value, lead.wish_date) == (Decimal("24800.50"), date(2027, 4, 1))
    assert lead.source == "Messe"
    assert [event.kind for event in lead.events.all()] == [LeadEvent.Kind.OFFERED]
    other = Lead.objects.get(external_id="WP-1003")
    assert (other.name, other.wish_date) == ("Weiß & Söhne", date(2026, 9, 15))
    assert Lead.objects.get(external_id="WP-1002").need == 'Abwärme der "Stikken" nutzen'


def test_commas_and_missing_ids_are_understood_and_still_repeatable(heatpumps):
    path = FILES / "utf8_comma_without_ids.csv"
    assert import_leads(path, marketplace=heatpumps).created == 2
    again = import_leads(path, marketplace=heatpumps)
    assert (again.created, again.existing, again.failed) == (0, 2, 0)
    assert names() == ["Familie Jäger", "Familie Öttl"]
    assert Lead.objects.get(city="Bad Tölz").value == 31400


def test_utf16_with_tabs_and_split_names_are_understood(heatpumps):
    assert import_leads(FILES / "tab_utf16.txt", marketplace=heatpumps).created == 1
    lead = Lead.objects.get()
    assert (lead.name, lead.street, lead.mobile) == (
        "Zoë Müller", "Seestraße 12 a", "0171 3920012",
    )  # fmt: skip


def test_every_bad_row_is_reported_with_its_line_and_the_others_are_imported(heatpumps):
    report = import_leads(FILES / "bad_rows.csv", marketplace=heatpumps)
    assert names() == ["Gut Erste", "Gut Zweite"]
    assert (report.created, report.existing, report.failed) == (2, 0, 6)
    # Line 4 begins behind a cell of two lines and holds one of three lines itself.
    assert lines(report) == [4, 7, 8, 9, 11, 12]
    assert [p.heading for p in report.problems] == [
        "E-Mail", "Umsatz", "Name", "", "", "Externe ID",
    ]  # fmt: skip
    assert all(problem.reason for problem in report.problems)
    assert report.unknown_headings == ["Anrede"]


@pytest.mark.parametrize("heading", ["Externe Nummer", "Externe ID", "externe id"])
def test_an_external_number_is_known_by_its_name_and_the_one_before(
    heatpumps, csv_file, heading
):
    import_leads(csv_file(f"{heading};Name\n42;Eins\n"), marketplace=heatpumps)
    assert Lead.objects.get().external_id == "42"


def test_an_external_number_has_one_name(heatpumps):
    with override("de"):
        name = str(EXTERNAL_ID.heading)
        assert dict(choices_of_targets(heatpumps))[EXTERNAL_ID.name] == name
        assert Lead._meta.get_field("external_id").verbose_name.lower() == name.lower()
        Lead.offer(marketplace=heatpumps, values={"name": "A"}, external_id="42")
        with pytest.raises(ValidationError, match="(?i)" + name):
            Lead(marketplace=heatpumps, name="B", external_id="42").validate_constraints()


def test_a_missing_quotation_mark_costs_only_its_own_row(heatpumps, csv_file):
    path = csv_file('Name;Ort\nEins;A\n"Zwei;B\nDrei;"C"\nVier;D\n"Fünf;E\nSechs;F\n')
    report = import_leads(path, marketplace=heatpumps)
    assert lines(report) == [3, 6]
    assert names() == ["Drei", "Eins", "Sechs", "Vier"]


def test_a_second_run_creates_nothing_and_touches_nothing(heatpumps, anna):
    import_leads(EXCEL, marketplace=heatpumps)
    lead = Lead.objects.get(external_id="WP-1001")
    lead.accept(by=anna)
    lead.set_field("phone", seen="+49 8031 1234501", value="+49 8031 999", by=anna)
    events = LeadEvent.objects.count()
    report = import_leads(EXCEL, marketplace=heatpumps)
    assert (report.created, report.existing, report.failed) == (0, 3, 0)
    assert Lead.objects.count() == 3
    assert LeadEvent.objects.count() == events
    assert Lead.objects.get(pk=lead.pk).phone == "+49 8031 999"


def test_the_same_external_id_in_another_marketplace_is_another_lead(heatpumps, solar):
    import_leads(EXCEL, marketplace=heatpumps)
    assert import_leads(EXCEL, marketplace=solar).created == 3


def test_a_row_that_was_repaired_is_imported_by_the_next_run(heatpumps, csv_file):
    text = "ID;Name;E-Mail\n1;Anna Eins;a@beispiel.de\n2;Ben Zwei;falsch\n"
    assert import_leads(csv_file(text), marketplace=heatpumps).failed == 1
    repaired = text.replace("falsch", "b@beispiel.de")
    report = import_leads(csv_file(repaired), marketplace=heatpumps)
    assert (report.created, report.existing, report.failed) == (1, 1, 0)


def test_own_fields_are_read_by_their_labels(heatpumps, csv_file):
    kinds = {
        "Gebäude": {"kind": "text"},
        "Leistung": {"kind": "number", "unit": "kW"},
        "Zuschuss": {"kind": "money"},
        "Heizung heute": {"kind": "choice", "choices": "Öl\nGas"},
        "Heizflächen": {"kind": "choices", "choices": "Radiatoren\nFußboden\nWand, Decke"},
        "Förderung": {"kind": "yes_no"},
        "Umsatz": {"kind": "text"},
        "Früher": {"kind": "text", "is_retired": True},
    }
    own = {k: factories.make_field(heatpumps, k, **v) for k, v in kinds.items()}
    path = csv_file(
        "Name;GEBÄUDE;leistung (kW);Zuschuss;Heizung heute;Heizflächen;Förderung;Umsatz;"
        "Früher;Wiedervorlage\n"
        "A;Haus;9,8 kW;1.000 €;öl;Fußboden, Radiatoren;x;viel;;27.11.2026, 14:30\n"
        "B;;;;;fußboden|Wand, Decke;Nein;;;27.11.2026\n"
        "C;;;;;Wand, Decke;1;;;\n"
        "D;;;;Kohle;;vielleicht;;;\n"
    )
    report = import_leads(path, marketplace=heatpumps)
    assert report.unknown_headings == ["Früher"]
    values = {
        lead.name: {label: lead.own_values.get(str(field.pk)) for label, field in own.items()}
        for lead in Lead.objects.all()
    }
    assert values["A"] == {
        "Gebäude": "Haus", "Leistung": "9.8", "Zuschuss": "1000", "Heizung heute": "Öl",
        "Heizflächen": ["Fußboden", "Radiatoren"], "Förderung": "yes", "Umsatz": "viel",
        "Früher": None,
    }  # fmt: skip
    assert Lead.objects.get(name="A").value is None
    assert values["B"]["Heizflächen"] == ["Fußboden", "Wand, Decke"]
    assert values["B"]["Förderung"] == "no"
    assert (values["C"]["Heizflächen"], values["C"]["Förderung"]) == (["Wand, Decke"], "yes")
    moments = [lead.follow_up_at.isoformat() for lead in Lead.objects.exclude(name="C")]
    assert sorted(moments) == ["2026-11-26T23:00:00+00:00", "2026-11-27T13:30:00+00:00"]
    assert [(p.line, p.heading) for p in report.problems] == [
        (5, "Heizung heute"), (5, "Förderung"),
    ]  # fmt: skip
    assert report.failed == 1


@pytest.mark.parametrize(
    "cell",
    [
        "20.11.2027",
        "20.11.2027 0:00",
        "20.11.2027, 00:00",
        "20.11.2027,00:00",
        "2027-11-20T00:00",
    ],
)
def test_a_midnight_behind_a_day_says_nothing(heatpumps, csv_file, cell):
    path = csv_file(f"Name;Wunschtermin;Wiedervorlage\nA;{cell};{cell}\n")
    assert import_leads(path, marketplace=heatpumps).problems == []
    lead = Lead.objects.get()
    assert lead.wish_date == date(2027, 11, 20)
    assert lead.follow_up_at.isoformat() == "2027-11-19T23:00:00+00:00"


def test_fields_that_are_called_nearly_the_same_have_a_column_each(heatpumps, csv_file):
    sizes, weight = (factories.make_field(heatpumps, label) for label in ("Maße", "Masse"))
    path = csv_file("Name;MASSE;Maße\nA;120 kg;3 x 4 m\n")
    assert import_leads(path, marketplace=heatpumps).problems == []
    values = Lead.objects.get().own_values
    assert values == {str(weight.pk): "120 kg", str(sizes.pk): "3 x 4 m"}


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("choice", "Maße", "Maße"),
        ("choice", "Masse", "Masse"),
        ("choice", "MASSE", None),
        ("choices", "Maße, öl", ["Maße", "Öl"]),
        ("choices", "wallbox, 11 kw, Öl", ["Wallbox, 11 kW", "Öl"]),
        ("choices", "Öl,Wallbox, 11 kW", ["Wallbox, 11 kW", "Öl"]),
        ("choices", "Wallbox, 11 kW, Wallbox", None),
    ],
)
def test_a_choice_is_never_taken_for_another(heatpumps, csv_file, kind, cell, expected):
    choices = "Maße\nMasse\nWallbox, 11 kW\nÖl"
    own = factories.make_field(heatpumps, "Art", kind=kind, choices=choices)
    report = import_leads(csv_file(f"Name;Art\nMeier;{cell}\n"), marketplace=heatpumps)
    assert report.failed == (expected is None)
    values = [lead.own_values[str(own.pk)] for lead in Lead.objects.all()]
    assert values == [expected] * (expected is not None)


@pytest.mark.parametrize(
    "amount",
    ["24.800 Euro", "24.800 EUR", "24800euro", "EUR24.800", "Euro 24.800,00", "€ 24.800"],
)
def test_amounts_are_read_with_their_currency(heatpumps, csv_file, amount):
    import_leads(csv_file(f"Name;Volumen\nMeier;{amount}\n"), marketplace=heatpumps)
    assert Lead.objects.get().value == 24800


@pytest.mark.parametrize("number", ["9,8 kW", "9,8KW", "9,8"])
def test_numbers_are_read_with_their_unit(heatpumps, csv_file, number):
    own = factories.make_field(heatpumps, "Leistung", "number", unit="kW")
    import_leads(csv_file(f"Name;Leistung\nMeier;{number}\n"), marketplace=heatpumps)
    assert Lead.objects.get().own_values[str(own.pk)] == "9.8"


@pytest.mark.parametrize("amount", ["12 Euro 50", "12 € 50", "12 Europa"])
def test_what_is_no_amount_with_a_currency_is_not_guessed(heatpumps, csv_file, amount):
    report = import_leads(csv_file(f"Name;Volumen\nMeier;{amount}\n"), marketplace=heatpumps)
    assert (report.created, report.failed) == (0, 1)


@pytest.mark.parametrize(
    ("headings", "row", "expected"),
    [
        ("Name;Vorname", "Meier;Eva", ("Eva Meier", "")),
        ("Kunde;Vorname;Nachname", "Meier GmbH;Eva;Meier", ("Meier GmbH", "Eva Meier")),
        ("Vorname;Nachname;Kontakt", "Eva;Meier;Herr Huber", ("Eva Meier", "Herr Huber")),
        ("Kunde;Nachname;Kontakt", "Meier GmbH;Meier;Eva", ("Meier GmbH", "Eva")),
        ("Nachname;Tel.", "Meier;08031 123", ("Meier", "")),
    ],
)  # fmt: skip
def test_names_are_joined_from_their_parts(heatpumps, csv_file, headings, row, expected):
    import_leads(csv_file(f"{headings}\n{row}\n"), marketplace=heatpumps)
    lead = Lead.objects.get()
    assert (lead.name, lead.contact_person) == expected


def test_a_hint_line_names_the_delimiter_and_counts_as_a_line(heatpumps, csv_file):
    path = csv_file("sep=;\r\n\r\nName;E-Mail\r\nEins, Zwei;falsch\r\n")
    report = import_leads(path, marketplace=heatpumps)
    assert [(p.line, p.heading) for p in report.problems] == [(4, "E-Mail")]


def test_control_characters_and_huge_cells_are_refused_row_by_row(heatpumps, csv_file):
    path = csv_file(
        f"Name;Beschreibung\nA{'x' * 2000};\nNull\x00zeichen;\nB;{'x' * 6000}\n"
        f"C;{'x' * 140_000}\nGut;kurz\n"
    )
    report = import_leads(path, marketplace=heatpumps)
    assert names() == ["Gut"]
    assert lines(report) == [2, 3, 4, 5]


def test_what_looks_like_a_moment_without_end_is_refused_at_once(heatpumps, csv_file):
    """Read in the square of its length, each of these would take a minute."""
    odd = ["T" * 130_000, "00:00" * 25_000, "00:00:00." + "0" * 130_000]
    rows = "".join(f"Familie {n};x{text}x\n" for n, text in enumerate(odd))
    report = import_leads(csv_file(f"Name;Wunschtermin\n{rows}"), marketplace=heatpumps)
    assert lines(report) == [2, 3, 4]


def test_equal_rows_of_one_file_become_one_lead(heatpumps, csv_file):
    report = import_leads(csv_file("Name;Ort\nA;X\nA;X\nA;Y\n"), marketplace=heatpumps)
    assert (report.created, report.existing) == (2, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf\r\n",
        b"Name;Ort\r\n",
        b"Firma;Ort\r\nMeier;Ulm\r\n",
        b"Name;Telefon;Tel.\r\nMeier;1234;5678\r\n",
        b"PK\x03\x04" + b"\x00" * 60,
        "Name;Ort\nGrün;Köln\n".encode("utf-16-le"),
        codecs.BOM_UTF8 + "Name\nGrün\n".encode("cp1252"),
        b"Name\nGr\x81n\n",
        b'"Name;Ort\nA;B\n',
    ],
    ids=[
        "empty", "only a mark", "only headings", "no name", "two for one field",
        "workbook", "utf-16 unmarked", "wrong mark", "no encoding", "broken headings",
    ],
)  # fmt: skip
def test_an_unusable_file_is_refused_and_changes_nothing(heatpumps, csv_file, content):
    with pytest.raises(ImportRefusedError) as refused:
        import_leads(csv_file(content), marketplace=heatpumps)
    assert str(refused.value)
    assert not Lead.objects.exists()


def test_a_file_of_two_encodings_is_refused_with_both_lines(heatpumps):
    path = FILES / "mixed_encodings.csv"
    with pytest.raises(ImportRefusedError, match=r"2.*3"):
        import_leads(path, marketplace=heatpumps)
    assert not Lead.objects.exists()
    assert import_leads(path, marketplace=heatpumps, encoding="cp1252").created == 2


@pytest.mark.parametrize("encoding", ["utf-8", "klingonisch", "base64"])
def test_a_wrong_encoding_is_refused_before_the_first_row(heatpumps, encoding):
    with pytest.raises(ImportRefusedError):
        import_leads(FILES / "excel_windows1252.csv", marketplace=heatpumps, encoding=encoding)
    assert not Lead.objects.exists()


def test_missing_files_and_folders_are_refused(heatpumps, tmp_path):
    for path in (tmp_path / "fehlt.csv", tmp_path):
        with pytest.raises(ImportRefusedError, match=path.name):
            import_leads(path, marketplace=heatpumps)


def test_limits_of_size_and_line_length_hold(heatpumps, csv_file, monkeypatch):
    monkeypatch.setattr(csv_rows, "MAX_LINE", 50)
    with pytest.raises(ImportRefusedError, match="2"):
        import_leads(csv_file("Name\n" + "x" * 51 + "\n"), marketplace=heatpumps)
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(ImportRefusedError):
        import_leads(csv_file("Name\nAnna Eins\n"), marketplace=heatpumps)
    assert not Lead.objects.exists()


def test_a_marketplace_without_active_phases_offers_nothing(heatpumps):
    heatpumps.phases.update(is_retired=True)
    with pytest.raises(ImportRefusedError, match="Wärmepumpe Süd"):
        import_leads(EXCEL, marketplace=heatpumps)


def test_required_own_fields_need_a_column_and_a_value(heatpumps, csv_file):
    factories.make_field(heatpumps, "Gebäude", is_required=True)
    with pytest.raises(ImportRefusedError, match="Gebäude"):
        import_leads(EXCEL, marketplace=heatpumps)
    report = import_leads(csv_file("Name;Gebäude\nA;\nB;Haus\n"), marketplace=heatpumps)
    assert (names(), lines(report)) == (["B"], [2])


def test_a_dry_run_reports_the_same_and_writes_nothing(heatpumps):
    path = FILES / "bad_rows.csv"
    dry = import_leads(path, marketplace=heatpumps, dry_run=True)
    assert not Lead.objects.exists()
    assert dry == import_leads(path, marketplace=heatpumps)
    again = import_leads(path, marketplace=heatpumps, dry_run=True)
    assert (again.created, again.existing, again.failed) == (0, 2, 6)


def test_batches_keep_what_was_imported_and_progress_is_told(heatpumps, csv_file, monkeypatch):
    monkeypatch.setattr(importing, "ROWS_PER_BATCH", 2)
    counts = []
    text = "Name\n" + "".join(f"Lead {number}\n" for number in range(5))
    import_leads(
        csv_file(text), marketplace=heatpumps, progress=lambda r: counts.append(r.created)
    )
    assert counts == [2, 4, 5]
    assert Lead.objects.count() == 5


def test_a_faster_import_of_the_same_row_counts_as_already_there(heatpumps, monkeypatch):
    # Both imports looked before either wrote: the database decides.
    import_leads(EXCEL, marketplace=heatpumps)
    looked = iter([set(), {"WP-1001"}, {"WP-1002"}, {"WP-1003"}])
    monkeypatch.setattr(importing, "external_ids", lambda marketplace, among: next(looked))
    report = import_leads(EXCEL, marketplace=heatpumps)
    assert (report.created, report.existing) == (0, 3)
    assert Lead.objects.count() == 3


def test_the_command_tells_sums_on_stdout(heatpumps, capsys):
    run(EXCEL)
    out, err = capsys.readouterr()
    assert Lead.objects.count() == 3
    assert "3" in out
    assert not err


def test_the_command_fails_when_a_row_failed_and_names_lines_and_headings(heatpumps, capsys):
    with pytest.raises(CommandError, match="6"):
        run(FILES / "bad_rows.csv")
    out, err = capsys.readouterr()
    assert len(err.splitlines()) == 7
    assert "Anrede" in err
    assert all(f" {line}" in err for line in (4, 7, 8, 9, 11, 12))
    assert Lead.objects.count() == 2


def test_the_command_tells_progress_every_thousand_rows(heatpumps, csv_file, capsys):
    text = "Name\n" + "".join(f"Lead {number}\n" for number in range(2100))
    run(csv_file(text), "--dry-run")
    assert [line for line in capsys.readouterr().out.splitlines() if "1.000" in line]
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([EXCEL], {"slug": "gibt-es-nicht"}),
        ([FILES / "fehlt.csv"], {}),
        ([EXCEL, "--encoding", "klingonisch"], {}),
        ([EXCEL, "--sheet", "Leads"], {}),
    ],
)
def test_the_command_refuses_with_a_sentence(heatpumps, arguments, options):
    with pytest.raises(CommandError):
        run(*arguments, **options)
    assert not Lead.objects.exists()


def test_what_the_command_prints_cannot_command_the_terminal(heatpumps, csv_file, capsys):
    factories.make_field(heatpumps, "Heizung", kind="choice", choices="Öl\nGas")
    with pytest.raises(CommandError):
        run(csv_file("Name;Heizung;Frei\x1b[2Jtext\nA;\x1b]0;Gas\x07;\n"))
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\x07" not in err


def test_the_history_says_that_a_lead_was_imported(heatpumps):
    import_leads(EXCEL, marketplace=heatpumps)
    assert set(LeadEvent.objects.values_list("source", flat=True)) == {"import"}


def test_who_was_erased_does_not_come_back(heatpumps, tmp_path):
    """By the hash of the marketplace's own number, or of the row where there is none."""
    path = tmp_path / "leads.csv"
    path.write_text("Lead-Nr;Name\nWPS-1;Aigner\nWPS-2;Huber\n;Brunner\n", encoding="utf-8")
    import_leads(path, marketplace=heatpumps)
    for lead in Lead.objects.exclude(name="Huber"):
        lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    report = import_leads(path, marketplace=heatpumps)
    assert (report.created, report.existing) == (0, 3)
    assert list(Lead.objects.personal().values_list("name", flat=True)) == ["Huber"]


def test_who_was_erased_stays_out_of_a_database_that_never_knew_them(
    heatpumps, solar, tmp_path, settings
):
    path = tmp_path / "leads.csv"
    path.write_text("Lead-Nr;Name\nWPS-1;Aigner\n", encoding="utf-8")
    line = {"lead": 9_999, "created_at": "2026-11-20T10:00:00+00:00"}
    line["external_id_sha256"] = Erasure.hash_of("WPS-1")
    line["marketplace"] = heatpumps.pk
    settings.ERASURE_LIST.write_text(json.dumps(line) + "\n")
    assert import_leads(path, marketplace=heatpumps).created == 0
    assert import_leads(path, marketplace=solar).created == 1


def test_the_command_tells_possible_duplicates_and_leaves_them_out(
    heatpumps, ben, csv_file, capsys
):
    lead = Lead.enter(
        marketplace=heatpumps, by=ben, values={"name": "Da", "email": "da@beispiel.de"}
    )
    path = csv_file(
        "Name;E-Mail;Telefon\nEins;DA@beispiel.de;\nZwei;;089 123456\nDrei;;089/123456\n"
    )
    call_command(
        "import_leads", str(path), marketplace=heatpumps.slug, leave_out_duplicates=True
    )
    told = capsys.readouterr()
    assert "Mögliche Dubletten: 2 · ausgelassen: 2" in told.out
    assert f"Zeile 2: gleiche E-Mail-Adresse wie bei Lead {lead.pk}" in told.err
    assert "Zeile 4: gleiche Telefonnummer wie in Zeile 3" in told.err
    assert set(Lead.objects.values_list("name", flat=True)) == {"Da", "Zwei"}
    run(path)
    assert Lead.objects.count() == 4


def test_a_row_that_repeats_one_left_out_is_left_out_for_the_same_reason(
    heatpumps, ben, csv_file
):
    lead = Lead.enter(
        marketplace=heatpumps, by=ben, values={"name": "Da", "phone": "089 1234"}
    )
    path = csv_file("Name;Telefon\nEins;089 1234\nEins;089 1234\n")
    report = import_leads(path, marketplace=heatpumps, leave_out=True)
    assert (report.created, report.existing, report.duplicate) == (0, 0, 2)
    told = f"gleiche Telefonnummer wie bei Lead {lead.pk}"
    assert [problem.reason for problem in report.problems] == [told, told]

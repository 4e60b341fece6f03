"""Leads out of a file: every page from the upload to the way back."""

import re

from playwright.sync_api import expect

from leads import import_runs, tasks
from leads.models import Lead

ROWS = (
    "Lead-Nr;Firmenname / Name;Telefon;E-Mail\n"
    "A-1;Familie Größl;+49 8031 12345;g@beispiel.de\n"
    "A-2;Huber;08031 999;falsch\n" + "".join(f"B-{n};Lead {n};;\n" for n in range(6))
)


def file_named(name, text):
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode("utf-8-sig")}


def test_a_file_becomes_leads_and_the_leads_go_again(
    page, sign_in_as, anna, meike, heatpumps, settings, monkeypatch
):
    # The work is done in pieces, each asked for by the page. Only a server in this
    # process knows of it, as the fixture `settings` says.
    monkeypatch.setattr(import_runs, "ROWS_PER_BATCH", 2)
    monkeypatch.setattr(tasks, "PIECE_OF_REQUEST", -1)
    sign_in_as(page.context, meike)
    page.goto("/leads/importe/")
    expect(page.get_by_role("heading", name="Noch kein Import")).to_be_visible()
    page.get_by_role("link", name="Datei importieren").first.click()
    # A mistake stands at its field, and what was chosen stays.
    page.get_by_role("button", name="Hochladen").click()
    expect(page.locator(".field-error")).to_be_visible()
    page.get_by_label(re.compile("^Datei")).set_input_files(file_named("leads.csv", ROWS))
    page.get_by_role("button", name="Hochladen").click()
    expect(page.get_by_role("heading", name="Was bedeuten die Spalten?")).to_be_visible()
    expect(page.get_by_text("Familie Größl")).to_be_visible()
    # Without a name there is nothing to import.
    name = page.get_by_label("Firmenname / Name")
    name.select_option("")
    page.get_by_role("button", name="Zeilen prüfen").click()
    expect(page.get_by_role("alert")).to_contain_text("Name")
    name.select_option("Name")
    page.get_by_role("button", name="Zeilen prüfen").click()
    expect(page.get_by_role("heading", name="Das würde geschehen")).to_be_visible()
    # The mistake stands at its cell.
    bad = (
        page.get_by_role("region", name="Zeilen mit Fehlern")
        .locator("td")
        .filter(has_text="falsch")
    )
    expect(bad).to_contain_text("gültige E-Mail-Adresse")
    assert not Lead.objects.exists()
    # On a phone the tables scroll, the page does not.
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="7 Leads importieren").click()
    expect(page.get_by_role("heading", name="Übernommen", exact=True)).to_be_visible()
    assert Lead.objects.count() == 7
    expect(page.get_by_role("link", name="Neue Leads 7")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    assert "A-2" in text
    assert "A-1" not in text
    # Somebody works on one of them: it stays.
    Lead.objects.get(name="Lead 0").accept(by=anna)
    page.get_by_role("link", name="Import zurücknehmen").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("6 von 7")
    dialog.get_by_role("button", name="Abbrechen").click()
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Import zurücknehmen").click()
    dialog.get_by_role("button", name="Zurücknehmen").click()
    expect(page.get_by_role("heading", name="Zurückgenommen", exact=True)).to_be_visible()
    assert [lead.name for lead in Lead.objects.personal()] == ["Lead 0"]

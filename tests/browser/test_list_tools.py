"""What a rep does with a whole list, in a real browser: views, selected rows, export."""

import io
import re
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from leads.models import Lead, SavedView
from tests import factories


@pytest.fixture
def list_page(annas_page, heatpumps, anna):
    for name in ("Aigner", "Bichler", "Cramer", "Daxer"):
        factories.accepted(heatpumps, anna, name=name)
    annas_page.goto("/leads/?sort=name")
    return annas_page


def box(page, name):
    return page.get_by_role("checkbox", name=f"Auswählen: {name}")


def test_selected_rows_get_a_follow_up_by_keys_and_mouse_and_all_lose_it_again(list_page):
    bar = list_page.get_by_role("form", name="Ausgewählte Leads")
    expect(bar).to_be_hidden()
    rows = list_page.locator("tbody tr")
    rows.first.focus()
    list_page.keyboard.press("Space")
    expect(box(list_page, "Aigner")).to_be_checked()
    expect(bar).to_contain_text("1 ausgewählt")
    # A double-click on the box opens nothing, Shift takes along what lies between.
    box(list_page, "Cramer").dblclick()
    box(list_page, "Aigner").uncheck()
    box(list_page, "Aigner").check()
    box(list_page, "Cramer").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 ausgewählt")
    expect(list_page).to_have_url(re.compile(r"/leads/\?sort=name$"))
    bar.get_by_role("button", name="Ganze Seite").click()
    expect(bar).to_contain_text("4 ausgewählt")
    bar.get_by_role("button", name="Auswahl aufheben").click()
    expect(bar).to_be_hidden()
    for name in ("Bichler", "Daxer"):
        box(list_page, name).check()
    bar.get_by_role("button", name="Wiedervorlage setzen").click()
    dialog = list_page.get_by_role("dialog")
    expect(dialog).to_contain_text("Wiedervorlage für 2 Leads")
    dialog.get_by_label("Notiz (optional)").fill("Nachfassen")
    dialog.get_by_role("button", name=re.compile("nächste Woche|guten Woche")).click()
    toast = list_page.locator(".toast")
    expect(toast).to_contain_text("Wiedervorlage von 2 Leads")
    assert Lead.objects.filter(follow_up_note="Nachfassen").count() == 2
    toast.get_by_role("button", name="Rückgängig").click()
    expect(toast).to_contain_text("Rückgängig gemacht")
    assert not Lead.objects.exclude(follow_up_at=None).exists()


def test_a_view_is_saved_and_opened_and_the_list_is_taken_out(list_page, anna):
    list_page.get_by_role("link", name="Ansicht speichern").click()
    dialog = list_page.get_by_role("dialog")
    dialog.get_by_label("Name der Ansicht").fill("Nach Namen")
    dialog.get_by_label("Startansicht").check()
    dialog.get_by_role("button", name="Speichern").click()
    views = list_page.get_by_role("navigation", name="Gespeicherte Ansichten")
    expect(views.get_by_role("link", name="Nach Namen")).to_have_attribute(
        "aria-current", "true"
    )
    list_page.goto("/leads/")
    expect(list_page).to_have_url(re.compile(r"\?sort=name$"))
    list_page.locator("summary", has_text="Exportieren").click()
    with list_page.expect_download() as download:
        list_page.get_by_role("link", name="Excel, Spalten der Liste").click()
    assert download.value.suggested_filename.startswith("Leads in Bearbeitung 20")
    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    names = [row[0].value for row in sheet.iter_rows(min_row=2)]
    assert names == ["Aigner", "Bichler", "Cramer", "Daxer"]
    list_page.get_by_role("link", name="Ansichten verwalten").click()
    list_page.get_by_role("button", name="„Nach Namen“ löschen").click()
    expect(list_page.get_by_text("Keine gespeicherten Ansichten")).to_be_visible()
    assert not SavedView.objects.visible_to(anna).exists()


def test_a_field_is_edited_in_its_cell(list_page, anna):
    lead = Lead.objects.get(name="Bichler")
    row = list_page.locator("tbody tr", has_text="Bichler")
    cell = row.get_by_role("gridcell").last
    list_page.evaluate("window.isSame = true")
    cell.hover()
    row.get_by_role("button", name="Bearbeiten").click()
    value = row.get_by_label("Volumen")
    expect(value).to_be_focused()
    # Double-clicks and arrows belong to the editor, Esc leaves everything as it was.
    value.dblclick()
    value.press("ArrowDown")
    value.press("Escape")
    expect(value).to_have_count(0)
    expect(row).to_be_focused()
    row.press("F2")
    value.fill("viel")
    value.press("Enter")
    expect(row.get_by_role("alert")).to_be_visible()
    expect(value).to_have_value("viel")
    lead.set_field("value", seen="", value=Decimal(5), by=anna)
    value.fill("24800")
    row.get_by_role("button", name="Änderung bestätigen").click()
    expect(row).to_contain_text("Jetzt gilt")
    row.get_by_role("button", name="Änderung bestätigen").click()
    expect(row.get_by_role("gridcell").last).to_have_text("24.800 €")
    expect(list_page.locator(".toast")).to_contain_text("Volumen geändert")
    # Only its row is new: it has the focus, and what was ticked is.
    expect(row).to_be_focused()
    row.press("Space")
    row.press("F2")
    value.fill("100")
    value.press("Enter")
    expect(row.get_by_role("gridcell").last).to_have_text("100 €")
    expect(row.get_by_role("checkbox")).to_be_checked()
    assert list_page.evaluate("window.isSame")
    list_page.get_by_role("button", name="Rückgängig").last.click()
    expect(row.get_by_role("gridcell").last).to_have_text("24.800 €")
    expect(list_page).to_have_url(re.compile(r"/leads/\?sort=name$"))

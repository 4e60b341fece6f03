"""What a rep does with a whole list, in a real browser: views, selected rows, export."""

import io
import re
from decimal import Decimal

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from leads.models import Lead, SavedView
from leads.moments import start_of_day
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
    # They are still ticked, and counted, after a look at one.
    list_page.get_by_role("link", name="Aigner", exact=True).click()
    expect(list_page.get_by_role("heading", level=1, name="Aigner")).to_be_visible()
    list_page.go_back()
    expect(bar).to_contain_text("2 ausgewählt")
    bar.get_by_role("button", name="Wiedervorlage setzen").click()
    dialog = list_page.get_by_role("dialog")
    expect(dialog).to_contain_text("Wiedervorlage für 2 Leads")
    dialog.get_by_label("Notiz (optional)").fill("Doch nicht")
    dialog.get_by_role("link", name="Abbrechen").click()
    expect(bar).to_contain_text("2 ausgewählt")
    bar.get_by_role("button", name="Wiedervorlage setzen").click()
    expect(dialog.get_by_label("Notiz (optional)")).to_have_value("")
    dialog.get_by_label("Notiz (optional)").fill("Nachfassen")
    dialog.get_by_role("button", name=re.compile("nächste Woche|in gut")).click()
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


def test_a_view_that_is_moved_to_an_end_keeps_the_focus(list_page, anna):
    for position, name in enumerate("ABC", 1):
        anna.saved_views.create(
            name=name, query=f"q={name}", list_name="in_progress", position=position
        )
    list_page.goto("/leads/ansichten/")
    up, down = (
        list_page.get_by_role("button", name=f"„B“ nach {way}") for way in ("oben", "unten")
    )
    up.press("Enter")
    expect(up).to_have_count(0)
    expect(down).to_be_focused()
    list_page.keyboard.press("Enter")
    expect(up).to_be_visible()
    expect(down).to_be_focused()
    list_page.keyboard.press("Enter")
    expect(down).to_have_count(0)
    expect(up).to_be_focused()


def test_a_field_is_edited_in_its_cell(list_page, anna):
    lead = Lead.objects.get(name="Bichler")
    row = list_page.locator("tbody tr", has_text="Bichler")
    cell = row.get_by_role("gridcell").last
    list_page.evaluate("window.isSame = true")
    cell.hover()
    row.get_by_role("button", name="Bearbeiten").click()
    expect(list_page.get_by_role("button", name="Felder bearbeiten")).to_have_count(0)
    value = row.get_by_label("Volumen")
    expect(value).to_be_focused()
    # Double-clicks and arrows belong to the editor, Esc leaves everything as it was.
    value.dblclick()
    value.press("ArrowDown")
    value.press("Escape")
    expect(value).to_have_count(0)
    expect(row).to_be_focused()
    # The column that was edited last.
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


def rows(page):
    return page.locator("tbody tr", has=page.get_by_role("link"))


def pencil(page):
    return page.get_by_role("button", name="Bearbeiten", exact=True)


def confirm(row):
    row.get_by_role("button", name="Änderung bestätigen").click()


def test_the_name_is_edited_in_the_cell_that_opens_the_lead(annas_page, heatpumps, anna):
    page = annas_page
    lead = factories.accepted(heatpumps, anna, name="Bichler")
    page.goto("/leads/")
    row = rows(page)
    # A row that only says something has nothing to edit.
    page.get_by_text("Heute ist nichts fällig.").hover()
    row.get_by_role("gridcell").first.hover()
    expect(pencil(page)).to_have_count(1)
    page.get_by_text("Heute ist nichts fällig.").hover()
    expect(row.locator(pencil(page))).to_be_visible()
    row.get_by_role("gridcell").first.hover()
    # The pencil lies beside the name and is no part of what a double-click opens.
    pencil(page).dblclick()
    name = row.get_by_label("Name")
    expect(name).to_be_focused()
    name.dblclick()
    name.fill("")
    name.press("Enter")
    expect(row.get_by_role("alert")).to_be_visible()
    lead.set_field("name", seen="Bichler", value="Bichler GmbH", by=anna)
    name.fill("Holzbau Bichler")
    confirm(row)
    expect(row).to_contain_text("Jetzt gilt")
    expect(name).to_have_value("Holzbau Bichler")
    name.press("Enter")
    expect(row.get_by_role("link", name="Holzbau Bichler")).to_be_visible()
    expect(row).to_be_focused()
    expect(page).to_have_url(re.compile(r"/leads/$"))
    # It opens as before: by the row, and by its link.
    row.press("Enter")
    expect(page.get_by_role("heading", name="Holzbau Bichler")).to_be_visible()
    page.go_back()
    row.get_by_role("gridcell").first.dblclick(position={"x": 150, "y": 8})
    expect(page.get_by_role("heading", name="Holzbau Bichler")).to_be_visible()
    page.go_back()
    row.get_by_role("link", name="Holzbau Bichler").click()
    expect(page.get_by_role("heading", name="Holzbau Bichler")).to_be_visible()


def test_a_list_of_one_column_is_edited_below_a_row_that_only_says_something(
    annas_page, heatpumps, anna
):
    factories.accepted(heatpumps, anna, name="Bichler")
    annas_page.goto("/leads/?spalten=name")
    nothing = annas_page.get_by_text("Heute ist nichts fällig.")
    row = annas_page.locator("tbody tr", has_text="Bichler")
    nothing.hover()
    expect(pencil(annas_page)).to_have_count(0)
    row.get_by_role("gridcell").hover()
    pencil(annas_page).click()
    name = row.get_by_label("Name")
    expect(name).to_be_focused()
    name.press("Escape")
    expect(row).to_be_focused()
    row.press("F2")
    expect(name).to_be_focused()


def test_the_name_is_cancelled_and_comes_back_as_it_was(list_page):
    row = list_page.locator("tbody tr", has_text="Bichler")
    box(list_page, "Bichler").check()
    for leave in ("Escape", "button"):
        row.focus()
        row.press("F2")
        expect(row.get_by_label("Name")).to_have_value("Bichler")
        row.get_by_label("Name").fill("Anders")
        if leave == "button":
            row.get_by_role("button", name="Abbrechen").click()
        else:
            row.get_by_label("Name").press("Escape")
        expect(row.get_by_label("Name")).to_have_count(0)
        expect(row).to_be_focused()
        expect(row.get_by_role("link", name="Bichler")).to_be_visible()
        expect(box(list_page, "Bichler")).to_be_checked()
    row.press("Enter")
    expect(list_page.get_by_role("heading", name="Bichler")).to_be_visible()


@pytest.mark.parametrize("leave", ["Verwerfen", "Abbrechen", "Escape"])
def test_a_conflict_that_is_discarded_leaves_what_somebody_else_wrote(list_page, anna, leave):
    row = list_page.locator("tbody tr", has_text="Bichler")
    box(list_page, "Bichler").check()
    row.get_by_role("gridcell").last.hover()
    pencil(list_page).click()
    value = row.get_by_label("Volumen")
    value.fill("24800")
    lead = Lead.objects.get(name="Bichler")
    lead.set_field("value", seen="", value=Decimal(5), by=anna)
    value.press("Enter")
    expect(row).to_contain_text("Jetzt gilt")
    if leave == "Escape":
        value.press("Escape")
    else:
        row.get_by_role("button", name=leave).click()
    expect(value).to_have_count(0)
    expect(row.get_by_role("gridcell").last).to_have_text("5 €")
    expect(row).to_be_focused()
    expect(box(list_page, "Bichler")).to_be_checked()
    # Nothing is kept of what was typed, and the cell opens with what holds.
    row.press("F2")
    expect(value).to_have_value("5")
    expect(list_page.get_by_text("Entwurf wiederhergestellt")).to_have_count(0)
    assert Lead.objects.get(name="Bichler").value == Decimal(5)


def test_the_keyboard_reaches_each_cell_and_loses_nothing_that_is_typed(list_page):
    first, second = (rows(list_page).nth(place) for place in (0, 1))
    first.focus()
    for label in ("Name", "Wiedervorlage", "Volumen", "Name"):
        list_page.keyboard.press("F2")
        expect(first.get_by_role("textbox", name=label, exact=True)).to_be_focused()
        expect(list_page.locator("td form")).to_have_count(1)
    list_page.keyboard.press("F2")
    expect(first.get_by_role("textbox", name="Wiedervorlage")).to_be_focused()
    list_page.keyboard.press("F2")
    volume = first.get_by_label("Volumen")
    volume.fill("100")
    # It is confirmed or cancelled first.
    list_page.keyboard.press("F2")
    expect(first.get_by_role("button", name="Änderung bestätigen")).to_be_focused()
    expect(volume).to_have_value("100")
    list_page.keyboard.press("Enter")
    expect(first.get_by_role("gridcell").last).to_have_text("100 €")
    # Down the column that was edited last.
    list_page.keyboard.press("ArrowDown")
    list_page.keyboard.press("F2")
    expect(second.get_by_label("Volumen")).to_be_focused()


def test_the_follow_up_is_edited_in_its_cell_and_its_dialog_is_there_too(
    annas_page, heatpumps, anna
):
    page = annas_page
    lead = factories.accepted(heatpumps, anna, name="Bichler")
    lead.set_follow_up(at=start_of_day(), note="Nachfassen", by=anna)
    page.goto("/leads/")
    page.evaluate("window.isSame = true")
    row = rows(page)
    row.get_by_role("gridcell").nth(3).hover()
    pencil(page).click()
    day = row.get_by_role("textbox", name="Wiedervorlage")
    expect(day).to_be_focused()
    day.fill("2027-03-01")
    row.get_by_label("Uhrzeit").fill("14:30")
    confirm(row)
    expect(row.get_by_text("01.03.2027")).to_be_visible()
    expect(row.get_by_text("Nachfassen")).to_be_visible()
    expect(page.locator("#count-today")).to_have_text("0")
    expect(page.get_by_text("1 fällig")).to_have_count(0)
    expect(row).to_be_focused()
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.locator("#count-today")).to_have_text("1")
    row.get_by_role("link", name=re.compile("heute")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Notiz")).to_have_value("Nachfassen")
    dialog.get_by_role("button", name="Abbrechen").click()
    # Closed in another window: the editor stays, and says why it cannot be.
    row.focus()
    row.press("F2")
    expect(day).to_be_focused()
    while lead.phase != lead.process[-1]:
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    lead.win(seen=lead.phase, by=anna)
    day.fill("2027-03-02")
    day.press("Enter")
    expect(dialog).to_contain_text("abgeschlossen")
    page.keyboard.press("Escape")
    expect(day).to_have_value("2027-03-02")
    assert page.evaluate("window.isSame")

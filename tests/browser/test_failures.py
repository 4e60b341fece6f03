"""When the server cannot be reached: where that is said, and that trying again does it."""

import pytest
from playwright.sync_api import expect

from marketplaces.models import ChecklistItem
from tests import factories

AWAY = "Der Server ist gerade nicht erreichbar."


@pytest.fixture
def fails(annas_page, complaints):
    """Return a function that lets the next request to an address fail."""
    yield lambda address: annas_page.route(address, lambda route: route.abort(), times=1)
    meant = ("ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
    complaints[:] = [text for text in complaints if not any(one in text for one in meant)]


def try_again(page):
    expect(page.get_by_text(AWAY)).to_be_visible()
    page.get_by_role("button", name="Noch einmal versuchen").click()
    expect(page.get_by_text(AWAY)).to_have_count(0)


def test_a_tick_that_was_not_saved_is_none_and_is_set_again_in_its_dialog(
    annas_page, lead, heatpumps, fails
):
    ChecklistItem.objects.create(
        marketplace=heatpumps, phase=lead.phase, position=1, text="Angebot versendet"
    )
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.locator("[aria-current=step]").click()
    box = page.get_by_role("dialog").get_by_role("checkbox", name="Angebot versendet")
    fails("**/phase/checkliste/")
    # Not check(): the browser takes the tick back.
    box.click()
    expect(page.get_by_role("dialog").get_by_text(AWAY)).to_be_visible()
    expect(box).not_to_be_checked()
    try_again(page)
    expect(page.get_by_role("dialog").get_by_text("Anna Beispiel")).to_be_visible()
    expect(box).to_be_checked()
    assert lead.ticks.get().item.text == "Angebot versendet"


def test_a_dialog_whose_script_does_not_come_stands_in_the_page(annas_page, lead, complaints):
    page = annas_page
    page.route("**/modal-dialog*.js", lambda route: route.abort())
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Wiedervorlage", exact=True).click()
    dialog = page.get_by_role("dialog", name="Wiedervorlage")
    expect(dialog).to_be_in_viewport()
    dialog.get_by_role("button", name="morgen").click()
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    complaints.clear()


def test_the_button_that_was_pressed_is_pressed_again(annas_page, lead, fails):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Anruf festhalten").click()
    fails("**/anruf/")
    page.get_by_role("button", name="Nicht erreicht").click()
    try_again(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert lead.journal.filter(outcome="not_reached").count() == 1


def test_who_has_read_what_failed_is_still_in_the_dialog_with_what_is_typed(
    annas_page, lead, fails
):
    page = annas_page
    page.goto("/leads/?q=Aigner")
    page.get_by_role("link", name="Ansicht speichern").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name")
    name.fill("Meine Aigners")
    fails("**/ansichten/**")
    name.press("Enter")
    expect(dialog.get_by_text(AWAY)).to_be_visible()
    dialog.get_by_role("alert").get_by_role("button", name="Schließen").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(AWAY)).to_have_count(0)
    expect(name).to_have_value("Meine Aigners")
    expect(name).to_be_focused()


def test_the_keyboard_goes_on_where_it_was_after_what_failed_is_read(annas_page, lead, fails):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    text = page.get_by_role("textbox", name="Journaleintrag")
    text.fill("Ruft zurück")
    for button in ("Schließen", "Noch einmal versuchen"):
        fails("**/journal/")
        text.press("Control+Enter")
        page.get_by_role("button", name=button).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text(AWAY)).to_have_count(0)
        expect(text).to_be_focused()
    expect(page.get_by_role("listitem").filter(has_text="Ruft zurück")).to_be_visible()


def test_an_undo_whose_toast_has_gone_is_done_all_the_same(annas_page, lead, anna, fails):
    lead.write_entry(text="Ruft am Montag an.", by=anna)
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Eintrag löschen").click()
    fails("**/ruecknahme/")
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_text(AWAY)).to_be_visible()
    page.locator(".toast", has_text="Eintrag gelöscht").evaluate("(toast) => toast.remove()")
    try_again(page)
    expect(page.get_by_text("Ruft am Montag an.")).to_be_visible()


def test_an_editor_in_a_cell_and_the_fields_of_a_marketplace_come_after_all(
    annas_page, lead, solar, anna, fails
):
    page = annas_page
    page.goto("/leads/")
    row = page.get_by_role("row", name="Aigner")
    row.get_by_role("gridcell").first.hover()
    fails("**/felder/name/")
    row.get_by_role("button", name="Bearbeiten", exact=True).click()
    try_again(page)
    expect(row.get_by_label("Name", exact=True)).to_be_focused()

    solar.memberships.create(user=anna, role="rep")
    factories.make_field(solar, "Dachform")
    page.goto("/leads/anlegen/")
    page.get_by_label("Bedarf").fill("Photovoltaik")
    fails("**/leads/anlegen/*")
    page.get_by_label("Marktplatz").select_option("photovoltaik-bayern")
    try_again(page)
    expect(page.get_by_label("Dachform")).to_be_visible()
    expect(page.get_by_label("Bedarf")).to_have_value("Photovoltaik")

"""A double-click on what needs one click, as people make it who open everything so."""

import re

import pytest
from playwright.sync_api import expect

from leads.models import Lead
from tests import factories
from tests.marketplaces.phone import Phone


def press_twice(page, control, answered):
    """Double-click slowly enough that what the first click asks for is there before."""
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for count, wait in ((1, answered), (2, lambda: None)):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        wait()


@pytest.mark.parametrize("name", ["Wiedervorlage", "Vor-Ort-Termin"])
def test_a_dialog_is_not_closed_by_the_second_click(annas_page, lead, name):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    dialog = page.get_by_role("dialog")
    shown = expect(dialog.locator(":focus"))
    press_twice(page, page.get_by_role("button", name=name, exact=True), shown.to_be_visible)
    # What asks the server comes behind the click, and finds the dialog still open.
    page.mouse.move(0, 0)
    expect(dialog).to_be_visible()
    shown.to_be_visible()
    # A single click beside it closes it as ever.
    page.mouse.click(5, 5)
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("name", ["Name bearbeiten", "Alle bearbeiten"])
def test_an_editor_is_neither_confirmed_nor_left(annas_page, lead, name):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    field = page.get_by_role("textbox", name=re.compile("^Name"))
    opened = expect(field).to_be_focused
    press_twice(page, page.get_by_role("button", name=name, exact=True), opened)
    opened()
    # Where a word is chosen by a double-click, that is one.
    field.dblclick()
    page.keyboard.type("X")
    page.get_by_role("button", name="Änderung bestätigen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Familie X")


def test_the_cell_keeps_the_focus_that_its_pencil_brought(annas_page, lead):
    page = annas_page
    page.goto("/leads/")
    page.get_by_text("Heute ist nichts fällig.").hover()
    page.get_by_role("row", name="Familie Aigner").get_by_role("gridcell").first.hover()
    name = page.get_by_role("row").get_by_label("Name")
    opened = expect(name).to_be_focused
    press_twice(page, page.get_by_role("button", name="Bearbeiten", exact=True), opened)
    opened()


def test_the_second_click_on_the_page_that_the_first_has_opened_means_nothing(
    annas_page, lead
):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Wiedervorlage", exact=True).hover()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.get_by_role("button", name="Name bearbeiten").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_who_turns_pages_fast_turns_each(annas_page, heatpumps, anna):
    page = annas_page
    for name in ("Anton Auer", "Berta Bauer", "Cäcilie Cramer"):
        factories.accepted(heatpumps, anna, name=name)
    page.goto("/leads/?sort=name")
    page.get_by_role("link", name="Anton Auer").click()
    heading = page.get_by_role("heading", level=1)
    second = expect(heading).to_have_text
    following = page.get_by_role("link", name="Nächster")
    press_twice(page, following, lambda: second("Berta Bauer"))
    expect(heading).to_have_text("Cäcilie Cramer")


def test_a_fast_tap_on_something_else_is_one_of_its_own(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    for count, label in enumerate(("Name", "Telefon"), start=1):
        page.get_by_role("button", name=f"{label} bearbeiten").hover()
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        expect(page.get_by_role("textbox", name=label)).to_be_focused()


@pytest.fixture
def still_page(annas_page, lead):
    """Anna's lead on a page for which no time passes until the test says so."""
    annas_page.add_init_script(
        """performance.now = () => 0;
        window.later = 0;
        Object.defineProperty(Event.prototype, "timeStamp", { get: () => later });"""
    )
    annas_page.goto(f"/leads/{lead.pk}/")
    annas_page.wait_for_load_state()
    return annas_page


def wait_a_second(page):
    page.evaluate("later = 1000")


@pytest.mark.parametrize("name", ["Wiedervorlage", "Anruf festhalten"])
def test_a_second_or_a_held_enter_presses_nothing_in_the_dialog(still_page, lead, name):
    page = still_page
    opener = page.get_by_role("button", name=name, exact=True)
    dialog = page.get_by_role("dialog")
    focused = dialog.get_by_role("button").and_(page.locator(":focus"))
    opener.press("Enter")
    expect(focused).to_be_visible()
    page.keyboard.press("Enter")
    wait_a_second(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # A key that is held presses again and again.
    opener.focus()
    page.keyboard.down("Enter")
    expect(focused).to_be_visible()
    page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    expect(focused).to_be_visible()
    assert Lead.objects.get().events.count() == lead.events.count()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()


def test_a_slow_second_tap_does_not_move_the_lead(still_page, lead):
    page = still_page
    page.set_viewport_size({"width": 360, "height": 740})
    opener = page.get_by_role("link", name="Nächste Phase")
    box = opener.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    # Under the finger is now what moves it.
    mover = page.get_by_role("button", name="Nächste Phase")
    mover.click(trial=True)
    page.mouse.move(x, y)
    expect(mover.and_(page.locator(":hover"))).to_be_visible()
    page.mouse.click(x, y)
    page.mouse.move(0, 0)
    expect(mover).to_be_enabled()
    assert Lead.objects.get().phase == lead.phase
    wait_a_second(page)
    page.mouse.click(x, y)
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()


def test_a_view_is_deleted_once(annas_page, heatpumps, anna):
    page = annas_page
    anna.saved_views.create(name="Meine", query="q=a", list_name="in_progress", position=1)
    page.goto("/leads/ansichten/")
    page.get_by_role("button", name=re.compile("löschen")).dblclick()
    expect(page.get_by_text("Meine")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Gespeicherte Ansichten")


def test_a_phone_is_set_up_by_the_first_click_and_its_codes_are_shown(
    page, sign_in_as, olaf, heatpumps, settings, clock
):
    settings.SECOND_FACTOR = "admin"
    sign_in_as(page.context, olaf)
    page.goto("/anmelden/code/einrichten/")
    phone = Phone(page.locator("#key").input_value(), clock)
    page.get_by_role("textbox", name="Code").fill(phone.code())
    page.get_by_role("button", name="Bestätigen").dblclick()
    expect(page.get_by_role("heading", level=1, name="Ihre Notfallcodes")).to_be_visible()

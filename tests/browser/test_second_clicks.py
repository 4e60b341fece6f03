"""A double-click on what needs one click, as people make it who open everything so."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories


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

"""Keys and quick ways: the leads around one, the palette, the keys' own list."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories


@pytest.fixture
def three(heatpumps, anna):
    names = ("Anton Auer", "Berta Bauer", "Cäcilie Cramer")
    return [factories.accepted(heatpumps, anna, name=name) for name in names]


def heading(page, name):
    return page.get_by_role("heading", level=1, name=name)


def test_j_and_k_walk_through_the_list_and_the_place_is_kept(annas_page, three, anna):
    page = annas_page
    page.goto("/leads/?sort=name")
    page.get_by_role("link", name="Anton Auer").click()
    expect(page.get_by_role("link", name="Vorheriger")).to_be_disabled()
    page.keyboard.press("j")
    expect(heading(page, "Berta Bauer")).to_be_visible()
    # While one types, it is a letter; and behind a dialog nothing moves.
    page.get_by_role("textbox", name="Journaleintrag").press_sequentially("jk")
    page.get_by_role("textbox", name="Journaleintrag").fill("")
    page.get_by_role("button", name="Wiedervorlage", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(heading(page, "Berta Bauer")).to_be_visible()
    # A lead that somebody renames stands elsewhere; its page has kept its place.
    page.get_by_role("tab", name="Verlauf").click()
    expect(page.get_by_role("tab", name="Verlauf")).to_have_attribute("aria-selected", "true")
    three[1].set_field("name", seen="Berta Bauer", value="Zita Zauner", by=anna)
    page.reload()
    expect(heading(page, "Zita Zauner")).to_be_visible()
    page.keyboard.press("j")
    expect(heading(page, "Cäcilie Cramer")).to_be_visible()
    page.keyboard.press("k")
    expect(heading(page, "Anton Auer")).to_be_visible()
    page.get_by_role("link", name="Zur Liste").click()
    expect(page).to_have_url(re.compile(r"/leads/\?sort=name$"))

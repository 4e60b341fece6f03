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


def press(page, key):
    """Press the key on a page that has just been opened, as soon as it listens."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def test_j_and_k_walk_through_the_list_and_the_place_is_kept(annas_page, three, anna):
    page = annas_page
    page.goto("/leads/?sort=name")
    page.get_by_role("link", name="Anton Auer").click()
    expect(page.get_by_role("link", name="Vorheriger")).to_be_disabled()
    press(page, "j")
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
    press(page, "j")
    expect(heading(page, "Cäcilie Cramer")).to_be_visible()
    press(page, "k")
    expect(heading(page, "Anton Auer")).to_be_visible()
    page.get_by_role("link", name="Zur Liste").click()
    expect(page).to_have_url(re.compile(r"/leads/\?sort=name$"))


def test_the_question_mark_lists_the_keys_and_can_switch_them_off(annas_page, three):
    page = annas_page
    page.goto(f"/leads/{three[0].pk}/")
    entry = page.get_by_role("textbox", name="Journaleintrag")
    entry.press_sequentially("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    entry.fill("")
    entry.blur()
    tab = page.get_by_role("tab", name="Verlauf")
    tab.focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Tastaturkürzel")
    expect(keys.get_by_text("Journaleintrag schreiben")).to_be_visible()
    expect(
        keys.get_by_text("Nächster Lead der Liste (nicht auf dieser Seite)")
    ).to_be_visible()
    expect(keys.get_by_text("Zeile wählen (nicht auf dieser Seite)")).to_be_visible()
    # The focus comes back to where it was, not to the menu's link.
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(tab).to_be_focused()
    # What is written goes on where it was.
    entry.fill("Ruft ")
    entry.blur()
    page.keyboard.press("n")
    expect(entry).to_be_focused()
    page.keyboard.type("an")
    expect(entry).to_have_value("Ruft an")
    entry.fill("")
    entry.blur()
    page.keyboard.press("?")
    keys.get_by_role("button", name="Einzelne Zeichen abschalten").click()
    expect(keys.get_by_role("button", name="Einzelne Zeichen einschalten")).to_be_visible()
    keys.get_by_role("button", name="Schließen").click()
    for _load in range(2):
        page.keyboard.press("n")
        page.keyboard.press("?")
        expect(entry).not_to_be_focused()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.reload()
    # By its link it opens all the same.
    page.get_by_label("Benutzermenü").click()
    page.get_by_role("link", name="Tastaturkürzel").click()
    keys.get_by_role("button", name="Einzelne Zeichen einschalten").click()
    expect(keys.get_by_role("button", name="Einzelne Zeichen abschalten")).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    page.keyboard.press("w")
    expect(page.get_by_role("dialog", name="Wiedervorlage")).to_be_visible()


def test_the_palette_opens_leads_and_does_what_can_be_done(
    annas_page, three, context, complaints
):
    page = annas_page
    page.goto(f"/leads/{three[0].pk}/")
    entry = page.get_by_role("textbox", name="Journaleintrag")
    entry.press_sequentially("halb fertig")
    # Also while one types; and what was typed is still there.
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Finden und ausführen")
    field = palette.get_by_role("combobox", name="Lead, Aktion oder Seite")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_have_count(0)
    expect(entry).to_be_focused()
    expect(entry).to_have_value("halb fertig")
    entry.fill("")
    # Arrow keys choose, Enter opens.
    page.keyboard.press("Control+k")
    field.press_sequentially("caec")
    option = palette.get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("Cäcilie Cramer")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    with context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(heading(opened.value, "Cäcilie Cramer")).to_be_visible()
    opened.value.close()
    # Enter right behind the letters means what they find.
    field.fill("")
    field.press_sequentially("berta")
    page.keyboard.press("Enter")
    expect(heading(page, "Berta Bauer")).to_be_visible()
    # Actions: one that opens a dialog, one that leads into the page.
    page.get_by_role("link", name="Finden und ausführen").click()
    field.fill("wiedervorl")
    expect(palette.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    follow_up = page.get_by_role("dialog", name="Wiedervorlage")
    expect(follow_up).to_be_visible()
    expect(palette).to_have_count(0)
    # Not inside another dialog.
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    field.fill("eintrag schr")
    expect(palette.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(palette).to_have_count(0)
    expect(entry).to_be_focused()
    # A request that the next letter has replaced is an error to htmx.
    replaced = ("htmx:afterRequest", "htmx:sendAbort")
    complaints[:] = [text for text in complaints if not text.startswith(replaced)]


def test_the_palette_says_when_nothing_comes(annas_page, three, complaints):
    page = annas_page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/leads/")
    page.get_by_role("link", name="Finden und ausführen").click()
    palette = page.get_by_role("dialog", name="Finden und ausführen")
    field = palette.get_by_role("combobox")
    field.fill("xyzzy")
    expect(palette.get_by_text("Nichts gefunden zu „xyzzy“.")).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.route("**/leads/suche/?**", lambda route: route.abort())
    field.fill("anton")
    failed = palette.get_by_role("alert")
    expect(failed).to_contain_text("Der Server ist nicht erreichbar.")
    page.unroute("**/leads/suche/?**")
    palette.get_by_role("button", name="Noch einmal versuchen").click()
    expect(palette.get_by_role("option", name="Anton Auer")).to_be_visible()
    expect(failed).to_be_hidden()
    # Signing out from there takes the drafts along, as by the menu.
    field.fill("abmelden")
    palette.get_by_role("option", name="Abmelden").click()
    expect(page).to_have_url(re.compile("/anmelden/"))
    # What the page that was left still complains about has come by then.
    expect(heading(page, "Anmelden")).to_be_visible()
    page.wait_for_load_state()
    assert any("ERR_FAILED" in complaint for complaint in complaints)
    complaints.clear()

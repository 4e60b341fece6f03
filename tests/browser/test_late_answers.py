"""Answers that come late: whoever asked has gone on meanwhile."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from leads.models import Lead
from marketplaces.models import ChecklistItem
from tests import factories


class Late:
    """Holds back what is asked with `method` at addresses like `pattern` until let go."""

    def __init__(self, page, pattern, method="GET"):
        self.page, self.method, self.routes = page, method, []
        page.route(re.compile(pattern), self._hold)

    def _hold(self, route):
        if route.request.method == self.method:
            self.routes.append(route)
        else:
            route.continue_()

    def is_asked(self, times=1):
        """Wait until it is asked so often; what the page does then comes behind that."""
        while len(self.routes) < times:
            self.page.evaluate("1")

    def let_go(self, how="continue_"):
        """Let the answer come, and wait until the page has taken it, or has not."""
        while self.routes:
            with suppress(Error):  # of what was given up
                getattr(self.routes.pop(0), how)()
        expect(self.page.locator(".htmx-request")).to_have_count(0)


@pytest.fixture
def page(annas_page, complaints):
    """Anna's page; what a newer request has replaced is an error to htmx.

    And so is a part of an answer that the page does not show any more.
    """
    yield annas_page
    noise = ("htmx:afterRequest", "htmx:sendAbort", "htmx:oobErrorNoTarget")
    complaints[:] = [text for text in complaints if not text.startswith(noise)]


def test_the_newest_dialog_counts(page, heatpumps, anna):
    for name in ("Anton Auer", "Berta Bauer"):
        factories.accepted(heatpumps, anna, name=name)
    page.goto("/leads/?sort=name")
    links = page.get_by_role("link", name="Wiedervorlage setzen")
    late = Late(page, f"{Lead.objects.get(name='Anton Auer').pk}/wiedervorlage/")
    for _press in range(2):
        links.first.click()
        late.is_asked()
    links.last.click()
    dialog = page.get_by_role("dialog", name="Wiedervorlage")
    dialog.get_by_label("Notiz").fill("Angebot")
    assert len(late.routes) == 1, "pressed again, a link asks for nothing more"
    late.let_go()
    expect(dialog).to_contain_text("Berta Bauer")
    expect(dialog.get_by_label("Notiz")).to_have_value("Angebot")


@pytest.mark.parametrize("is_again", [False, True])
def test_the_newest_cell_counts(page, lead, is_again):
    page.goto("/leads/?sort=name")
    row = page.locator("tbody tr")
    first, last = row.get_by_role("gridcell").first, row.get_by_role("gridcell").last
    late = Late(page, "/felder/name/")
    for cell in (first, last, *([first] if is_again else [])):
        cell.hover()
        page.get_by_role("button", name="Bearbeiten", exact=True).click()
        late.is_asked()
        if cell is last:
            expect(row.get_by_label("Volumen")).to_be_focused()
    assert len(late.routes) == 1, "pressed again, a cell asks for nothing more"
    late.let_go()
    expect(row.get_by_label("Volumen")).to_have_count(0 if is_again else 1)
    expect(row.get_by_label("Name")).to_have_count(1 if is_again else 0)


@pytest.mark.parametrize("name", ["Wiedervorlage", "Anruf festhalten"])
def test_a_dialog_does_not_catch_what_is_typed_elsewhere(page, lead, name):
    page.goto(f"/leads/{lead.pk}/")
    late = Late(page, "/(wiedervorlage|anruf)/")
    page.get_by_role("button", name=name, exact=True).click()
    late.is_asked()
    entry = page.get_by_role("textbox", name="Journaleintrag")
    entry.press_sequentially("Sie ist bis")
    late.let_go()
    page.keyboard.type(" Freitag nicht da")
    expect(entry).to_have_value("Sie ist bis Freitag nicht da")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_letter_for_the_palette_is_no_shortcut(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    page.wait_for_load_state()
    late = Late(page, "/leads/suche/")
    page.keyboard.press("Control+k")
    late.is_asked()
    page.keyboard.press("w")
    late.let_go()
    palette = page.get_by_role("dialog", name="Finden und ausführen")
    expect(palette.get_by_role("combobox")).to_be_focused()
    expect(page.locator("dialog:modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_have_count(0)
    page.keyboard.press("w")
    expect(page.get_by_role("dialog", name="Wiedervorlage")).to_be_visible()


@pytest.mark.parametrize("place", ["list", "lead"])
def test_a_dialog_gives_the_focus_to_what_follows_its_opener(page, lead, place):
    page.goto("/leads/" if place == "list" else f"/leads/{lead.pk}/")
    opener = page.locator("main :is(a, button)[hx-get$='/wiedervorlage/']")
    opener.click()
    page.get_by_role("dialog").get_by_role("button", name="morgen").click()
    expect(opener).not_to_have_text(re.compile("^(—|Wiedervorlage)$"))
    expect(opener).to_be_focused()


@pytest.mark.parametrize("result", ["Gewonnen", "Verloren"])
def test_while_an_end_is_on_its_way_there_is_no_other(page, lead, anna, result):
    while lead.next_phase:
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    page.goto(f"/leads/{lead.pk}/phase/")
    page.get_by_label("Verlustgrund").select_option(index=1)
    late = Late(page, "/abschluss/", "POST")
    page.get_by_role("button", name=result).click()
    late.is_asked()
    for other in ("Gewonnen", "Verloren"):
        expect(page.get_by_role("button", name=other)).to_be_disabled()
    late.let_go()


@pytest.mark.parametrize("how", ["continue_", "abort"])
def test_what_was_sent_from_a_closed_dialog_is_told(page, lead, complaints, how):
    page.goto("/leads/")
    page.get_by_role("link", name="Wiedervorlage setzen").click()
    late = Late(page, "/wiedervorlage/", "POST")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="morgen").click()
    late.is_asked()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    late.let_go(how)
    if how == "abort":
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Der Server ist gerade nicht erreichbar.")
        complaints.clear()
    else:
        expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
        expect(page.get_by_role("link", name="Wiedervorlage setzen")).to_have_count(0)


def test_a_field_that_was_left_shows_what_was_saved(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Telefon bearbeiten").click()
    late = Late(page, "/felder/phone/", "POST")
    field = page.get_by_role("textbox", name="Telefon")
    field.fill("+49 8031 12345")
    field.press("Enter")
    late.is_asked()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    late.let_go()
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    expect(page.get_by_role("link", name="+49 8031 12345")).to_be_visible()


@pytest.mark.parametrize("how", ["Escape", "search"])
def test_a_cell_that_was_left_shows_what_was_saved(page, lead, how):
    page.goto("/leads/")
    row = page.locator("tbody tr", has_text="Aigner")
    row.get_by_role("gridcell").last.hover()
    row.get_by_role("button", name="Bearbeiten").click()
    late = Late(page, "/felder/value/", "POST")
    value = row.get_by_label("Volumen")
    value.fill("24800")
    value.press("Enter")
    late.is_asked()
    if how == "Escape":
        page.keyboard.press("Escape")
        expect(value).to_have_count(0)
    else:
        page.get_by_role("searchbox").fill("Aigner")
        expect(page).to_have_url(re.compile("q=Aigner"))
    late.let_go()
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    if how == "Escape":
        expect(row.get_by_role("gridcell").last).to_have_text("24.800 €")
        expect(page.locator("form.field--editing")).to_have_count(0)


def test_the_field_that_was_opened_last_takes_what_is_typed(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    names = {"Mobil": "mobile", "Ort": "city"}
    late = {name: Late(page, f"/felder/{address}/") for name, address in names.items()}
    for name in names:
        page.get_by_label(f"{name} bearbeiten").click()
        late[name].is_asked()
    late["Mobil"].routes.pop().continue_()
    expect(page.get_by_role("textbox", name="Mobil")).to_be_visible()
    expect(page.get_by_label("Ort bearbeiten")).to_be_focused()
    late["Ort"].let_go()
    expect(page.get_by_role("textbox", name="Ort")).to_be_focused()


@pytest.mark.parametrize("asked", ["GET", "POST"])
def test_who_types_elsewhere_keeps_the_focus(page, lead, asked):
    page.goto(f"/leads/{lead.pk}/")
    pencil = page.get_by_role("button", name="Telefon bearbeiten")
    field = page.get_by_role("textbox", name="Telefon")
    late = Late(page, "/felder/phone/", asked)
    pencil.click()
    if asked == "POST":
        field.fill("+49 8031 12345")
        field.press("Enter")
    late.is_asked()
    entry = page.get_by_role("textbox", name="Journaleintrag")
    entry.press_sequentially("Sie ist bis")
    late.let_go()
    expect(field if asked == "GET" else pencil).to_be_visible()
    page.keyboard.type(" Freitag weg, wenn")
    expect(entry).to_have_value("Sie ist bis Freitag weg, wenn")


def test_a_tick_that_fails_behind_its_dialog_is_told(page, lead, heatpumps, complaints):
    ChecklistItem.objects.create(
        marketplace=heatpumps, phase=lead.phase, position=1, text="Angebot versendet"
    )
    page.goto(f"/leads/{lead.pk}/")
    page.locator("[aria-current=step]").click()
    late = Late(page, "/phase/checkliste/", "POST")
    page.get_by_role("dialog").get_by_role("checkbox", name="Angebot versendet").click()
    late.is_asked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    late.let_go("abort")
    expect(page.get_by_text("Der Server ist gerade nicht erreichbar.")).to_be_visible()
    page.get_by_role("button", name="Noch einmal versuchen").click()
    late.is_asked()
    late.let_go()
    page.reload()
    page.locator("[aria-current=step]").click()
    expect(page.get_by_role("dialog").get_by_role("checkbox")).to_be_checked()
    complaints.clear()


def test_an_entry_that_was_sent_is_no_draft_on_another_tab(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    late = Late(page, "/journal/", "POST")
    entry = page.get_by_role("textbox", name="Journaleintrag")
    entry.fill("Genau einmal")
    page.get_by_role("button", name="Eintragen").click()
    late.is_asked()
    page.get_by_role("tab", name="Verlauf").click()
    expect(entry).to_have_count(0)
    late.let_go()
    page.get_by_role("tab", name="Journal").click()
    expect(page.get_by_role("listitem").filter(has_text="Genau einmal")).to_be_visible()
    expect(entry).to_have_value("")


def test_the_newest_tab_counts(page, lead):
    page.goto(f"/leads/{lead.pk}/")
    late = Late(page, "tab=anhaenge")
    page.get_by_role("tab", name="Anhänge").click()
    late.is_asked()
    history = page.get_by_role("tab", name="Verlauf")
    history.click()
    expect(history).to_have_attribute("aria-selected", "true")
    late.let_go()
    expect(page).to_have_url(re.compile("tab=verlauf"))
    expect(history).to_have_attribute("aria-selected", "true")


def test_a_filter_takes_along_what_is_being_searched(page, heatpumps, solar, anna):
    solar.memberships.create(user=anna, role="rep")
    for marketplace, name in (
        (heatpumps, "Auer"), (heatpumps, "Zimmermann"), (solar, "Auer Solar"),
    ):  # fmt: skip
        factories.accepted(marketplace, anna, name=name)
    page.goto("/leads/")
    late = Late(page, r"q=Auer$")
    page.get_by_role("searchbox").press_sequentially("Auer")
    late.is_asked()
    choice = page.get_by_role("combobox", name="Marktplatz")
    choice.focus()
    choice.select_option(heatpumps.name)
    # The search is held as well, although it has been given up.
    late.is_asked(2)
    late.let_go()
    for part in ("q=Auer", f"marktplatz={heatpumps.slug}"):
        expect(page).to_have_url(re.compile(part))
    expect(page.get_by_role("link", name="Zimmermann")).to_have_count(0)
    expect(page.get_by_role("link", name="Auer", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Auer Solar")).to_have_count(0)
    # The list was replaced around it.
    expect(choice).to_be_focused()

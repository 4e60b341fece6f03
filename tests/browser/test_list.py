"""The lists: finding, sorting, paging and opening leads, in a real browser."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Lead, LeadRefusal
from tests import factories


def rows(page):
    grid = page.get_by_role("table").or_(page.get_by_role("grid"))
    # Not the headings of days.
    return grid.locator("tbody tr:has(a)")


def names(page):
    return page.locator("tbody a.lead-table__name")


def chip(page, name):
    """The chip of this name, with its number or where it says none."""
    return page.locator("main").get_by_role("link", name=re.compile(rf"^{name}( \d+)?$"))


def heading(page, name="Leads in Bearbeitung"):
    return page.get_by_role("heading", level=1, name=name)


def column(page, name):
    return page.get_by_role("columnheader", name=name)


def query(*parts):
    """A pattern for an address whose query has all of these parts."""
    return re.compile(r"\?" + "".join(f"(?=.*{re.escape(part)}(&|$))" for part in parts))


@pytest.fixture
def three(heatpumps, solar, anna):
    """Three leads of Anna's that differ in every column."""
    solar.memberships.create(user=anna, role="rep")
    now = timezone.now()
    made = [
        factories.accepted(heatpumps, anna, phase=3, name="Bäckerei Wendl", value=61500,
                           city="Augsburg", email="wendl@beispiel.de",
                           phone="0821 998877", follow_up_at=now - timedelta(days=3)),
        factories.accepted(solar, anna, phase=2, name="Ärztehaus Isar", value=138000,
                           city="München", follow_up_at=None),
        factories.accepted(heatpumps, anna, phase=1, name="Familie Zängl", value=None,
                           city="Landshut", follow_up_at=now + timedelta(days=3)),
    ]  # fmt: skip
    for age, lead in enumerate(made):
        Lead.objects.filter(pk=lead.pk).update(last_activity_at=now - timedelta(hours=age))
    return made


@pytest.fixture
def list_page(annas_page, three):
    annas_page.goto("/leads/")
    return annas_page


@pytest.fixture
def pages_of_leads(heatpumps, anna):
    """More leads than a page holds, "Lead 000" to "Lead 059"."""
    for number in range(60):
        factories.accepted(heatpumps, anna, name=f"Lead {number:03}")


@pytest.mark.parametrize("width", [900, 1024, 1152, 1153, 1280])
def test_an_amount_of_millions_stands_on_one_line(annas_page, lead, width):
    Lead.objects.filter(pk=lead.pk).update(value=Decimal("1234567.89"))
    annas_page.set_viewport_size({"width": width, "height": 800})
    annas_page.goto("/leads/")
    amount = annas_page.get_by_role("gridcell", name="1.234.567,89 €")
    lines = "cell => { const all = document.createRange(); all.selectNodeContents(cell); "
    lines += "return new Set([...all.getClientRects()].map(rect => rect.top)).size; }"
    assert amount.evaluate(lines) == 1


@pytest.mark.parametrize("width", [900, 1024, 1152, 1280])
def test_the_columns_have_the_whole_width_and_the_boxes_room(list_page, width):
    list_page.set_viewport_size({"width": width, "height": 800})
    row = rows(list_page).first
    table = list_page.get_by_role("grid").bounding_box()
    amount = row.get_by_role("gridcell").last.bounding_box()
    assert amount["x"] + amount["width"] == pytest.approx(table["x"] + table["width"], abs=2)
    box = row.get_by_role("checkbox").bounding_box()
    name = row.get_by_role("link").first.bounding_box()
    assert box["x"] + box["width"] < name["x"]
    activity = list_page.get_by_role("columnheader", name="Letzte Aktivität")
    expect(activity).to_have_count(1 if width > 1152 else 0)
    # Who chose it, sees it.
    list_page.goto("/leads/?spalten=aktivitaet")
    expect(activity).to_be_visible()


# Filters and search -------------------------------------------------------------------


WIDE = "/leads/?spalten=wiedervorlage,company,phone,email,city,street,angenommen,volumen"

# What lies on the fixed column and belongs to another one.
COVERING = """() => {
  const found = new Set();
  for (const cell of document.querySelectorAll(".lead-table__cell--lead")) {
    const { left, right, top, bottom } = cell.getBoundingClientRect();
    for (let x = left + 2; x < right - 2; x += 8)
      for (let y = top + 2; y < bottom - 2; y += 8) {
        const above = document.elementFromPoint(x, y);
        if (above && !cell.contains(above)) found.add(above.className);
      }
  }
  return [...found];
}"""


@pytest.fixture
def wide_page(list_page):
    """A list that is wider than the page, with columns that somebody chose."""
    Lead.objects.update(
        company="Bäckerei Wendl und Söhne Verwaltungsgesellschaft mbH",
        phone="0821 998877",
        email="verwaltung.und.einkauf@baeckerei-wendl.beispiel.de",
        street="Augsburger Straße 12",
    )
    list_page.goto(WIDE)
    return list_page


def colours(row):
    """The backgrounds of a row and of its fixed cell."""
    return row.evaluate(
        "(row) => [row, row.cells[0]].map((one) => getComputedStyle(one).backgroundColor)"
    )


def scroll_sideways(page, left):
    """Scroll the table; return whether it went as far as it was asked to."""
    box = page.locator(".lead-table__box")
    return box.evaluate(
        "(box, left) => ((box.scrollLeft = left), box.scrollLeft === left)", left
    )


def test_nothing_covers_the_fixed_column_when_it_is_scrolled_sideways(wide_page):
    name = names(wide_page).first
    for left in range(0, 401, 50):
        assert scroll_sideways(wide_page, left)
        assert wide_page.evaluate(COVERING) == []
    # Not even its pencil takes it out of its place.
    before = name.bounding_box()
    name.hover()
    expect(wide_page.get_by_role("button", name="Bearbeiten", exact=True)).to_be_visible()
    assert name.bounding_box() == before
    wide_page.get_by_role("button", name="Bearbeiten", exact=True).click()
    # And the editor lies above the names below it, down to its foot.
    editor = rows(wide_page).first.locator("td > form")
    expect(editor).to_be_in_viewport(ratio=1)
    editor.click(position={"x": 6, "y": editor.bounding_box()["height"] - 6})
    editor.get_by_label("Name").click()
    wide_page.keyboard.press("Escape")
    name.click()
    expect(wide_page).to_have_url(re.compile(r"/leads/\d+/"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_fixed_column_has_the_colour_of_its_row(wide_page, scheme):
    wide_page.emulate_media(color_scheme=scheme)
    row = rows(wide_page).first
    plain = colours(row)
    row.get_by_role("gridcell").nth(1).hover()
    hovered = colours(row)
    row.get_by_role("checkbox").check()
    wide_page.get_by_role("searchbox").hover()
    ticked = colours(row)
    row.get_by_role("checkbox").uncheck()
    row.focus()
    wide_page.keyboard.press("ArrowDown")
    wide_page.keyboard.press("ArrowUp")
    expect(row).to_have_attribute("aria-selected", "true")
    assert plain[0] == "rgba(0, 0, 0, 0)"
    for of_row, of_cell in (hovered, ticked, colours(row)):
        assert of_row == of_cell != plain[1]
        assert "/" not in of_cell, "what is scrolled below it would be seen"


def test_the_headings_of_days_stay_in_sight_when_it_is_scrolled_sideways(wide_page):
    late = wide_page.get_by_text("Überfällig", exact=True).last
    before = late.bounding_box()
    assert scroll_sideways(wide_page, 400)
    assert late.bounding_box() == before
    Lead.objects.update(follow_up_at=None)
    wide_page.reload()
    nothing = wide_page.get_by_text("Heute ist nichts fällig.")
    scroll_sideways(wide_page, 0)
    before = nothing.bounding_box()
    assert scroll_sideways(wide_page, 400)
    assert nothing.bounding_box() == before


def test_filters_narrow_the_list_and_stand_in_the_address(list_page, heatpumps, three):
    chip(list_page, "Überfällig").click()
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(list_page).to_have_url(query("wiedervorlage=ueberfaellig"))
    expect(chip(list_page, "Überfällig")).to_have_attribute("aria-current", "true")
    chip(list_page, "Ohne Wiedervorlage").click()
    expect(names(list_page)).to_have_text(["Ärztehaus Isar"])
    chip(list_page, "Alle").click()
    list_page.get_by_label("Marktplatz").select_option("Wärmepumpe Süd")
    expect(names(list_page)).to_have_text(["Bäckerei Wendl", "Familie Zängl"])
    list_page.get_by_label("Phase").select_option("Angebot")
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(list_page).to_have_url(query(f"phase={three[0].phase_id}"))
    expect(list_page).to_have_url(query("marktplatz=waermepumpe-sued"))
    list_page.reload()
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(list_page.get_by_label("Phase")).to_have_value(str(three[0].phase_id))


def test_light_and_dark_stay_at_what_is_filtered(list_page):
    list_page.get_by_label("Marktplatz").select_option("Photovoltaik Bayern")
    expect(list_page).to_have_url(query("marktplatz=photovoltaik-bayern"))
    list_page.get_by_label("Benutzermenü").click()
    list_page.get_by_role("button", name="Dunkel").click()
    expect(list_page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(list_page).to_have_url(query("marktplatz=photovoltaik-bayern"))
    expect(names(list_page)).to_have_text(["Ärztehaus Isar"])


def test_filters_and_search_work_together_and_the_search_survives(list_page):
    list_page.get_by_label("Marktplatz").select_option("Wärmepumpe Süd")
    expect(names(list_page)).to_have_count(2)
    list_page.get_by_role("searchbox").press_sequentially("zaengl")
    expect(names(list_page)).to_have_text(["Familie Zängl"])
    expect(list_page).to_have_url(query("q=zaengl", "marktplatz=waermepumpe-sued"))
    chip(list_page, "Alle").click()
    expect(list_page).to_have_url(query("q=zaengl", "marktplatz=waermepumpe-sued"))
    expect(names(list_page)).to_have_text(["Familie Zängl"])
    expect(list_page.get_by_role("searchbox")).to_have_value("zaengl")


@pytest.mark.parametrize(
    "typed", ["wendl", "Augsburg", "wendl@beispiel", "+49 821 9988", "baeck aug"]
)
def test_the_search_finds_as_one_types(list_page, typed):
    search = list_page.get_by_role("searchbox")
    search.press_sequentially(typed)
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(search).to_be_focused()
    expect(search).to_have_value(typed)
    expect(list_page).to_have_url(re.compile(r"\?q=."))
    search.fill("")
    expect(names(list_page)).to_have_count(3)


def test_a_slow_answer_never_covers_a_newer_one(list_page, complaints):
    held = []

    def handle(route):
        if route.request.url.endswith("q=isar"):
            held.append(route)
        else:
            route.continue_()

    list_page.route(re.compile(r"\?q="), handle)
    search = list_page.get_by_role("searchbox")
    with list_page.expect_request(re.compile("q=isar$")):
        search.fill("isar")
    search.fill("wendl")
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    for route in held:
        route.abort()
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(list_page).to_have_url(query("q=wendl"))
    expect(list_page.get_by_role("alert")).to_have_count(0)
    assert "sendAbort" in complaints[-1], "htmx has given the older request up"
    complaints.clear()


def test_the_search_of_a_leads_page_leads_to_the_list(annas_page, three):
    annas_page.goto(f"/leads/{three[0].pk}/")
    annas_page.keyboard.press("/")
    annas_page.keyboard.type("isar")
    annas_page.keyboard.press("Enter")
    expect(names(annas_page)).to_have_text(["Ärztehaus Isar"])
    expect(annas_page).to_have_url(re.compile(r"/leads/\?q=isar$"))


def test_back_returns_to_the_list_as_it_was_filtered(list_page, three):
    chip(list_page, "Überfällig").click()
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    list_page.get_by_role("searchbox").press_sequentially("wendl")
    expect(list_page).to_have_url(query("q=wendl", "wiedervorlage=ueberfaellig"))
    list_page.get_by_role("link", name="Bäckerei Wendl").click()
    expect(heading(list_page, "Bäckerei Wendl")).to_be_visible()
    list_page.go_back()
    expect(names(list_page)).to_have_text(["Bäckerei Wendl"])
    expect(list_page.get_by_role("searchbox")).to_have_value("wendl")
    expect(heading(list_page)).to_be_visible()
    expect(list_page.get_by_role("banner")).to_have_count(1)
    list_page.go_back()
    expect(list_page).to_have_url(query("wiedervorlage=ueberfaellig"))
    expect(list_page.get_by_role("searchbox")).to_have_value("")
    list_page.go_back()
    expect(names(list_page)).to_have_count(3)


def test_slash_goes_to_the_search_but_not_while_one_types(list_page):
    search = list_page.get_by_role("searchbox")
    expect(search).not_to_be_focused()
    list_page.keyboard.press("/")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    list_page.keyboard.type("a/b")
    expect(search).to_have_value("a/b")


# Order and pages ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("Lead", "ÄBF", "FBÄ"),
        ("Marktplatz", "ÄBF", "FBÄ"),
        ("Phase", "FÄB", "BÄF"),
        ("Wiedervorlage", "FBÄ", "BFÄ"),
        ("Letzte Aktivität", "BÄF", "FÄB"),
        ("Volumen", "ÄBF", "BÄF"),
    ],
)
def test_every_column_sorts_both_ways(list_page, name, first, second):
    """The letters are the beginnings of the names; what has no value comes last."""
    directions = []
    for letters in (first, second):
        column(list_page, name).get_by_role("link").click()
        if name == "Marktplatz":
            expect(names(list_page).nth("ÄBF".index("Ä") if letters == first else 2)
                   ).to_have_text(re.compile("^Ä"))  # fmt: skip
        else:
            expect(names(list_page)).to_have_text([re.compile(f"^{one}") for one in letters])
        expect(list_page).to_have_url(re.compile(r"\?sort=-?\w+$"))
        directions.append(column(list_page, name).get_attribute("aria-sort"))
    assert set(directions) == {"ascending", "descending"}
    assert list_page.locator("th[aria-sort]").count() == 1


def test_the_order_survives_filter_and_search(list_page):
    column(list_page, "Volumen").get_by_role("link").click()
    expect(list_page).to_have_url(query("sort=-volumen"))
    list_page.get_by_label("Marktplatz").select_option("Wärmepumpe Süd")
    expect(list_page).to_have_url(query("sort=-volumen", "marktplatz=waermepumpe-sued"))
    list_page.get_by_role("searchbox").fill("e")
    expect(list_page).to_have_url(query("sort=-volumen", "q=e"))
    expect(names(list_page)).to_have_text(["Bäckerei Wendl", "Familie Zängl"])


def test_pages_go_forth_and_back(annas_page, pages_of_leads):
    annas_page.goto("/leads/?sort=name")
    expect(rows(annas_page)).to_have_count(50)
    expect(annas_page.get_by_role("link", name="Vorige Seite")).to_have_count(0)
    annas_page.get_by_role("link", name="Nächste Seite").click()
    expect(names(annas_page)).to_have_text([f"Lead {n:03}" for n in range(50, 60)])
    expect(annas_page).to_have_url(query("sort=name"))
    expect(annas_page.get_by_role("link", name="Nächste Seite")).to_have_count(0)
    annas_page.get_by_role("link", name="Vorige Seite").click()
    expect(names(annas_page)).to_have_text([f"Lead {n:03}" for n in range(50)])
    annas_page.get_by_role("link", name="Nächste Seite").click()
    annas_page.get_by_role("searchbox").press_sequentially("Lead 00")
    expect(rows(annas_page)).to_have_count(10)


# Selecting and opening ----------------------------------------------------------------


def selected(page):
    return page.locator("tbody tr[aria-selected=true]")


def test_arrow_keys_home_and_end_select_a_row(annas_page, pages_of_leads):
    annas_page.goto("/leads/?sort=name")
    press = annas_page.keyboard.press
    for key, name in [
        ("ArrowDown", "000"), ("ArrowDown", "001"), ("ArrowDown", "002"), ("ArrowUp", "001"),
        ("End", "049"), ("ArrowDown", "049"), ("Home", "000"), ("ArrowUp", "000"),
    ]:  # fmt: skip
        press(key)
        expect(selected(annas_page)).to_contain_text(f"Lead {name}")
        expect(selected(annas_page)).to_be_focused()
        expect(selected(annas_page)).to_be_in_viewport()
    press("Enter")
    expect(heading(annas_page, "Lead 000")).to_be_visible()


def test_keys_leave_the_search_and_the_filters_alone(list_page):
    search = list_page.get_by_role("searchbox")
    search.focus()
    for key in ("ArrowDown", "End", "Home"):
        list_page.keyboard.press(key)
    expect(search).to_be_focused()
    expect(selected(list_page)).to_have_count(0)
    choice = list_page.get_by_label("Marktplatz")
    choice.focus()
    list_page.keyboard.press("ArrowDown")
    expect(selected(list_page)).to_have_count(0)


def test_a_click_selects_and_a_double_click_opens(list_page):
    middle = rows(list_page).nth(1)
    middle.get_by_role("gridcell").nth(2).click()
    expect(middle).to_have_attribute("aria-selected", "true")
    expect(selected(list_page)).to_have_count(1)
    expect(heading(list_page)).to_be_visible()
    name = names(list_page).nth(1).inner_text()
    middle.get_by_role("gridcell").nth(2).dblclick()
    expect(heading(list_page, name)).to_be_visible()


def test_after_a_filter_the_rows_still_open(list_page):
    chip(list_page, "Überfällig").click()
    expect(rows(list_page)).to_have_count(1)
    list_page.get_by_label("Marktplatz").select_option("Wärmepumpe Süd")
    expect(list_page).to_have_url(query("marktplatz=waermepumpe-sued"))
    rows(list_page).first.get_by_role("gridcell").nth(4).dblclick()
    expect(heading(list_page, "Bäckerei Wendl")).to_be_visible()


def test_the_link_opens_by_keyboard_and_in_a_new_tab(list_page):
    link = list_page.get_by_role("link", name="Familie Zängl")
    with list_page.context.expect_page() as opened:
        link.click(button="middle")
    expect(heading(opened.value, "Familie Zängl")).to_be_visible()
    expect(heading(list_page)).to_be_visible()
    link.focus()
    list_page.keyboard.press("Enter")
    expect(heading(list_page, "Familie Zängl")).to_be_visible()


def test_a_text_in_a_row_can_be_marked(list_page):
    """A double-click opens, but dragging over a row's text marks it for copying."""
    cell = rows(list_page).first.get_by_role("gridcell").nth(1)
    box = cell.bounding_box()
    list_page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    list_page.mouse.down()
    list_page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2, steps=5)
    list_page.mouse.up()
    assert list_page.evaluate("getSelection().toString().trim()")
    expect(heading(list_page)).to_be_visible()


# Empty --------------------------------------------------------------------------------


@pytest.mark.usefixtures("heatpumps")
def test_empty_lists_say_what_to_do(annas_page):
    annas_page.goto("/leads/")
    expect(
        annas_page.get_by_role("heading", name="Keine Leads in Bearbeitung")
    ).to_be_visible()
    annas_page.locator("#list .empty-state").get_by_role("link", name="Lead anlegen").click()
    expect(heading(annas_page, "Lead anlegen")).to_be_visible()
    annas_page.goto("/leads/neu/")
    expect(annas_page.get_by_role("heading", name="Keine neuen Leads")).to_be_visible()
    annas_page.goto("/leads/abgeschlossen/")
    expect(
        annas_page.get_by_role("heading", name="Keine abgeschlossenen Leads")
    ).to_be_visible()


def test_an_empty_list_leads_to_the_offers(annas_page, offered):
    annas_page.goto("/leads/")
    annas_page.get_by_role("link", name="1 neuen Lead ansehen").click()
    expect(heading(annas_page, "Neue Leads")).to_be_visible()
    expect(annas_page.get_by_role("button", name="Annehmen")).to_have_count(1)


def test_nothing_found_leads_back_to_all(list_page):
    list_page.get_by_role("searchbox").fill("gibt es nicht")
    expect(list_page.get_by_role("heading", name="Nichts gefunden")).to_be_visible()
    list_page.get_by_role("link", name="Alle anzeigen").click()
    expect(names(list_page)).to_have_count(3)
    expect(list_page.get_by_role("searchbox")).to_have_value("")


# Neue Leads ---------------------------------------------------------------------------


@pytest.fixture
def offers(heatpumps, solar, anna):
    """Two offers of one marketplace and one of the other."""
    solar.memberships.create(user=anna, role="rep")
    return [
        factories.offer(heatpumps, need="Wärmepumpe im Altbau"),
        factories.offer(heatpumps, need="Sole-Wasser im Neubau"),
        factories.offer(solar, need="Dachanlage mit Speicher"),
    ]


def offer_card(page, need):
    return page.get_by_role("article").filter(has_text=need)


def test_offers_are_filtered_by_marketplace(annas_page, offers):
    annas_page.goto("/leads/neu/")
    expect(annas_page.get_by_role("article")).to_have_count(3)
    expect(chip(annas_page, "Alle")).to_have_text(re.compile("3$"))
    annas_page.get_by_role("link", name="Wärmepumpe Süd 2").click()
    expect(annas_page.get_by_role("article")).to_have_count(2)
    expect(annas_page).to_have_url(query("marktplatz=waermepumpe-sued"))
    annas_page.get_by_role("link", name="Photovoltaik Bayern 1").click()
    expect(offer_card(annas_page, "Dachanlage mit Speicher")).to_be_visible()
    annas_page.go_back()
    expect(annas_page.get_by_role("article")).to_have_count(2)


def test_an_offer_is_declined_with_a_reason(annas_page, offers, anna):
    annas_page.goto("/leads/neu/")
    card = offer_card(annas_page, "Sole-Wasser")
    card.get_by_role("button", name="Ablehnen").click()
    dialog = annas_page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Diesen Lead ablehnen?")).to_be_visible()
    dialog.get_by_role("link", name="Abbrechen").click()
    expect(dialog).to_have_count(0)
    expect(card.get_by_role("button", name="Ablehnen")).to_be_focused()
    annas_page.keyboard.press("Enter")
    dialog.get_by_label("Grund (optional)").fill("Zu weit weg")
    annas_page.keyboard.press("Enter")
    expect(annas_page.get_by_role("article")).to_have_count(2)
    expect(annas_page.get_by_text("Den anderen wird dieser Lead weiter angeboten")
           ).to_be_visible()  # fmt: skip
    expect(card).to_have_count(0)
    refusal = LeadRefusal.objects.get()
    assert (refusal.lead, refusal.rep, refusal.reason) == (offers[1], anna, "Zu weit weg")


@pytest.mark.parametrize("button", ["Annehmen", "Ablehnen"])
def test_whoever_is_late_is_told_kindly(annas_page, offers, ben, button):
    annas_page.goto("/leads/neu/")
    offers[1].accept(by=ben)
    card = offer_card(annas_page, "Sole-Wasser")
    card.get_by_role("button", name=button).click()
    expect(annas_page.get_by_text(re.compile("Schon vergeben"))).to_be_visible()
    expect(annas_page.get_by_text("Dieser Lead ist nicht mehr zu haben.")).to_be_visible()
    expect(annas_page.get_by_text("Aigner")).to_have_count(0)
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card).to_be_focused()
    # It counts no more, neither in the navigation nor above the offers.
    mine = annas_page.get_by_role("navigation").get_by_role("link", name="Neue Leads 2")
    expect(mine).to_have_attribute("aria-current", "page")
    for chip in ("Alle 2", "Wärmepumpe Süd 1"):
        expect(annas_page.get_by_role("link", name=chip, exact=True)).to_be_visible()
    assert Lead.objects.get(pk=offers[1].pk).owner == ben
    annas_page.reload()
    expect(annas_page.get_by_role("article")).to_have_count(2)


def test_late_in_the_decline_dialog_is_told_kindly_too(annas_page, offers, ben):
    annas_page.goto("/leads/neu/")
    offer_card(annas_page, "Sole-Wasser").get_by_role("button", name="Ablehnen").click()
    dialog = annas_page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    offers[1].accept(by=ben)
    dialog.get_by_role("button", name="Ablehnen").click()
    expect(annas_page.get_by_text(re.compile("Schon vergeben"))).to_be_visible()
    expect(annas_page.get_by_role("dialog")).to_have_count(0)
    card = offer_card(annas_page, "Sole-Wasser")
    expect(card).to_have_count(1)
    expect(card.get_by_role("button")).to_have_count(0)
    assert not LeadRefusal.objects.exists()


# Abgeschlossen ------------------------------------------------------------------------


def test_closed_leads_are_filtered_by_result_and_searched(annas_page, heatpumps, anna):
    won = factories.accepted(heatpumps, anna, phase=5, name="Familie Gewinn")
    won.win(seen=won.phase, by=anna)
    lost = factories.accepted(heatpumps, anna, phase=5, name="Familie Verlust")
    reason = heatpumps.loss_reasons.get(label="Zu teuer")
    lost.lose(seen=lost.phase, reason=reason, by=anna)
    annas_page.goto("/leads/abgeschlossen/")
    expect(rows(annas_page)).to_have_count(2)
    main = annas_page.locator("main")
    main.get_by_role("link", name="Verloren", exact=True).click()
    expect(names(annas_page)).to_have_text(["Familie Verlust"])
    expect(annas_page.get_by_text("Zu teuer")).to_be_visible()
    main.get_by_role("link", name="Alle", exact=True).click()
    annas_page.get_by_role("searchbox").fill("gewinn")
    expect(names(annas_page)).to_have_text(["Familie Gewinn"])
    expect(annas_page).to_have_url(re.compile(r"/leads/abgeschlossen/\?q=gewinn$"))
    rows(annas_page).first.get_by_role("gridcell").nth(2).dblclick()
    expect(heading(annas_page, "Familie Gewinn")).to_be_visible()

"""The marketplaces' own fields in the list, in a real browser: columns, sort, filter."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests import factories


@pytest.fixture
def list_page(annas_page, heatpumps, anna):
    roof = factories.make_field(heatpumps, "Dachfläche", "number", unit="m²")
    factories.make_field(heatpumps, "Heizung", "choice", choices="Öl\nGas")
    for name, area in (("Aigner", "90"), ("Bichler", "140.5"), ("Cramer", "")):
        lead = factories.accepted(heatpumps, anna, name=name)
        if area:
            value = Decimal(area)
            lead.set_field(f"feld-{roof.pk}", seen="", value=value, by=anna)
    annas_page.goto("/leads/?sort=name")
    return annas_page


def test_a_column_is_chosen_moved_sorted_and_filtered_by(list_page):
    list_page.get_by_role("link", name="Spalten").click()
    dialog = list_page.get_by_role("dialog")
    dialog.get_by_label("Dachfläche").check()
    dialog.get_by_role("button", name="Phase nach oben").click()
    first = dialog.locator(".column-choice__row").first
    expect(first).to_contain_text("Phase")
    expect(dialog.get_by_role("checkbox", name="Dachfläche")).to_be_checked()
    dialog.get_by_role("button", name="Dachfläche nach oben").click()
    dialog.get_by_role("button", name="Übernehmen").click()
    expect(list_page).to_have_url(re.compile(r"/leads/\?sort=name$"))
    heading = list_page.get_by_role("columnheader", name="Dachfläche")
    heading.get_by_role("link").click()
    names = list_page.locator(".lead-table__name")
    expect(names).to_have_text(["Bichler", "Aigner", "Cramer"])
    expect(list_page.locator("tbody tr").first).to_contain_text("140,5 m²")
    list_page.get_by_role("link", name="Nach Feldern filtern").click()
    dialog.get_by_label("Dachfläche: ab").fill("100")
    dialog.get_by_role("button", name="Filtern").click()
    expect(names).to_have_text(["Bichler"])
    list_page.get_by_role("link", name="Filter entfernen: Dachfläche: ab 100 m²").click()
    expect(names).to_have_text(["Bichler", "Aigner", "Cramer"])


def test_cells_of_several_marketplaces_are_edited_where_the_lead_has_the_field(
    annas_page, heatpumps, solar, anna
):
    page = annas_page
    solar.memberships.create(user=anna, role="rep")
    roof = factories.make_field(heatpumps, "Dachfläche", "number", unit="m²")
    factories.make_field(solar, "Dachfläche", "number", unit="m²")
    boiler = factories.make_field(heatpumps, "Kessel")
    factories.accepted(heatpumps, anna, name="Aigner")
    factories.accepted(solar, anna, name="Bichler")
    page.goto(f"/leads/?sort=name&spalten=feld-{roof.pk},feld-{boiler.pk}")
    first, second = (page.locator("tbody tr").nth(place) for place in (0, 1))
    for row, area in ((first, "90"), (second, "140,5")):
        row.get_by_role("gridcell").nth(1).hover()
        page.get_by_role("button", name="Bearbeiten", exact=True).click()
        row.get_by_label("Dachfläche").fill(area)
        row.get_by_role("button", name="Änderung bestätigen").click()
        expect(row.get_by_role("gridcell").nth(1)).to_have_text(f"{area} m²")
    # Solar asks for no boiler: no pencil, and F2 goes on behind it.
    pencil = page.get_by_role("button", name="Bearbeiten", exact=True)
    first.get_by_role("gridcell").nth(2).hover()
    expect(first.get_by_role("gridcell").nth(2).locator(pencil)).to_be_visible()
    second.get_by_role("gridcell").nth(2).hover()
    expect(second.locator(pencil)).to_have_count(0)
    second.focus()
    for label in ("Dachfläche", "Name", "Dachfläche"):
        page.keyboard.press("F2")
        expect(second.get_by_label(label)).to_be_focused()

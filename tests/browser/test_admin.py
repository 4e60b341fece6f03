"""An operator sets a process up in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from playwright.sync_api import expect

from leads.models import Lead
from tests import factories

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(page, sign_in_as, olaf, heatpumps):
    """A page on which Olaf has opened the phases of his marketplace."""
    sign_in_as(page.context, olaf)
    page.goto(f"/admin/marketplaces/marketplace/{heatpumps.pk}/change/#phases")
    return page


def rows(desk):
    return desk.locator("#phases-data tbody.original")


def names(desk):
    return [box.input_value() for box in rows(desk).locator("input[name$=-name]").all()]


def save(desk):
    desk.get_by_role("button", name="Sichern", exact=True).click()


def stands_here(count):
    return ngettext(
        "%(count)s lead stands in this phase.", "%(count)s leads stand in this phase.", count
    ) % {"count": count}


def test_phases_are_dragged_into_order(desk, heatpumps):
    desk.evaluate("document.fonts.ready")  # the icons of the handles are letters
    second = rows(desk).nth(1)
    rows(desk).nth(3).get_by_text("drag_indicator").hover()
    desk.mouse.down()
    # Sortable looks where the pointer passes, so it has to pass; hovering may have
    # scrolled the page, so the target is measured behind it.
    target = second.bounding_box()
    for y in [*range(40, 8, -2), *[8, 9] * 50]:
        desk.mouse.move(target["x"] + 30, target["y"] + y, steps=2)
        if names(desk)[1] == "Verhandlung":
            break
    desk.mouse.up()
    expect(second.locator("input[name$=-name]")).to_have_value("Verhandlung")
    save(desk)
    expect(desk.locator("#result_list")).to_be_visible()
    assert [phase.name for phase in heatpumps.phases.in_order()] == [
        "Qualifizierung", "Verhandlung", "Vor-Ort-Termin", "Angebot", "Auftrag",
    ]  # fmt: skip


def test_a_phase_is_added_and_moved_with_the_keyboard(desk, heatpumps):
    desk.get_by_text("add", exact=True).locator("visible=true").click()
    new = desk.locator("#phases-data tbody.form-group:not(.original):not(.empty-form)")
    new.locator("input[name$=-name]").fill("Förderantrag")
    new.locator("input[name$=-position]").fill("2")
    new.locator("input[name$=-position]").press("Enter")
    expect(desk.locator("#result_list")).to_be_visible()
    assert [phase.name for phase in heatpumps.phases.in_order()][:2] == [
        "Qualifizierung", "Förderantrag",
    ]  # fmt: skip


def test_a_phase_in_use_is_kept_and_says_why(desk, lead, heatpumps):
    box = rows(desk).nth(2).locator("input[type=checkbox][name$=-DELETE]")
    box.focus()
    box.press("Space")
    save(desk)
    expect(rows(desk).nth(2).get_by_text(stands_here(1))).to_be_visible()
    assert heatpumps.phases.count() == 5


def test_a_retired_phase_leads_to_moving_its_leads(desk, lead, heatpumps):
    rows(desk).nth(2).locator("input[name$=-is_retired]").check()
    save(desk)
    desk.get_by_label(_("Move to")).select_option("Verhandlung")
    desk.locator("#content-main button[type=submit]").click()
    expect(rows(desk).first).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).phase.name == "Verhandlung"


def test_a_member_is_found_by_name(desk, ben, heatpumps, clara):
    desk.locator("a[href='#memberships']").click()
    desk.locator("#memberships-data .add-row").click()
    desk.locator("#memberships-data .select2-selection").locator("visible=true").last.click()
    desk.keyboard.type("clara")
    desk.get_by_role("option", name="Clara Beispiel").click()
    save(desk)
    expect(desk.locator("#result_list")).to_be_visible()
    assert heatpumps.memberships.filter(user=clara, role="rep").exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_silent(page, sign_in_as, admin_user, lead, olaf, scheme):
    """The fixture `page` fails on any complaint in the console."""
    sign_in_as(page.context, admin_user)
    page.emulate_media(color_scheme=scheme)
    marketplace, phase = lead.marketplace_id, lead.phase_id
    for address in (
        "",
        "marketplaces/marketplace/",
        "marketplaces/marketplace/add/",
        f"marketplaces/marketplace/{marketplace}/change/",
        f"marketplaces/marketplace/{marketplace}/change/#phases",
        f"marketplaces/marketplace/{marketplace}/change/#memberships",
        f"marketplaces/marketplace/{marketplace}/history/",
        f"marketplaces/marketplace/{marketplace}/delete/",
        f"marketplaces/marketplace/{marketplace}/phases/{phase}/relocate/",
        "marketplaces/user/",
        f"marketplaces/user/{olaf.pk}/change/",
        f"marketplaces/user/{olaf.pk}/password/",
        "leads/lead/",
        f"leads/lead/{lead.pk}/change/",
        "leads/leadevent/",
    ):
        page.goto("about:blank")
        assert page.goto(f"/admin/{address}").status == 200
        expect(page.locator("main")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_very_long_names_leave_the_page_usable(desk, heatpumps, anna):
    heatpumps.phases.filter(position=1).update(name="Donaudampfschifffahrt" * 2)
    factories.accepted(heatpumps, anna, name="Wolkenkratzer" * 12)
    desk.reload()
    assert len(names(desk)) == 5
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")

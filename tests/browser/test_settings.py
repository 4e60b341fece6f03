"""/einstellungen/: the address of the calendar goes to where it is needed."""

import re

from playwright.sync_api import expect

from leads.models import CalendarAddress


def test_the_address_is_copied_or_at_least_selected(annas_page, anna):
    CalendarAddress.renew(anna)
    page = annas_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/einstellungen/")
    address = page.get_by_label("Adresse Ihres Kalenders").input_value()
    page.get_by_role("button", name="Kopieren").click()
    said = page.locator("copy-field").get_by_role("status")
    expect(said).to_have_text("Kopiert")
    assert page.evaluate("navigator.clipboard.readText()") == address
    # Without HTTPS a browser has no clipboard for pages.
    page.add_init_script("delete Navigator.prototype.clipboard")
    page.reload()
    page.get_by_role("button", name="Kopieren").click()
    expect(said).to_have_text(re.compile("markiert"))
    assert page.evaluate("getSelection().toString()") == address

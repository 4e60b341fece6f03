"""Anrufen opens the phone, and then asks what came of it."""

import re

from playwright.sync_api import expect

from tests import factories

NO_PHONE = """document.addEventListener("click", (event) => {
    if (event.target.closest('a[href^="tel:"]')) event.preventDefault();
})"""


def test_after_the_phone_one_tap_writes_the_attempt_down(annas_page, lead):
    page = annas_page
    # This machine has no phone to open.
    page.add_init_script(NO_PHONE)
    page.goto(f"/leads/{lead.pk}/")
    head = page.locator("#lead-head")
    head.get_by_role("link", name="Anrufen").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Erreicht", exact=True)).to_be_focused()
    dialog.get_by_role("button", name="Nicht erreicht").dblclick()
    expect(dialog).to_have_count(0)
    expect(head.get_by_text("1 Versuch an 1 Tag")).to_be_visible()
    expect(page.locator("#journal").get_by_text("Nicht erreicht").first).to_be_visible()
    # Without a phone, and with a day to call back.
    head.get_by_role("button", name="Anruf festhalten").click()
    dialog.get_by_text(re.compile("^nächste Woche|^in gut")).click()
    dialog.get_by_role("button", name="Rückruf").click()
    expect(head.get_by_text("2 Versuche an 1 Tag")).to_be_visible()
    expect(head.get_by_role("button", name="Wiedervorlage")).to_contain_text(".")
    page.get_by_role("button", name="Rückgängig").last.click()
    expect(head.get_by_text("1 Versuch an 1 Tag")).to_be_visible()
    # On a phone the list calls, too.
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/leads/")
    page.get_by_role("link", name="Anrufen").click()
    dialog.get_by_role("button", name="Mailbox").click()
    expect(page.get_by_text("Anruf: Mailbox")).to_be_visible()
    assert lead.journal.attempts().count() == 2


def test_on_a_phone_the_closed_leads_call_too(annas_page, heatpumps, anna):
    won = factories.accepted(heatpumps, anna, phase=5)
    won.win(seen=won.phase, by=anna)
    page = annas_page
    page.add_init_script(NO_PHONE)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/leads/abgeschlossen/")
    title = page.title()
    page.get_by_role("link", name="Anrufen").click()
    page.get_by_role("dialog").get_by_role("button", name="Mailbox").click()
    expect(page.get_by_text("Anruf: Mailbox")).to_be_visible()
    expect(page).to_have_title(title)
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_text("Rückgängig gemacht")).to_be_visible()
    expect(page).to_have_title(title)
    assert not won.journal.attempts().exists()

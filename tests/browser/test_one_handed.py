"""A rep's day with one thumb, on phones as they are sold."""

import re

import pytest
from playwright.sync_api import expect

from leads.moments import start_of_day
from tests import factories
from tests.browser.test_calls import NO_PHONE
from tests.leads.samples import picture

PHONES = ["Galaxy S8", "Pixel 5", "iPhone SE (3rd gen)"]
KEYBOARD = 300  # pixels of the screen


@pytest.fixture(params=PHONES)
def phone(request, playwright, browser, browser_context_args, live_server, sign_in_as, anna):
    device = {**playwright.devices[request.param]}
    del device["default_browser_type"]
    options = {**browser_context_args, **device, "base_url": live_server.url}
    with browser.new_context(**options) as context:
        context.set_default_timeout(20_000)
        context.add_init_script(NO_PHONE)
        sign_in_as(context, anna)
        yield context.new_page()


def in_reach(target):
    """Assert that the whole target is on the screen, and nothing above it."""
    expect(target).to_be_in_viewport(ratio=1)
    covering = target.evaluate(
        """(e) => {
            const { x, y, width, height } = e.getBoundingClientRect();
            const hit = document.elementFromPoint(x + width / 2, y + height / 2);
            return e.contains(hit) || hit.contains(e) ? null : hit.outerHTML.slice(0, 120);
        }"""
    )
    assert covering is None
    return target


def at_rest(dialog):
    """Wait until the dialog stands where it comes to rest."""
    expect(dialog).to_be_visible()
    dialog.evaluate("e => Promise.all(e.getAnimations().map((one) => one.finished))")
    return dialog


def tap_on(page, text):
    """Tap on the text as a finger does, whatever link lies above it."""
    page.evaluate("scrollTo(0, 0)")
    expect(text).to_be_in_viewport(ratio=1)
    box = text.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def opens_keyboard(page):
    return page.evaluate("document.activeElement.matches('textarea, input[type=text]')")


def test_the_list_plans_calls_and_opens(phone, heatpumps, anna):
    for name in ("Familie Aigner", "Bäckerei Wendl", "Gasthof Kreuz"):
        factories.accepted(heatpumps, anna, phase=3, name=name, phone=f"08031 {len(name)}")
    phone.goto("/leads/?sort=name")
    card = phone.get_by_role("row").filter(has_text="Bäckerei Wendl")
    dialog = phone.get_by_role("dialog")
    in_reach(card.get_by_role("link", name="Wiedervorlage setzen")).tap()
    tomorrow = at_rest(dialog).get_by_role("button", name=re.compile("·")).first
    assert not opens_keyboard(phone)
    in_reach(tomorrow).tap()
    expect(dialog).to_have_count(0)
    expect(card.locator(".badge")).to_be_visible()
    # What has just been done covers nothing of what comes next.
    undo = phone.get_by_role("button", name="Rückgängig")
    in_reach(undo)
    phone.locator(".picker__pick").nth(1).tap()
    in_reach(phone.get_by_role("button", name="Auswahl aufheben"))
    several = in_reach(phone.get_by_role("button", name="Wiedervorlage setzen"))
    in_reach(undo)
    several.tap()
    in_reach(at_rest(dialog).get_by_role("button", name=re.compile("·")).first)
    in_reach(dialog.get_by_role("link", name="Abbrechen")).tap()
    expect(dialog).to_have_count(0)
    # Each outcome is one tap away from the call.
    card.get_by_role("link", name="Anrufen").tap()
    expect(at_rest(dialog).get_by_role("heading")).to_be_in_viewport(ratio=1)
    for outcome in ("Erreicht", "Nicht erreicht", "Mailbox", "Rückruf", "Abbrechen"):
        in_reach(dialog.get_by_role("button", name=outcome, exact=True))
    assert not opens_keyboard(phone)
    dialog.get_by_role("button", name="Mailbox").tap()
    expect(phone.get_by_text("Anruf: Mailbox")).to_be_visible()
    tap_on(phone, card.get_by_text("Rosenheim"))
    expect(phone.get_by_role("heading", level=1, name="Bäckerei Wendl")).to_be_visible()


def test_a_list_without_follow_ups_plans_by_ticking(phone, heatpumps, anna):
    name = "Bäckerei Kreuzpointner am Marktplatz"
    factories.accepted(heatpumps, anna, phase=3, name=name)
    phone.goto("/leads/?spalten=phase,company,volumen")
    card = phone.get_by_role("row").filter(has_text=name)
    # The name has the room that is left.
    link = card.get_by_role("link", name=name).bounding_box()
    amount = card.locator(".lead-table__amount").bounding_box()
    assert link["x"] + link["width"] == pytest.approx(amount["x"] + amount["width"], abs=1)
    for text in ("Angebot", "Aigner Holzbau"):
        expect(card.get_by_text(text)).to_be_in_viewport(ratio=1)
    card.locator(".picker__pick").tap()
    in_reach(phone.get_by_role("button", name="Wiedervorlage setzen")).tap()
    dialog = at_rest(phone.get_by_role("dialog"))
    in_reach(dialog.get_by_role("button", name=re.compile("·")).first).tap()
    expect(phone.get_by_text("Wiedervorlage von 1 Lead")).to_be_visible()
    tap_on(phone, card.get_by_text("Rosenheim"))
    expect(phone.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_a_tap_edits_a_cell_while_the_list_is_told_so(phone, heatpumps, anna):
    lead = factories.accepted(
        heatpumps, anna, phase=3, name="Bäckerei Wendl", email="", value=61500
    )
    lead.set_follow_up(at=start_of_day(), note="", by=anna)
    for number in range(5):
        factories.accepted(heatpumps, anna, name=f"Zwerger {number}", city="Landshut")
    phone.goto("/leads/?sort=name&spalten=wiedervorlage,email,volumen")
    card = phone.get_by_role("row").filter(has_text="Rosenheim")
    dialog = phone.get_by_role("dialog")
    switch = phone.get_by_role("button", name="Felder bearbeiten")
    expect(card.get_by_text("E-Mail")).to_have_count(0)
    switch.tap()
    expect(switch).to_have_attribute("aria-pressed", "true")

    def edit(target, label, text):
        target.evaluate("e => e.scrollIntoView({ block: 'center' })")
        in_reach(target).tap()
        field = card.get_by_role("textbox", name=label, exact=True)
        expect(in_reach(field)).to_be_focused()
        in_reach(card.get_by_role("button", name="Abbrechen"))
        field.fill(text)
        in_reach(card.get_by_role("button", name="Änderung bestätigen")).tap()
        expect(field).to_have_count(0)

    edit(card.get_by_role("link", name="Bäckerei Wendl"), "Name", "Konditorei Wendl")
    # The row that comes back is tapped on as the one before; what was empty has its place.
    edit(card.get_by_role("link", name="heute"), "Wiedervorlage", "2027-03-01")
    expect(dialog).to_have_count(0)
    edit(card.locator("[data-label=E-Mail]"), "E-Mail", "wendl@beispiel.de")
    edit(card.get_by_text("61.500 €"), "Volumen", "70000")
    expect(card).to_contain_text("wendl@beispiel.de")
    expect(card).to_contain_text("70.000 €")
    # Its marks are not in the way of ticking.
    card.locator(".picker__pick").tap()
    expect(card.get_by_role("checkbox")).to_be_checked()
    # The mode is seen wherever the list is, and ends there.
    in_reach(phone.get_by_role("button", name="Wiedervorlage setzen"))
    in_reach(switch).tap()
    expect(switch).to_have_attribute("aria-pressed", "false")
    card.get_by_role("link", name="01.03.2027").tap()
    in_reach(at_rest(dialog).get_by_role("button", name="Abbrechen")).tap()
    tap_on(phone, card.get_by_text("Rosenheim"))
    expect(phone.get_by_role("heading", level=1, name="Konditorei Wendl")).to_be_visible()


def test_a_closed_card_stays_where_it_is_while_it_is_edited(phone, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5, name="Bäckerei Wendl")
    lead.win(seen=lead.phase, by=anna)
    phone.goto("/leads/abgeschlossen/")
    place = phone.get_by_role("row").get_by_text("Wärmepumpe Süd")
    before = place.bounding_box()["x"]
    phone.get_by_role("button", name="Felder bearbeiten").tap()
    phone.get_by_role("link", name="Bäckerei Wendl").tap()
    expect(phone.get_by_role("textbox", name="Name")).to_be_focused()
    assert place.bounding_box()["x"] == before
    # Another page begins without it, also when it is read again.
    phone.goto("/leads/abgeschlossen/?ergebnis=gewonnen")
    phone.reload()
    switch = phone.get_by_role("button", name="Felder bearbeiten")
    expect(switch).to_have_attribute("aria-pressed", "false")


def test_a_lead_is_worked_on(phone, lead):
    phone.goto(f"/leads/{lead.pk}/")
    bar = phone.get_by_role("navigation", name="Schnellzugriff")
    dialog = phone.get_by_role("dialog")
    for link in bar.get_by_role("link").all():
        in_reach(link)
    in_reach(bar.get_by_role("link", name="Nächste Phase")).tap()
    onward = at_rest(dialog).get_by_role("button", name="Nächste Phase")
    # The keyboard would cover half of the dialog; who wants to write taps on the field.
    assert not opens_keyboard(phone)
    in_reach(onward)
    dialog.get_by_label("Notiz fürs Journal").tap()
    screen = phone.viewport_size
    with_keyboard = {**screen, "height": screen["height"] - KEYBOARD}
    phone.set_viewport_size(with_keyboard)
    expect(dialog.get_by_label("Notiz fürs Journal")).to_be_focused()
    in_reach(onward)
    phone.set_viewport_size(screen)
    onward.tap()
    expect(phone.locator("[aria-current=step]")).to_have_accessible_name("Verhandlung")
    # Pictures that are in the phone already.
    in_reach(bar.get_by_role("link", name="Anhänge")).tap()
    with phone.expect_file_chooser() as gallery:
        in_reach(phone.get_by_text("Dateien auswählen")).tap()
    assert gallery.value.is_multiple()
    gallery.value.set_files(
        [
            {"name": f"{side}.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG", size)}
            for side, size in (("Nord", (9, 9)), ("Süd", (8, 8)))
        ]
    )
    for name in ("Nord.jpg", "Süd.jpg"):
        expect(phone.get_by_role("link", name=name)).to_be_visible()
    # The journal above the keyboard, however long the entry.
    phone.goto(f"/leads/{lead.pk}/")
    in_reach(bar.get_by_role("link", name="Journal")).tap()
    entry = phone.get_by_label("Journaleintrag")
    in_reach(entry).tap()
    phone.set_viewport_size(with_keyboard)
    entry.fill("Noch eine Zeile\n" * 30)
    write = phone.get_by_role("button", name="Eintragen")
    phone.evaluate("document.querySelector('.composer').scrollIntoView()")
    in_reach(write).tap()
    expect(phone.locator("#journal").get_by_text("Noch eine Zeile").first).to_be_visible()

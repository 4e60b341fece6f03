"""leadbook on a phone: the cards, the stepper, the dialogs and the bar below, by touch.

That every target is large enough is looked at in test_targets.py.
"""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.fingers import FINGER, HEIGHT, WIDTH, fits
from tests.browser.test_calls import NO_PHONE


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    viewport = {"width": WIDTH, "height": HEIGHT}
    return {**browser_context_args, "viewport": viewport, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(annas_page):
    return annas_page


def test_the_list_stands_as_cards(phone, heatpumps, anna):
    for name in ("Familie Aigner", "Bäckerei Wendl"):
        factories.accepted(heatpumps, anna, phase=3, name=name, value=24800)
    phone.goto("/leads/")
    rows = phone.get_by_role("row").filter(has=phone.get_by_role("link"))
    cards = rows.filter(has_text="Rosenheim")
    expect(cards).to_have_count(2)
    for card in cards.all():
        box = card.bounding_box()
        assert box["width"] > WIDTH - 40
        assert box["height"] > 2 * FINGER
        for text in ("Rosenheim", "Wärmepumpe Süd", "Angebot", "24.800 €"):
            expect(card.get_by_text(text).first).to_be_in_viewport(ratio=1)


def test_a_card_shows_what_was_chosen_and_calls_and_plans(phone, heatpumps, anna):
    phone.add_init_script(NO_PHONE)
    roof = factories.make_field(heatpumps, "Dachform")
    lead = factories.accepted(heatpumps, anna)
    lead.set_field(roof.name, seen="", value="Walmdach", by=anna)
    phone.goto(f"/leads/?spalten=wiedervorlage,aktivitaet,{roof.name}")
    card = phone.get_by_role("row").filter(has_text="Familie Aigner")
    for label, text in (("Letzte Aktivität", "gerade eben"), ("Dachform", "Walmdach")):
        cell = card.locator("td").filter(has_text=text)
        expect(cell).to_be_in_viewport(ratio=1)
        before = cell.evaluate("e => getComputedStyle(e, '::before').content")
        assert label in before
    for name in ("Anrufen", "Wiedervorlage setzen"):
        card.get_by_role("link", name=name).tap()
        expect(phone.get_by_role("dialog")).to_be_visible()
        phone.keyboard.press("Escape")
        expect(phone.get_by_role("dialog")).to_have_count(0)


def test_a_tap_anywhere_on_a_card_opens_the_lead(phone, lead):
    phone.goto("/leads/")
    box = phone.locator("tbody").get_by_text("Angebot", exact=True).bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(phone.get_by_role("heading", level=1, name="Familie Aigner")).to_be_visible()


def test_the_cards_are_sorted(phone, heatpumps, anna):
    for name, value in (("Familie Berg", 100), ("Familie Adler", 300)):
        factories.accepted(heatpumps, anna, name=name, value=value)
    phone.goto("/leads/")
    names = phone.locator("tbody a.lead-table__name")
    phone.get_by_role("columnheader", name="Volumen").get_by_role("link").tap()
    expect(names).to_have_text(["Familie Adler", "Familie Berg"])
    phone.get_by_role("columnheader", name="Volumen").get_by_role("link").tap()
    expect(names).to_have_text(["Familie Berg", "Familie Adler"])


@pytest.mark.parametrize("phase", [1, 3, 5])
def test_the_stepper_shows_where_the_lead_stands(phone, heatpumps, anna, phase):
    lead = factories.accepted(heatpumps, anna, phase=phase)
    phone.goto(f"/leads/{lead.pk}/")
    here = phone.locator("[aria-current=step]")
    expect(here).to_be_in_viewport(ratio=1)
    if phase == 3:
        middle = here.evaluate("e => e.getBoundingClientRect().x + e.offsetWidth / 2")
        assert abs(middle - WIDTH / 2) < 10


def test_the_stepper_follows_a_move_and_the_end(phone, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=4)
    phone.goto(f"/leads/{lead.pk}/")
    phone.locator("[aria-current=step]").tap()
    phone.get_by_role("button", name="Nächste Phase").tap()
    stepper = phone.get_by_role("list", name="Vertriebsprozess")
    here = stepper.get_by_role("button", name="Auftrag")
    expect(here).to_have_attribute("aria-current", "step")
    expect(here).to_be_in_viewport(ratio=1)
    here.tap()
    phone.get_by_role("button", name="Gewonnen").tap()
    end = stepper.get_by_role("button", name="Abschluss")
    expect(end).to_be_enabled()
    expect(end).to_be_in_viewport(ratio=1)


def test_a_stale_move_is_told_within_sight(phone, lead, meike):
    phone.goto(f"/leads/{lead.pk}/")
    here = phone.locator("[aria-current=step]")
    here.evaluate("e => window.scrollTo(0, e.getBoundingClientRect().top - 100)")
    here.tap()
    expect(phone.get_by_role("dialog")).to_be_visible()
    lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    phone.get_by_role("button", name="Nächste Phase").tap()
    expect(phone.get_by_role("dialog")).to_have_count(0)
    expect(phone.get_by_text("in einer anderen Phase: Meike Beispiel")).to_be_in_viewport()


def test_the_dialog_fits_the_screen(phone, heatpumps, anna, lead):
    heatpumps.phases.filter(position=3).update(guidance="Bitte sorgfältig prüfen.\n" * 40)
    phone.goto(f"/leads/{lead.pk}/")
    phone.locator("[aria-current=step]").tap()
    dialog = phone.get_by_role("dialog")
    expect(dialog).to_be_visible()
    # It slides in, so it is measured where it comes to rest.
    dialog.evaluate("e => Promise.all(e.getAnimations().map((one) => one.finished))")
    box = dialog.bounding_box()
    assert (box["x"], box["width"]) == (0, WIDTH)
    assert box["y"] >= 0
    assert box["y"] + box["height"] == HEIGHT
    # Above a keyboard of 340 pixels that lies over the page.
    phone.evaluate(
        """Object.defineProperty(visualViewport, "height", { value: innerHeight - 340 });
        visualViewport.dispatchEvent(new Event("resize"))"""
    )
    box = dialog.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] == HEIGHT - 340
    expect(phone.get_by_role("button", name="Nächste Phase")).to_be_in_viewport(ratio=1)
    assert phone.get_by_label("Notiz fürs Journal").evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    ) >= 16, "a phone zooms into smaller letters"  # fmt: skip


def test_the_bar_below_has_what_a_thumb_needs(phone, heatpumps, anna):
    phone.add_init_script(NO_PHONE)
    lead = factories.accepted(heatpumps, anna, phase=4, mobile="")
    phone.goto(f"/leads/{lead.pk}/")
    bar = phone.get_by_role("navigation", name="Schnellzugriff")
    call = phone.get_by_role("link", name="Anrufen")
    expect(call).to_have_count(1)
    expect(bar.get_by_role("link")).to_have_text(
        ["Anrufen", "Journal", "Anhänge", "Foto", "Nächste Phase"]
    )
    bar.get_by_role("link", name="Anhänge").tap()
    camera = phone.get_by_text("Foto aufnehmen")
    expect(camera).to_be_in_viewport(ratio=1)
    bar.get_by_role("link", name="Journal").tap()
    journal = phone.get_by_label("Journaleintrag")
    expect(journal).to_be_in_viewport()
    journal.fill("Das bleibt stehen")
    expect(bar).to_be_hidden()
    journal.blur()
    bar.get_by_role("link", name="Journal").tap()
    call.tap()
    expect(phone.get_by_role("heading", name="Was hat der Anruf ergeben?")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(journal).to_have_value("Das bleibt stehen")
    bar.get_by_role("link", name="Nächste Phase").tap()
    phone.get_by_role("dialog").get_by_role("button", name="Nächste Phase").tap()
    expect(bar.get_by_role("link", name="Abschluss")).to_be_visible()
    phone.get_by_role("button", name="Telefon bearbeiten").tap()
    phone.get_by_role("textbox", name="Telefon").fill("")
    phone.get_by_role("button", name="Änderung bestätigen").tap()
    expect(call).to_have_count(0)
    lead.refresh_from_db()
    lead.set_field("mobile", seen="", value="0171 7654321", by=anna)
    expect(call).to_have_attribute("href", "tel:01717654321")
    lead.win(seen=lead.phase, by=anna)
    expect(bar.get_by_role("link", name="Wieder öffnen")).to_be_visible()


def test_pencils_and_bins_are_seen_without_hovering(phone, lead, anna):
    lead.write_entry(text="Angerufen", by=anna)
    phone.goto(f"/leads/{lead.pk}/")
    for name in ("Telefon bearbeiten", "Eintrag bearbeiten", "Eintrag löschen"):
        opacity = phone.get_by_role("button", name=name).evaluate(
            """e => {
                let shown = 1;
                for (; e; e = e.parentElement) shown *= getComputedStyle(e).opacity;
                return shown;
            }"""
        )
        assert opacity == 1, name
    expect(phone.get_by_text("Strg").filter(visible=True)).to_have_count(0)


def test_the_main_job_is_done_with_a_finger(phone, offered):
    phone.goto("/leads/neu/")
    phone.get_by_role("button", name="Annehmen").tap()
    expect(phone.get_by_role("heading", level=1, name="Familie Aigner")).to_be_visible()
    phone.get_by_role("button", name="Telefon bearbeiten").tap()
    phone.get_by_role("textbox", name="Telefon").fill("+49 8031 999888")
    phone.get_by_role("button", name="Änderung bestätigen").tap()
    expect(phone.get_by_role("link", name="+49 8031 999888")).to_be_visible()
    phone.get_by_label("Journaleintrag").fill("Angerufen")
    phone.get_by_role("button", name="Eintragen").tap()
    expect(phone.get_by_role("tabpanel").get_by_text("Angerufen")).to_be_visible()
    phone.get_by_role("tab", name=re.compile("Anhänge")).tap()
    phone.get_by_label("Dateien auswählen").set_input_files(
        {"name": "Foto.txt", "mimeType": "text/plain", "buffer": b"Heizraum"}
    )
    expect(phone.get_by_role("link", name="Foto.txt")).to_be_visible()
    fits(phone)


ANDROID = (
    "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
)
PLACE = "Am%20M%C3%BChlbach%2014%2C%2083022%2C%20Rosenheim"


@pytest.mark.parametrize(
    ("agent", "address", "opened"),
    [
        (ANDROID, "/leads/{lead}/", f"geo:0,0?q={PLACE}"),
        (IPHONE, "/leads/?spalten=street", f"https://maps.apple.com/?q={PLACE}"),
    ],
)
def test_an_address_opens_the_phones_own_maps(
    new_context, live_server, sign_in_as, anna, lead, agent, address, opened
):
    context = new_context(base_url=live_server.url, user_agent=agent)
    sign_in_as(context, anna)
    page = context.new_page()
    page.route("https://maps.apple.com/**", lambda route: route.abort())
    page.goto(address.format(lead=lead.pk), wait_until="networkidle")
    link = page.get_by_role("link", name="Am Mühlbach 14")
    expect(link).to_have_attribute("href", re.compile("^https://www.openstreetmap.org/search"))
    page.evaluate("addEventListener('click', (event) => event.preventDefault())")
    link.tap()
    expect(link).to_have_attribute("href", re.compile(f"^{re.escape(opened)}"))
    expect(link).not_to_have_attribute("target", re.compile("."))

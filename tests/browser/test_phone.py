"""leadbook on a phone: nothing is cut off, a finger hits what it means.

That nothing is cut off holds on wider screens too.
"""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories

WIDTH, HEIGHT = 360, 740
FINGER = 44  # pixels, the target size of the house
ENDLESS = "Donaudampfschifffahrtsgesellschaft" * 6  # 204 characters and no blank


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    viewport = {"width": WIDTH, "height": HEIGHT}
    return {**browser_context_args, "viewport": viewport, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(annas_page):
    return annas_page


@pytest.fixture
def long_lead(heatpumps, anna, meike):
    """A lead whose every text is as long as it may be and without a blank."""
    heatpumps.name = ENDLESS[:60]
    heatpumps.save()
    heatpumps.phases.filter(position=3).update(name=ENDLESS[:60], guidance=ENDLESS)
    lead = factories.accepted(
        heatpumps, anna, phase=3,
        name=ENDLESS[:200], company=ENDLESS[:200], contact_person=ENDLESS[:200],
        email=f"{ENDLESS[:60]}@{ENDLESS[:60]}.de", street=ENDLESS[:200], city=ENDLESS[:100],
        need=ENDLESS[:200], description=ENDLESS, value=999_999_999_999,
        follow_up_at=timezone.now(),
    )  # fmt: skip
    lead.write_entry(text=f"https://beispiel.de/{ENDLESS}", by=anna)
    lead.set_field("street", seen=lead.street, value=ENDLESS[1:200], by=meike)
    factories.attach(lead, anna, f"{ENDLESS[:140]}.txt", b"Plan")
    factories.offer(heatpumps, need=ENDLESS[:200], city=ENDLESS[:100])
    return lead


def fits(page, width=WIDTH):
    """Assert that nothing makes the page wider than the screen."""
    expect(page.get_by_role("heading").first).to_be_visible()
    widest = page.evaluate(
        """(width) => {
            /* What a box around it cuts with an ellipsis or scrolls is within reach. */
            const isWithin = (e) => {
                while ((e = e.parentElement)) {
                    if (getComputedStyle(e).overflowX !== "visible") return true;
                }
                return false;
            };
            const beyond = [...document.querySelectorAll("main *")].filter(
                (e) => e.getBoundingClientRect().right > width + 1 && !isWithin(e),
            );
            const shown = beyond.map((e) => e.outerHTML.slice(0, 120));
            return [document.documentElement.scrollWidth, ...shown];
        }""",
        width,
    )
    assert widest == [width], page.url


ADDRESSES = {
    "the list": "/leads/",
    "nothing found": "/leads/?q=nichtda",
    "the offers": "/leads/neu/",
    "the closed leads": "/leads/abgeschlossen/",
    "entering a lead": "/leads/anlegen/",
    "the journal": "/leads/{lead}/",
    "the attachments": "/leads/{lead}/?tab=anhaenge",
    "the history": "/leads/{lead}/?tab=verlauf",
    "the dialog as a page": "/leads/{lead}/phase/",
    "a field as a page": "/leads/{lead}/felder/name/",
    "all fields as a page": "/leads/{lead}/felder/",
    "the password": "/passwort/",
    "a wrong address": "/leads/999999/",
}


def test_no_page_scrolls_sideways_whatever_stands_in_it(phone, long_lead, subtests):
    for name, address in ADDRESSES.items():
        phone.goto(address.format(lead=long_lead.pk))
        for width in (WIDTH, 900, 1280):
            with subtests.test(name, width=width):
                phone.set_viewport_size({"width": width, "height": HEIGHT})
                fits(phone, width)


def test_the_sign_in_fits(page):
    page.goto("/anmelden/")
    fits(page)


def test_dialog_and_editors_fit_in_place(phone, long_lead):
    phone.goto(f"/leads/{long_lead.pk}/")
    phone.get_by_role("button", name="Straße bearbeiten").click()
    expect(phone.get_by_role("textbox", name="Straße")).to_be_focused()
    fits(phone)
    phone.get_by_role("button", name="Eintrag bearbeiten").click()
    expect(phone.get_by_role("button", name="Änderung bestätigen")).to_have_count(2)
    fits(phone)
    phone.get_by_role("button", name="Alle bearbeiten").click()
    expect(phone.get_by_role("textbox", name="Bedarf")).to_be_visible()
    fits(phone)
    phone.locator("[aria-current=step]").click()
    fits(phone)


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
    expect(phone.get_by_text("inzwischen weiter: Meike Beispiel")).to_be_in_viewport()


def test_the_dialog_fits_the_screen(phone, heatpumps, anna, lead):
    heatpumps.phases.filter(position=3).update(guidance="Bitte sorgfältig prüfen.\n" * 40)
    phone.goto(f"/leads/{lead.pk}/")
    phone.locator("[aria-current=step]").tap()
    dialog = phone.get_by_role("dialog")
    expect(dialog).to_be_visible()
    # It slides in, so it is measured where it comes to rest.
    dialog.evaluate("e => Promise.all(e.getAnimations().map((one) => one.finished))")
    box = dialog.bounding_box()
    assert box["x"] >= 8
    assert box["x"] + box["width"] <= WIDTH - 8
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= HEIGHT
    phone.get_by_role("button", name="Nächste Phase").scroll_into_view_if_needed()
    expect(phone.get_by_role("button", name="Nächste Phase")).to_be_in_viewport(ratio=1)
    assert phone.get_by_label("Notiz fürs Journal").evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    ) >= 16, "a phone zooms into smaller letters"  # fmt: skip


def too_small(page, *selectors):
    """The controls whose hit area, measured at its edges, is smaller than a finger."""
    return page.evaluate(
        """([selectors, finger]) => {
            const missed = [];
            for (const control of document.querySelectorAll(selectors.join(", "))) {
                if (!control.checkVisibility()) continue;
                control.scrollIntoView({ block: "center", inline: "center" });
                const box = control.getBoundingClientRect();
                const x = box.x + box.width / 2;
                const y = box.y + box.height / 2;
                const reach = finger / 2 - 0.5;
                const hit = (dx, dy) => {
                    const found = document.elementFromPoint(x + dx, y + dy);
                    return found && (control.contains(found) || found.contains(control)
                        && found.matches("label, a, button"));
                };
                const wide = box.width >= finger || (hit(-reach, 0) && hit(reach, 0));
                const high = box.height >= finger || (hit(0, -reach) && hit(0, reach));
                if (!wide || !high) missed.push(control.outerHTML.slice(0, 60));
            }
            return missed;
        }""",
        [selectors, FINGER],
    )


def test_a_finger_hits_every_main_control(phone, lead, anna):
    lead.write_entry(text="Angerufen", by=anna)
    factories.attach(lead, anna, "Grundriss.txt", b"Plan")
    buttons = ("button:enabled", "a.button", "[role=tab]", "nav a", "summary", "main select",
               "main input:not([type=hidden], [type=radio], [type=checkbox], [type=file])",
               "header input", "main textarea", ".kinds label")  # fmt: skip
    phone.goto("/leads/")
    assert too_small(phone, *buttons, ".chip", "tbody tr:not(.lead-table__group)") == []
    phone.goto(f"/leads/{lead.pk}/")
    assert too_small(phone, *buttons) == []
    phone.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    assert too_small(phone, *buttons) == []
    phone.locator("[aria-current=step]").tap()
    expect(phone.get_by_role("dialog")).to_be_visible()
    assert too_small(phone, "dialog button", "dialog textarea") == []


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
    expect(phone.get_by_text("Strg")).to_be_hidden()


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

"""axe on every page and state: light and dark, on a desktop and on a phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import expect

from leads.models import CalendarAddress, Lead, Reminder
from marketplaces.models.daily_mail import MORNING
from tests import factories
from tests.marketplaces.phone import Phone

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
# The colours do not depend on the width, so two looks show every layout and every colour.
LOOKS = [(DESKTOP, "light"), (PHONE, "dark")]
# Even the shortest transition of a colour takes a frame.
AT_REST = """() => new Promise((done) => {
    scrollTo(0, 0);
    requestAnimationFrame(() => requestAnimationFrame(done));
}).then(() => Promise.all(document.getAnimations().map((one) => one.finished)))"""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """axe measures contrast with inline styles, which the pages' CSP would refuse."""
    return {**browser_context_args, "bypass_csp": True}


def violations(page):
    """What axe finds: the rule, its target and what it says."""
    options = {"runOnly": RULES, "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options)
    return [
        (violation["id"], node["target"], node["html"][:160], node["failureSummary"])
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]


def holds(page, looks=LOOKS):
    """Assert that axe finds nothing in the state that the page is in."""
    # What still fades in has less contrast than it will have.
    page.emulate_media(reduced_motion="reduce")
    found = {}
    for size, scheme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        # The sticky head would cover targets of a page that is scrolled.
        page.evaluate(AT_REST)
        if here := violations(page):
            found[size["width"], scheme] = here
    assert found == {}


def heading(page, name):
    return page.get_by_role("heading", level=1, name=name)


# Signed out ---------------------------------------------------------------------------


def test_the_sign_in(page):
    page.goto("/anmelden/")
    expect(heading(page, "Anmelden")).to_be_visible()
    holds(page)


def test_a_failed_sign_in(page, anna):
    page.goto("/anmelden/")
    page.get_by_label("Benutzername").fill("anna")
    page.locator("input[name=password]").fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_be_visible()
    holds(page)


def test_a_forgotten_password(page, anna):
    page.goto("/passwort/vergessen/")
    holds(page)
    page.get_by_label("E-Mail").fill(anna.email)
    page.get_by_role("button", name="Link senden").click()
    expect(heading(page, "Sehen Sie in Ihr Postfach")).to_be_visible()
    assert len(mail.outbox) == 1
    holds(page)


def test_a_new_password(page, anna):
    uid = urlsafe_base64_encode(force_bytes(anna.pk))
    page.goto(f"/passwort/neu/{uid}/{default_token_generator.make_token(anna)}/")
    page.locator("input[name=new_password1]").fill("kurz")
    page.locator("input[name=new_password2]").fill("anders")
    page.get_by_role("button", name="Passwort setzen").click()
    expect(page.locator(".field-error").first).to_be_visible()
    holds(page)
    page.goto("/passwort/neu/MQ/falsch/")
    expect(heading(page, "Dieser Link gilt nicht mehr")).to_be_visible()
    holds(page)


def test_the_links_of_mails(page, heatpumps, anna):
    reminder = Reminder.objects.create(lead=factories.accepted(heatpumps, anna), user=anna)
    for answer in (Reminder.Answer.REACHED, Reminder.Answer.APPOINTMENT):
        page.goto(f"/leads/rueckmeldung/{reminder.token_for(answer)}/")
        expect(heading(page, "Familie Aigner, Rosenheim")).to_be_visible()
        holds(page)
    page.goto("/leads/rueckmeldung/falsch/")
    expect(heading(page, "Dieser Link gilt nicht mehr")).to_be_visible()
    holds(page)
    page.goto(f"/abbestellen/{MORNING.token_for(anna)}/")
    holds(page)
    page.get_by_role("button", name="Ausschalten").click()
    expect(heading(page, "Die E-Mails sind ausgeschaltet")).to_be_visible()
    holds(page)


def test_the_error_pages(page, subtests):
    context = {"language": "de", "theme": "system", "minutes": 15, "page": "/leads/",
               "texts": ["Was ich geschrieben habe"]}  # fmt: skip

    def answer(route):
        name = route.request.url.rsplit("/", 1)[1]
        html = render_to_string(f"errors/{name}.html", context)
        route.fulfill(body=html, content_type="text/html")

    page.route("**/kaputt/*", answer)
    for name in ("400", "403_code", "403_csrf", "413", "429", "500", "502", "503"):
        with subtests.test(name):
            page.goto(f"/kaputt/{name}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            holds(page)


# Signed in ----------------------------------------------------------------------------


def test_what_stands_in_front_of_the_admin(page, sign_in_as, olaf, heatpumps, settings, clock):
    settings.SECOND_FACTOR = "admin"
    sign_in_as(page.context, olaf)
    page.goto("/admin/")
    expect(heading(page, "Zweiten Faktor einrichten")).to_be_visible()
    holds(page)
    phone = Phone(page.locator("#key").input_value(), clock)
    for code in (phone.wrong(), phone.code()):
        page.get_by_role("textbox", name="Code").fill(code)
        page.get_by_role("button", name="Bestätigen").click()
        if code == phone.wrong():
            expect(page.locator(".field-error")).to_be_visible()
            holds(page)
    expect(heading(page, "Ihre Notfallcodes")).to_be_visible()
    holds(page)
    page.goto("/zweiter-faktor/")
    holds(page)
    sign_in_as(page.context, olaf)
    page.goto("/admin/")
    expect(heading(page, "Code eingeben")).to_be_visible()
    holds(page)


@pytest.fixture
def rich(heatpumps, anna, meike):
    """Anna's lead with every kind of field, entry, attachment and event."""
    for kind in ("text", "long_text", "number", "money", "date", "yes_no"):
        factories.make_field(heatpumps, f"Feld {kind}", kind, help_text="Bitte genau angeben")
    for kind in ("choice", "choices"):
        factories.make_field(heatpumps, f"Feld {kind}", kind, choices="Öl\nGas\nStrom")
    heatpumps.phases.update(guidance="Ist das Angebot verschickt?", target_days=1)
    lead = factories.accepted(heatpumps, anna, phase=3, value=24800,
                              follow_up_at=timezone.now())  # fmt: skip
    lead.move(seen=lead.phase, to=lead.previous_phase, by=anna, note="Noch einmal hin")
    lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    for kind in ("call", "email", "meeting", "note"):
        entry = lead.write_entry(text=f"Siehe https://beispiel.de/{kind}", kind=kind, by=anna)
    lead.edit_entry(entry.pk, text="Schon berichtigt", by=anna)
    lead.set_field("phone", seen=lead.phone, value="", by=meike)
    factories.attach(lead, anna, "Plan.txt", b"Plan")
    return lead


@pytest.fixture
def state(annas_page, rich):
    """Return a function that opens an address on Anna's page."""

    def open_state(address="/leads/{lead}/"):
        annas_page.goto(address.format(lead=rich.pk))
        return annas_page

    return open_state


PAGES = {
    "the list": ("/leads/", "Leads in Bearbeitung"),
    "the filtered list": ("/leads/?q=aigner&wiedervorlage=heute", "Leads in Bearbeitung"),
    "the saved views": ("/leads/ansichten/", "Gespeicherte Ansichten"),
    "a view to be saved": ("/leads/ansichten/anlegen/?sort=name", "Ansicht speichern"),
    "the follow-up of several": (
        "/leads/wiedervorlage/?lead={lead}",
        "Wiedervorlage für 1 Lead",
    ),
    "nothing found": ("/leads/?q=nichtda", "Leads in Bearbeitung"),
    "a cursor that cannot be read": ("/leads/?seite=x", "Leads in Bearbeitung"),
    "the list of all columns": (
        "/leads/?spalten=phase,company,phone,email,city,wish_date,angenommen,volumen",
        "Leads in Bearbeitung",
    ),
    "the choice of columns": ("/leads/spalten/", "Spalten"),
    "the filters by fields": ("/leads/filter/", "Nach Feldern filtern"),
    "no offers": ("/leads/neu/", "Neue Leads"),
    "no closed leads": ("/leads/abgeschlossen/", "Abgeschlossene Leads"),
    "entering a lead": ("/leads/anlegen/", "Lead anlegen"),
    "the journal": ("/leads/{lead}/", "Familie Aigner"),
    "the attachments": ("/leads/{lead}/?tab=anhaenge", "Familie Aigner"),
    "the history": ("/leads/{lead}/?tab=verlauf", "Familie Aigner"),
    "the lead on paper": ("/leads/{lead}/akte/", "Familie Aigner"),
    "the dialog as a page": ("/leads/{lead}/phase/", "Familie Aigner"),
    "the follow-up as a page": ("/leads/{lead}/wiedervorlage/", "Familie Aigner"),
    "a call as a page": ("/leads/{lead}/anruf/", "Familie Aigner"),
    "a field as a page": ("/leads/{lead}/felder/email/", "Familie Aigner"),
    "all fields as a page": ("/leads/{lead}/felder/", "Familie Aigner"),
    "the password": ("/passwort/", "Passwort ändern"),
    "the settings": ("/einstellungen/", "Kalender und Morgenmail"),
    "the reminders": ("/erinnerungen/", "Erinnerungsmails"),
    "a wrong address": ("/leads/999999/", "Diese Seite gibt es nicht"),
    "a forbidden address": ("/admin/login/", "Das dürfen Sie nicht"),
}


def test_every_page(state, subtests):
    for name, (address, title) in PAGES.items():
        with subtests.test(name):
            page = state(address)
            expect(heading(page, title)).to_be_visible()
            holds(page)


def test_the_other_looks(state):
    for address in ("/leads/", "/leads/{lead}/"):
        holds(state(address), looks=[(DESKTOP, "dark"), (PHONE, "light")])


def test_selected_rows_the_export_and_a_cell_being_edited(state):
    page = state("/leads/?sort=name")
    page.locator("tbody tr").first.focus()
    page.keyboard.press("Space")
    page.locator("summary", has_text="Exportieren").click()
    expect(page.get_by_role("link", name="CSV, alle Felder")).to_be_visible()
    holds(page)
    page.keyboard.press("Escape")
    page.locator("tbody tr").first.focus()
    for label in ("Name", "Wiedervorlage", "Volumen"):
        page.keyboard.press("F2")
        expect(page.locator("td form").get_by_label(label, exact=True).first).to_be_visible()
        holds(page, looks=[(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")])


@pytest.mark.usefixtures("heatpumps")
def test_an_empty_list(annas_page):
    annas_page.goto("/leads/")
    expect(
        annas_page.get_by_role("heading", name="Keine Leads in Bearbeitung")
    ).to_be_visible()
    holds(annas_page)


def test_the_offers_and_one_that_is_taken(annas_page, heatpumps, offered, ben):
    other = factories.offer(heatpumps, need="Neubau", city="Bad Tölz", value=31000)
    annas_page.goto("/leads/neu/")
    other.accept(by=ben)
    card = annas_page.get_by_role("article").filter(has_text="Neubau")
    card.get_by_role("button", name="Annehmen").click()
    expect(card.get_by_role("button")).to_have_count(0)
    holds(annas_page)
    annas_page.goto(f"/leads/{offered.pk}/")
    expect(heading(annas_page, "Neuer Lead")).to_be_visible()
    holds(annas_page)
    annas_page.get_by_role("button", name="Ablehnen").click()
    expect(annas_page.get_by_role("dialog")).to_be_visible()
    holds(annas_page)


def test_the_closed_leads(annas_page, heatpumps, anna):
    won = factories.accepted(heatpumps, anna, phase=5)
    won.win(seen=won.phase, by=anna)
    lost = factories.accepted(heatpumps, anna, phase=5)
    lost.lose(seen=lost.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    annas_page.goto("/leads/abgeschlossen/")
    expect(annas_page.get_by_role("link", name="Familie Aigner")).to_have_count(2)
    holds(annas_page)
    for lead in (won, lost):
        annas_page.goto(f"/leads/{lead.pk}/")
        expect(annas_page.get_by_role("button", name="Wieder öffnen")).to_be_visible()
        holds(annas_page)
    annas_page.get_by_role("button", name="Wieder öffnen").click()
    expect(annas_page.get_by_role("dialog")).to_be_visible()
    holds(annas_page)


def test_a_colleagues_lead(page, sign_in_as, meike, rich):
    sign_in_as(page.context, meike)
    page.goto("/leads/")
    holds(page)
    page.goto(f"/leads/{rich.pk}/")
    expect(page.get_by_text("· Anna Beispiel").first).to_be_visible()
    holds(page)


def test_entering_a_lead_with_mistakes_and_again(state):
    page = state("/leads/anlegen/")
    page.get_by_label("E-Mail").fill("kaputt")
    page.get_by_label("Volumen").fill("viel")
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    holds(page)
    page.get_by_label("Name").first.fill("Sabine")
    page.get_by_label("E-Mail").fill("s.aigner@beispiel.de")
    page.get_by_label("Volumen").fill("1")
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("button", name="Trotzdem anlegen")).to_have_count(2)
    holds(page)


def test_the_address_of_a_calendar_that_was_copied(annas_page, anna):
    CalendarAddress.renew(anna)
    annas_page.goto("/einstellungen/")
    annas_page.get_by_role("button", name="Kopieren").click()
    expect(annas_page.get_by_role("status").filter(has_text="opi")).to_be_visible()
    holds(annas_page)


def test_nobodys_marketplace(page, sign_in_as, db):
    sign_in_as(page.context, factories.UserFactory(username="neu"))
    page.goto("/leads/anlegen/")
    expect(page.get_by_role("heading", name="Noch kein Marktplatz")).to_be_visible()
    holds(page)


def test_the_menu(state):
    page = state("/leads/")
    page.locator("header summary").click()
    expect(page.get_by_role("button", name="Abmelden", exact=True)).to_be_visible()
    holds(page)


IMPORTS = {
    "mapping": "Was bedeuten die Spalten?",
    "checked": "Zeilen mit Fehlern",
    "running": "Die Leads werden übernommen",
    "done": "Übernommen",
}


def test_the_palette_and_the_keys(state):
    page = state()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Finden und ausführen")
    expect(palette.get_by_role("option").first).to_be_visible()
    holds(page)
    palette.get_by_role("combobox").fill("aig")
    expect(palette.get_by_role("option", name="Familie Aigner")).to_be_visible()
    holds(page)
    palette.get_by_role("combobox").fill("xyzzy")
    expect(palette.get_by_text("Nichts gefunden")).to_be_visible()
    holds(page)
    palette.get_by_role("link", name="Tastaturkürzel").click()
    expect(page.get_by_role("dialog", name="Tastaturkürzel")).to_be_visible()
    holds(page)
    for address in ("/leads/suche/?q=aigner", "/tastatur/", f"{page.url}?aus=in-bearbeitung"):
        page.goto(address)
        holds(page)


def test_the_import(annas_page, heatpumps, anna, subtests):
    page = annas_page
    page.goto("/leads/importe/neu/")
    page.get_by_role("button", name="Hochladen").click()
    expect(page.locator(".field-error")).to_be_visible()
    holds(page)
    # The page would ask the server to go on.
    page.route("**/fortschritt/", lambda route: None)
    for state, title in IMPORTS.items():
        with subtests.test(state):
            made = factories.imported(heatpumps, anna, state)
            page.goto(f"/leads/importe/{made.pk}/")
            expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
            holds(page)
    page.get_by_role("link", name="Import zurücknehmen").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    holds(page)
    page.goto("/leads/importe/")
    expect(page.get_by_role("list", name="Importe")).to_be_visible()
    holds(page)
    page.unroute_all(behavior="ignoreErrors")


# States of a lead's page --------------------------------------------------------------


def test_the_dialogs_of_the_stepper(state):
    page = state()
    for name in ("Angebot", "Vor-Ort-Termin"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        holds(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_dialog_of_the_end_with_a_mistake(annas_page, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    annas_page.goto(f"/leads/{lead.pk}/")
    annas_page.get_by_role("button", name="Auftrag", exact=True).click()
    annas_page.get_by_role("button", name="Verloren").click()
    expect(annas_page.get_by_text("warum der Lead verloren ist")).to_be_visible()
    holds(annas_page)


def test_a_stale_dialog_and_the_note_that_it_keeps(state, rich, meike):
    page = state()
    page.get_by_role("button", name="Angebot", exact=True).click()
    page.get_by_label("Notiz fürs Journal").fill("Das soll bleiben")
    rich.move(seen=rich.phase, to=rich.next_phase, by=meike)
    page.get_by_role("button", name="Nächste Phase").click()
    expect(page.get_by_role("heading", name="Ihre Eingabe ist noch da")).to_be_visible()
    holds(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text(re.compile("inzwischen in einer anderen"))).to_be_visible()
    holds(page)


def test_the_editor_of_each_kind_of_field(state, rich):
    page = state()
    labels = ["Name", "Telefon", "E-Mail", "Beschreibung", "Volumen", "Wunschtermin"]
    labels += ["Wiedervorlage", *(field.label for field in rich.marketplace.fields.all())]
    for number, label in enumerate(labels, start=1):
        page.get_by_role("button", name=f"{label} bearbeiten", exact=True).click()
        expect(page.get_by_role("button", name="Änderung bestätigen")).to_have_count(number)
    holds(page)


def test_a_mistake_and_a_conflict_in_a_field(state, rich, meike):
    page = state()
    page.get_by_role("button", name="E-Mail bearbeiten").click()
    page.get_by_role("textbox", name="E-Mail").fill("s.aigner@beispiel")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Geben Sie eine gültige E-Mail-Adresse an")).to_be_visible()
    page.get_by_role("button", name="Ort bearbeiten").click()
    expect(page.get_by_role("textbox", name="Ort", exact=True)).to_be_visible()
    rich.set_field("city", seen=rich.city, value="Kolbermoor", by=meike)
    page.get_by_role("textbox", name="Ort", exact=True).fill("Bad Aibling")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Meine übernehmen")).to_be_visible()
    holds(page)


def test_all_fields_with_mistakes_and_conflicts(state, rich, meike):
    page = state()
    page.get_by_role("button", name="Alle bearbeiten").click()
    page.get_by_role("textbox", name="Volumen").fill("viel")
    page.get_by_role("button", name="Änderung bestätigen").click()
    expect(page.get_by_text("Noch ist nichts gespeichert.")).to_be_visible()
    holds(page)
    page.get_by_role("textbox", name="Volumen").fill("100")
    page.get_by_role("textbox", name="Ort", exact=True).fill("Bad Aibling")
    rich.set_field("city", seen=rich.city, value="Kolbermoor", by=meike)
    page.get_by_role("button", name="Änderung bestätigen").click()
    expect(page.get_by_text("Jemand hat inzwischen einige Felder geändert")).to_be_visible()
    holds(page)


def test_the_journals_editors_with_a_mistake(state):
    page = state()
    page.get_by_role("button", name="Eintragen").click()
    expect(page.get_by_text("Schreiben Sie, was besprochen wurde.")).to_be_visible()
    page.get_by_role("button", name="Eintrag bearbeiten").first.click()
    expect(page.get_by_role("button", name="Änderung bestätigen")).to_be_visible()
    holds(page)


def test_uploads_under_way_failed_and_renamed(state):
    page = state("/leads/{lead}/?tab=anhaenge")
    choose = page.get_by_label("Dateien auswählen")
    files = page.get_by_role("list", name="Anhänge").get_by_role("listitem")
    choose.set_input_files({"name": "a.exe", "mimeType": "text/plain", "buffer": b"MZ"})
    expect(files.filter(has_text="a.exe").get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Plan.txt umbenennen").click()
    expect(page.get_by_role("button", name="Änderung bestätigen")).to_be_visible()
    held = []
    page.route(re.compile("/anhaenge/$"), lambda route: held.append(route))
    choose.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"Neu"})
    expect(page.get_by_role("progressbar")).to_be_visible()
    holds(page)
    held[0].continue_()
    expect(files.filter(has_text="b.txt").get_by_role("link")).to_be_visible()
    page.unroute_all(behavior="wait")


def test_toasts_of_success_and_of_failure(state, complaints):
    page = state()
    page.get_by_role("button", name="Eintrag löschen").first.click()
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    page.get_by_role("button", name="Rückgängig").hover()
    page.route("**/felder/email/", lambda route: route.abort())
    page.get_by_role("button", name="E-Mail bearbeiten").click()
    expect(page.get_by_text("Der Server ist gerade nicht erreichbar.")).to_be_visible()
    holds(page)
    assert any("ERR_FAILED" in complaint for complaint in complaints)
    complaints.clear()


# What axe cannot see ------------------------------------------------------------------


def slowest_transition(page):
    """The longest transition or animation of anything on the page, in seconds."""
    return page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((e) => {
            const { transitionDuration, animationDuration, display } = getComputedStyle(e);
            const all = `${transitionDuration}, ${animationDuration}`.split(", ");
            return display === "none" ? [] : all.map(parseFloat);
        }))"""
    )


def test_motion_is_off_for_who_asks_for_it(state):
    page = state()
    page.get_by_role("button", name="Eintrag löschen").first.click()
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    page.get_by_role("button", name="Angebot", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.emulate_media(reduced_motion="no-preference")
    assert slowest_transition(page) > 0.1
    page.emulate_media(reduced_motion="reduce")
    assert slowest_transition(page) <= 0.001
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_the_page_stays_whole_with_twice_the_letters(state):
    """1.4.4 and 1.4.10: 200 % letters on a window of 640 pixels, no sideways scrolling."""
    page = state()
    for address in ("/leads/", page.url, f"{page.url}?tab=anhaenge", "/leads/anlegen/"):
        page.goto(address)
        page.set_viewport_size({"width": 320, "height": 512})
        assert page.evaluate("document.documentElement.scrollWidth") == 320, address


# The whole main job with Tab, Enter, Space and Escape ---------------------------------


class Keyboard:
    """A rep without a mouse, who has to see where the focus is."""

    def __init__(self, page):
        self.page = page

    def to(self, target):
        """Go to `target` with Tab alone; every stop on the way must be seen."""
        self.page.wait_for_load_state()  # a ring is drawn by the style sheets
        for _stop in range(150):
            self.page.keyboard.press("Tab")
            shown = self.page.evaluate(
                """() => {
                    const e = document.activeElement;
                    const box = e.getBoundingClientRect();
                    const isHead = e.closest(".topbar, .visually-hidden");
                    const head = document.querySelector(".topbar").getBoundingClientRect();
                    const top = isHead ? 0 : head.bottom;
                    const isOn = box.bottom > top && box.top < innerHeight;
                    const hasRing = (one) => {
                        const { outlineStyle, outlineWidth } = getComputedStyle(one);
                        return outlineStyle !== "none" && outlineWidth === "2px";
                    };
                    const label = e.closest("label");
                    const isRing = (label && hasRing(label)) || (box.width > 4 && hasRing(e));
                    const isRow = e.getAttribute("aria-selected") === "true";
                    return e === document.body || (isOn && (isRing || isRow));
                }"""
            )
            assert shown, self.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            if target.evaluate_all("found => found.includes(document.activeElement)"):
                return target
        raise AssertionError(f"Tab does not reach {target}")

    def press(self, role, name, key="Enter"):
        """Go to the control and press it."""
        self.to(self.page.get_by_role(role, name=name, exact=isinstance(name, str)))
        self.page.keyboard.press(key)

    def write(self, role, name, text):
        """Go to the field and type."""
        self.to(self.page.get_by_role(role, name=name, exact=isinstance(name, str)))
        self.page.keyboard.type(text)


def test_the_whole_main_job_by_keyboard_alone(page, offered, anna, heatpumps):
    heatpumps.phases.filter(position__gt=2).update(is_retired=True)
    keys = Keyboard(page)
    page.goto("/anmelden/")
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(factories.PASSWORD)
    keys.press("button", "Anmelden")
    expect(heading(page, "Leads in Bearbeitung")).to_be_visible()

    # Accept and find it in the list.
    keys.press("link", re.compile("^Neue Leads"))
    expect(heading(page, "Neue Leads")).to_be_visible()
    keys.press("button", "Ablehnen", "Space")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    keys.press("button", "Annehmen")
    expect(heading(page, "Familie Aigner")).to_be_visible()
    keys.press("link", re.compile("^In Bearbeitung \\d"))
    expect(heading(page, "Leads in Bearbeitung")).to_be_visible()
    keys.press("link", "Familie Aigner")
    expect(heading(page, "Familie Aigner")).to_be_visible()

    # Move on and back.
    stepper = page.get_by_role("list", name="Vertriebsprozess")
    here = stepper.locator("[aria-current=step]")
    keys.press("button", "Qualifizierung", "Space")
    expect(page.get_by_label("Notiz fürs Journal")).to_be_focused()
    page.keyboard.type("Passt")
    keys.press("button", "Nächste Phase")
    expect(here).to_have_accessible_name("Vor-Ort-Termin")
    expect(stepper.get_by_role("button", name="Qualifizierung")).to_be_focused()
    page.keyboard.press("Enter")
    keys.press("button", "Phase zurücksetzen", "Space")
    expect(here).to_have_accessible_name("Qualifizierung")
    expect(stepper.get_by_role("button", name="Qualifizierung")).to_be_focused()
    page.keyboard.press("Enter")
    keys.press("button", "Nächste Phase")
    expect(here).to_have_accessible_name("Vor-Ort-Termin")

    # Fields.
    keys.press("button", "E-Mail bearbeiten")
    field = page.get_by_role("textbox", name="E-Mail")
    expect(field).to_be_focused()
    page.keyboard.type("weg damit")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="E-Mail bearbeiten")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    field.clear()
    page.keyboard.type("neu@beispiel.de")
    keys.press("button", "Änderung bestätigen", "Space")
    expect(page.get_by_role("link", name="neu@beispiel.de")).to_be_visible()
    expect(page.get_by_role("button", name="E-Mail bearbeiten")).to_be_focused()

    # Journal and attachments.
    keys.press("button", "Eintragen")
    expect(page.get_by_role("textbox", name="Journaleintrag")).to_be_focused()
    keys.write("textbox", "Journaleintrag", "Angerufen")
    keys.press("button", "Eintragen")
    items = page.get_by_role("tabpanel").get_by_role("listitem")
    expect(items.first).to_contain_text("Angerufen")
    expect(page.get_by_role("button", name="Eintragen")).to_be_focused()
    keys.press("button", "Eintrag bearbeiten", "Space")
    expect(page.get_by_role("button", name="Änderung bestätigen")).to_be_visible()
    page.keyboard.press("Escape")
    keys.press("tab", re.compile("^Anhänge"))
    expect(page.get_by_text("Dateien hierher ziehen")).to_be_visible()
    with page.expect_file_chooser() as waiting:
        keys.to(page.get_by_label("Dateien auswählen"))
        page.keyboard.press("Space")
    waiting.value.set_files({"name": "Plan.txt", "mimeType": "text/plain", "buffer": b"Plan"})
    expect(page.get_by_role("link", name="Plan.txt")).to_be_visible()
    keys.press("button", "Plan.txt löschen")
    expect(page.get_by_role("link", name="Plan.txt")).to_have_count(0)
    keys.press("button", "Rückgängig")
    expect(page.get_by_role("link", name="Plan.txt")).to_be_visible()

    # Win.
    keys.press("button", "Vor-Ort-Termin")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("button", "Gewonnen")
    expect(page.get_by_text("Der Lead ist gewonnen.")).to_be_visible()
    assert Lead.objects.get().status == "won"

    # And out, through the menu.
    keys.to(page.locator("header summary"))
    page.keyboard.press("Enter")
    keys.press("button", "Abmelden", "Space")
    expect(heading(page, "Anmelden")).to_be_visible()


LOOK = """element => {
    const { color, backgroundColor, borderBottomColor } = getComputedStyle(element);
    return [color, backgroundColor, borderBottomColor].join();
}"""


def test_what_is_chosen_is_seen_in_the_colours_of_the_system(annas_page, lead):
    """Windows' contrast themes take fills and shadows away."""

    def differs(chosen, other):
        return chosen.evaluate(LOOK) != other.evaluate(LOOK)

    page = annas_page
    page.emulate_media(forced_colors="active")
    page.goto("/leads/")
    page.keyboard.press("ArrowDown")
    row = page.get_by_role("row", selected=True)
    assert row.evaluate("row => getComputedStyle(row).outlineStyle") == "solid"
    chips = page.locator("main form.chips").get_by_role("link")
    assert differs(chips.nth(0), chips.nth(1))
    links = page.get_by_role("navigation").first.get_by_role("link")
    assert differs(links.nth(1), links.nth(2))
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog")
    page.keyboard.press("ArrowDown")
    chosen = palette.get_by_role("option", selected=True)
    expect(chosen).to_have_count(1)
    assert differs(chosen, palette.get_by_role("option").last)
    page.goto(f"/leads/{lead.pk}/")
    kinds = page.get_by_role("radiogroup", name="Art").locator("label")
    assert differs(kinds.nth(0), kinds.nth(1))
    tabs = page.get_by_role("tab")
    assert differs(tabs.nth(0), tabs.nth(1))


COVERED = """() => {
    const { activeElement: here } = document;
    const { left, top, width, height } = here.getBoundingClientRect();
    const seen = [0.1, 0.5, 0.9].some((x) => [0.2, 0.5, 0.8].some((y) => {
        const there = document.elementFromPoint(left + x * width, top + y * height);
        return there && (here.contains(there) || there.contains(here));
    }));
    return seen ? null : here.outerHTML.slice(0, 120);
}"""


@pytest.mark.parametrize(("width", "height"), [(1280, 700), (360, 700), (320, 256)])
def test_the_bar_for_ticked_rows_hides_nothing_that_is_tabbed_to(
    annas_page, heatpumps, anna, width, height
):
    """WCAG 2.4.11; the last size is that of a desktop at 400 %."""
    for _n in range(12):
        factories.accepted(heatpumps, anna)
    page = annas_page
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/leads/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 ausgewählt")).to_be_attached()
    covered = []
    for key in ["Tab"] * 25 + ["Shift+Tab"] * 25:
        page.keyboard.press(key)
        covered.append(page.evaluate(COVERED))
    assert set(covered) == {None}


def test_on_paper_stands_the_whole_process(annas_page, lead):
    """A4 with its usual margins is 718 px wide."""
    page = annas_page
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    page.goto(f"/leads/{lead.pk}/")
    room = page.get_by_role("list", name="Vertriebsprozess").bounding_box()
    last = page.get_by_text("Gewonnen / Verloren").bounding_box()
    assert last["x"] + last["width"] <= room["x"] + room["width"]

"""Every page and every dialog of a rep on a phone: nothing is cut off or missed.

That nothing is cut off holds on wider screens too.
"""

import re

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.template.loader import render_to_string
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import expect

from leads.models import Attachment, CalendarAddress, Reminder, SavedView
from marketplaces.models import ChecklistItem
from marketplaces.models.daily_mail import MORNING
from tests import factories
from tests.browser.fingers import HEIGHT, WIDTH, fits, is_for_fingers
from tests.marketplaces.phone import Phone
from tests.walks.stage import OF_A_LEAD

ENDLESS = "Donaudampfschifffahrtsgesellschaft" * 6  # 204 characters and no blank


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    viewport = {"width": WIDTH, "height": HEIGHT}
    return {**browser_context_args, "viewport": viewport, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(annas_page):
    return annas_page


@pytest.fixture
def long(heatpumps, anna, meike):
    """What addresses are made of; every text is as long as it may be, without a blank."""
    closed = factories.accepted(heatpumps, anna, phase=5, name=ENDLESS[:200])
    reason = heatpumps.loss_reasons.first()
    reason.label = ENDLESS[:60]
    reason.save()
    closed.lose(seen=closed.phase, reason=reason, by=anna)
    last = factories.accepted(heatpumps, anna, phase=5, name=ENDLESS[:200])
    heatpumps.name = ENDLESS[:60]
    heatpumps.allows_early_loss = True
    heatpumps.save()
    phase = heatpumps.phases.get(position=3)
    phase.name, phase.guidance, phase.target_days = ENDLESS[:60], ENDLESS, 1
    phase.save()
    ChecklistItem.objects.create(
        marketplace=heatpumps, phase=phase, position=1, text=ENDLESS[:200], is_required=True
    )
    for kind in ("text", "yes_no", "choices"):
        choices = f"{ENDLESS[:90]}\nGas" if kind == "choices" else ""
        field = factories.make_field(heatpumps, f"Feld {kind}", kind,
                                     help_text=ENDLESS[:200], choices=choices)  # fmt: skip
    views = [
        SavedView.objects.keep(anna, name=f"{number}{ENDLESS[:50]}", list_name="in_progress",
                               query="sort=name")
        for number in range(9)
    ]  # fmt: skip
    lead = factories.accepted(
        heatpumps, anna, phase=3,
        name=ENDLESS[:200], company=ENDLESS[:200], contact_person=ENDLESS[:200],
        email=f"{ENDLESS[:60]}@{ENDLESS[:60]}.de", street=ENDLESS[:200], city=ENDLESS[:100],
        need=ENDLESS[:200], description=ENDLESS, value=999_999_999_999,
        follow_up_at=timezone.now(), follow_up_note=ENDLESS[:200],
    )  # fmt: skip
    entry = lead.write_entry(text=f"https://beispiel.de/{ENDLESS}", by=anna)
    lead.set_field("street", seen=lead.street, value=ENDLESS[1:200], by=meike)
    file = factories.attach(lead, anna, f"{ENDLESS[:140]}.txt", b"Plan")
    locked = factories.attach(lead, anna, f"{ENDLESS[:100]}.txt", b"Virus")
    Attachment.objects.filter(pk=locked.pk).update(
        scan_state="blocked", scan_result=ENDLESS[:200]
    )
    imports = {
        state: factories.imported(heatpumps, anna, state)
        for state in ("mapping", "checked", "running", "done", "refused", "taken_back")
    }
    for made in imports.values():
        made.file_name, made.headings = f"{ENDLESS[:100]}.csv", [ENDLESS[:100], "E-Mail"]
        made.sample = [[2, [ENDLESS, ENDLESS]]]
        made.save()
    CalendarAddress.renew(anna)
    return {
        "lead": lead.pk,
        "before": heatpumps.phases.get(position=2).pk,
        "last": last.pk,
        "closed": closed.pk,
        "offer": factories.offer(heatpumps, need=ENDLESS[:200], city=ENDLESS[:100]).pk,
        "entry": entry.pk,
        "file": file.pk,
        "locked": locked.pk,
        "view": views[0].pk,
        "field": field.name,
        "market": heatpumps.slug,
        **{f"import_{state}": made.pk for state, made in imports.items()},
    }


PAGES = {
    "the list": "/leads/",
    "nothing found": "/leads/?q=nichtda",
    "a cursor that cannot be read": "/leads/?seite=x",
    "the list of many columns": "/leads/?spalten=phase,company,phone,email,city,angenommen",
    "the list of few columns": "/leads/?spalten=company",
    "the list filtered by fields": "/leads/?marktplatz={market}&{field}=Gas&q=Donau",
    "the search": "/leads/suche/?q=Donau",
    "the keys": "/tastatur/",
    "the saved views": "/leads/ansichten/",
    "a view to be saved": "/leads/ansichten/anlegen/?sort=name",
    "a view to be changed": "/leads/ansichten/{view}/",
    "the choice of columns": "/leads/spalten/",
    "the filters by fields": "/leads/filter/",
    "the filters of a marketplace": "/leads/filter/?marktplatz={market}",
    "the follow-up of several": "/leads/wiedervorlage/?lead={lead}",
    "the follow-up of none": "/leads/wiedervorlage/",
    "the offers": "/leads/neu/",
    "an offer": "/leads/{offer}/",
    "declining an offer": "/leads/{offer}/ablehnung/",
    "the closed leads": "/leads/abgeschlossen/",
    "a closed lead": "/leads/{closed}/",
    "reopening a lead": "/leads/{closed}/wiedereroeffnung/",
    "the follow-up of a closed lead": "/leads/{closed}/wiedervorlage/",
    "entering a lead": "/leads/anlegen/",
    "the imports": "/leads/importe/",
    "an import": "/leads/importe/neu/",
    "what the columns of an import mean": "/leads/importe/{import_mapping}/",
    "the columns of an import again": "/leads/importe/{import_mapping}/spalten/",
    "an import that was checked": "/leads/importe/{import_checked}/",
    "an import under way": "/leads/importe/{import_running}/",
    "an import that is done": "/leads/importe/{import_done}/",
    "an import that was refused": "/leads/importe/{import_refused}/",
    "an import that was taken back": "/leads/importe/{import_taken_back}/",
    "taking an import back": "/leads/importe/{import_done}/ruecknahme/",
    "the journal": "/leads/{lead}/",
    "a lead out of its list": "/leads/{lead}/?aus=in-bearbeitung",
    "the attachments": "/leads/{lead}/?tab=anhaenge",
    "the history": "/leads/{lead}/?tab=verlauf",
    "the next phase": "/leads/{lead}/phase/",
    "the phase before": "/leads/{lead}/phase/?nach={before}",
    "the end": "/leads/{last}/phase/",
    "the follow-up": "/leads/{lead}/wiedervorlage/",
    "the call": "/leads/{lead}/anruf/",
    "a field": "/leads/{lead}/felder/name/",
    "all fields": "/leads/{lead}/felder/",
    "an entry": "/leads/{lead}/journal/{entry}/",
    "the name of a file": "/leads/{lead}/anhaenge/{file}/name/",
    "a file that is locked": "/leads/{lead}/anhaenge/{locked}/",
    "the Leadakte": "/leads/{lead}/akte/",
    "the reminders": "/erinnerungen/",
    "the settings": "/einstellungen/",
    "the password": "/passwort/",
    "a wrong address": "/leads/999999/",
}
SIGNED_OUT = {
    "signing in": "/anmelden/",
    "a forgotten password": "/passwort/vergessen/",
    "a mail was sent": "/passwort/vergessen/gesendet/",
    "a new password": "/passwort/neu/{user}/{password}/",
    "a link that is over": "/passwort/neu/MQ/falsch/",
    "the new password is set": "/passwort/neu/fertig/",
    "an answer to a reminder": "/leads/rueckmeldung/{reached}/",
    "an appointment": "/leads/rueckmeldung/{appointment}/",
    "an answer too late": "/leads/rueckmeldung/falsch/",
    "no more mails": "/abbestellen/{mails}/",
    "no such mails": "/abbestellen/falsch/",
}
# They show what the second factor of the person is at.
IN_FRONT_OF_THE_ADMIN = ("/anmelden/code/einrichten/", "/anmelden/code/", "/zweiter-faktor/")
NO_PAGES = {
    "home": "leads on to the list",
    "leads:export": "a file",
    "leads:export_closed": "a file",
    "leads:import_failed": "a file",
    "leads:thumbnail": "a picture",
    "leads:live": "parts of the lead's page",
    "calendar": "a calendar's",
    "healthz": "a machine's",
    "alive": "a machine's",
    "metrics": "a machine's",
    "login": "leads on to signing in",
}
ERRORS = (
    "400", "403", "403_code", "403_csrf", "404", "405", "411", "413", "429", "500", "502",
    "503", "503_storage",
)  # fmt: skip


def names_of(resolver, namespace=""):
    """Return pairs of a route's name and one of its addresses' arguments, the admin aside."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.app_name != "admin":
                inner = f"{pattern.namespace}:" if pattern.namespace else namespace
                yield from names_of(pattern, inner)
        elif pattern.name:
            yield namespace + pattern.name, dict.fromkeys(pattern.pattern.converters, 1)


def test_every_page_is_measured_here(page_of_anna):
    """What is added to the addresses is added to PAGES, too."""
    numbers = {
        name: 1 for pattern in PAGES.values() for name in re.findall(r"{(\w+)}", pattern)
    }
    words = dict.fromkeys(("user", "password", "reached", "appointment", "mails"), "x")
    measured = {
        resolve(address.format(**numbers, **words).partition("?")[0]).view_name
        for address in (*PAGES.values(), *SIGNED_OUT.values(), *IN_FRONT_OF_THE_ADMIN)
    }
    # These look for the lead before they say that they take forms only.
    posted = {
        resolve(f"/{re.sub('<[^>]+>', '1', route)}").view_name
        for route, of in OF_A_LEAD.items()
        if not of.get
    }
    pages = {
        name
        for name, arguments in names_of(get_resolver())
        if name not in posted
        and page_of_anna.get(reverse(name, kwargs=arguments), secure=True).status_code != 405
    }
    assert pages - measured == NO_PAGES.keys() & pages


def test_no_page_scrolls_sideways_and_every_target_is_large_enough(phone, long, subtests):
    # The page of an import under way would ask the server to go on.
    phone.route("**/fortschritt/", lambda route: None)
    dialogs = []
    for name, pattern in PAGES.items():
        address = pattern.format(**long)
        phone.goto(address)
        with subtests.test(name):
            for width in (900, 1280):
                phone.set_viewport_size({"width": width, "height": HEIGHT})
                fits(phone, width)
            phone.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            is_for_fingers(phone)
        if phone.locator("modal-dialog").count():
            dialogs.append((name, address))
    assert len(dialogs) >= 15
    # The same, in front of the page that asks for them.
    phone.goto("/leads/")
    dialog = phone.get_by_role("dialog")
    for name, address in dialogs:
        with subtests.test("in place", name=name):
            phone.evaluate(
                """(address) => {
                    htmx.ajax("GET", address, { target: "#dialogs", swap: "innerHTML" });
                }""",
                address,
            )
            expect(dialog).to_be_visible()
            is_for_fingers(phone)
            phone.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
    phone.unroute_all(behavior="ignoreErrors")


def test_signed_out_pages_and_errors_fit(page, lead, anna, subtests):
    sent = Reminder.objects.create(lead=lead, user=anna)
    values = {
        "user": urlsafe_base64_encode(force_bytes(anna.pk)),
        "password": default_token_generator.make_token(anna),
        "reached": sent.token_for(Reminder.Answer.REACHED),
        "appointment": sent.token_for(Reminder.Answer.APPOINTMENT),
        "mails": MORNING.token_for(anna),
    }
    for name, address in SIGNED_OUT.items():
        with subtests.test(name):
            page.goto(address.format(**values))
            is_for_fingers(page)
    context = {"language": "de", "theme": "system", "minutes": 15, "page": "/leads/",
               "texts": [ENDLESS]}  # fmt: skip

    def answer(route):
        name = route.request.url.rsplit("/", 1)[1]
        html = render_to_string(f"errors/{name}.html", context)
        route.fulfill(body=html, content_type="text/html")

    page.route("**/kaputt/*", answer)
    for name in ERRORS:
        with subtests.test(name):
            page.goto(f"/kaputt/{name}")
            is_for_fingers(page)


def test_what_stands_in_front_of_the_admin_fits(
    page, sign_in_as, olaf, heatpumps, settings, clock
):
    settings.SECOND_FACTOR = "admin"
    sign_in_as(page.context, olaf)
    setup, code, own = IN_FRONT_OF_THE_ADMIN
    page.goto(setup)
    is_for_fingers(page)
    shown = Phone(page.locator("#key").input_value(), clock)
    page.get_by_role("textbox", name="Code").fill(shown.code())
    page.get_by_role("button", name="Bestätigen").tap()
    expect(page.get_by_role("heading", name="Ihre Notfallcodes")).to_be_visible()
    is_for_fingers(page)
    page.goto(own)
    is_for_fingers(page)
    sign_in_as(page.context, olaf)
    page.goto(code)
    is_for_fingers(page)


def test_menus_and_editors_fit_in_place(phone, long, subtests):
    def open_by(target, shown):
        target.first.tap()
        expect(shown.first).to_be_visible()
        with subtests.test(str(target)):
            is_for_fingers(phone)

    phone.goto("/leads/?sort=name")
    menus = phone.locator("summary")
    open_by(menus.and_(phone.get_by_label("Benutzermenü")), phone.get_by_text("Abmelden"))
    phone.keyboard.press("Escape")
    open_by(menus.filter(has_text="Exportieren"), phone.get_by_text("CSV, alle Felder"))
    phone.keyboard.press("Escape")
    open_by(menus.filter(has_text="Weitere Ansichten"), phone.locator(".views__more"))
    for width in (900, 1280):
        phone.set_viewport_size({"width": width, "height": HEIGHT})
        fits(phone, width)
    phone.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    phone.keyboard.press("Escape")
    open_by(phone.locator(".picker__pick"), phone.get_by_text("ausgewählt"))
    phone.goto("/leads/?spalten=wiedervorlage,company,phone,email,angenommen,volumen")
    phone.get_by_role("button", name="Felder bearbeiten").tap()
    open_by(phone.locator("tbody .lead-table__name"), phone.locator("td form"))
    phone.goto("/leads/{lead}/".format(**long))
    confirm = phone.get_by_role("button", name="Änderung bestätigen")
    for label in ("Straße", "Wiedervorlage", "Feld choices"):
        phone.get_by_role("button", name=f"{label} bearbeiten", exact=True).tap()
        expect(phone.get_by_role("group", name=label).or_(confirm).first).to_be_visible()
    phone.get_by_role("button", name="Eintrag bearbeiten").first.tap()
    expect(confirm).to_have_count(4)
    open_by(phone.get_by_label("Journaleintrag"), confirm)
    open_by(phone.get_by_role("button", name="Alle bearbeiten"), confirm)
    expect(confirm.first).to_be_in_viewport(ratio=1)
    phone.goto("/leads/{lead}/?tab=anhaenge".format(**long))
    open_by(phone.get_by_role("button", name=re.compile("umbenennen$")), confirm)


def test_what_comes_up_on_a_leads_page_fits(phone, long, lead, meike, complaints, subtests):
    def holds(shown):
        expect(shown.first).to_be_visible()
        with subtests.test(str(shown)):
            is_for_fingers(phone)

    phone.goto(f"/leads/{lead.pk}/")
    # A conflict in a field.
    phone.get_by_role("button", name="Ort bearbeiten").tap()
    city = phone.get_by_role("textbox", name="Ort", exact=True)
    expect(city).to_be_visible()
    lead.set_field("city", seen=lead.city, value=ENDLESS[:100], by=meike)
    city.fill("Bad Aibling")
    phone.keyboard.press("Enter")
    holds(phone.get_by_role("button", name="Meine übernehmen"))
    # A draft that is still there.
    phone.get_by_label("Journaleintrag").fill(ENDLESS)
    phone.reload()
    holds(phone.get_by_role("button", name="Verwerfen"))
    # A toast with its way back.
    phone.get_by_role("button", name="Eintragen").tap()
    phone.get_by_role("button", name="Eintrag löschen").first.tap()
    holds(phone.get_by_role("button", name="Rückgängig"))
    # What a dialog that came too late has kept.
    phone.locator("[aria-current=step]").tap()
    phone.get_by_label("Notiz fürs Journal").first.fill("Das soll bleiben")
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    phone.get_by_role("button", name="Nächste Phase").last.tap()
    holds(phone.get_by_role("heading", name="Ihre Eingabe ist noch da"))
    phone.keyboard.press("Escape")
    holds(phone.get_by_text(re.compile("inzwischen in einer anderen")))
    # A server that cannot be reached.
    phone.route("**/felder/email/", lambda route: route.abort())
    phone.get_by_role("button", name="E-Mail bearbeiten").tap()
    holds(phone.get_by_role("button", name="Noch einmal versuchen"))
    complaints.clear()
    # Uploads that failed, and one under way.
    phone.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    choose = phone.get_by_label("Dateien auswählen")
    name = f"{ENDLESS}.exe"
    choose.set_input_files({"name": name, "mimeType": "text/plain", "buffer": b"MZ"})
    holds(phone.get_by_role("button", name="Entfernen"))
    held = []
    phone.route(re.compile("/anhaenge/$"), lambda route: held.append(route))
    choose.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"Neu"})
    holds(phone.get_by_role("progressbar"))
    held[0].continue_()
    expect(phone.get_by_role("link", name="b.txt")).to_be_visible()
    phone.unroute_all(behavior="wait")


def test_mistakes_and_late_answers_fit(phone, heatpumps, offered, anna, ben, subtests):
    def holds(shown):
        expect(shown.first).to_be_visible()
        with subtests.test(str(shown)):
            is_for_fingers(phone)

    factories.accepted(heatpumps, anna, name=ENDLESS[:200], city=ENDLESS[:100])
    phone.goto("/leads/anlegen/")
    phone.get_by_label("Name").first.fill("Sabine")
    phone.get_by_label("E-Mail").fill("s.aigner@beispiel.de")
    phone.get_by_label("Volumen").fill("1")
    phone.get_by_role("button", name="Lead anlegen").tap()
    holds(phone.get_by_role("button", name="Trotzdem anlegen"))
    phone.get_by_label("E-Mail").fill("kaputt")
    phone.get_by_role("button", name="Trotzdem anlegen").last.tap()
    holds(phone.locator(".field-error"))
    phone.goto("/leads/neu/")
    offered.accept(by=ben)
    phone.get_by_role("button", name="Annehmen").tap()
    holds(phone.get_by_text(re.compile("^Schon vergeben")))

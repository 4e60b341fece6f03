"""Everything works as links and forms, in a browser that runs no scripts."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Lead, LeadRefusal
from tests import factories

PDF = {"name": "Grundriss.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
EXE = {"name": "angebot.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\x00"}


@pytest.fixture
def context(new_context, live_server):
    context = new_context(base_url=live_server.url, java_script_enabled=False)
    context.set_default_timeout(20_000)
    return context


@pytest.fixture
def lead_page(annas_page, lead):
    """The page of Anna's lead, in the third of five phases."""
    annas_page.goto(f"/leads/{lead.pk}/")
    return annas_page


def heading(page, name):
    return page.get_by_role("heading", level=1, name=name)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def circle(page, name):
    return page.get_by_role("list", name="Vertriebsprozess").get_by_role(
        "button", name=name, exact=True
    )


def entries(page):
    return page.get_by_role("tabpanel").get_by_role("listitem")


def names(page):
    return page.locator("tbody a.lead-table__name")


def test_a_rep_signs_in_and_out(page, anna, heatpumps):
    page.goto("/leads/neu/")
    page.get_by_label("Benutzername").fill("anna")
    page.locator("input[name=password]").fill("falsch")
    press(page, "Anmelden")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Benutzername")).to_have_value("anna")
    page.locator("input[name=password]").fill(factories.PASSWORD)
    press(page, "Anmelden")
    expect(heading(page, "Neue Leads")).to_be_visible()
    page.locator("header summary").click()
    press(page, "Abmelden")
    expect(heading(page, "Anmelden")).to_be_visible()
    page.goto("/leads/")
    expect(heading(page, "Anmelden")).to_be_visible()


def test_an_offer_is_accepted(annas_page, offered, anna):
    annas_page.goto("/leads/neu/")
    press(annas_page, "Annehmen")
    expect(heading(annas_page, "Familie Aigner")).to_be_visible()
    expect(annas_page.get_by_text("„Familie Aigner“ gehört jetzt Ihnen.")).to_be_visible()
    annas_page.get_by_role("link", name=re.compile("^In Bearbeitung")).first.click()
    annas_page.get_by_role("link", name="Familie Aigner").click()
    expect(circle(annas_page, "Qualifizierung")).to_have_attribute("aria-current", "step")
    assert Lead.objects.get(pk=offered.pk).owner == anna


def test_an_offer_is_declined_with_a_reason(annas_page, offered):
    annas_page.goto("/leads/neu/")
    press(annas_page, "Ablehnen")
    expect(heading(annas_page, "Diesen Lead ablehnen?")).to_be_visible()
    annas_page.get_by_role("link", name="Abbrechen").click()
    expect(heading(annas_page, "Neue Leads")).to_be_visible()
    press(annas_page, "Ablehnen")
    annas_page.get_by_label("Grund (optional)").fill("Zu weit weg")
    press(annas_page, "Ablehnen")
    expect(annas_page.get_by_role("heading", name="Keine neuen Leads")).to_be_visible()
    assert LeadRefusal.objects.get().reason == "Zu weit weg"


def test_whoever_is_late_is_told_kindly(annas_page, offered, ben):
    annas_page.goto("/leads/neu/")
    offered.accept(by=ben)
    press(annas_page, "Annehmen")
    expect(heading(annas_page, "Schon vergeben")).to_be_visible()
    annas_page.locator("main").get_by_role("link", name="Neue Leads").click()
    expect(annas_page.get_by_role("heading", name="Keine neuen Leads")).to_be_visible()


def test_a_lead_moves_on_with_note_and_follow_up(lead_page, lead):
    circle(lead_page, "Angebot").click()
    expect(heading(lead_page, "„Angebot“ abschließen?")).to_be_visible()
    press(lead_page, "Abbrechen")
    circle(lead_page, "Angebot").click()
    day = timezone.localdate() + timedelta(days=3)
    lead_page.get_by_label("Notiz fürs Journal").fill("Angebot ist raus")
    lead_page.locator("input[type=date]").fill(day.isoformat())
    lead_page.locator("input[type=time]").fill("09:30")
    press(lead_page, "Nächste Phase")
    expect(circle(lead_page, "Verhandlung")).to_have_attribute("aria-current", "step")
    expect(entries(lead_page).first).to_contain_text("Angebot ist raus")
    expect(lead_page.get_by_text("Phase „Verhandlung“ hat begonnen.")).to_be_visible()
    fresh = Lead.objects.get(pk=lead.pk)
    assert fresh.phase.name == "Verhandlung"
    assert timezone.localtime(fresh.follow_up_at).strftime("%d %H:%M") == f"{day:%d} 09:30"


def test_a_lead_is_set_back_and_the_move_taken_back(lead_page, lead):
    circle(lead_page, "Vor-Ort-Termin").click()
    press(lead_page, "Phase zurücksetzen")
    expect(circle(lead_page, "Vor-Ort-Termin")).to_have_attribute("aria-current", "step")
    press(lead_page, "Rückgängig")
    expect(circle(lead_page, "Angebot")).to_have_attribute("aria-current", "step")
    expect(lead_page.get_by_text("Rückgängig gemacht")).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).phase.name == "Angebot"


def test_a_stale_page_moves_nothing_and_keeps_the_note(lead_page, lead, meike):
    circle(lead_page, "Angebot").click()
    expect(heading(lead_page, "„Angebot“ abschließen?")).to_be_visible()
    lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    lead_page.get_by_label("Notiz fürs Journal").fill("Das soll bleiben")
    press(lead_page, "Nächste Phase")
    expect(lead_page.get_by_text(re.compile("in einer anderen Phase: Meike Beispiel"))
           ).to_be_visible()  # fmt: skip
    expect(lead_page.get_by_label("Journaleintrag")).to_have_value("Das soll bleiben")
    press(lead_page, "Behalten")
    expect(entries(lead_page).first).to_contain_text("Das soll bleiben")
    expect(circle(lead_page, "Verhandlung")).to_have_attribute("aria-current", "step")
    assert lead.events.filter(kind="moved").count() == 3


def test_the_journal_is_written_corrected_and_deleted(lead_page):
    lead_page.get_by_text("Anruf", exact=True).click()
    lead_page.get_by_label("Journaleintrag").fill("Erster Eintrag")
    press(lead_page, "Eintragen")
    lead_page.get_by_label("Journaleintrag").fill("Zweiter Eintrag")
    press(lead_page, "Eintragen")
    expect(entries(lead_page).nth(0)).to_contain_text("Zweiter Eintrag")
    expect(entries(lead_page).nth(1)).to_contain_text("Erster Eintrag")
    expect(entries(lead_page).nth(1)).to_contain_text("Anruf")
    press(lead_page, "Eintragen")
    expect(lead_page.get_by_text("Schreiben Sie, was besprochen wurde.")).to_be_visible()
    lead_page.get_by_role("link", name="Familie Aigner").click()
    entries(lead_page).nth(0).get_by_role("button", name="Eintrag bearbeiten").click()
    lead_page.get_by_label("Journaleintrag").fill("Dritter Eintrag")
    press(lead_page, "Änderung bestätigen")
    expect(entries(lead_page).nth(0)).to_contain_text("Dritter Eintrag")
    expect(entries(lead_page).nth(0)).to_contain_text("bearbeitet")
    entries(lead_page).nth(0).get_by_role("button", name="Eintrag löschen").click()
    expect(entries(lead_page).nth(0)).to_contain_text("Erster Eintrag")
    press(lead_page, "Rückgängig")
    expect(entries(lead_page).nth(0)).to_contain_text("Dritter Eintrag")


@pytest.mark.parametrize("action", ["Eintragen", "Annehmen"])
def test_after_an_expired_session_one_is_back_on_the_page(annas_page, lead, offered, action):
    page, address = annas_page, f"/leads/{lead.pk}/"
    if action == "Annehmen":
        address = f"/leads/{offered.pk}/"
    page.goto(address)
    if action == "Eintragen":
        page.get_by_label("Journaleintrag").fill("Ruft zurück")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    press(page, action)
    page.get_by_label("Benutzername").fill("anna")
    page.locator("input[name=password]").fill(factories.PASSWORD)
    press(page, "Anmelden")
    expect(page).to_have_url(re.compile(rf"{address}$"))
    expect(page.get_by_role("button", name=action, exact=True)).to_be_visible()


def test_the_way_through_the_list_goes_on_after_each_change(annas_page, lead, anna):
    for number in range(2):
        factories.accepted(lead.marketplace, anna, name=f"Lead {number}")
    page = annas_page
    page.goto("/leads/?sort=name")
    page.get_by_role("link", name="Familie Aigner").click()
    way = page.get_by_role("navigation", name="Leads der Liste")
    after = way.get_by_role("link", name="Nächster")

    def is_kept():
        expect(heading(page, "Familie Aigner")).to_be_visible()
        expect(page).to_have_url(re.compile(f"/leads/{lead.pk}/[?].*aus="))
        expect(after).to_be_visible()

    is_kept()
    page.get_by_label("Journaleintrag").fill("Ein Eintrag")
    press(page, "Eintragen")
    is_kept()
    press(page, "Telefon bearbeiten")
    page.get_by_label("Telefon").fill("089 55")
    press(page, "Änderung bestätigen")
    is_kept()
    circle(page, "Angebot").click()
    press(page, "Abbrechen")
    is_kept()
    circle(page, "Angebot").click()
    press(page, "Nächste Phase")
    is_kept()
    press(page, "Rückgängig")
    is_kept()
    after.click()
    expect(heading(page, "Lead 0")).to_be_visible()


def test_files_are_uploaded_renamed_and_deleted(lead_page, lead):
    lead_page.get_by_role("tab", name=re.compile("Anhänge")).click()
    expect(lead_page.get_by_text("bis 50 MB je Datei · höchstens 20")).to_be_visible()
    files = lead_page.get_by_role("list", name="Anhänge").get_by_role("listitem")
    choose = lead_page.get_by_label("Dateien auswählen")
    expect(choose).to_be_visible()
    choose.set_input_files([PDF, EXE])
    press(lead_page, "Hochladen")
    expect(files).to_have_count(1)
    expect(lead_page.get_by_text("1 Datei abgelegt")).to_be_visible()
    expect(lead_page.get_by_text("angebot.exe: Dieser Dateityp wird nicht angenommen.")
           ).to_be_visible()  # fmt: skip
    expect(lead_page.get_by_role("tab", name="Anhänge 1")).to_be_visible()
    press(lead_page, "Grundriss.pdf umbenennen")
    press(lead_page, "Abbrechen")
    press(lead_page, "Grundriss.pdf umbenennen")
    lead_page.get_by_label("Name", exact=True).fill("Grundriss EG")
    press(lead_page, "Änderung bestätigen")
    expect(files.get_by_role("link", name="Grundriss EG.pdf")).to_be_visible()
    with lead_page.expect_download() as waiting:
        files.get_by_role("link").click()
    assert waiting.value.suggested_filename == "Grundriss EG.pdf"
    press(lead_page, "Grundriss EG.pdf löschen")
    expect(files).to_have_count(0)
    press(lead_page, "Rückgängig")
    expect(files).to_have_count(1)
    assert lead.attachments.kept().get().name == "Grundriss EG.pdf"


def test_a_field_is_corrected(lead_page, lead):
    press(lead_page, "E-Mail bearbeiten")
    lead_page.get_by_label("E-Mail").fill("s.aigner@beispiel")
    press(lead_page, "Änderung bestätigen")
    expect(lead_page.get_by_text("Geben Sie eine gültige E-Mail-Adresse an")).to_be_visible()
    expect(lead_page.get_by_label("E-Mail")).to_have_value("s.aigner@beispiel")
    lead_page.get_by_label("E-Mail").fill("neu@beispiel.de")
    press(lead_page, "Änderung bestätigen")
    expect(lead_page.get_by_role("link", name="neu@beispiel.de")).to_be_visible()
    press(lead_page, "Rückgängig")
    expect(lead_page.get_by_role("link", name="s.aigner@beispiel.de")).to_be_visible()
    press(lead_page, "Telefon bearbeiten")
    press(lead_page, "Abbrechen")
    expect(heading(lead_page, "Familie Aigner")).to_be_visible()


def test_a_conflict_shows_both_values(lead_page, lead, meike):
    press(lead_page, "Telefon bearbeiten")
    expect(lead_page.get_by_label("Telefon")).to_be_visible()
    lead.set_field("phone", seen=lead.phone, value="+49 8031 765432", by=meike)
    lead_page.get_by_label("Telefon").fill("+49 8031 999888")
    press(lead_page, "Änderung bestätigen")
    expect(lead_page.get_by_text("+49 8031 765432")).to_be_visible()
    expect(lead_page.get_by_label("Telefon")).to_have_value("+49 8031 999888")
    press(lead_page, "Meine übernehmen")
    expect(lead_page.get_by_role("link", name="+49 8031 999888")).to_be_visible()


def test_all_fields_are_corrected_at_once(lead_page, lead):
    press(lead_page, "Alle bearbeiten")
    lead_page.get_by_label("Ort", exact=True).fill("Kolbermoor")
    lead_page.get_by_label("Volumen").fill("viel")
    press(lead_page, "Änderung bestätigen")
    expect(lead_page.get_by_text("Noch ist nichts gespeichert.")).to_be_visible()
    expect(lead_page.get_by_label("Ort", exact=True)).to_have_value("Kolbermoor")
    lead_page.get_by_label("Volumen").fill("24.800,50")
    press(lead_page, "Änderung bestätigen")
    expect(lead_page.get_by_text("24.800,50 €").first).to_be_visible()
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.city, str(fresh.value)) == ("Kolbermoor", "24800.50")


def test_a_lead_is_lost_for_a_reason_reopened_and_won(annas_page, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    annas_page.goto(f"/leads/{lead.pk}/")
    circle(annas_page, "Auftrag").click()
    annas_page.get_by_label("Notiz fürs Journal").fill("Schade")
    press(annas_page, "Verloren")
    expect(annas_page.get_by_text("warum der Lead verloren ist")).to_be_visible()
    expect(annas_page.get_by_label("Notiz fürs Journal")).to_have_value("Schade")
    annas_page.get_by_label("Verlustgrund").select_option("Zu teuer")
    press(annas_page, "Verloren")
    expect(annas_page.get_by_text("Der Lead ist verloren.")).to_be_visible()
    press(annas_page, "Wieder öffnen")
    expect(heading(annas_page, "Diesen Lead wieder öffnen?")).to_be_visible()
    annas_page.locator("dialog").get_by_role("button", name="Wieder öffnen").click()
    circle(annas_page, "Auftrag").click()
    press(annas_page, "Gewonnen")
    expect(annas_page.get_by_text("Der Lead ist gewonnen.")).to_be_visible()
    annas_page.get_by_role("link", name="Abgeschlossen").first.click()
    annas_page.locator("main").get_by_role("link", name="Gewonnen", exact=True).click()
    expect(names(annas_page)).to_have_text(["Familie Aigner"])
    assert Lead.objects.get(pk=lead.pk).status == "won"


def test_an_own_lead_is_entered(annas_page, heatpumps, solar, anna):
    solar.memberships.create(user=anna, role="rep")
    factories.make_field(solar, "Dachfläche", "number", group="interest", unit="m²")
    annas_page.goto("/leads/")
    annas_page.get_by_role("link", name="Lead anlegen").first.click()
    annas_page.get_by_label("Marktplatz").select_option("Photovoltaik Bayern")
    annas_page.get_by_label("Firma").fill("Obermaier GmbH")
    press(annas_page, "Wählen")
    expect(annas_page.get_by_label("Firma")).to_have_value("Obermaier GmbH")
    annas_page.get_by_label("Dachfläche").fill("140,5")
    press(annas_page, "Lead anlegen")
    expect(annas_page.get_by_text("Noch ist nichts gespeichert.")).to_be_visible()
    expect(annas_page.get_by_label("Dachfläche")).to_have_value("140,5")
    annas_page.get_by_label("Name", exact=False).first.fill("Familie Obermaier")
    annas_page.keyboard.press("Enter")
    expect(heading(annas_page, "Familie Obermaier")).to_be_visible()
    expect(annas_page.get_by_text("140,5 m²")).to_be_visible()
    expect(circle(annas_page, "Erstgespräch")).to_have_attribute("aria-current", "step")
    assert Lead.objects.get().marketplace == solar


def test_the_list_is_filtered_searched_and_sorted(annas_page, heatpumps, anna):
    for name, value in (("Familie Berg", 300), ("Familie Adler", 100), ("Herr Zorn", 200)):
        factories.accepted(heatpumps, anna, name=name, value=value)
    annas_page.goto("/leads/")
    annas_page.get_by_role("searchbox").fill("familie")
    annas_page.keyboard.press("Enter")
    expect(names(annas_page)).to_have_count(2)
    annas_page.get_by_role("columnheader", name="Lead").get_by_role("link").click()
    expect(names(annas_page)).to_have_text(["Familie Adler", "Familie Berg"])
    annas_page.get_by_role("columnheader", name="Volumen").get_by_role("link").click()
    expect(names(annas_page)).to_have_text(["Familie Berg", "Familie Adler"])
    annas_page.get_by_label("Phase").select_option("Auftrag")
    press(annas_page, "Filtern")
    expect(annas_page.get_by_role("heading", name="Nichts gefunden")).to_be_visible()
    annas_page.get_by_label("Phase").select_option("Qualifizierung")
    press(annas_page, "Filtern")
    expect(names(annas_page)).to_have_text(["Familie Berg", "Familie Adler"])
    expect(annas_page.get_by_role("searchbox")).to_have_value("familie")
    annas_page.locator("main").get_by_role("link", name=re.compile("^Überfällig")).click()
    expect(annas_page.get_by_role("heading", name="Nichts gefunden")).to_be_visible()
    annas_page.get_by_role("link", name="Alle anzeigen").click()
    expect(names(annas_page)).to_have_count(3)


def test_a_list_is_not_left_by_its_search_or_by_what_is_cancelled(annas_page, heatpumps, anna):
    for name in ("Familie Berg", "Herr Zorn"):
        lead = factories.accepted(heatpumps, anna, phase=5, name=name)
        lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    factories.accepted(heatpumps, anna, name="Familie Adler")
    lost = re.compile(r"/leads/abgeschlossen/\?(?=.*ergebnis=verloren)(?=.*sort=name)")
    annas_page.goto("/leads/abgeschlossen/?ergebnis=verloren&sort=name")
    for opener in ("Nach Feldern filtern", "Ansicht speichern", "Spalten"):
        annas_page.get_by_role("link", name=opener).click()
        annas_page.get_by_role("link", name="Abbrechen").click()
        expect(annas_page).to_have_url(lost)
        expect(names(annas_page)).to_have_text(["Familie Berg", "Herr Zorn"])
    annas_page.get_by_role("searchbox").fill("familie")
    annas_page.keyboard.press("Enter")
    expect(annas_page).to_have_url(lost)
    expect(names(annas_page)).to_have_text(["Familie Berg"])
    annas_page.goto("/leads/?sort=name")
    annas_page.get_by_role("checkbox").first.check()
    press(annas_page, "Wiedervorlage setzen")
    annas_page.get_by_role("link", name="Abbrechen").click()
    expect(annas_page).to_have_url(re.compile(r"/leads/\?sort=name$"))


def test_long_journals_and_pages_go_on_by_link(lead_page, lead, anna):
    for number in range(40):
        lead.write_entry(text=f"Eintrag Nummer {number:02}", by=anna)
    lead_page.reload()
    expect(lead_page.get_by_text("Eintrag Nummer 00")).to_have_count(0)
    lead_page.get_by_role("link", name="Ältere anzeigen").click()
    expect(lead_page.get_by_text("Eintrag Nummer 00")).to_be_visible()
    expect(heading(lead_page, "Familie Aigner")).to_be_visible()


def test_language_and_theme_are_chosen(lead_page):
    lead_page.locator("header summary").click()
    press(lead_page, "Dunkel")
    expect(lead_page.locator("html")).to_have_attribute("data-theme", "dark")
    lead_page.locator("header summary").click()
    press(lead_page, "English")
    expect(lead_page.get_by_role("tab", name="History")).to_be_visible()
    expect(heading(lead_page, "Familie Aigner")).to_be_visible()

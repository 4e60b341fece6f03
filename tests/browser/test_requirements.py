"""What a phase asks for, with the mouse and the keyboard."""

from playwright.sync_api import expect

from leads.models import Lead, Reminder
from marketplaces.models import ChecklistItem, Requirement
from tests import factories
from tests.browser.test_accessibility import holds
from tests.browser.test_main_job import circle, open_lead


def test_ticks_are_saved_at_once_and_what_is_missing_is_filled_in_the_same_step(
    annas_page, lead, heatpumps
):
    for position, text in enumerate(["Angebot versendet", "Förderung geprüft"], start=1):
        ChecklistItem.objects.create(
            marketplace=heatpumps, phase=lead.phase, position=position, text=text,
            is_required=position == 1,
        )  # fmt: skip
    Requirement.objects.create(marketplace=heatpumps, phase=lead.phase, name="source")
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Förderung geprüft").check()
    expect(dialog.get_by_text("Anna Beispiel")).to_be_visible()
    expect(dialog.get_by_label("Förderung geprüft")).to_be_focused()
    assert lead.ticks.get().item.text == "Förderung geprüft"
    dialog.get_by_label("Notiz fürs Journal").fill("Das soll bleiben")
    dialog.get_by_role("button", name="Nächste Phase").click()
    expect(dialog.get_by_text("Bitte zuerst abhaken.")).to_be_visible()
    expect(dialog.get_by_label("Angebot versendet")).to_be_focused()
    expect(dialog.get_by_label("Notiz fürs Journal")).to_have_value("Das soll bleiben")
    holds(annas_page)
    dialog.get_by_label("Angebot versendet").check()
    dialog.get_by_role("button", name="Nächste Phase").click()
    expect(dialog.get_by_label("Quelle")).to_be_focused()
    dialog.get_by_label("Quelle").fill("Messe")
    dialog.get_by_role("button", name="Nächste Phase").click()
    expect(circle(annas_page, "Verhandlung")).to_have_attribute("aria-current", "step")
    expect(annas_page.locator("#field-source")).to_contain_text("Messe")
    assert Lead.objects.get(pk=lead.pk).source == "Messe"


def test_enter_presses_what_goes_on_also_from_a_note(annas_page, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=4)
    last = heatpumps.phases.get(name="Auftrag")
    Requirement.objects.create(marketplace=heatpumps, phase=last, name="source")
    open_lead(annas_page, lead)
    circle(annas_page, "Verhandlung").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Alles besprochen")
    annas_page.keyboard.press("Control+Enter")
    expect(circle(annas_page, "Auftrag")).to_have_attribute("aria-current", "step")
    circle(annas_page, "Auftrag").click()
    dialog.get_by_label("Quelle").fill("Messe")
    annas_page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.status, lead.source) == ("won", "Messe")


def test_a_tick_that_comes_too_late_leaves_the_note(annas_page, lead, meike):
    ChecklistItem.objects.create(
        marketplace=lead.marketplace, phase=lead.phase, position=1, text="Angebot versendet"
    )
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Das soll bleiben")
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    dialog.get_by_label("Angebot versendet").click()
    expect(dialog.get_by_label("Journaleintrag")).to_have_value("Das soll bleiben")
    dialog.get_by_role("button", name="Behalten").click()
    expect(dialog).to_have_count(0)
    assert lead.journal.written().get().text == "Das soll bleiben"
    # What is in the journal is no draft any more.
    circle(annas_page, "Vor-Ort-Termin").click()
    expect(dialog.get_by_label("Notiz fürs Journal")).to_have_value("")


def test_a_reminders_link_is_answered_without_signing_in(page, lead, anna):
    sent = Reminder.objects.create(lead=lead, user=anna)
    page.goto(f"/leads/rueckmeldung/{sent.token_for(Reminder.Answer.APPOINTMENT)}/")
    expect(page.get_by_role("heading", name="Familie Aigner, Rosenheim")).to_be_visible()
    expect(page.get_by_text("1234567")).to_have_count(0)
    holds(page)
    page.get_by_label("Termin am").fill("2027-01-15")
    page.get_by_role("button", name="Termin eintragen").click()
    expect(page.get_by_text("Festgehalten: Termin am 15.01.2027")).to_be_visible()
    holds(page)

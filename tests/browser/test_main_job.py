"""The user's own description of leadbook, point by point, in a real browser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import JournalEntry, Lead
from tests import factories

pytestmark = pytest.mark.usefixtures("heatpumps")


def stepper(page):
    return page.get_by_role("list", name="Vertriebsprozess")


def circle(page, name):
    return stepper(page).get_by_role("button", name=name, exact=True)


def open_lead(page, lead, tab=""):
    page.goto(f"/leads/{lead.pk}/{tab}")


def test_1_an_accepted_lead_stands_under_leads_in_bearbeitung(annas_page, offered):
    annas_page.goto("/leads/neu/")
    expect(annas_page.get_by_text("Aigner")).to_have_count(0)
    annas_page.get_by_role("button", name="Annehmen").click()
    expect(annas_page.get_by_role("heading", name="Familie Aigner")).to_be_visible()
    annas_page.get_by_role("link", name=re.compile("In Bearbeitung")).first.click()
    expect(annas_page.get_by_role("heading", name="Leads in Bearbeitung")).to_be_visible()
    expect(annas_page.get_by_role("link", name="Familie Aigner")).to_be_visible()


def test_2_a_double_click_opens_the_lead(annas_page, lead):
    annas_page.goto("/leads/")
    annas_page.get_by_role("row", name=re.compile("Familie Aigner")).get_by_text(
        "Angebot"
    ).dblclick()
    expect(annas_page).to_have_url(re.compile(rf"/leads/{lead.pk}/\?aus="))


def test_2_enter_and_arrow_keys_open_the_lead(annas_page, heatpumps, anna, lead):
    second = factories.accepted(heatpumps, anna, name="Zweite Familie")
    lead.set_field("follow_up_at", seen="", value=timezone.now(), by=anna)
    annas_page.goto("/leads/")
    annas_page.keyboard.press("ArrowDown")
    annas_page.keyboard.press("ArrowDown")
    row = annas_page.get_by_role("row", name=re.compile("Zweite Familie"))
    expect(row).to_have_attribute("aria-selected", "true")
    annas_page.keyboard.press("Enter")
    expect(annas_page).to_have_url(re.compile(rf"/leads/{second.pk}/\?aus="))


def test_3_each_marketplace_has_its_own_phases(annas_page, anna, lead, solar):
    solar.memberships.create(user=anna, role="rep")
    other = factories.accepted(solar, anna)
    open_lead(annas_page, lead)
    expect(stepper(annas_page).get_by_role("button")).to_have_count(6)
    expect(circle(annas_page, "Angebot")).to_have_attribute("aria-current", "step")
    open_lead(annas_page, other)
    expect(stepper(annas_page).get_by_role("button")).to_have_count(3)
    expect(circle(annas_page, "Erstgespräch")).to_have_attribute("aria-current", "step")


def test_4_the_circle_opens_a_dialog_that_moves_on(annas_page, lead):
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Angebot ist raus")
    dialog.get_by_role("button", name="Nächste Phase").click()
    expect(circle(annas_page, "Verhandlung")).to_have_attribute("aria-current", "step")
    expect(dialog).to_have_count(0)
    expect(annas_page.get_by_text("Angebot ist raus")).to_be_visible()
    expect(annas_page.get_by_text("Phase „Verhandlung“ hat begonnen.")).to_be_visible()
    expect(circle(annas_page, "Angebot")).to_be_focused()
    assert Lead.objects.get(pk=lead.pk).phase.name == "Verhandlung"


def test_4_a_double_click_moves_one_phase_and_warns_nobody(annas_page, lead):
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    annas_page.get_by_role("button", name="Nächste Phase").dblclick()
    expect(circle(annas_page, "Verhandlung")).to_have_attribute("aria-current", "step")
    expect(annas_page.get_by_text("in einer anderen Phase")).to_have_count(0)
    assert lead.events.filter(kind="moved").count() == 3


def test_4_undo_in_the_toast_goes_back(annas_page, lead):
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    annas_page.get_by_role("button", name="Nächste Phase").click()
    annas_page.get_by_role("button", name="Rückgängig").click()
    expect(circle(annas_page, "Angebot")).to_have_attribute("aria-current", "step")
    expect(annas_page.get_by_text("Rückgängig gemacht")).to_be_visible()


def test_undone_the_keyboard_goes_on_where_it_was(annas_page, lead, anna):
    lead.write_entry(text="Ruft morgen an", by=anna)
    open_lead(annas_page, lead)
    undo = annas_page.get_by_role("button", name="Rückgängig")
    pencil = annas_page.get_by_role("button", name="Ort bearbeiten")
    pencil.press("Enter")
    city = annas_page.get_by_role("textbox", name="Ort")
    city.fill("Prien")
    city.press("Enter")
    expect(pencil).to_be_focused()
    # What it undoes draws the pencil anew.
    undo.press("Enter")
    expect(annas_page.get_by_role("group", name="Ort")).to_contain_text("Rosenheim")
    expect(pencil).to_be_focused()
    delete = annas_page.get_by_role("button", name="Eintrag löschen")
    delete.press("Enter")
    expect(delete).to_have_count(0)
    # Deleted, there is nothing left to go back to.
    undo.press("Enter")
    expect(delete).to_be_visible()
    expect(annas_page.get_by_role("main")).to_be_focused()


def test_4_a_stale_tab_moves_nothing_and_keeps_the_note(annas_page, lead, anna, meike):
    open_lead(annas_page, lead)
    circle(annas_page, "Angebot").click()
    expect(annas_page.get_by_role("dialog")).to_be_visible()
    lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    annas_page.get_by_label("Notiz fürs Journal").fill("Das soll bleiben")
    annas_page.get_by_label("Nächste Wiedervorlage").fill("2026-12-24")
    annas_page.get_by_role("button", name="Nächste Phase").click()
    notice = annas_page.get_by_text(re.compile("in einer anderen Phase: Meike Beispiel"))
    expect(notice).to_be_visible()
    expect(annas_page.get_by_label("Journaleintrag").last).to_have_value("Das soll bleiben")
    annas_page.get_by_role("dialog").get_by_role("button", name="Behalten").click()
    expect(annas_page.get_by_role("dialog")).to_have_count(0)
    expect(annas_page.get_by_text("Das soll bleiben")).to_be_visible()
    expect(annas_page.locator("#field-follow_up_at")).to_contain_text("24.12.")
    expect(circle(annas_page, "Verhandlung")).to_have_attribute("aria-current", "step")


def test_5_the_phase_before_sets_the_lead_back(annas_page, lead):
    open_lead(annas_page, lead)
    expect(circle(annas_page, "Qualifizierung")).to_be_disabled()
    circle(annas_page, "Vor-Ort-Termin").click()
    annas_page.get_by_role("button", name="Phase zurücksetzen").click()
    expect(circle(annas_page, "Vor-Ort-Termin")).to_have_attribute("aria-current", "step")
    assert Lead.objects.get(pk=lead.pk).phase.name == "Vor-Ort-Termin"


def test_escape_and_cancel_close_the_dialog_and_give_the_focus_back(annas_page, lead):
    open_lead(annas_page, lead)
    for leave in (
        lambda: annas_page.keyboard.press("Escape"),
        lambda: annas_page.get_by_role("button", name="Abbrechen").click(),
    ):
        circle(annas_page, "Angebot").click()
        expect(annas_page.get_by_role("dialog")).to_be_visible()
        leave()
        expect(annas_page.get_by_role("dialog")).to_have_count(0)
        expect(circle(annas_page, "Angebot")).to_be_focused()


def test_the_circle_gets_the_focus_back_although_it_went_on_meanwhile(annas_page, lead):
    held = []
    annas_page.route(re.compile(r"/phase/\?nach="), lambda route: held.append(route))
    open_lead(annas_page, lead)
    with annas_page.expect_request(re.compile(r"/phase/\?nach=")):
        circle(annas_page, "Angebot").click()
    annas_page.keyboard.press("Tab")
    expect(circle(annas_page, "Angebot")).not_to_be_focused()
    held[0].continue_()
    expect(annas_page.get_by_role("dialog")).to_be_visible()
    annas_page.keyboard.press("Escape")
    expect(circle(annas_page, "Angebot")).to_be_focused()


def test_6_the_newest_journal_entry_stands_on_top(annas_page, lead):
    open_lead(annas_page, lead)
    for text in ("Erster Eintrag", "Zweiter Eintrag"):
        annas_page.get_by_label("Journaleintrag").fill(text)
        annas_page.get_by_role("button", name="Eintragen").click()
        expect(annas_page.get_by_label("Journaleintrag")).to_have_value("")
    items = annas_page.get_by_role("tabpanel").get_by_role("listitem")
    expect(items.nth(0)).to_contain_text("Zweiter Eintrag")
    expect(items.nth(1)).to_contain_text("Erster Eintrag")
    annas_page.reload()
    expect(items.nth(0)).to_contain_text("Zweiter Eintrag")


@pytest.mark.parametrize("tab", ["journal", "anhaenge", "verlauf"])
def test_the_keyboard_goes_on_at_the_first_of_the_older_lines(annas_page, lead, anna, tab):
    for number in range(31):
        if tab == "journal":
            lead.write_entry(text=f"Nummer {number:02}", by=anna)
        else:
            factories.attach(lead, anna, f"Nummer {number:02}.txt", b"%d" % number)
    annas_page.goto(f"/leads/{lead.pk}/?tab={tab}")
    more = annas_page.get_by_role("link", name="Ältere anzeigen")
    lines = annas_page.locator(":is(li, tr):focus")
    first = "Nummer 10" if tab == "journal" else "Nummer 00.txt"
    more.press("Enter")
    expect(lines).to_contain_text(first)
    annas_page.keyboard.press("Tab")
    expect(annas_page.locator(":is(li, tr)[tabindex]")).to_have_count(0)


def test_arrow_keys_lead_from_tab_to_tab_and_enter_or_space_open_one(annas_page, lead):
    open_lead(annas_page, lead)
    journal, files, history = annas_page.get_by_role("tab").all()
    journal.focus()
    for key, tab in (
        ("ArrowRight", files), ("ArrowRight", history), ("ArrowRight", journal),
        ("ArrowLeft", history), ("ArrowLeft", files), ("Home", journal), ("End", history),
    ):  # fmt: skip
        annas_page.keyboard.press(key)
        expect(tab).to_be_focused()
    expect(journal).to_have_attribute("aria-selected", "true")
    for key, tab in (("Enter", history), ("Space", files)):
        annas_page.keyboard.press(key)
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(tab).to_be_focused()
        annas_page.keyboard.press("ArrowLeft")
    expect(journal).to_be_focused()


def test_where_a_line_was_deleted_the_keyboard_goes_on_with_the_next(annas_page, lead, anna):
    for text in ("Als Erstes", "Als Zweites", "Als Drittes"):
        lead.write_entry(text=text, by=anna)
        factories.attach(lead, anna, f"{text}.txt", text.encode())
    open_lead(annas_page, lead)
    # The first entry stands above what was done before; no file is below the first one.
    for tab, last in (("journal", "Angebot"), ("anhaenge", "Als Drittes")):
        annas_page.goto(f"/leads/{lead.pk}/?tab={tab}")
        lines = annas_page.get_by_role("tabpanel").get_by_role("listitem")
        for deleted, next_one in (("Als Zweites", "Als Erstes"), ("Als Erstes", last)):
            line = lines.filter(has_text=deleted)
            line.get_by_role("button", name="löschen").press("Enter")
            expect(line).to_have_count(0)
            expect(annas_page.locator("li:focus")).to_contain_text(next_one)


def test_6_own_entries_are_edited_deleted_and_brought_back(annas_page, lead, anna):
    lead.write_entry(text="Tippfeler", by=anna)
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="Eintrag bearbeiten").click()
    entry = annas_page.get_by_role("tabpanel").get_by_role("listitem").first
    entry.get_by_label("Journaleintrag").fill("Tippfehler")
    annas_page.get_by_role("button", name="Änderung bestätigen").click()
    expect(annas_page.get_by_text("Tippfehler")).to_be_visible()
    expect(annas_page.get_by_text("bearbeitet", exact=True)).to_be_visible()
    annas_page.get_by_role("button", name="Eintrag löschen").click()
    expect(annas_page.get_by_text("Tippfehler")).to_have_count(0)
    expect(annas_page.get_by_text("Eintrag gelöscht")).to_be_visible()
    annas_page.get_by_role("button", name="Rückgängig").click()
    expect(annas_page.get_by_text("Tippfehler")).to_be_visible()


def test_6_the_day_of_an_entry_is_its_heading(annas_page, lead, anna):
    entry = lead.write_entry(text="Von gestern", by=anna)
    JournalEntry.objects.filter(pk=entry.pk).update(
        created_at=timezone.now() - timedelta(days=1)
    )
    open_lead(annas_page, lead)
    yesterday = annas_page.get_by_role("heading", name="Gestern")
    expect(yesterday).to_be_visible()
    expect(annas_page.get_by_role("heading", name="Heute")).to_be_visible()
    annas_page.get_by_role("button", name="Eintrag löschen").click()
    expect(yesterday).to_be_hidden()


def test_8_a_field_is_confirmed_with_the_green_check(annas_page, lead):
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="Telefon bearbeiten").click()
    field = annas_page.get_by_role("textbox", name="Telefon")
    expect(field).to_be_focused()
    field.fill("+49 8031 999888")
    check = annas_page.get_by_role("button", name="Änderung bestätigen")
    green = check.evaluate("e => getComputedStyle(e).backgroundColor")
    assert "152" in green, green
    check.click()
    expect(annas_page.get_by_role("link", name="+49 8031 999888")).to_be_visible()
    expect(annas_page.get_by_role("button", name="Telefon bearbeiten")).to_be_focused()
    assert Lead.objects.get(pk=lead.pk).phone == "+49 8031 999888"
    annas_page.get_by_role("button", name="Rückgängig").click()
    expect(annas_page.get_by_role("link", name="+49 8031 1234567")).to_be_visible()


def test_8_enter_confirms_and_escape_cancels(annas_page, lead):
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="E-Mail bearbeiten").click()
    annas_page.get_by_role("textbox", name="E-Mail").fill("neu@beispiel.de")
    annas_page.keyboard.press("Escape")
    expect(annas_page.get_by_role("link", name="s.aigner@beispiel.de")).to_be_visible()
    expect(annas_page.get_by_role("button", name="E-Mail bearbeiten")).to_be_focused()
    annas_page.keyboard.press("Enter")
    annas_page.get_by_role("textbox", name="E-Mail").fill("neu@beispiel.de")
    annas_page.keyboard.press("Enter")
    expect(annas_page.get_by_role("link", name="neu@beispiel.de")).to_be_visible()


def test_8_an_invalid_value_stays_with_a_german_message(annas_page, lead):
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="E-Mail bearbeiten").click()
    annas_page.get_by_role("textbox", name="E-Mail").fill("s.aigner@beispiel")
    annas_page.keyboard.press("Enter")
    expect(annas_page.get_by_text("Geben Sie eine gültige E-Mail-Adresse an")).to_be_visible()
    field = annas_page.get_by_role("textbox", name="E-Mail")
    expect(field).to_have_value("s.aigner@beispiel")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_8_a_conflict_shows_both_values_and_keeps_what_was_typed(annas_page, lead, meike):
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="Telefon bearbeiten").click()
    expect(annas_page.get_by_role("textbox", name="Telefon")).to_be_visible()
    lead.set_field("phone", seen=lead.phone, value="+49 8031 765432", by=meike)
    annas_page.get_by_role("textbox", name="Telefon").fill("+49 8031 999888")
    annas_page.keyboard.press("Enter")
    expect(annas_page.get_by_text("Meike Beispiel hat das Feld geändert")).to_be_visible()
    expect(annas_page.get_by_text("+49 8031 765432")).to_be_visible()
    expect(annas_page.get_by_role("textbox", name="Telefon")).to_have_value("+49 8031 999888")
    annas_page.get_by_role("button", name="Meine übernehmen").click()
    expect(annas_page.get_by_role("link", name="+49 8031 999888")).to_be_visible()


def test_8_all_fields_at_once_with_one_green_check(annas_page, lead):
    open_lead(annas_page, lead)
    annas_page.get_by_role("button", name="Alle bearbeiten").click()
    annas_page.get_by_role("textbox", name="Ort").fill("Kolbermoor")
    annas_page.get_by_role("textbox", name="Volumen").fill("24.800,50")
    annas_page.get_by_role("button", name="Änderung bestätigen").click()
    expect(annas_page.get_by_text("24.800,50 €", exact=True).first).to_be_visible()
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.city, str(fresh.value)) == ("Kolbermoor", "24800.50")
    annas_page.get_by_role("button", name="Rückgängig").click()
    expect(annas_page.get_by_text("Rückgängig gemacht")).to_be_visible()
    expect(annas_page.get_by_role("link", name="Rosenheim")).to_be_visible()
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.city, fresh.value) == ("Rosenheim", None)


def test_the_editor_of_all_fields_takes_the_focus_and_escape_closes_it(annas_page, lead):
    open_lead(annas_page, lead)
    everything = annas_page.get_by_role("button", name="Alle bearbeiten")
    name = annas_page.get_by_role("textbox", name="Name", exact=False).first
    annas_page.keyboard.press("e")
    expect(name).to_be_focused()
    annas_page.keyboard.press("Escape")
    expect(everything).to_be_focused()
    expect(annas_page.get_by_role("button", name="Änderung bestätigen")).to_have_count(0)
    everything.press("Enter")
    expect(name).to_have_value("Familie Aigner")
    expect(name).to_be_focused()
    mail = annas_page.get_by_role("textbox", name="E-Mail")
    volume = annas_page.get_by_role("textbox", name="Volumen")
    volume.fill("viel")
    mail.fill("keine")
    # The one that was edited last is not the first one that is wrong.
    volume.focus()
    annas_page.keyboard.press("Control+Enter")
    expect(annas_page.get_by_text("Bitte sehen Sie sich die markierten")).to_be_visible()
    expect(mail).to_be_focused()
    mail.fill("aigner@beispiel.de")
    volume.fill("1.000")
    annas_page.keyboard.press("Control+Enter")
    expect(annas_page.get_by_role("group", name="Volumen")).to_contain_text("1.000")
    expect(everything).to_be_focused()


def test_the_first_mistake_in_a_new_lead_takes_the_focus(annas_page, heatpumps):
    annas_page.goto("/leads/anlegen/")
    annas_page.get_by_label("Name").first.fill("Sabine")
    mail = annas_page.get_by_label("E-Mail")
    mail.fill("kaputt")
    volume = annas_page.get_by_label("Volumen")
    volume.fill("viel")
    volume.press("Enter")
    expect(annas_page.get_by_role("alert")).to_contain_text("Noch ist nichts gespeichert")
    expect(mail).to_be_focused()
    expect(mail).to_be_in_viewport()
    mail.fill("sabine@beispiel.de")
    mail.press("Enter")
    # Further down than the screen reaches.
    expect(volume).to_be_focused()
    expect(volume).to_be_in_viewport()


def test_the_editor_of_an_entry_takes_the_focus_and_escape_closes_it(annas_page, lead, anna):
    lead.write_entry(text="Ruft morgen an", by=anna)
    open_lead(annas_page, lead)
    edit = annas_page.get_by_role("button", name="Eintrag bearbeiten")
    edit.click()
    text = annas_page.get_by_role("listitem").get_by_label("Journaleintrag")
    expect(text).to_be_focused()
    annas_page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    expect(edit).to_be_focused()


def test_a_lead_is_won_and_reopened(annas_page, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    open_lead(annas_page, lead)
    circle(annas_page, "Auftrag").click()
    annas_page.get_by_role("button", name="Gewonnen").click()
    expect(annas_page.get_by_text("Der Lead ist gewonnen.")).to_be_visible()
    # No circle is left to go back to.
    expect(annas_page.get_by_role("main")).to_be_focused()
    assert Lead.objects.get(pk=lead.pk).status == "won"
    annas_page.get_by_role("button", name="Wieder öffnen").click()
    annas_page.get_by_role("dialog").get_by_role("button", name="Wieder öffnen").click()
    expect(circle(annas_page, "Auftrag")).to_have_attribute("aria-current", "step")


@pytest.mark.parametrize("way", ["button", "key"])
def test_an_early_loss_takes_the_note_above_along(annas_page, heatpumps, lead, way):
    heatpumps.allows_early_loss = True
    heatpumps.save()
    open_lead(annas_page, lead)
    circle(annas_page, lead.phase.name).click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Baut doch nicht")
    dialog.get_by_text("Ist der Lead verloren?").click()
    reason = dialog.get_by_label("Verlustgrund")
    reason.select_option("Zu teuer")
    if way == "key":
        reason.press("Control+Enter")
    else:
        dialog.get_by_role("button", name="Verloren").click()
    expect(annas_page.get_by_text("Der Lead ist verloren.")).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).loss_reason.label == "Zu teuer"
    expect(
        annas_page.get_by_role("listitem").filter(has_text="Baut doch nicht")
    ).to_be_visible()
    # No draft of it is left that a later dialog would bring back.
    annas_page.get_by_role("button", name="Wieder öffnen").click()
    annas_page.get_by_role("dialog").get_by_role("button", name="Wieder öffnen").click()
    circle(annas_page, lead.phase.name).click()
    expect(dialog.get_by_label("Notiz fürs Journal")).to_have_value("")


def test_a_lost_lead_needs_a_reason(annas_page, heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    open_lead(annas_page, lead)
    circle(annas_page, "Auftrag").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Schade")
    dialog.get_by_role("button", name="Verloren").click()
    expect(dialog.get_by_text("warum der Lead verloren ist")).to_be_visible()
    expect(dialog.get_by_label("Notiz fürs Journal")).to_have_value("Schade")
    expect(dialog.get_by_label("Verlustgrund")).to_be_focused()
    dialog.get_by_label("Verlustgrund").select_option("Zu teuer")
    dialog.get_by_role("button", name="Verloren").click()
    expect(annas_page.get_by_text("Der Lead ist verloren.")).to_be_visible()
    assert Lead.objects.get(pk=lead.pk).loss_reason.label == "Zu teuer"

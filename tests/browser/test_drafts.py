"""Unsaved text is never lost: kept in the browser until the server has it."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from leads.models import JournalEntry, Lead
from tests import factories

RESTORED = "Entwurf wiederhergestellt"
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"


def composer(page):
    return page.get_by_role("textbox", name="Journaleintrag")


def hint(page):
    return page.get_by_text(RESTORED).filter(visible=True)


def test_what_was_typed_survives_until_the_server_has_it(annas_page, lead, anna, meike):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    composer(page).fill("Ruft morgen")
    composer(page).press_sequentially(" zurück")
    page.get_by_label("Ort bearbeiten").click()
    page.get_by_role("textbox", name="Ort").fill("Prien")
    # A new page in the same browser, as after a crash.
    page.goto("about:blank")
    page.goto(f"/leads/{lead.pk}/")
    expect(composer(page)).to_have_value("Ruft morgen zurück")
    expect(page.get_by_role("textbox", name="Ort")).to_have_value("Prien")
    expect(hint(page)).to_have_count(2)

    # Somebody else was faster: that is a conflict, although the editor has been opened anew.
    Lead.objects.get(pk=lead.pk).set_field("city", seen="Rosenheim", value="Ulm", by=meike)
    page.reload()
    page.get_by_role("button", name="Änderung bestätigen").click()
    expect(page.get_by_text(re.compile("Meike Beispiel hat das Feld"))).to_be_visible()
    page.get_by_role("button", name="Meine übernehmen").click()
    expect(page.get_by_role("group", name="Ort")).to_contain_text("Prien")

    # The session ends while somebody types: after signing in all is there.
    Session.objects.all().delete()
    composer(page).fill("Doch erst nächste Woche")
    page.get_by_role("button", name="Eintragen").click()
    page.get_by_label("Benutzername").fill("anna")
    page.locator("input[name=password]").fill(factories.PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(composer(page)).to_have_value("Doch erst nächste Woche")
    page.get_by_role("button", name="Eintragen").click()
    expect(page.get_by_role("listitem").filter(has_text="nächste Woche")).to_have_count(1)
    expect(composer(page)).to_have_value("")
    page.reload()
    expect(composer(page)).to_have_value("")
    assert page.evaluate(DRAFTS) == 0
    assert JournalEntry.objects.written().filter(lead=lead).count() == 1


def test_what_was_confirmed_by_its_key_does_not_come_back(annas_page, lead, anna):
    lead.write_entry(text="Ruft am Montag zurück.", by=anna)
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    # The key leaves the focus in the field, which then goes away with it.
    composer(page).fill("Ruft morgen an")
    composer(page).press("Control+Enter")
    expect(page.get_by_role("listitem").filter(has_text="Ruft morgen an")).to_have_count(1)
    for opener, place in (
        ("Eintrag bearbeiten", ".journal textarea"),
        ("Ort bearbeiten", "#field-city input[name=city]"),
        ("Alle bearbeiten", "#fields input[name=city]"),
    ):
        page.get_by_role("button", name=opener).first.click()
        page.locator(place).fill(f"Ort: {opener}")
        page.locator(place).press("Control+Enter")
        expect(page.locator(place)).to_have_count(0)
        assert page.evaluate(DRAFTS) == 0, opener
    page.reload()
    expect(composer(page)).to_have_value("")
    expect(page.get_by_role("button", name="Alle bearbeiten")).to_be_visible()


def test_what_was_cancelled_does_not_come_back(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    for leave in ("Escape", "Abbrechen"):
        page.get_by_label("Ort bearbeiten").click()
        town = page.get_by_role("textbox", name="Ort")
        expect(town).to_have_value("Rosenheim")
        town.fill("Prien")
        if leave == "Escape":
            town.press("Escape")
        else:
            page.get_by_role("button", name=leave).click()
        expect(page.get_by_role("group", name="Ort")).to_contain_text("Rosenheim")
        assert page.evaluate(DRAFTS) == 0


def test_escape_asks_once_more_where_much_was_typed(annas_page, lead):
    lead.write_entry(text="Ruft am Montag zurück.", by=lead.owner)
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    for opener, place, before in (
        ("Alle bearbeiten", "#fields input[name=city]", "Rosenheim"),
        ("Eintrag bearbeiten", ".journal textarea", "Ruft am Montag zurück."),
    ):
        page.get_by_role("button", name=opener).click()
        box = page.locator(place)
        expect(box).to_have_value(before)
        box.press("Escape")
        expect(box).to_have_count(0)
        page.get_by_role("button", name=opener).click()
        box.fill("Prien")
        box.press("Escape")
        expect(page.get_by_role("button", name="Abbrechen")).to_be_focused()
        expect(box).to_have_value("Prien")
        page.keyboard.press("Escape")
        expect(box).to_have_count(0)
        assert page.evaluate(DRAFTS) == 0


def test_a_held_escape_and_one_after_a_complaint_throw_nothing_away(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Alle bearbeiten").click()
    mail = page.locator("#fields input[name=email]")
    mail.fill("keine")
    page.keyboard.down("Escape")
    page.keyboard.down("Escape")
    page.keyboard.up("Escape")
    expect(mail).to_have_value("keine")
    mail.press("Control+Enter")
    expect(page.get_by_text("Bitte sehen Sie sich die markierten")).to_be_visible()
    mail.press("Escape")
    expect(page.get_by_role("button", name="Abbrechen")).to_be_focused()
    expect(mail).to_have_value("keine")


def test_a_new_lead_is_restored_with_the_fields_of_its_marketplace(
    annas_page, heatpumps, solar, anna
):
    solar.memberships.create(user=anna, role="rep")
    factories.make_field(solar, "Dachform")
    own = factories.make_field(heatpumps, "Heizlast")
    page = annas_page
    choice, name = page.get_by_label("Marktplatz"), page.locator("input[name=name]")

    def choose(slug, label):
        # Somebody who chooses has the focus there.
        choice.focus()
        choice.select_option(slug)
        expect(page.get_by_label(label)).to_be_visible()

    page.goto("/leads/anlegen/")
    # The first one is another.
    expect(choice).to_have_value("photovoltaik-bayern")
    name.fill("Familie Neu")
    choose("waermepumpe-sued", "Heizlast")
    page.goto("/leads/anlegen/")
    expect(name).to_have_value("Familie Neu")
    expect(choice).to_have_value("waermepumpe-sued")
    page.get_by_label("Heizlast").fill("12 kW")
    page.goto("/leads/anlegen/")
    expect(page.get_by_label("Heizlast")).to_have_value("12 kW")
    expect(hint(page)).to_be_visible()
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("heading", name="Familie Neu")).to_be_visible()
    assert Lead.objects.get(name="Familie Neu").own_values == {str(own.pk): "12 kW"}
    assert page.evaluate(DRAFTS) == 0

    # What is typed while the other fields are on their way stays, too.
    page.goto("/leads/anlegen/")
    held = []
    page.route("**/leads/anlegen/?", lambda route: held.append(route))
    choice.select_option("waermepumpe-sued")
    name.fill("Familie Anders")
    held[0].continue_()
    expect(page.get_by_label("Heizlast")).to_be_visible()
    expect(name).to_have_value("Familie Anders")
    page.unroute("**/leads/anlegen/?")
    page.goto("/leads/anlegen/")
    expect(page.get_by_label("Heizlast")).to_be_visible()
    page.get_by_role("button", name="Verwerfen").click()
    expect(name).to_have_value("")
    expect(choice).to_have_value("photovoltaik-bayern")
    assert page.evaluate(DRAFTS) == 0


def test_dialogs_and_the_form_of_a_new_lead_keep_theirs(annas_page, lead, solar, anna):
    solar.memberships.create(user=anna, role="rep")
    own = factories.make_field(solar, "Dachform")
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    opener = page.get_by_role("list", name="Vertriebsprozess").get_by_role("button")
    opener.nth(2).click()
    note = page.get_by_role("dialog").get_by_label("Notiz fürs Journal")
    note.fill("Angebot ist raus")
    page.keyboard.press("Escape")
    opener.nth(2).click()
    expect(note).to_have_value("Angebot ist raus")
    page.get_by_role("button", name="Verwerfen").filter(visible=True).click()
    expect(note).to_have_value("")
    note.fill("Nichts davon")
    page.get_by_role("dialog").get_by_role("button", name="Abbrechen").click()
    opener.nth(2).click()
    expect(note).to_have_value("")

    page.goto("/leads/anlegen/")
    page.get_by_label("Marktplatz").select_option("photovoltaik-bayern")
    page.get_by_label("Dachform").fill("Satteldach")
    page.get_by_label("Bedarf").fill("Photovoltaik")
    page.goto("/leads/anlegen/")
    expect(page.get_by_label("Dachform")).to_have_value("Satteldach")
    expect(page.get_by_label("Bedarf")).to_have_value("Photovoltaik")
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Name", exact=False).first.fill("Familie Neu")
    page.get_by_role("button", name="Lead anlegen").click()
    expect(page.get_by_role("heading", name="Familie Neu")).to_be_visible()
    assert Lead.objects.get(name="Familie Neu").own_values == {str(own.pk): "Satteldach"}
    page.goto("/leads/anlegen/")
    expect(page.get_by_label("Bedarf")).to_have_value("")
    assert page.evaluate(DRAFTS) == 0


def click_beside(page):
    """Beside the dialog, which stands in the middle."""
    page.mouse.click(5, 5)


def test_a_click_beside_a_dialog_throws_no_chosen_day_away(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    dialog = page.get_by_role("dialog")
    page.locator("[aria-current=step]").click()
    chips = dialog.get_by_role("radio")
    expect(chips.last).to_be_checked()
    click_beside(page)
    expect(dialog).to_have_count(0)
    page.locator("[aria-current=step]").click()
    dialog.locator("label.chip").first.click()
    click_beside(page)
    expect(chips.first).to_be_checked()
    # Closed all the same, it is a draft.
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("[aria-current=step]").click()
    expect(hint(page)).to_be_visible()
    expect(chips.first).to_be_checked()
    page.keyboard.press("Escape")
    # Another day, on which that one is not suggested any more.
    page.evaluate(
        """for (const [key, text] of Object.entries(localStorage)) {
          const draft = JSON.parse(text);
          if (!draft.fields?.follow_up_at) continue;
          draft.fields.follow_up_at = ["2026-01-02"];
          localStorage.setItem(key, JSON.stringify(draft));
        }"""
    )
    page.locator("[aria-current=step]").click()
    expect(chips.last).to_be_checked()
    expect(hint(page)).to_have_count(0)
    page.keyboard.press("Escape")
    # What kind of entry it would be is no draft.
    page.get_by_text("Anruf", exact=True).click()
    expect(page.get_by_role("radio", name="Anruf")).to_be_checked()
    assert page.evaluate(DRAFTS) == 0


@pytest.mark.parametrize("opener", ["Spalten", "Nach Feldern filtern"])
def test_a_click_beside_a_dialog_throws_no_ticks_away(annas_page, heatpumps, lead, opener):
    page = annas_page
    factories.make_field(heatpumps, "Dach", "choice", choices="Ziegel\nBlech")
    page.goto("/leads/")
    dialog = page.get_by_role("dialog")
    for is_changed in (False, True):
        page.get_by_role("link", name=opener).click()
        box = dialog.get_by_role("checkbox").last
        if is_changed:
            box.check()
        expect(box).to_be_checked(checked=is_changed)
        click_beside(page)
        expect(dialog).to_have_count(int(is_changed))
    expect(box).to_be_checked()


def test_a_moved_column_is_thrown_away_on_purpose_only(annas_page, lead):
    page = annas_page
    page.goto("/leads/")
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Spalten").click()
    first = dialog.get_by_role("checkbox").first
    expect(first).to_have_value("marktplatz")
    dialog.get_by_role("button", name="Marktplatz nach unten").click()
    expect(first).to_have_value("phase")
    click_beside(page)
    expect(first).to_have_value("phase")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("link", name="Abbrechen")).to_be_focused()
    expect(first).to_have_value("phase")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Spalten").click()
    expect(first).to_have_value("marktplatz")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("how", ["Abmelden", "elsewhere"])
def test_drafts_go_with_signing_out_and_are_never_shown_to_others(
    annas_page, lead, ben, sign_in_as, how
):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    composer(page).fill("Nur für Anna")
    other = page.context.new_page()
    if how == "elsewhere":
        # Another person signs in without anybody having signed out.
        sign_in_as(page.context, ben)
        other.goto("/leads/")
        expect(other.get_by_role("heading", level=1)).to_be_visible()
    else:
        other.goto("/leads/")
        other.get_by_label("Benutzermenü").click()
        other.get_by_role("button", name=how, exact=True).click()
        expect(other).to_have_url(re.compile("/anmelden/"))
        # What was still open in another tab keeps nothing any more.
        composer(page).press_sequentially("!")
    assert other.evaluate(DRAFTS) == 0


def test_who_stays_has_not_signed_out(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    composer(page).fill("Noch nicht fertig")
    page.evaluate("addEventListener('beforeunload', (event) => event.preventDefault())")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_label("Benutzermenü").click()
    with page.expect_event("dialog"):
        page.get_by_role("button", name="Abmelden", exact=True).click()
    composer(page).press_sequentially("!")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(composer(page)).to_have_value("Noch nicht fertig!")


def test_an_editor_with_a_draft_opens_again_wherever_its_place_appears(annas_page, lead, anna):
    for text in ("Ruft am Montag an.", "Falsch verbunden"):
        lead.write_entry(text=text, by=anna)
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    entry = page.locator(".journal textarea")
    page.get_by_role("button", name="Eintrag löschen").first.click()
    expect(page.get_by_text("Eintrag gelöscht")).to_be_visible()
    page.get_by_role("button", name="Eintrag bearbeiten").click()
    entry.fill("Ruft am Dienstag an.")
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_text("Falsch verbunden")).to_be_visible()
    expect(entry).to_have_value("Ruft am Dienstag an.")
    page.get_by_role("tab", name="Verlauf").click()
    expect(entry).to_have_count(0)
    tab = page.get_by_role("tab", name="Journal")
    tab.click()
    expect(entry).to_have_value("Ruft am Dienstag an.")
    expect(tab).to_be_focused()

    # A single field's goes into the editor of all of them, and with it.
    page.get_by_role("button", name="Ort bearbeiten").click()
    town = page.locator("#fields input[name=city]")
    town.fill("Prien")
    page.get_by_role("button", name="Alle bearbeiten").click()
    expect(page.locator("#fields input[name=name]")).to_be_visible()
    expect(town).to_have_value("Prien")
    town.press("Enter")
    expect(page.get_by_role("group", name="Ort")).to_contain_text("Prien")
    expect(town).to_have_count(0)
    assert page.evaluate(DRAFTS) == 1


def test_what_is_typed_while_a_field_is_being_saved_is_still_there(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    held = []
    page.get_by_role("button", name="Ort bearbeiten").click()
    town = page.get_by_role("textbox", name="Ort")
    town.fill("Prien")
    page.route("**/felder/city/", lambda route: held.append(route), times=1)
    with page.expect_request("**/felder/city/"):
        town.press("Enter")
    town.press_sequentially(" am Chiemsee")
    held[0].continue_()
    expect(page.locator(".toast", has_text="Ort geändert")).to_be_visible()
    expect(hint(page)).to_be_visible()
    expect(town).to_have_value("Prien am Chiemsee")
    town.press("Enter")
    expect(page.get_by_role("group", name="Ort")).to_contain_text("Prien am Chiemsee")
    expect(town).to_have_count(0)


def sign_in_again(page):
    page.get_by_label("Benutzername").fill("anna")
    page.locator("input[name=password]").fill(factories.PASSWORD)
    page.get_by_role("button", name="Anmelden").click()


def test_a_cell_that_is_typed_in_outlives_a_search_and_the_session(annas_page, lead):
    page = annas_page
    page.goto("/leads/")
    row = page.get_by_role("row", name="Aigner")
    row.get_by_role("gridcell").first.hover()
    row.get_by_role("button", name="Bearbeiten", exact=True).click()
    name = row.get_by_label("Name", exact=True)
    name.fill("Familie Aigner-Huber")
    search = page.get_by_role("searchbox")
    with page.expect_response(re.compile("q=aig")):
        search.press_sequentially("aig")
    expect(hint(page)).to_be_visible()
    expect(name).to_have_value("Familie Aigner-Huber")
    expect(search).to_be_focused()
    Session.objects.all().delete()
    name.press("Enter")
    sign_in_again(page)
    expect(page.get_by_role("heading", name="Leads in Bearbeitung")).to_be_visible()
    page.mouse.move(300, 300)
    expect(name).to_have_value("Familie Aigner-Huber")
    name.press("Enter")
    expect(row.get_by_role("link", name="Familie Aigner-Huber")).to_be_visible()
    assert page.evaluate(DRAFTS) == 0


@pytest.mark.parametrize("place", ["lead", "list"])
def test_a_follow_up_outlives_the_session(annas_page, lead, place):
    page = annas_page

    def ask():
        if place == "lead":
            page.get_by_role("button", name="Wiedervorlage", exact=True).click()
        else:
            page.get_by_role("checkbox", name="Auswählen").check()
            page.get_by_role("button", name="Wiedervorlage setzen").click()

    page.goto(f"/leads/{lead.pk}/" if place == "lead" else "/leads/")
    ask()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Notiz").fill("Nach dem Urlaub, Nebenstelle 12")
    dialog.get_by_label("Wiedervorlage").first.fill("2027-01-15")
    Session.objects.all().delete()
    dialog.get_by_role("button", name="Übernehmen").click()
    sign_in_again(page)
    ask()
    expect(dialog.get_by_label("Notiz")).to_have_value("Nach dem Urlaub, Nebenstelle 12")
    expect(dialog.get_by_label("Wiedervorlage").first).to_have_value("2027-01-15")
    dialog.get_by_role("button", name="Übernehmen").click()
    expect(page.locator(".toast", has_text="15.01.2027")).to_be_visible()
    assert page.evaluate(DRAFTS) == 0
    assert Lead.objects.get().follow_up_note == "Nach dem Urlaub, Nebenstelle 12"


KEEPS_NOTHING = """const get = () => { throw new Error("keeps nothing"); };
for (const name of ["sessionStorage", "localStorage"]) {
    Object.defineProperty(window, name, { get });
}"""


def test_a_browser_that_keeps_nothing_asks_after_another_marketplace_as_well(
    annas_page, heatpumps, solar, anna
):
    solar.memberships.create(user=anna, role="rep")
    factories.make_field(heatpumps, "Heizlast")
    asked = []
    annas_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    annas_page.add_init_script(KEEPS_NOTHING)
    annas_page.goto("/leads/anlegen/")
    annas_page.locator("input[name=name]").fill("Familie Neu")
    annas_page.get_by_label("Marktplatz").focus()
    annas_page.get_by_label("Marktplatz").select_option("waermepumpe-sued")
    expect(annas_page.get_by_label("Heizlast")).to_be_visible()
    annas_page.goto("/leads/")
    assert asked == ["beforeunload"]


def test_a_browser_that_keeps_nothing_has_its_dialogs_all_the_same(annas_page, lead):
    annas_page.add_init_script(KEEPS_NOTHING)
    annas_page.goto(f"/leads/{lead.pk}/")
    annas_page.locator("[aria-current=step]").click()
    dialog = annas_page.get_by_role("dialog")
    dialog.get_by_label("Notiz fürs Journal").fill("Ohne Speicher")
    dialog.get_by_role("button", name="Nächste Phase").click()
    expect(annas_page.get_by_text("Phase „Verhandlung“ hat begonnen.")).to_be_visible()
    annas_page.goto("/leads/")
    annas_page.get_by_role("row").filter(has_text=lead.name).dblclick()
    expect(annas_page.get_by_role("heading", level=1, name=lead.name)).to_be_visible()

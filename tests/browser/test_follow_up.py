"""The follow-up from the list, the lead and the dialogs, in a real browser."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Lead
from tests import factories


def chips(page):
    return page.get_by_role("dialog").get_by_role("button", name=re.compile("·"))


def test_a_day_is_one_tap_away_in_the_list_and_taken_back(annas_page, heatpumps, anna, lead):
    page = annas_page
    other = factories.accepted(heatpumps, anna, name="Zweite Familie")
    lead.set_follow_up(at=timezone.now() - timedelta(days=2), note="Nachfassen", by=anna)
    page.goto("/leads/")
    expect(page.get_by_text("1 fällig")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("Familie Aigner"))
    row.get_by_role("link", name=re.compile("überfällig")).click()
    expect(chips(page).first).to_be_focused()
    chips(page).first.click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row.get_by_text("überfällig")).to_have_count(0)
    expect(row.get_by_text("Nachfassen")).to_be_visible()
    expect(page.get_by_text("1 fällig")).to_have_count(0)
    expect(page.get_by_role("link", name="In Bearbeitung")).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("button", name="Rückgängig").click()
    expect(row.get_by_text("überfällig")).to_be_visible()
    expect(page.get_by_text("1 fällig")).to_be_visible()
    # By the keyboard: the rows still answer, Enter in the note presses no suggestion.
    second = page.get_by_role("row", name=re.compile("Zweite Familie"))
    second.get_by_role("link", name="Wiedervorlage setzen").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Notiz").press("Enter")
    expect(dialog.get_by_text("Wählen Sie den Tag der Wiedervorlage.")).to_be_visible()
    dialog.get_by_label("Wiedervorlage", exact=True).last.fill("2027-03-01")
    dialog.get_by_label("Notiz").press("Enter")
    expect(second.get_by_text("01.03.2027")).to_be_visible()
    assert Lead.objects.get(pk=other.pk).follow_up_at is not None


def test_a_suggestion_that_is_pressed_twice_is_sent_once(annas_page, lead):
    page, held = annas_page, []
    page.goto("/leads/")
    page.get_by_role("checkbox", name="Auswählen: Familie Aigner").check()
    page.get_by_role("button", name="Wiedervorlage setzen").click()
    expect(chips(page).first).to_be_focused()
    page.route(re.compile("/wiedervorlage/$"), lambda route: held.append(route))
    with page.expect_request("**/wiedervorlage/"):
        chips(page).first.click()
    chips(page).last.click()
    # Behind the first one, nothing waits for its answer.
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_text("Rückgängig gemacht")).to_be_visible()
    assert len(held) == 1


def test_in_a_dialog_the_suggestion_and_the_typed_day_exclude_each_other(annas_page, lead):
    page = annas_page
    page.goto(f"/leads/{lead.pk}/")
    page.locator("[aria-current=step]").click()
    dialog = page.get_by_role("dialog")
    soon, day = (
        dialog.get_by_role("radio").first,
        dialog.get_by_label("Nächste Wiedervorlage").last,
    )
    day.fill("2027-03-01")
    dialog.get_by_text(re.compile("^nächste Woche|^in gut")).click()
    expect(day).to_have_value("")
    soon.check(force=True)
    day.fill("2027-03-02")
    expect(dialog.get_by_role("radio", name="anderer Tag")).to_be_checked()
    dialog.get_by_label("Notiz zur Wiedervorlage").fill("Anrufen")
    dialog.get_by_role("button", name="Nächste Phase").click()
    head = page.locator("#lead-head")
    expect(head.get_by_text("Anrufen", exact=True).first).to_be_visible()
    expect(head.get_by_role("button", name="Wiedervorlage")).to_contain_text("02.03.2027")
    # And from the lead's head it is removed.
    head.get_by_role("button", name="Wiedervorlage").click()
    page.get_by_role("dialog").get_by_role("button", name="Entfernen").click()
    expect(page.locator("#field-follow_up_at")).to_contain_text("nicht angegeben")
    assert Lead.objects.get(pk=lead.pk).follow_up_note == ""

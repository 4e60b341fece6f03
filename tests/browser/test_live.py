"""What somebody else changes in the lead that is open appears by itself."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import JournalEntry, Lead
from marketplaces.models import Requirement
from tests import factories


@pytest.fixture
def meikes_page(new_context, live_server, sign_in_as, meike):
    context = new_context(base_url=live_server.url)
    sign_in_as(context, meike)
    return context.new_page()


def composer(page):
    return page.get_by_role("textbox", name="Journaleintrag")


def test_the_changes_of_another_person_appear_and_leave_alone_what_is_typed(
    annas_page, meikes_page, lead
):
    for page in (annas_page, meikes_page):
        page.goto(f"/leads/{lead.pk}/")
    composer(annas_page).fill("Ich tippe gerade")
    annas_page.get_by_label("Ort bearbeiten").click()
    annas_page.get_by_role("textbox", name="Ort").fill("Prien")

    meikes_page.get_by_label("Telefon bearbeiten").click()
    meikes_page.get_by_role("textbox", name="Telefon").fill("089 5554433")
    meikes_page.get_by_role("button", name="Änderung bestätigen").click()
    expect(meikes_page.get_by_role("group", name="Telefon")).to_contain_text("089 5554433")
    meikes_page.get_by_label("Ort bearbeiten").click()
    meikes_page.get_by_role("textbox", name="Ort").fill("Ulm")
    meikes_page.get_by_role("button", name="Änderung bestätigen").click()
    composer(meikes_page).fill("Kunde rief an")
    meikes_page.get_by_role("button", name="Eintragen").click()

    expect(annas_page.get_by_role("group", name="Telefon")).to_contain_text("089 5554433")
    told = annas_page.get_by_role("status").filter(has_text="Meike Beispiel")
    expect(told.first).to_be_visible()
    expect(annas_page.get_by_role("listitem").filter(has_text="Kunde rief an")).to_be_visible()
    # What is being edited stays and is marked; confirming it shows both.
    expect(annas_page.get_by_text("Inzwischen geändert.")).to_be_visible()
    expect(annas_page.get_by_role("textbox", name="Ort")).to_have_value("Prien")
    expect(composer(annas_page)).to_have_value("Ich tippe gerade")
    annas_page.get_by_role("button", name="Änderung bestätigen").click()
    annas_page.get_by_role("button", name="Meine übernehmen").click()
    # Of her own changes she is not told, in no tab.
    expect(meikes_page.get_by_role("group", name="Ort")).to_contain_text("Prien")
    expect(meikes_page.get_by_text("Meike Beispiel hat „")).to_have_count(0)
    expect(meikes_page.get_by_text("Anna Beispiel hat „Ort“ geändert")).to_be_visible()

    circles = meikes_page.get_by_role("list", name="Vertriebsprozess").get_by_role("button")
    circles.nth(2).click()
    meikes_page.get_by_role("button", name="Nächste Phase").click()
    steps = annas_page.get_by_role("list", name="Vertriebsprozess")
    current = steps.get_by_role("button", name="Verhandlung", exact=True)
    expect(current).to_have_attribute("aria-current", "step")
    expect(composer(annas_page)).to_have_value("Ich tippe gerade")
    # The new circle works like the old one.
    current.click()
    expect(annas_page.get_by_role("dialog")).to_contain_text("„Verhandlung“ abschließen?")


def test_ones_own_change_warns_in_no_editor_that_was_opened_after_it(
    annas_page, lead, anna, meike
):
    def is_unchanged(answer):
        return "/stand/" in answer.url and answer.status == 304

    page = annas_page
    warning = page.get_by_text("Inzwischen geändert.")
    written = lead.write_entry(text="Ruft morgn an", by=anna)
    page.goto(f"/leads/{lead.pk}/")

    def confirm(box, text, shown):
        box.fill(text)
        page.get_by_role("button", name="Änderung bestätigen").click()
        expect(shown).to_contain_text(text)

    page.get_by_label("Ort bearbeiten").click()
    city = page.get_by_role("group", name="Ort")
    confirm(page.get_by_role("textbox", name="Ort"), "Prien", city)
    # Only when the page has heard of the change there is nothing new for it.
    with page.expect_response(is_unchanged):
        page.get_by_label("Ort bearbeiten").click()
    expect(warning).to_have_count(0)
    confirm(page.get_by_role("textbox", name="Ort"), "Ulm", city)
    page.get_by_role("button", name="Eintrag bearbeiten").click()
    entry = page.locator(f"#entry-{written.pk}")
    confirm(entry.get_by_label("Journaleintrag"), "Ruft morgen\nan", entry)
    page.get_by_role("button", name="Eintrag bearbeiten").click()
    with page.expect_response(is_unchanged):
        page.get_by_role("button", name="Alle bearbeiten").click()
    expect(page.get_by_role("textbox", name="Ort")).to_have_value("Ulm")
    expect(warning).to_have_count(0)
    Lead.objects.get(pk=lead.pk).set_field("city", seen="Ulm", value="Bonn", by=meike)
    expect(warning).to_have_count(1)
    # A field of two inputs, too.
    Lead.objects.get(pk=lead.pk).set_follow_up(
        at=timezone.now() + timedelta(days=3), note="", by=meike
    )
    expect(warning).to_have_count(2)
    day = page.get_by_label("Wiedervorlage", exact=True)
    expect(page.locator(".stack").filter(has=day)).to_contain_text("Inzwischen geändert.")


@pytest.mark.parametrize(("is_own", "typed"), [(True, "4"), (False, ""), (False, "4")])
def test_the_word_of_a_late_step_goes_with_the_next_one(
    annas_page, lead, heatpumps, meike, is_own, typed
):
    page = annas_page
    roof = factories.make_field(heatpumps, "Dach")
    Requirement.objects.create(marketplace=heatpumps, phase=lead.phase, name=roof.name)
    word = page.get_by_role("alert").filter(has_text="Sie sehen jetzt den aktuellen Stand.")
    steps = page.get_by_role("list", name="Vertriebsprozess")

    def step(name):
        steps.get_by_role("button", name=name, exact=True).click()

    page.goto(f"/leads/{lead.pk}/")
    step("Angebot")
    page.get_by_role("textbox", name="Dach").fill(typed)
    lead.move(seen=lead.phase, to=lead.previous_phase, by=meike)
    with page.expect_response(lambda answer: answer.status == 409):
        page.get_by_role("button", name="Nächste Phase").click()
    expect(word).to_contain_text("auf „Vor-Ort-Termin“ gesetzt")
    # What the page hears of that step itself takes no word of it back.
    with page.expect_response(lambda one: "/stand/" in one.url and one.status == 304):
        pass
    expect(word).to_be_visible()

    if is_own:
        step("Vor-Ort-Termin")
        page.get_by_role("button", name="Nächste Phase").click()
    else:
        lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    current = steps.get_by_role("button", name="Angebot", exact=True)
    expect(current).to_have_attribute("aria-current", "step")
    # What was typed stands nowhere else: only an own step takes it away.
    expect(word).to_have_count(1 if typed and not is_own else 0)


def test_a_slow_answer_shows_ones_own_change_once_and_takes_nothing_back(
    annas_page, lead, meike
):
    page, held = annas_page, []
    live = re.compile("/stand/")
    page.goto(f"/leads/{lead.pk}/")

    def has_changes(answer):
        return live.search(answer.url) and answer.status == 200

    # The entry is written, its answer is on the way: the page hears of it by the live news.
    def hold(route):
        held.append((route, route.fetch()))

    page.route("**/journal/", hold, times=1)
    composer(page).fill("Kunde rief an")
    with page.expect_response(has_changes):
        page.get_by_role("button", name="Eintragen").click()
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(composer(page)).to_have_value("")
    line = page.get_by_role("listitem").filter(has_text="Kunde rief an")
    expect(line).to_have_count(1)

    # The tab was read before the file was there.
    page.route("**/?tab=anhaenge*", hold, times=1)
    with page.expect_request("**/?tab=anhaenge*"):
        page.get_by_role("tab", name="Anhänge").click()
    with page.expect_response(has_changes):
        factories.attach(lead, meike, "Grundriss.txt", b"Plan")
    route, answer = held.pop()
    route.fulfill(response=answer)
    expect(page.get_by_role("link", name="Grundriss.txt")).to_be_visible()
    expect(page.get_by_role("tab", name="Anhänge 1")).to_be_visible()


def test_who_works_hears_news_soon_after_the_connection_was_lost(
    annas_page, lead, meike, complaints
):
    page = annas_page
    page.clock.install()
    page.goto(f"/leads/{lead.pk}/")
    wakers = {
        "089 5554433": "dispatchEvent(new Event('online'))",
        "089 5554434": "document.dispatchEvent(new Event('pointerdown'))",
    }
    for phone, wakes in wakers.items():
        page.route("**/stand/", lambda route: route.abort(), times=1)
        with page.expect_event("requestfailed"):
            page.clock.run_for(12_000)
        # By then the page has heard of it, too.
        page.evaluate("fetch('/healthz/').then((answer) => answer.text())")
        lead.set_field("phone", seen=lead.phone, value=phone, by=meike)
        page.evaluate(wakes)
        page.clock.run_for(4_000)
        expect(page.get_by_role("group", name="Telefon")).to_contain_text(phone)
    assert all("ERR_FAILED" in complaint for complaint in complaints)
    complaints.clear()


def test_nobody_asks_while_the_tab_is_hidden_or_the_lead_is_gone(annas_page, lead, meike):
    asked = []
    annas_page.on("request", lambda one: "/stand/" in one.url and asked.append(one))
    annas_page.add_init_script(
        """Object.defineProperty(
            document, "hidden", {get: () => sessionStorage.hidden === "1"}
        )"""
    )
    annas_page.clock.install()
    annas_page.goto(f"/leads/{lead.pk}/")
    show = """(hidden) => {
        sessionStorage.hidden = hidden;
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with annas_page.expect_response(re.compile("/stand/")) as answered:
        pass
    assert answered.value.status == 304
    annas_page.evaluate(show, "1")
    before = len(asked)
    lead.set_field("phone", seen=lead.phone, value="089 5554433", by=meike)
    annas_page.clock.run_for(120_000)
    assert len(asked) == before
    annas_page.evaluate(show, "0")
    expect(annas_page.get_by_role("group", name="Telefon")).to_contain_text("089 5554433")

    composer(annas_page).fill("Das bleibt stehen")
    Lead.objects.filter(pk=lead.pk).update(owner=meike)
    gone = annas_page.get_by_role("alert").filter(has_text="bei jemand anderem")
    expect(gone).to_be_visible()
    expect(composer(annas_page)).to_have_value("Das bleibt stehen")
    before = len(asked)
    annas_page.clock.run_for(120_000)
    assert len(asked) == before


def test_attachments_and_history_grow_by_themselves(annas_page, lead, meike):
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    other = annas_page.context.new_page()
    other.goto(f"/leads/{lead.pk}/?tab=verlauf")
    document = factories.attach(lead, meike, "Grundriss.txt", b"Plan")
    expect(annas_page.get_by_role("link", name="Grundriss.txt")).to_be_visible()
    row = other.get_by_role("row").filter(has_text="Grundriss.txt")
    expect(row).to_have_count(1)
    lead.delete_file(document.pk, by=meike)
    expect(annas_page.get_by_role("link", name="Grundriss.txt")).to_have_count(0)
    expect(row).to_have_count(2)


def test_an_editor_says_that_what_it_changes_was_deleted(annas_page, lead, anna):
    page = annas_page
    entry = lead.write_entry(text="Ruft morgen an", by=anna)
    document = factories.attach(lead, anna, "Grundriss.txt", b"Plan")
    changed = page.get_by_text("Inzwischen geändert.")
    deleted = page.get_by_text("Das wurde inzwischen gelöscht.")

    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="Eintrag bearbeiten").click()
    text = page.locator(f"#entry-{entry.pk}").get_by_label("Journaleintrag")
    text.fill("Ruft übermorgen an")
    lead.edit_entry(entry.pk, text="Ruft heute an", by=anna)
    expect(changed).to_be_visible()
    lead.delete_entry(entry.pk, by=anna)
    expect(deleted).to_be_visible()
    expect(changed).to_have_count(0)
    expect(text).to_have_value("Ruft übermorgen an")
    lead.restore_entry(entry.pk, by=anna)
    expect(changed).to_be_visible()
    expect(deleted).to_have_count(0)
    lead.delete_entry(entry.pk, by=anna)
    expect(deleted).to_be_visible()
    page.get_by_role("button", name="Abbrechen").press("Enter")
    expect(text).to_have_count(0)
    expect(page.get_by_text("Noch einmal versuchen")).to_have_count(0)
    expect(page.locator("li:focus")).to_contain_text("Angebot")

    page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    page.get_by_role("button", name="Grundriss.txt umbenennen").click()
    name = page.get_by_role("textbox", name="Name", exact=True).last
    name.fill("Erdgeschoss")
    lead.delete_file(document.pk, by=anna)
    expect(deleted).to_be_visible()
    expect(name).to_have_value("Erdgeschoss")
    lead.restore_file(document.pk, by=anna)
    expect(deleted).to_have_count(0)
    expect(name).to_have_value("Erdgeschoss")
    expect(changed).to_have_count(0)


def test_a_page_left_open_over_midnight_puts_nothing_new_among_the_lines_of_yesterday(
    annas_page, lead, anna
):
    page = annas_page
    entries = [lead.write_entry(text=f"Notiz {number}", by=anna) for number in range(2)]
    page.goto(f"/leads/{lead.pk}/")
    days = page.locator("#journal .journal__group")
    expect(days).to_have_count(1)
    expect(days).to_contain_text("Notiz 1")

    # What was made today becomes what it is tomorrow.
    def sleep_over_midnight():
        lead.journal.update(created_at=timezone.now() - timedelta(days=1))
        page.evaluate(
            """() => {
                const watch = document.querySelector("watch-lead");
                watch.stamp = watch.stamp.replace(/\\d{4}-\\d\\d-\\d\\d/, "2000-01-01");
            }"""
        )

    # What is being edited stays, and its day with it.
    page.get_by_role("button", name="Eintrag bearbeiten").first.click()
    text = page.locator(f"#entry-{entries[1].pk}").get_by_label("Journaleintrag")
    text.fill("Notiz eins")
    with page.expect_response(lambda one: "/stand/" in one.url and one.status == 200):
        sleep_over_midnight()
    expect(text).to_have_value("Notiz eins")
    expect(page.get_by_text("Inzwischen geändert.")).to_have_count(0)
    page.get_by_role("button", name="Änderung bestätigen").click()
    expect(days).to_contain_text("Notiz eins")

    sleep_over_midnight()
    expect(days).to_contain_text(["Heute", "Gestern"])
    composer(page).fill("Von heute")
    page.get_by_role("button", name="Eintragen").click()
    expect(days.first).to_contain_text("Von heute")
    expect(days.last).not_to_contain_text("Von heute")
    expect(days.last).to_contain_text("Notiz eins")


def test_what_comes_back_comes_to_its_own_place(annas_page, lead, meike):
    first, second, third = (
        factories.attach(lead, meike, f"{name}.txt", name.encode()) for name in "abc"
    )
    lead.delete_file(second.pk, by=meike)
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    files = annas_page.get_by_role("list", name="Anhänge").get_by_role("link")
    expect(files).to_have_text(["c.txt", "a.txt"])
    lead.restore_file(second.pk, by=meike)
    expect(files).to_have_text(["c.txt", "b.txt", "a.txt"])


def test_an_old_entry_that_is_corrected_is_not_on_top(annas_page, lead, meike, anna):
    entries = [lead.write_entry(text=f"Notiz {number}", by=meike) for number in range(30)]
    JournalEntry.objects.filter(lead=lead).update(
        created_at=timezone.now() - timedelta(days=3)
    )
    new = lead.write_entry(text="Von heute", by=anna)
    annas_page.goto(f"/leads/{lead.pk}/")
    lines = annas_page.locator("#journal .entry")
    expect(lines.first).to_contain_text("Von heute")
    number = lines.count()
    for entry in (entries[0], entries[-1]):
        lead.edit_entry(entry.pk, text=f"{entry.text}, berichtigt", by=meike)
    expect(annas_page.get_by_text("Notiz 29, berichtigt")).to_be_visible()
    expect(lines.first).to_have_id(f"entry-{new.pk}")
    expect(lines).to_have_count(number)


def test_what_others_do_while_a_dialog_is_open_is_told_in_it_for_a_while(
    annas_page, lead, meike
):
    annas_page.clock.install()
    annas_page.goto(f"/leads/{lead.pk}/")
    annas_page.locator("[aria-current=step]").click()
    dialog = annas_page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    lead.set_field("city", seen=lead.city, value="Ulm", by=meike)
    annas_page.clock.run_for(12_000)
    told = dialog.get_by_text("„Ort“ geändert")
    expect(told).to_be_visible()
    annas_page.clock.run_for(9_000)
    expect(told).to_have_count(0)
    expect(dialog).to_be_visible()

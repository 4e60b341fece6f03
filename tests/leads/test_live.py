"""What has changed in the lead that is open: /leads/<id>/stand/."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.live import Changes
from leads.models import JournalEntry, Lead
from leads.moments import start_of_day
from tests import factories
from tests.markup import read


def ask(client, lead, stamp="", *, tab="journal"):
    headers = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://testserver/leads/{lead.pk}/?tab={tab}",
    }
    if stamp:
        headers["If-None-Match"] = stamp
    return client.get(f"/leads/{lead.pk}/stand/", headers=headers)


def shown(client, lead):
    """The state that the page shows, as it says itself."""
    page = client.get(f"/leads/{lead.pk}/").text
    return re.search(r'data-stamp="([^"]+)"', page)[1].replace("&quot;", '"')


def test_as_long_as_nothing_happens_the_answer_is_empty_and_cheap(page_of_anna, lead):
    stamp = shown(page_of_anna, lead)
    before = Session.objects.get().expire_date
    with CaptureQueriesContext(connection) as captured:
        answer = ask(page_of_anna, lead, stamp)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", stamp)
    assert len(captured) == 3
    # A proxy that compresses makes a weak one of it.
    assert ask(page_of_anna, lead, f"W/{stamp}").status_code == 304
    assert Session.objects.get().expire_date == before


def test_asking_does_not_keep_a_session_alive(page_of_anna, lead, settings):
    settings.SESSION_REFRESH = timedelta(0)
    before = Session.objects.get().expire_date
    ask(page_of_anna, lead)
    assert Session.objects.get().expire_date == before
    page_of_anna.get("/leads/")
    assert Session.objects.get().expire_date > before


def test_what_others_do_is_answered_with_who_did_it(page_of_anna, lead, meike):
    stamp = shown(page_of_anna, lead)
    lead.set_field("phone", seen=lead.phone, value="089 55", by=meike)
    answer = ask(page_of_anna, lead, stamp)
    assert answer.status_code == 200
    assert "Meike Beispiel hat „Telefon“ geändert" in answer.text
    assert 'id="field-phone"' in answer.text
    assert "089 55" in answer.text
    assert 'id="field-city"' not in answer.text
    stamp = answer.headers["ETag"]
    assert ask(page_of_anna, lead, stamp).status_code == 304

    entry = lead.write_entry(text="Bitte zurückrufen", by=meike)
    answer = ask(page_of_anna, lead, stamp)
    assert f'id="entry-{entry.pk}"' in answer.text
    assert "Meike Beispiel hat ins Journal geschrieben" in answer.text
    assert "„Telefon“" not in answer.text.split("data-told", 1)[1]
    stamp = answer.headers["ETag"]
    # Another tab is answered what it shows.
    assert "Bitte zurückrufen" not in ask(page_of_anna, lead, stamp, tab="verlauf").text

    lead.delete_entry(entry.pk, by=meike)
    lead.move(seen=lead.phase, to=lead.next_phase, by=meike)
    document = factories.attach(lead, meike, "Plan.txt", b"Plan")
    answer = ask(page_of_anna, lead, stamp, tab="anhaenge")
    assert f'data-gone="entry-{entry.pk}"' in answer.text
    assert f'id="file-{document.pk}"' in answer.text
    assert "Meike Beispiel hat hier 3 Änderungen gemacht" in answer.text
    assert re.search(r'aria-current="step"[^>]*nach=', answer.text)
    assert 'id="event-' in ask(page_of_anna, lead, stamp, tab="verlauf").text


def test_what_is_corrected_keeps_its_day(page_of_anna, lead, meike, anna):
    """An entry of another day is put into the place that it has, and into no other."""
    old, young = (lead.write_entry(text=text, by=anna) for text in ("Früher", "Heute"))
    days_ago = timezone.now() - timedelta(days=3)
    JournalEntry.objects.filter(pk=old.pk).update(created_at=days_ago)
    stamp = shown(page_of_anna, lead)
    for entry in (old, young):
        lead.edit_entry(entry.pk, text=f"{entry.text} anders", by=anna)
    answer = read(ask(page_of_anna, lead, stamp))
    lists = {ol["data-into"]: [li["id"] for li in ol.all("li")] for ol in answer.all("ol")
             if "data-into" in ol.attrs}  # fmt: skip
    assert lists[""] == [f"entry-{old.pk}"]
    assert f"entry-{young.pk}" in lists["journal-today"]


def test_after_midnight_the_days_of_the_journal_are_named_anew(
    page_of_anna, signed_in, lead, anna, monkeypatch
):
    def headings(answer):
        return [day.text for day in read(answer).all("h3", class_="journal__day")]

    entry = lead.write_entry(text="Ruft morgen an", by=anna)
    stamp = shown(page_of_anna, lead)
    tomorrow = start_of_day() + timedelta(hours=30)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    client = signed_in(anna)
    answer = ask(client, lead, stamp, tab="anhaenge")
    assert (answer.status_code, headings(answer)) == (200, [])
    answer = ask(client, lead, stamp)
    assert headings(answer) == ["Heute", "Gestern"]
    days = read(answer).one("div", id="journal").all("section")
    assert [bool(day.all("li", id=f"entry-{entry.pk}")) for day in days] == [False, True]
    # A page that knows the day needs no more than what is new.
    stamp = answer.headers["ETag"]
    assert ask(client, lead, stamp).status_code == 304
    lead.write_entry(text="Hat angerufen", by=anna)
    answer = ask(client, lead, stamp)
    assert (answer.status_code, headings(answer)) == (200, [])


def test_what_happens_while_the_answer_is_made_is_told_by_the_next_one(lead, anna, meike):
    start = lead.last_activity_at
    lead.set_field("city", seen=lead.city, value="Prien", by=meike)
    between = lead.last_activity_at
    lead.set_field("phone", seen=lead.phone, value="089 55", by=meike)
    end = lead.last_activity_at
    answers = [
        Changes(lead, since, until=until, reader=anna)
        for since, until in ((start, between), (between, end))
    ]
    assert [list(answer.messages([])) for answer in answers] == [
        ["Meike Beispiel hat „Ort“ geändert"], ["Meike Beispiel hat „Telefon“ geändert"],
    ]  # fmt: skip


def told(answer):
    """What the answer says that others have done."""
    return re.findall(r'data-told><span class="toast__text">(.*?)</span>', answer.text)


def enter(lead, anna):
    values = {"name": "Neu", "city": "Rosenheim"}
    return Lead.enter(marketplace=lead.marketplace, values=values, by=anna)


def move(lead, anna):
    lead.move(
        seen=lead.phase,
        to=lead.next_phase,
        by=anna,
        note="Angebot gewünscht",
        follow_up_at=timezone.now(),
        follow_up_note="Anrufen",
    )


def lose(lead, anna):
    heatpumps = lead.marketplace
    heatpumps.allows_early_loss = True
    heatpumps.save()
    reason = heatpumps.loss_reasons.first()
    lead.lose(seen=lead.phase, reason=reason, by=anna, note="Zu teuer")


def reopen(lead, anna):
    lose(lead, anna)
    lead.reopen(by=anna)


def call(lead, anna):
    lead.record_call(outcome="mailbox", by=anna)


@pytest.mark.parametrize("change", [enter, move, lose, reopen, call])
def test_what_the_page_shows_already_is_not_told_again(signed_in, meike, anna, lead, change):
    lead = change(lead, anna) or lead
    page_of_meike = signed_in(meike)
    stamp = shown(page_of_meike, lead)
    lead.set_field("city", seen="Rosenheim", value="Aibling", by=anna)
    answer = ask(page_of_meike, lead, stamp)
    assert told(answer) == ["Anna Beispiel hat „Ort“ geändert"]


def test_an_accepted_lead_is_not_told_again(signed_in, meike, anna, offered):
    offered.accept(by=anna)
    page_of_meike = signed_in(meike)
    stamp = shown(page_of_meike, offered)
    offered.set_field("city", seen="Rosenheim", value="Aibling", by=anna)
    assert told(ask(page_of_meike, offered, stamp)) == ["Anna Beispiel hat „Ort“ geändert"]


def test_a_call_is_told_once(signed_in, meike, anna, lead):
    page_of_meike = signed_in(meike)
    stamp = shown(page_of_meike, lead)
    lead.record_call(outcome="mailbox", by=anna)
    answer = ask(page_of_meike, lead, stamp)
    assert told(answer) == ["Anna Beispiel hat ins Journal geschrieben"]


def test_own_changes_are_shown_in_other_tabs_without_a_word(page_of_anna, lead, anna):
    stamp = shown(page_of_anna, lead)
    lead.set_field("phone", seen=lead.phone, value="089 55", by=anna)
    answer = ask(page_of_anna, lead, stamp)
    assert 'id="field-phone"' in answer.text
    assert "data-told" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"owner": "meike"},
        {"follow_up_at": timezone.now()},
    ],
)
def test_what_is_done_without_an_activity_counts_too(signed_in, meike, lead, change):
    client = signed_in(meike)
    stamp = shown(client, lead)
    values = {name: meike if name == "owner" else value for name, value in change.items()}
    Lead.objects.filter(pk=lead.pk).update(**values)
    assert ask(client, lead, stamp).status_code == 200


def test_the_check_of_a_file_counts_too(page_of_anna, lead, anna):
    document = factories.attach(lead, anna, "Plan.txt", b"Plan")
    stamp = shown(page_of_anna, lead)
    lead.note_scan(document.pk, found="Eicar")
    answer = ask(page_of_anna, lead, stamp, tab="anhaenge")
    assert "Eicar" in answer.text


def test_who_was_away_for_long_is_told_to_load_the_page(page_of_anna, lead, meike):
    stamp = shown(page_of_anna, lead)
    for number in range(61):
        seen = str(number - 1) if number else lead.company
        lead.set_field("company", seen=seen, value=str(number), by=meike)
    answer = ask(page_of_anna, lead, stamp)
    assert "In diesem Lead hat sich vieles geändert." in answer.text
    assert 'id="field-company"' not in answer.text


@pytest.mark.parametrize("stamp", ['"0-1"', "quatsch", '"ffffffffffffffff-00000000"', "*"])
def test_a_state_that_nobody_knows_brings_what_always_comes(page_of_anna, lead, stamp):
    answer = ask(page_of_anna, lead, stamp)
    assert answer.status_code == 200
    assert 'id="stepper"' in answer.text


def test_who_has_lost_the_lead_gets_404(page_of_anna, lead, meike):
    stamp = shown(page_of_anna, lead)
    Lead.objects.filter(pk=lead.pk).update(owner=meike)
    assert ask(page_of_anna, lead, stamp).status_code == 404

"""/leads/<id>/anruf/: each attempt to call stands in the journal and is counted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Lead
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def address(lead):
    return f"/leads/{lead.pk}/anruf/"


def form_of(client, lead, headers=None):
    response = client.get(address(lead), headers=headers)
    assert response.status_code == 200
    return read(response).form(address(lead))


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def head(client, lead):
    return read(client.get(f"/leads/{lead.pk}/")).one("div", id="lead-head").text


@BOTH
def test_one_tap_writes_a_call_and_a_second_tap_none(page_of_anna, anna, lead, headers):
    before = fresh(lead).last_activity_at
    data = form_of(page_of_anna, lead, headers).sends(outcome="mailbox")
    for _tap in range(2):
        response = page_of_anna.post(address(lead), data, headers=headers)
        assert response.status_code == (200 if headers else 303)
    entry = lead.journal.written().get()
    assert (entry.kind, entry.outcome, entry.author) == ("call", "mailbox", anna)
    assert fresh(lead).last_activity_at > before
    event = lead.events.get(kind="called")
    assert (event.actor, event.label, event.object_id) == (anna, "Mailbox", entry.pk)
    assert "1 Versuch an 1 Tag" in head(page_of_anna, lead)


@BOTH
@pytest.mark.parametrize(
    "other",
    [{"outcome": "reached"}, {"note": "Doch"}, {"follow_up_at_day": "2027-05-04"}],
    ids=["outcome", "note", "follow-up"],
)
def test_another_call_by_the_same_form_keeps_what_was_typed(
    page_of_anna, lead, headers, other
):
    data = form_of(page_of_anna, lead).sends(outcome="mailbox", note="Besetzt")
    page_of_anna.post(address(lead), data)
    before = everything()
    response = page_of_anna.post(address(lead), data | other, headers=headers)
    assert response.status_code == 409
    form = read(response).form(address(lead))
    assert "schon einmal mit anderem Inhalt" in form.text
    again = form.sends(outcome=(data | other)["outcome"])
    for name in ("note", "follow_up_at_day"):
        assert again[name] == (data | other)[name]
    assert everything() == before
    page_of_anna.post(address(lead), again)
    assert lead.journal.attempts().count() == 2


def test_attempts_and_their_days_are_counted_since_the_acceptance(page_of_anna, anna, lead):
    lead.record_call(outcome="reached", by=anna)
    lead.journal.written().update(created_at=lead.accepted_at - timedelta(days=1))
    for days in (2, 1, 1):
        event = lead.record_call(outcome="not_reached", note="Besetzt", by=anna)
        at = timezone.now() + timedelta(days=days)
        lead.journal.filter(pk=event.object_id).update(created_at=at)
    # A note of a call without an outcome is no attempt.
    lead.write_entry(text="Telefoniert", kind="call", by=anna)
    lead.record_call(outcome="mailbox", by=anna)
    assert "4 Versuche an 3 Tagen" in head(page_of_anna, lead)
    entry = lead.journal.attempts().last()
    kept = lead.journal.attempts().since(lead.accepted_at)
    assert kept.count() == 4
    last = kept.get(outcome="mailbox")
    event = lead.delete_entry(last.pk, by=anna)
    assert "3 Versuche an 2 Tagen" in head(page_of_anna, lead)
    lead.undo(event, by=anna)
    assert "4 Versuche an 3 Tagen" in head(page_of_anna, lead)
    assert entry.created_at < lead.accepted_at


def test_a_call_is_taken_back_from_the_toast(page_of_anna, lead):
    data = form_of(page_of_anna, lead).sends(outcome="reached", note="Will ein Angebot")
    answer = page_of_anna.post(address(lead), data, headers=HTMX)
    assert "Will ein Angebot" in read(answer).text
    undo = read(answer).one("div", class_="toast").one("form")["action"]
    answer = page_of_anna.post(undo, headers=HTMX)
    assert answer.status_code == 200
    assert "Versuch" not in read(answer).one("div", id="lead-head").text
    assert fresh(lead).call_count == 0


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_call_without_a_note_says_its_outcome_once_in_each_language(
    page_of_anna, anna, lead, language
):
    lead.record_call(outcome="reached", by=anna)
    page_of_anna.cookies["django_language"] = language
    page = read(page_of_anna.get(f"/leads/{lead.pk}/"))
    badge = page.one("span", class_="badge badge--won")
    entry = badge.parent.parent
    assert entry.all(class_="entry__text") == []
    assert {"de": "Erreicht", "en": "Reached"}[language] in entry.text


@BOTH
def test_a_call_back_sets_the_follow_up_and_needs_a_day(page_of_anna, lead, headers):
    before = everything()
    for typed in ({}, {"outcome": "callback"}, {"outcome": "vielleicht"}):
        data = form_of(page_of_anna, lead).sends(note="Abends", **typed)
        response = page_of_anna.post(address(lead), data, headers=headers)
        assert response.status_code == 422
        assert read(response).form(address(lead)).held["note"] == "Abends"
    assert everything() == before
    data = form_of(page_of_anna, lead).sends(
        outcome="callback", follow_up_at="2027-02-01", follow_up_note="Frau Aigner"
    )
    assert page_of_anna.post(address(lead), data, headers=headers).status_code < 400
    assert f"{timezone.localtime(fresh(lead).follow_up_at):%d.%m.%Y}" == "01.02.2027"
    assert fresh(lead).follow_up_note == "Frau Aigner"


@pytest.mark.parametrize("planned_before", [False, True], ids=["none", "another"])
@pytest.mark.parametrize("changes", ["", "day", "note", "closed"])
def test_taken_back_a_call_takes_back_its_follow_up_unless_it_is_another_by_now(
    page_of_anna, anna, heatpumps, planned_before, changes
):
    lead = factories.accepted(heatpumps, anna, phase=5)
    old = (timezone.now() + timedelta(days=1), "Alt") if planned_before else (None, "")
    lead.set_follow_up(at=old[0], note=old[1], by=anna)
    day = timezone.localdate() + timedelta(days=9)
    data = form_of(page_of_anna, lead).sends(
        outcome="callback", follow_up_at=f"{day}", follow_up_note="Zurückrufen"
    )
    answer = page_of_anna.post(address(lead), data, headers=HTMX)
    undo = read(answer).one("div", class_="toast").one("form")["action"]
    called = fresh(lead)
    match changes:
        case "day":
            called.set_follow_up(at=timezone.now(), note="Zurückrufen", by=anna)
        case "note":
            called.set_follow_up(at=called.follow_up_at, note="Anders", by=anna)
        case "closed":
            called.win(seen=called.phase, by=anna)
    planned = (fresh(lead).follow_up_at, fresh(lead).follow_up_note)
    answer = page_of_anna.post(undo, headers=HTMX)
    assert answer.status_code == 200
    said = read(answer).one("div", class_="toast").text
    assert ("bleibt" in said) is bool(changes)
    now = (fresh(lead).follow_up_at, fresh(lead).follow_up_note)
    assert now == (planned if changes else old)
    assert fresh(lead).call_count == 0
    before = everything()
    assert page_of_anna.post(undo, headers=HTMX).status_code == 409
    assert everything() == before


def test_a_closed_lead_is_called_but_not_due_again(page_of_anna, anna, heatpumps):
    won = factories.accepted(heatpumps, anna, phase=5)
    data = form_of(page_of_anna, won).sends(follow_up_at="2027-02-01")
    won.win(seen=won.phase, by=anna)
    before = everything()
    answer = page_of_anna.post(address(won), {**data, "outcome": "callback"})
    assert answer.status_code == 409
    assert "abgeschlossen" in read(answer).one("dialog").text
    assert everything() == before
    assert not form_of(page_of_anna, won).all(name="follow_up_at")
    assert page_of_anna.post(address(won), {"outcome": "reached"}).status_code == 303
    assert fresh(won).call_count == 1


def test_from_the_closed_leads_a_call_changes_nothing_on_the_page(
    page_of_anna, anna, heatpumps
):
    won = factories.accepted(heatpumps, anna, phase=5)
    won.win(seen=won.phase, by=anna)
    headers = {**HTMX, "HX-Current-URL": "http://testserver/leads/abgeschlossen/?sort=name"}
    data = form_of(page_of_anna, won, headers).sends(outcome="reached")
    answer = read(page_of_anna.post(address(won), data, headers=headers))
    undo = answer.one("div", class_="toast").one("form")["action"]
    taken_back = read(page_of_anna.post(undo, headers=headers))
    refused = page_of_anna.post(undo, headers=headers)
    assert refused.status_code == 409
    for page in (answer, taken_back, read(refused)):
        assert not page.all("title")
        extra = page.one(hx_swap_oob=True)
        assert extra["hx-swap-oob"] == "innerHTML:#toasts"
        assert page.text == extra.text
    # A second tap tells nothing, and leaves the toast.
    data = form_of(page_of_anna, won, headers).sends(outcome="reached")
    page_of_anna.post(address(won), data, headers=headers)
    again = page_of_anna.post(address(won), data, headers=headers)
    assert (again.status_code, again.text.strip()) == (200, "")
    assert fresh(won).call_count == 1


def test_an_offered_lead_cannot_be_called(page_of_anna, offered):
    assert page_of_anna.get(address(offered)).status_code == 404
    assert page_of_anna.post(address(offered), {"outcome": "reached"}).status_code == 404
    assert fresh(offered).call_count == 0

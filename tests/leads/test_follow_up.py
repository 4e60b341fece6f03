"""/leads/<id>/wiedervorlage/, the suggested days, and what is due on the start page."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from leads.models import Lead
from leads.moments import start_of_day
from leads.suggestions import suggestions
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything

LIST = "/leads/"
IN_LIST = {**HTMX, "HX-Current-URL": "http://testserver/leads/?seite=abc"}
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def address(lead):
    return f"/leads/{lead.pk}/wiedervorlage/"


def dialog(client, lead, headers=None):
    response = client.get(address(lead), headers=headers)
    assert response.status_code == 200
    return read(response).form(address(lead))


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def due(lead):
    lead = fresh(lead)
    at = lead.follow_up_at
    return at and f"{timezone.localtime(at):%Y-%m-%d %H:%M}", lead.follow_up_note


@pytest.mark.parametrize(
    ("today", "state", "labels"),
    [
        (date(2026, 11, 24), "",
         ["morgen · Mi, 25.11.", "in 3 Tagen · Fr, 27.11.", "nächste Woche · Di, 01.12."]),
        (date(2026, 11, 27), "",
         ["nächster Arbeitstag · Mo, 30.11.", "in 3 Arbeitstagen · Mi, 02.12.",
          "nächste Woche · Fr, 04.12."]),
        # Epiphany, and a year that ends.
        (date(2026, 12, 30), "BY",
         ["morgen · Do, 31.12.", "in 3 Arbeitstagen · Di, 05.01.",
          "in gut einer Woche · Do, 07.01."]),
        (date(2026, 12, 30), "HH",
         ["morgen · Do, 31.12.", "in 3 Arbeitstagen · Di, 05.01.",
          "nächste Woche · Mi, 06.01."]),
        # Easter: the third working day is a week away.
        (date(2026, 3, 31), "",
         ["morgen · Mi, 01.04.", "in 3 Arbeitstagen · Di, 07.04.",
          "in gut einer Woche · Mi, 08.04."]),
    ],
)  # fmt: skip
def test_suggestions_land_on_working_days_and_say_which(heatpumps, today, state, labels):
    heatpumps.federal_state = state
    assert [s.label for s in suggestions(heatpumps, today=today)] == labels


@BOTH
def test_one_tap_sets_a_day_with_its_note(page_of_anna, anna, lead, headers):
    form = dialog(page_of_anna, lead, headers)
    soon = form.all("button", name="follow_up_at")[0]
    assert "·" in soon.text
    data = form.sends(follow_up_note="Angebot nachfassen", follow_up_at=soon["value"])
    response = page_of_anna.post(address(lead), data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert due(lead) == (f"{soon['value']} 00:00", "Angebot nachfassen")
    events = lead.events.newest_first()[:2]
    assert {e.field for e in events} == {"follow_up_at", "follow_up_note"}
    assert {e.actor for e in events} == {anna}
    # A second tap changes nothing, and so does a form of before that says the same.
    count = lead.events.count()
    assert page_of_anna.post(address(lead), data, headers=headers).status_code < 400
    assert lead.events.count() == count
    head = read(page_of_anna.get(f"/leads/{lead.pk}/")).one("div", id="lead-head")
    assert "Angebot nachfassen" in head.text


def test_it_is_moved_to_a_time_removed_and_taken_back(page_of_anna, lead):
    data = dialog(page_of_anna, lead).sends(
        follow_up_at_day="2027-01-15", follow_up_at_time="14:30", follow_up_note="Rückruf"
    )
    page_of_anna.post(address(lead), data)
    assert due(lead) == ("2027-01-15 14:30", "Rückruf")
    form = dialog(page_of_anna, lead)
    assert form.held["follow_up_at_time"] == "14:30"
    # Whatever else was typed: it is removed, with its note.
    data = form.sends(entfernen="1", follow_up_at_day="31.02.2027", follow_up_note="Neu")
    answer = page_of_anna.post(address(lead), data, headers=HTMX)
    assert due(lead) == (None, "")
    undo = read(answer).one("div", class_="toast").one("form")["action"]
    page_of_anna.post(undo)
    assert due(lead) == ("2027-01-15 14:30", "Rückruf")


@BOTH
def test_a_note_needs_a_day_and_bad_days_are_told_at_their_place(page_of_anna, lead, headers):
    before = everything()
    for typed in ({}, {"follow_up_at_day": "31.02.2027"}, {"follow_up_at": "morgen"}):
        data = dialog(page_of_anna, lead).sends(follow_up_note="Nachfassen", **typed)
        response = page_of_anna.post(address(lead), data, headers=headers)
        assert response.status_code == 422
        form = read(response).form(address(lead))
        assert form.one("p", class_="field-error").text
        assert form.held["follow_up_note"] == "Nachfassen"
    assert everything() == before


@BOTH
def test_somebody_else_was_first_both_are_shown_and_nothing_is_lost(
    page_of_anna, meike, lead, headers
):
    data = dialog(page_of_anna, lead).sends(follow_up_at="2027-02-01", follow_up_note="Meine")
    theirs = start_of_day(timezone.now() + timedelta(days=400))
    lead.set_follow_up(at=theirs, note="Deine", by=meike)
    before = everything()
    response = page_of_anna.post(address(lead), data, headers=headers)
    assert response.status_code == 409
    assert everything() == before
    form = read(response).form(address(lead))
    assert "Meike Beispiel" in form.text
    assert "Deine" in form.text
    assert page_of_anna.post(address(lead), form.sends()).status_code == 303
    assert due(lead) == ("2027-02-01 00:00", "Meine")


@BOTH
def test_a_closed_lead_is_due_no_more(page_of_anna, anna, heatpumps, headers):
    won = factories.accepted(heatpumps, anna, phase=5)
    won.set_follow_up(at=timezone.now(), note="Nachfassen", by=anna)
    data = dialog(page_of_anna, won).sends(follow_up_at="2027-02-01")
    won.win(seen=won.phase, by=anna)
    before = everything()
    for response in (
        page_of_anna.get(address(won), headers=headers),
        page_of_anna.post(address(won), data, headers=headers),
    ):
        assert response.status_code == 409
        assert "abgeschlossen" in read(response).one("dialog").text
    assert everything() == before
    # It keeps what it had, for when it is opened again.
    won.reopen(by=anna)
    assert due(won)[1] == "Nachfassen"


def test_the_dialogs_of_the_process_offer_the_same_days(page_of_anna, lead):
    phase = f"/leads/{lead.pk}/phase/"
    form = read(page_of_anna.get(phase)).form(phase)
    chips = form.all("input", type="radio", name="follow_up_at")
    assert len(chips) == 4
    data = form.sends(follow_up_at=chips[2]["value"], follow_up_note="Anrufen")
    assert page_of_anna.post(phase, data).status_code == 303
    assert due(lead) == (f"{chips[2]['value']} 00:00", "Anrufen")
    form = read(page_of_anna.get(phase)).form(phase)
    response = page_of_anna.post(phase, form.sends(follow_up_note="Ohne Tag"))
    assert response.status_code == 422
    assert "Wählen Sie den Tag" in read(response).text


# The counter of what is due -----------------------------------------------------------


def later():
    return f"{timezone.localdate() + timedelta(days=9)}"


def taken_back(page_of_anna, lead, anna):
    event = lead.set_follow_up(at=timezone.now() + timedelta(days=3), by=anna)[0]
    undo = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    return page_of_anna.post(undo, headers=HTMX)


def planned(page_of_anna, lead, anna):
    data = dialog(page_of_anna, lead).sends(follow_up_at=later())
    return page_of_anna.post(address(lead), data, headers=HTMX)


def edited(page_of_anna, lead, anna):
    form = read(page_of_anna.get(cell(lead))).form(cell(lead))
    data = form.sends(follow_up_at_day=later(), follow_up_at_time="")
    return page_of_anna.post(cell(lead), data, headers=HTMX)


def edited_among_all(page_of_anna, lead, anna):
    fields = f"/leads/{lead.pk}/felder/"
    data = read(page_of_anna.get(fields)).form(fields).sends(follow_up_at_day=later())
    return page_of_anna.post(fields, data, headers=HTMX)


def called(page_of_anna, lead, anna):
    call = f"/leads/{lead.pk}/anruf/"
    form = read(page_of_anna.get(call)).form(call)
    data = form.sends(outcome="mailbox", follow_up_at=later())
    return page_of_anna.post(call, data, headers=HTMX)


def moved(page_of_anna, lead, anna):
    phase = f"/leads/{lead.pk}/phase/"
    data = read(page_of_anna.get(phase)).form(phase).sends(follow_up_at=later())
    return page_of_anna.post(phase, data, headers=HTMX)


def kept(page_of_anna, lead, anna):
    phase, journal = (f"/leads/{lead.pk}/{name}/" for name in ("phase", "journal"))
    data = read(page_of_anna.get(phase)).form(phase).sends(follow_up_at=later())
    lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    late = page_of_anna.post(phase, data, headers=HTMX)
    return page_of_anna.post(journal, read(late).form(journal).sends(), headers=HTMX)


@pytest.mark.parametrize(
    "change", [planned, edited, edited_among_all, called, moved, kept, taken_back]
)
def test_whatever_changes_the_follow_up_brings_the_counter_along(
    page_of_anna, lead, anna, change
):
    factories.accepted(lead.marketplace, anna, follow_up_at=timezone.now())
    lead.set_follow_up(at=start_of_day(), by=anna)
    answer = change(page_of_anna, lead, anna)
    assert answer.status_code == 200
    nav = read(answer).one("nav", id="main-nav").text
    assert ("2 fällig" if change is taken_back else "1 fällig") in nav


# The start page -----------------------------------------------------------------------


def headings(response):
    table = read(response).one("tbody")
    return [tr.text for tr in table.all("tr") if not tr.all("a")]


def test_what_is_due_stands_first_under_its_heading(page_of_anna, heatpumps, anna):
    days = {"Gestern": -1, "Heute": 0, "Morgen": 1, "Ohne": None}
    for name, day in reversed(days.items()):
        lead = factories.accepted(heatpumps, anna, name=name)
        if day is not None:
            at = start_of_day(start_of_day() + timedelta(days=day, hours=12))
            lead.set_follow_up(at=at, note=f"Notiz {name}", by=anna)
    response = page_of_anna.get(LIST)
    rows = [tr.text for tr in read(response).one("tbody").all("tr")]
    assert rows[0::2] == ["Überfällig", "Heute", "Demnächst", "Ohne Wiedervorlage"]
    assert [r.startswith(n) for r, n in zip(rows[1::2], days, strict=True)] == [True] * 4
    assert "Notiz Gestern" in rows[1]
    nav = read(response).one("nav", id="main-nav")
    assert "2 fällig" in nav.text
    for query in ("?sort=name", "?wiedervorlage=heute", "?q=Gestern"):
        assert headings(page_of_anna.get(LIST + query)) == []


def test_nothing_is_due_and_the_list_says_so(page_of_anna, lead, anna):
    lead.set_follow_up(at=timezone.now() + timedelta(days=3), by=anna)
    response = page_of_anna.get(LIST)
    assert headings(response) == ["Heute", "Heute ist nichts fällig.", "Demnächst"]
    assert "fällig" not in read(response).one("nav", id="main-nav").text


def test_a_list_gets_its_cell_and_its_counters_and_an_undo_too(page_of_anna, lead, anna):
    lead.set_follow_up(at=start_of_day(), note="Heute", by=anna)
    data = dialog(page_of_anna, lead, IN_LIST).sends(follow_up_at="2027-02-01")
    answer = page_of_anna.post(address(lead), data, headers=IN_LIST)
    assert "01.02.2027" in read(answer).one("div", id=f"follow-up-{lead.pk}").text
    assert read(answer).one("span", id="count-today").text == "0"
    assert "1" not in read(answer).one("nav").text.replace("In Bearbeitung 1", "")
    assert not read(answer).all("div", id="lead-head")
    undo = read(answer).one("div", class_="toast").one("form")["action"]
    answer = page_of_anna.post(undo, headers=IN_LIST)
    assert "heute" in read(answer).one("div", id=f"follow-up-{lead.pk}").text
    assert read(answer).one("span", id="count-today").text == "1"


@pytest.mark.parametrize(
    ("days", "told"), [(-1, " (schon vergangen)"), (0, ""), (1, "")], ids=str
)
def test_a_day_that_is_past_is_set_and_said(page_of_anna, lead, days, told):
    day = timezone.localdate() + timedelta(days=days)
    data = dialog(page_of_anna, lead, HTMX).sends(follow_up_at=day.isoformat())
    answer = page_of_anna.post(address(lead), data, headers=HTMX)
    toast = read(answer).one("div", class_="toast").text
    assert f"Wiedervorlage: {day:%d.%m.%Y}{told} Rückgängig" in toast
    assert timezone.localtime(fresh(lead).follow_up_at).date() == day


def test_a_list_that_is_narrowed_gets_no_counters_of_the_whole(page_of_anna, lead):
    narrowed = f"{IN_LIST['HX-Current-URL']}&phase={lead.phase_id}"
    headers = {**IN_LIST, "HX-Current-URL": narrowed}
    data = dialog(page_of_anna, lead, headers).sends(follow_up_at="2027-02-01")
    answer = page_of_anna.post(address(lead), data, headers=headers)
    assert "01.02.2027" in read(answer).one("div", id=f"follow-up-{lead.pk}").text
    assert not read(answer).all("span", id="count-today")
    data = in_cell(page_of_anna, lead, "2027-02-02")
    answer = page_of_anna.post(cell(lead), data, headers=headers)
    assert "02.02.2027" in read(answer).one("tr").text
    assert not read(answer).all("span", id="count-today")
    assert read(answer).one("nav", id="main-nav")


# Its cell of a list -------------------------------------------------------------------


def cell(lead):
    return f"/leads/{lead.pk}/felder/follow_up_at/"


def in_cell(client, lead, day, clock=""):
    """What the editor in the cell sends for this day."""
    form = read(client.get(cell(lead), headers=IN_LIST)).form(cell(lead))
    return form.sends(follow_up_at_day=day, follow_up_at_time=clock)


def test_in_its_cell_it_is_moved_and_keeps_its_note_as_long_as_it_is_due(
    page_of_anna, lead, anna
):
    lead.set_follow_up(at=start_of_day(), note="Nachfassen", by=anna)
    data = in_cell(page_of_anna, lead, "2027-02-01", "14:30")
    answer = page_of_anna.post(cell(lead), data, headers=IN_LIST)
    assert answer["HX-Retarget"] == "closest tr"
    assert due(lead) == ("2027-02-01 14:30", "Nachfassen")
    # The list is sorted by it: the row stays where it is, as after the dialog.
    row = read(answer).one("tr")
    assert "01.02.2027" in row.one("div", id=f"follow-up-{lead.pk}").text
    assert row.all("td")[0].all("a")[0].text == lead.name
    assert read(answer).one("span", id="count-today").text == "0"
    assert "fällig" not in read(answer).one("nav").text
    assert read(answer).one("nav").one("a", aria_current="page").text.startswith("In Bearb")
    # Without a day there is nothing left to note; both come back at once.
    answer = page_of_anna.post(cell(lead), in_cell(page_of_anna, lead, ""), headers=IN_LIST)
    assert due(lead) == (None, "")
    assert read(answer).one("span", id="count-none").text == "1"
    undo = read(answer).one("div", class_="toast").one("form")["action"]
    page_of_anna.post(undo, headers=IN_LIST)
    assert due(lead) == ("2027-02-01 14:30", "Nachfassen")


def test_on_the_page_of_the_lead_the_note_goes_with_its_day_too(page_of_anna, lead, anna):
    lead.set_follow_up(at=start_of_day(), note="Nachfassen", by=anna)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver/leads/{lead.pk}/"}
    data = in_cell(page_of_anna, lead, "")
    answer = read(page_of_anna.post(cell(lead), data, headers=headers))
    for name in ("follow_up_at", "follow_up_note"):
        assert "nicht angegeben" in answer.one("div", id=f"field-{name}").text
    assert "fällig" not in answer.one("nav", id="main-nav").text


@BOTH
def test_in_its_cell_bad_days_and_those_of_others_are_told(page_of_anna, lead, meike, headers):
    data = in_cell(page_of_anna, lead, "31.02.2027")
    before = everything()
    answer = page_of_anna.post(cell(lead), data, headers=headers)
    assert answer.status_code == 422
    assert read(answer).form(cell(lead)).held["follow_up_at_day"] == "31.02.2027"
    assert everything() == before
    data = in_cell(page_of_anna, lead, "2027-02-01")
    lead.set_follow_up(at=start_of_day(), note="Deine", by=meike)
    answer = page_of_anna.post(cell(lead), data, headers=headers)
    assert answer.status_code == 409
    form = read(answer).form(cell(lead))
    assert "Meike Beispiel" in form.text
    page_of_anna.post(cell(lead), form.sends())
    assert due(lead) == ("2027-02-01 00:00", "Deine")


@BOTH
def test_in_its_cell_a_lead_that_was_closed_meanwhile_is_due_no_more(
    page_of_anna, anna, heatpumps, headers
):
    won = factories.accepted(heatpumps, anna, phase=5)
    data = in_cell(page_of_anna, won, "2027-02-01")
    won.win(seen=won.phase, by=anna)
    before = everything()
    answer = page_of_anna.post(cell(won), data, headers=headers)
    assert answer.status_code == 409
    assert "abgeschlossen" in read(answer).one("dialog").text
    assert not headers or answer["HX-Retarget"] == "#dialogs"
    assert everything() == before


def test_the_cell_of_a_lead_that_one_may_not_see_is_not_there(signed_in, ben, lead):
    client = signed_in(ben)
    for answer in (client.get(cell(lead)), client.post(cell(lead), {})):
        assert answer.status_code == 404

"""/leads/<id>/phase/, /abschluss/ and /wiedereroeffnung/: the dialogs of the stepper."""

from datetime import UTC, datetime

import pytest

from leads.models import Lead
from leads.views import phase
from tests import factories
from tests.markup import HTMX, as_read, read
from tests.state import everything

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def phase_address(lead):
    return f"/leads/{lead.pk}/phase/"


def close_address(lead):
    return f"/leads/{lead.pk}/abschluss/"


def reopen_address(lead):
    return f"/leads/{lead.pk}/wiedereroeffnung/"


def dialog(client, lead, to=None, headers=None):
    query = {"nach": to.pk} if to else {}
    response = client.get(phase_address(lead), query, headers=headers)
    assert response.status_code == 200
    return read(response).one("dialog")


def now(lead):
    fresh = Lead.objects.get(pk=lead.pk)
    return fresh.phase.name, fresh.status


@pytest.fixture
def last(heatpumps, anna):
    """Anna's lead in the last phase."""
    return factories.accepted(heatpumps, anna, phase=5)


@pytest.fixture
def lost(last, anna, heatpumps):
    last.lose(seen=last.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    return last


# Dialogs ------------------------------------------------------------------------------


@BOTH
def test_the_current_circle_opens_the_step_forward(page_of_anna, lead, heatpumps, headers):
    heatpumps.phases.filter(position=3).update(guidance="Angebot nachfassen")
    for to in (None, lead.phase, lead.next_phase):
        opened = dialog(page_of_anna, lead, to, headers)
        assert opened.one("h1").text == "„Angebot“ abschließen?"
        assert "Angebot nachfassen" in opened.text
        assert opened.button("Nächste Phase")
        assert opened.button("Abbrechen")
        sent = opened.form(phase_address(lead)).sends()
        assert (sent["von"], sent["nach"]) == (str(lead.phase_id), str(lead.next_phase.pk))


@BOTH
def test_the_circle_before_opens_the_step_back(page_of_anna, lead, headers):
    opened = dialog(page_of_anna, lead, lead.previous_phase, headers)
    assert opened.one("h1").text == "Zurück zu „Vor-Ort-Termin“?"
    assert opened.button("Phase zurücksetzen")
    sent = opened.form(phase_address(lead)).sends()
    assert (sent["von"], sent["nach"]) == (str(lead.phase_id), str(lead.previous_phase.pk))


def test_htmx_gets_the_dialog_only(page_of_anna, lead):
    response = page_of_anna.get(phase_address(lead), headers=HTMX)
    assert not read(response).all("html")
    assert read(page_of_anna.get(phase_address(lead))).all("html")


def test_the_last_phase_offers_won_and_lost(page_of_anna, last):
    opened = dialog(page_of_anna, last)
    assert opened.button("Gewonnen")
    assert opened.button("Verloren")
    reasons = [o.text for o in opened.one("select", name="loss_reason").all("option")]
    assert reasons == ["Bitte wählen", "Zu teuer", "Wettbewerb"]


def test_lost_is_offered_earlier_only_where_the_marketplace_allows_it(
    page_of_anna, lead, heatpumps
):
    lost = {"formaction": close_address(lead)}
    assert not dialog(page_of_anna, lead).all("button", **lost)
    heatpumps.allows_early_loss = True
    heatpumps.save()
    opened = dialog(page_of_anna, lead)
    assert [button.text for button in opened.all("button", **lost)] == ["Verloren"]
    assert not dialog(page_of_anna, lead, lead.previous_phase).all("button", **lost)


def test_retired_reasons_are_not_offered(page_of_anna, last, heatpumps):
    heatpumps.loss_reasons.filter(label="Zu teuer").update(is_retired=True)
    assert "Zu teuer" not in dialog(page_of_anna, last).text


def test_where_there_is_no_reason_no_lead_is_lost(page_of_anna, last, lead, heatpumps):
    heatpumps.loss_reasons.update(is_retired=True)
    heatpumps.allows_early_loss = True
    heatpumps.save()
    opened = dialog(page_of_anna, last)
    assert "Verloren" not in [button.text for button in opened.all("button")]
    assert opened.button("Gewonnen")
    assert "keine Verlustgründe" in opened.text
    assert "Verloren" not in [b.text for b in dialog(page_of_anna, lead).all("button")]
    # Sent all the same, from a dialog that was open before:
    sent = {**opened.form(close_address(last)).sends(), "ergebnis": "verloren"}
    answer = page_of_anna.post(close_address(last), sent)
    assert (answer.status_code, now(last)[1]) == (422, "in_progress")
    assert "keine Verlustgründe" in read(answer).one("dialog").text


def test_in_the_first_phase_there_is_no_way_back(page_of_anna, heatpumps, anna):
    first = factories.accepted(heatpumps, anna)
    buttons = read(page_of_anna.get(f"/leads/{first.pk}/")).one("ol", class_="stepper")
    open_circles = [b for b in buttons.all("button") if "disabled" not in b.attrs]
    assert [b["value"] for b in open_circles] == [str(first.phase_id)]


@pytest.mark.parametrize("to", ["x", "", "99999999999999999999", "\x00", "9" * 5000])
def test_an_odd_target_means_the_next_phase(page_of_anna, lead, to):
    response = page_of_anna.get(phase_address(lead), {"nach": to})
    assert read(response).one("h1", id="dialog-title").text == "„Angebot“ abschließen?"


@pytest.mark.parametrize("address", [phase_address, reopen_address])
def test_looking_at_a_dialog_changes_nothing(page_of_anna, lead, address):
    before = everything()
    for headers in ({}, HTMX):
        page_of_anna.get(address(lead), {"nach": lead.next_phase.pk}, headers=headers)
        page_of_anna.head(address(lead), headers=headers)
    assert everything() == before


# Moving -------------------------------------------------------------------------------


def test_forward_without_htmx(page_of_anna, anna, lead):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    response = page_of_anna.post(phase_address(lead), data)
    assert (response.status_code, response["Location"]) == (303, f"/leads/{lead.pk}/")
    assert now(lead) == ("Verhandlung", "in_progress")
    event = lead.events.newest_first().first()
    assert (event.kind, event.actor, event.from_phase, event.to_phase) == (
        "moved", anna, lead.phase, lead.next_phase,
    )  # fmt: skip
    page = read(page_of_anna.get(response["Location"]))
    assert "Phase „Verhandlung“ hat begonnen." in page.text
    assert page.one("form", action=f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/")


def test_forward_with_htmx_answers_what_has_changed(page_of_anna, lead):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(note="Passt so")
    response = page_of_anna.post(phase_address(lead), data, headers=HTMX)
    assert response.status_code == 200
    part = read(response)
    stepper = part.one("section", id="stepper")
    assert stepper["hx-swap-oob"] == "true"
    current = stepper.one("button", aria_current="step")
    assert part.one(id=current["aria-labelledby"]).text == "Verhandlung"
    lines = part.one("ol", hx_swap_oob="afterbegin:#journal-today").all("li")
    assert "Passt so" in lines[0].text
    assert "weiter mit Verhandlung" in lines[1].text
    assert "Rückgängig" in part.one(hx_swap_oob="innerHTML:#toasts").text


def test_with_the_next_step_the_word_of_a_late_one_goes(page_of_anna, lead):
    def post(address, data):
        answer = page_of_anna.post(address, data, headers=HTMX)
        told = read(answer).all(id="notices", hx_swap_oob="true")
        return answer.status_code, [notices.text for notices in told]

    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    assert post(phase_address(lead), data) == (200, [""])
    status, [told] = post(phase_address(lead), data)
    assert (status, "auf „Verhandlung“ gesetzt" in told) == (409, True)
    event = lead.events.newest_first().first()
    undo = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    assert post(undo, {}) == (200, [""])
    # What is refused, or no step, leaves it.
    assert post(undo, {}) == (409, [])
    assert post(f"/leads/{lead.pk}/journal/", {"text": "Ruft an"}) == (200, [])


def test_backward(page_of_anna, lead):
    data = dialog(page_of_anna, lead, lead.previous_phase).form(phase_address(lead)).sends()
    assert page_of_anna.post(phase_address(lead), data).status_code == 303
    assert now(lead) == ("Vor-Ort-Termin", "in_progress")
    assert lead.events.newest_first().first().kind == "moved_back"


def test_note_and_follow_up_go_along_in_one_transaction(page_of_anna, anna, lead, monkeypatch):
    data = (
        dialog(page_of_anna, lead)
        .form(phase_address(lead))
        .sends(
            note="Zeile 1\r\nZeile 2", follow_up_at_day="2027-01-15", follow_up_at_time="09:30"
        )
    )
    before = everything()

    def fail(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(Lead, "_write_note", fail)
        with pytest.raises(RuntimeError):
            page_of_anna.post(phase_address(lead), data)
    assert everything() == before

    page_of_anna.post(phase_address(lead), data)
    fresh = Lead.objects.get(pk=lead.pk)
    assert fresh.phase.name == "Verhandlung"
    assert fresh.follow_up_at == datetime(2027, 1, 15, 8, 30, tzinfo=UTC)
    assert fresh.journal.newest_first().first().text == "Zeile 1\nZeile 2"
    changed = fresh.events.of_field("follow_up_at").get()
    assert (changed.actor, changed.new_text) == (anna, "15.01.2027, 09:30")


def test_a_blank_note_writes_no_entry(page_of_anna, lead):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(note=" \n\u200b ")
    page_of_anna.post(phase_address(lead), data)
    assert not lead.journal.written().exists()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"follow_up_at_day": "31.02.2027"}, "gültiges Datum"),
        ({"follow_up_at_day": "2027-03-28", "follow_up_at_time": "02:30"}, "Sommerzeit"),
        ({"follow_up_at_time": "09:30"}, "Geben Sie auch den Tag an."),
        ({"follow_up_at_day": "9999-01-01"}, "zwischen 1900 und 2200"),
        ({"note": "x" * 10_001}, "höchstens 10.000 Zeichen"),
        ({"note": "a\x00b"}, "Steuerzeichen"),
        ({"note": "a\x1bb"}, "Steuerzeichen"),
    ],
)
@BOTH
def test_a_mistake_moves_nothing_and_keeps_what_is_typed(
    page_of_anna, lead, typed, message, headers
):
    before = everything()
    typed = {"note": "Meine Notiz", **typed}
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(**typed)
    response = page_of_anna.post(phase_address(lead), data, headers=headers)
    assert response.status_code == 422
    form = read(response).form(phase_address(lead))
    assert message in form.text
    for name, value in typed.items():
        assert form.sends()[name] == as_read(value)
    assert everything() == before


@BOTH
def test_a_repeated_click_moves_nothing_and_says_who_moved_it(page_of_anna, lead, headers):
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(note="Meine Notiz")
    page_of_anna.post(phase_address(lead), data)
    before = everything()
    response = page_of_anna.post(phase_address(lead), data, headers=headers)
    assert response.status_code == 409
    page = read(response)
    notice = page.one("p", role="alert").text
    assert "Anna Beispiel hat ihn auf „Verhandlung“ gesetzt" in notice
    current = page.one("button", aria_current="step")
    assert page.one(id=current["aria-labelledby"]).text == "Verhandlung"
    # What was typed can still be written into the journal.
    kept = page.form(f"/leads/{lead.pk}/journal/")
    assert kept.sends()["text"] == "Meine Notiz"
    assert everything() == before
    page_of_anna.post(f"/leads/{lead.pk}/journal/", kept.sends())
    assert lead.journal.written().filter(text="Meine Notiz").count() == 2


@BOTH
def test_the_follow_up_of_a_late_click_is_kept_as_well(page_of_anna, lead, headers):
    typed = {"follow_up_at_day": "2026-12-01", "follow_up_at_time": "09:30"}
    data = dialog(page_of_anna, lead).form(phase_address(lead)).sends(**typed)
    lead.move(seen=lead.phase, to=lead.next_phase, by=lead.owner)
    late = page_of_anna.post(phase_address(lead), data, headers=headers)
    assert late.status_code == 409
    kept = read(late).form(f"/leads/{lead.pk}/journal/")
    address = f"/leads/{lead.pk}/journal/"
    for wrong in ({"follow_up_at_day": "31.13.2026"}, {"follow_up_at_day": ""}):
        before = everything()
        refused = page_of_anna.post(address, kept.sends(**wrong), headers=headers)
        assert refused.status_code == 422
        again = read(refused).one("dialog").form(address)
        assert again.sends()["follow_up_at_day"] == wrong["follow_up_at_day"]
        assert read(refused).all(class_="field-error")
        assert everything() == before
    answer = page_of_anna.post(address, kept.sends(), headers=headers)
    assert answer.status_code in {200, 303}
    fresh = Lead.objects.get(pk=lead.pk)
    assert fresh.follow_up_at == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert not lead.journal.written().exists()


def late(page_of_anna, last, meike, typed):
    """What Anna is answered who sends `typed` after Meike has won the lead."""
    opened = dialog(page_of_anna, last, last.previous_phase)
    data = opened.form(phase_address(last)).sends(**typed)
    last.win(seen=last.phase, by=meike)
    before = everything()
    answer = page_of_anna.post(phase_address(last), data, headers=HTMX)
    assert answer.status_code == 409
    assert everything() == before
    return read(answer)


def test_of_a_lead_that_was_won_meanwhile_the_note_alone_is_kept(page_of_anna, last, meike):
    planned = {
        "follow_up_at_day": "2026-12-01",
        "follow_up_at_time": "09:30",
        "follow_up_note": "Anrufen",
    }
    page = late(page_of_anna, last, meike, {**planned, "note": "Meine Notiz"})
    assert page.one("a", id="bar-step").text == "Wieder öffnen"
    notice = page.one("p", role="alert").text
    assert "Wiedervorlage: 01.12.2026, 09:30; Notiz zur Wiedervorlage: Anrufen" in notice
    address = f"/leads/{last.pk}/journal/"
    kept = page.form(address).sends()
    assert kept["text"] == "Meine Notiz"
    assert not kept.keys() & planned.keys()
    assert page_of_anna.post(address, kept).status_code == 303
    assert last.journal.written().get().text == "Meine Notiz"
    # Sent all the same, it is refused with all that was typed.
    before = everything()
    answer = page_of_anna.post(address, {**kept, **planned, "token": ""}, headers=HTMX)
    assert answer.status_code == 409
    again = read(answer).form(address)
    assert "Dieser Lead ist abgeschlossen." in again.text
    assert {**planned, "text": "Meine Notiz"}.items() <= again.sends().items()
    assert everything() == before


def test_of_a_lead_that_was_won_meanwhile_a_day_alone_is_told(page_of_anna, last, meike):
    page = late(page_of_anna, last, meike, {"follow_up_at_day": "2026-12-01"})
    assert "Wiedervorlage: 01.12.2026" in page.one("p", role="alert").text
    assert not page.all("dialog")


def foreign(lead, solar, heatpumps):
    phases = {phase.position: phase.pk for phase in heatpumps.phases.all()}
    return {
        "two forward": (lead.phase_id, phases[5]),
        "two back": (lead.phase_id, phases[1]),
        "on the spot": (lead.phase_id, lead.phase_id),
        "not from here": (phases[1], phases[2]),
        "to elsewhere": (lead.phase_id, solar.phases.first().pk),
        "from elsewhere": (solar.phases.first().pk, phases[4]),
        "missing": ("", ""),
        "no numbers": ("x", "y"),
        "too big": (2**63, 10**400),
        "NUL": ("\x00", "\x00"),
        "digits": ("9" * 5000, "9" * 5000),
    }


@BOTH
def test_only_a_step_between_neighbours_of_the_own_process_counts(
    page_of_anna, lead, solar, heatpumps, headers
):
    before = everything()
    for case, (seen, to) in foreign(lead, solar, heatpumps).items():
        data = {"von": seen, "nach": to, "note": "Meine Notiz"}
        response = page_of_anna.post(phase_address(lead), data, headers=headers)
        assert response.status_code in {409, 422}, case
        assert "Meine Notiz" in read(response).text, case
        assert everything() == before, case


def test_back_from_the_first_phase_is_refused(page_of_anna, heatpumps, anna):
    first = factories.accepted(heatpumps, anna)
    before = everything()
    for to in ("0", "", str(first.phase_id)):
        data = {"von": first.phase_id, "nach": to}
        assert page_of_anna.post(phase_address(first), data).status_code == 409
    assert everything() == before


def test_a_retired_phase_is_no_target(page_of_anna, lead, heatpumps):
    heatpumps.phases.filter(position=4).update(is_retired=True)
    fourth = heatpumps.phases.get(position=4)
    data = {"von": lead.phase_id, "nach": fourth.pk}
    assert page_of_anna.post(phase_address(lead), data).status_code == 409
    assert now(lead) == ("Angebot", "in_progress")
    sent = dialog(page_of_anna, lead).form(phase_address(lead)).sends()
    page_of_anna.post(phase_address(lead), sent)
    assert now(lead) == ("Auftrag", "in_progress")


def test_a_closed_lead_does_not_move(page_of_anna, lost):
    before = everything()
    data = {"von": lost.phase_id, "nach": lost.process[3].pk, "note": "Meine Notiz"}
    for response in (
        page_of_anna.post(phase_address(lost), data),
        page_of_anna.post(phase_address(lost), {**data, "follow_up_at_day": "x"}),
        page_of_anna.post(close_address(lost), {**data, "ergebnis": "verloren"}),
        page_of_anna.get(phase_address(lost)),
    ):
        assert response.status_code == 409
        assert "inzwischen abgeschlossen: durch Anna Beispiel" in read(response).text
        if response.request["REQUEST_METHOD"] == "POST":
            assert "Meine Notiz" in read(response).text
    assert everything() == before


# Closing ------------------------------------------------------------------------------


@BOTH
def test_winning(page_of_anna, anna, last, headers):
    data = dialog(page_of_anna, last).form(close_address(last)).sends(note="Unterschrieben")
    response = page_of_anna.post(
        close_address(last), {**data, "ergebnis": "gewonnen"}, headers=headers
    )
    assert response.status_code == (200 if headers else 303)
    fresh = Lead.objects.get(pk=last.pk)
    assert (fresh.status, fresh.phase.name, fresh.loss_reason) == ("won", "Auftrag", None)
    assert fresh.closed_at is not None
    event = fresh.last_step
    assert (event.kind, event.actor) == ("won", anna)
    assert fresh.journal.newest_first().first().text == "Unterschrieben"
    rows = read(page_of_anna.get("/leads/abgeschlossen/")).one("tbody")
    assert [a.text for a in rows.all("a", class_="lead-table__name")] == ["Familie Aigner"]


def test_losing_needs_a_reason(page_of_anna, last, heatpumps):
    before = everything()
    data = dialog(page_of_anna, last).form(close_address(last)).sends(note="Meine Notiz")
    response = page_of_anna.post(close_address(last), {**data, "ergebnis": "verloren"})
    assert response.status_code == 422
    form = read(response).form(close_address(last))
    assert "Bitte sagen Sie, warum der Lead verloren ist." in form.text
    assert form.sends()["note"] == "Meine Notiz"
    assert everything() == before

    reason = heatpumps.loss_reasons.get(label="Wettbewerb")
    data = form.sends(loss_reason=reason.pk, ergebnis="verloren")
    assert page_of_anna.post(close_address(last), data).status_code == 303
    fresh = Lead.objects.get(pk=last.pk)
    assert (fresh.status, fresh.loss_reason) == ("lost", reason)
    head = read(page_of_anna.get(f"/leads/{last.pk}/")).one(id="lead-head")
    assert "Verloren · Wettbewerb" in head.text


def test_a_reason_of_elsewhere_or_a_retired_one_is_refused(
    page_of_anna, last, solar, heatpumps
):
    retired = heatpumps.loss_reasons.get(label="Zu teuer")
    retired.is_retired = True
    retired.save()
    before = everything()
    for reason in (solar.loss_reasons.get().pk, retired.pk, 2**63, "x", "\x00", "9" * 5000):
        data = {"von": last.phase_id, "ergebnis": "verloren", "loss_reason": reason}
        assert page_of_anna.post(close_address(last), data).status_code == 422, reason
    assert everything() == before


@pytest.mark.parametrize("result", ["gewonnen", "verloren"])
def test_a_lead_is_not_closed_before_its_last_phase(page_of_anna, lead, heatpumps, result):
    before = everything()
    reason = heatpumps.loss_reasons.first().pk
    data = {"von": lead.phase_id, "ergebnis": result, "loss_reason": reason, "note": "Notiz!"}
    response = page_of_anna.post(close_address(lead), data)
    assert response.status_code == 409
    assert "Notiz!" in read(response).text
    assert "erst in der letzten Phase" in read(response).text
    assert everything() == before


def test_an_early_loss_takes_along_what_stands_in_the_dialog(page_of_anna, lead, heatpumps):
    heatpumps.allows_early_loss = True
    heatpumps.save()
    typed = {"note": "Meine Notiz", "follow_up_at_day": "2026-12-24", "follow_up_note": "Baum"}
    form = dialog(page_of_anna, lead).form(phase_address(lead))
    data = form.sends(**typed, ergebnis="verloren")
    response = page_of_anna.post(close_address(lead), data)
    assert response.status_code == 422
    form = read(response).form(phase_address(lead))
    assert typed.items() <= form.sends().items()
    assert "warum der Lead verloren ist" in read(response).one("dialog").text
    data = form.sends(ergebnis="verloren", loss_reason=heatpumps.loss_reasons.first().pk)
    page_of_anna.post(close_address(lead), data)
    assert now(lead) == ("Angebot", "lost")
    assert lead.journal.get(text="Meine Notiz")


def test_a_note_too_long_for_an_early_loss_is_told_at_it(page_of_anna, lead, heatpumps):
    heatpumps.allows_early_loss = True
    heatpumps.save()
    form = dialog(page_of_anna, lead).form(phase_address(lead))
    long = "x" * 10_001
    data = form.sends(
        note=long, ergebnis="verloren", loss_reason=heatpumps.loss_reasons.first().pk
    )
    answer = read(page_of_anna.post(close_address(lead), data))
    assert answer.form(phase_address(lead)).sends()["note"] == long
    note = answer.one("textarea")
    assert "höchstens" in answer.one("p", id=note["aria-describedby"]).text


@pytest.mark.parametrize(
    "odd",
    [{}, {"ergebnis": "x"}, {"von": "x"}, {"von": ""}, {"von": "first"}, {"von": "solar"}],
    ids=str,
)
def test_closing_without_a_result_or_out_of_another_phase_is_refused(
    page_of_anna, last, heatpumps, solar, odd
):
    phases = {"first": heatpumps.phases.get(position=1).pk, "solar": solar.phases.first().pk}
    data = {"von": last.phase_id, "note": "Meine Notiz", "loss_reason": ""}
    if odd:
        data["ergebnis"] = "gewonnen"
    data |= {name: phases.get(value, value) for name, value in odd.items()}
    before = everything()
    response = page_of_anna.post(close_address(last), data)
    assert response.status_code in {409, 422}
    assert "Meine Notiz" in read(response).text
    assert everything() == before


def test_closing_twice_is_stale(page_of_anna, last):
    data = dialog(page_of_anna, last).form(close_address(last)).sends(ergebnis="gewonnen")
    page_of_anna.post(close_address(last), data)
    before = everything()
    assert page_of_anna.post(close_address(last), data).status_code == 409
    assert everything() == before


# Reopening ----------------------------------------------------------------------------


@BOTH
def test_reopening_leads_back_into_the_last_phase(page_of_anna, lost, headers):
    asked = read(page_of_anna.get(reopen_address(lost), headers=headers)).one("dialog")
    assert asked.one("h1").text == "Diesen Lead wieder öffnen?"
    data = asked.form(reopen_address(lost)).sends()
    response = page_of_anna.post(reopen_address(lost), data, headers=headers)
    assert response.status_code == (200 if headers else 303)
    fresh = Lead.objects.get(pk=lost.pk)
    assert (fresh.phase.name, fresh.status) == ("Auftrag", "in_progress")
    assert (fresh.closed_at, fresh.loss_reason) == (None, None)
    assert fresh.last_step.kind == "reopened"


@BOTH
def test_reopening_an_open_lead_is_stale(page_of_anna, lead, headers):
    before = everything()
    response = page_of_anna.post(reopen_address(lead), headers=headers)
    assert response.status_code == 409
    assert everything() == before


# Who and how --------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_move_and_close_nothing(request, signed_in, lead, solar, person):
    client = signed_in(request.getfixturevalue(person))
    before = everything()
    data = {"von": lead.phase_id, "nach": lead.next_phase.pk, "ergebnis": "gewonnen"}
    for address in (phase_address, close_address, reopen_address):
        assert client.post(address(lead), data).status_code == 404
    for address in (phase_address, reopen_address):
        assert client.get(address(lead)).status_code == 404
    assert everything() == before


def test_a_manager_moves_the_lead_of_a_rep(signed_in, meike, lead):
    client = signed_in(meike)
    data = dialog(client, lead).form(phase_address(lead)).sends()
    assert client.post(phase_address(lead), data).status_code == 303
    assert lead.events.newest_first().first().actor == meike
    assert Lead.objects.get(pk=lead.pk).owner.username == "anna"


def test_a_right_that_ends_between_looking_and_writing_ends_there(
    signed_in, anna, heatpumps, lead, monkeypatch
):
    real = phase.worked_lead

    def look(*args, **kwargs):
        found = real(*args, **kwargs)
        heatpumps.memberships.filter(user=anna).delete()
        return found

    client = signed_in(anna)
    monkeypatch.setattr(phase, "worked_lead", look)
    data = {"von": lead.phase_id, "nach": lead.next_phase.pk}
    assert client.post(phase_address(lead), data).status_code == 404
    assert now(lead) == ("Angebot", "in_progress")


def test_wrong_verbs_and_missing_leads(page_of_anna, lead):
    for address in (phase_address, close_address, reopen_address):
        for verb in ("put", "patch", "delete"):
            assert getattr(page_of_anna, verb)(address(lead)).status_code == 405
        assert page_of_anna.post(address(Lead(pk=99999999))).status_code == 404
    assert page_of_anna.get(close_address(lead)).status_code == 405


def test_without_the_csrf_token_nothing_moves(signed_in, anna, lead):
    client = signed_in(anna, enforce_csrf_checks=True)
    data = {"von": lead.phase_id, "nach": lead.next_phase.pk}
    assert client.post(phase_address(lead), data).status_code == 403
    assert now(lead) == ("Angebot", "in_progress")
    data = dialog(client, lead).form(phase_address(lead)).sends()
    evil = {"Origin": "https://evil.example"}
    assert client.post(phase_address(lead), data, headers=evil).status_code == 403
    assert now(lead) == ("Angebot", "in_progress")
    assert client.post(phase_address(lead), data).status_code == 303

"""/leads/wiedervorlage/: the follow-up of several selected leads at once."""

import pytest

from leads.bulk import AT_MOST
from leads.models import Lead, LeadEvent
from tests import factories
from tests.markup import HTMX, read

from .rows import in_progress

PLAN = "/leads/wiedervorlage/"


@pytest.fixture
def three(heatpumps, anna):
    return [
        factories.accepted(heatpumps, anna, name=name) for name in ("Eins", "Zwei", "Drei")
    ]


def due(leads):
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by("pk")
    return [
        (lead.follow_up_at and f"{lead.follow_up_at:%Y-%m-%d}", lead.follow_up_note)
        for lead in rows
    ]


def changes(leads):
    return LeadEvent.objects.filter(lead__in=leads, kind="field_changed").count()


def toast_of(client):
    return read(client.get("/leads/")).one("div", class_="toast")


def test_the_selected_rows_get_one_follow_up_and_one_undo(page_of_anna, three):
    page = read(page_of_anna.get("/leads/"))
    boxes = page.all("input", type="checkbox", form="auswahl")
    assert {int(box["value"]) for box in boxes} == {lead.pk for lead in three}
    assert "Auswählen: Eins" in [box["aria-label"] for box in boxes]
    two = three[:2]
    asked = {"lead": [lead.pk for lead in two], "next": "/leads/?sort=name"}
    for headers in ({}, HTMX):
        dialog = read(page_of_anna.get(PLAN, asked, headers=headers))
        assert "Wiedervorlage für 2 Leads" in dialog.text
        chips = list(dialog.all("button", name="follow_up_at"))
        assert len(chips) == 3
        assert [i["value"] for i in dialog.all("input", name="lead")] == [
            str(lead.pk) for lead in two
        ]
    sent = {**asked, "follow_up_at": "2028-01-03", "follow_up_note": "Angebot nachfassen"}
    answer = page_of_anna.post(PLAN, sent)
    assert (answer.status_code, answer["Location"]) == (303, "/leads/?sort=name")
    assert due(three) == [("2028-01-02", "Angebot nachfassen")] * 2 + [(None, "")]
    assert changes(two) == 4
    toast = toast_of(page_of_anna)
    assert "Wiedervorlage von 2 Leads: 03.01.2028" in toast.text
    undo = toast.one("form")["action"]
    # Sent again, it finds everything as it should be.
    again = page_of_anna.post(PLAN, sent, headers=HTMX)
    assert again["HX-Refresh"] == "true"
    assert changes(two) == 4
    assert not toast_of(page_of_anna).all("form")
    assert page_of_anna.post(undo, headers=HTMX)["HX-Refresh"] == "true"
    assert due(three) == [(None, "")] * 3
    assert "Rückgängig gemacht" in toast_of(page_of_anna).text


def test_what_changed_meanwhile_is_named_only_where_it_may_still_be_seen(
    page_of_anna, heatpumps, anna, ben, three, solar, clara
):
    one, two, three_ = three
    lost = heatpumps.loss_reasons.first()
    Lead.objects.filter(pk=one.pk).update(owner=ben)
    Lead.objects.filter(pk=two.pk).update(
        status="lost", loss_reason=lost, closed_at=two.accepted_at
    )
    foreign = factories.accepted(solar, clara, name="Geheim")
    ids = [lead.pk for lead in (*three, foreign)]
    page_of_anna.post(PLAN, {"lead": ids, "follow_up_at": "2028-01-03"})
    assert [at for at, _note in due([*three, foreign])] == [None, None, "2028-01-02", None]
    text = toast_of(page_of_anna).text
    assert "Wiedervorlage von 1 von 4 Leads: 03.01.2028." in text
    assert "Zwei" in text
    assert "Eins" not in text
    assert "Geheim" not in text


def test_without_javascript_undoing_leads_back_to_the_list_as_it_was(page_of_anna, three):
    back = "/leads/?q=Eins+%26+Zwei&sort=name"
    sent = {"lead": three[0].pk, "follow_up_at": "2028-01-03", "next": back}
    page_of_anna.post(PLAN, sent)
    answer = page_of_anna.post(toast_of(page_of_anna).one("form")["action"])
    assert (answer.status_code, answer["Location"]) == (303, back)
    assert due(three) == [(None, "")] * 3
    for elsewhere in ("https://evil.example/", "//evil.example", ""):
        answer = page_of_anna.post(f"{PLAN}ruecknahme/", query_params={"next": elsewhere})
        assert answer["Location"] == "/leads/"


def test_a_list_of_a_very_long_address_does_not_take_the_undo_away(page_of_anna, three):
    back = f"/leads/?q={'%C3%BC' * 300}&sort=name&feld-1={'%C3%BC' * 300}"
    page_of_anna.post(PLAN, {"lead": three[0].pk, "follow_up_at": "2028-01-03", "next": back})
    address = toast_of(page_of_anna).one("form")["action"]
    # More than 4,094 bytes of method, address and version are refused by gunicorn.
    assert len(address) < 4_070
    assert page_of_anna.post(address)["Location"] == "/leads/"
    assert due(three) == [(None, "")] * 3


def test_undoing_leaves_what_somebody_has_changed_since(page_of_anna, anna, three, signed_in):
    ids = [lead.pk for lead in three]
    page_of_anna.post(PLAN, {"lead": ids, "follow_up_at": "2028-01-03"})
    undo = toast_of(page_of_anna).one("form")["action"]
    later = Lead.objects.get(pk=three[0].pk)
    later.set_follow_up(at=later.created_at, by=anna)
    page_of_anna.post(undo)
    assert [at for at, _note in due(three)] == [f"{later.created_at:%Y-%m-%d}", None, None]
    page = page_of_anna.get("/leads/").content.decode()
    assert "2 von 3 rückgängig gemacht; die anderen haben sich inzwischen geändert." in page
    # Nothing but follow-ups is taken back so, and nothing of leads of others.
    event = later.set_field("phone", seen=later.phone, value="089 1", by=anna)
    before = LeadEvent.objects.count()
    for named in (f"{later.pk}:{event.pk}", "1:x", "", "9" * 30, f"{later.pk}:99999"):
        page_of_anna.post(f"{PLAN}ruecknahme/?von={named}")
    assert LeadEvent.objects.count() == before


def test_what_cannot_be_set_says_why_and_loses_nothing(page_of_anna, heatpumps, anna, three):
    ids = [lead.pk for lead in three]
    for sent, text in (
        ({"lead": ids, "follow_up_note": "Dach"}, "Wählen Sie den Tag der Wiedervorlage."),
        ({"lead": ids, "follow_up_at": "irgendwann"}, "Datum"),
        ({"follow_up_at": "2028-01-03"}, "mindestens einen Lead"),
        ({"lead": ["x", "9" * 30], "follow_up_at": "2028-01-03"}, "mindestens einen Lead"),
        ({"lead": list(range(1, AT_MOST + 5)), "follow_up_at": "2028-01-03"}, "höchstens 100"),
    ):
        for headers in ({}, HTMX):
            answer = page_of_anna.post(PLAN, sent, headers=headers)
            assert answer.status_code == 422
            assert text in answer.content.decode()
    kept = read(page_of_anna.post(PLAN, {"lead": ids, "follow_up_note": "Dach"}))
    assert kept.form(PLAN).typed["follow_up_note"] == "Dach"
    assert due(three) == [(None, "")] * 3
    assert "mindestens einen Lead" in page_of_anna.get(PLAN).content.decode()


def test_a_hundred_are_set_each_in_a_transaction_of_its_own(page_of_anna, heatpumps, anna):
    leads = in_progress(heatpumps, anna, AT_MOST)
    sent = {"lead": [lead.pk for lead in leads], "follow_up_at": "2028-01-03"}
    assert page_of_anna.post(PLAN, sent).status_code == 303
    assert Lead.objects.filter(follow_up_at=None).count() == 0
    page_of_anna.post(toast_of(page_of_anna).one("form")["action"])
    assert Lead.objects.filter(follow_up_at=None).count() == AT_MOST

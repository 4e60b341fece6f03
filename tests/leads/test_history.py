"""The Verlauf, and taking changes back: /leads/<id>/verlauf/<event>/ruecknahme/."""

from decimal import Decimal

import pytest
from django.utils import timezone

from leadbook import provenance
from leads.models import Attachment, Lead, LeadEvent
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


def undo_address(event):
    return f"/leads/{event.lead_id}/verlauf/{event.pk}/ruecknahme/"


def history(client, lead, **query):
    page = read(client.get(f"/leads/{lead.pk}/", {"tab": "verlauf", **query}))
    return [" | ".join(td.text for td in tr.all("td")) for tr in page.one("table").all("tr")]


@pytest.fixture
def file(lead, anna):
    return Attachment.objects.create(
        lead=lead, author=anna, file="aa/1", name="Plan.pdf", extension="pdf", size=1,
        sha256="1",
    )  # fmt: skip


def test_every_change_stands_in_the_verlauf_with_old_and_new(page_of_anna, anna, lead, file):
    def newest():
        return history(page_of_anna, lead)[0].split(" | ")[2]

    lead.set_field("phone", seen=lead.phone, value="089 1", by=anna)
    assert newest() == "Geändert: Telefon: +49 8031 1234567 → 089 1"
    lead.set_field("phone", seen="089 1", value="", by=anna)
    assert newest() == "Geändert: Telefon: 089 1"
    third, fourth = lead.phase, lead.next_phase
    lead.move(seen=third, to=fourth, by=anna)
    assert newest() == "Phase abgeschlossen: Angebot → Verhandlung"
    lead.move(seen=fourth, to=third, by=anna)
    assert newest() == "Phase zurückgesetzt: Verhandlung → Angebot"
    entry = lead.write_entry(text="Erste Fassung", by=anna)
    lead.edit_entry(entry.pk, text="Zweite Fassung", by=anna)
    assert newest() == "Journaleintrag bearbeitet: Notiz: Erste Fassung → Zweite Fassung"
    lead.delete_entry(entry.pk, by=anna)
    assert newest() == "Journaleintrag gelöscht: Notiz: Zweite Fassung"
    lead.restore_entry(entry.pk, by=anna)
    assert newest() == "Journaleintrag wiederhergestellt: Notiz: Zweite Fassung"
    lead.rename_file(file.pk, name="Grundriss.pdf", by=anna)
    assert newest().startswith("Anhang umbenannt")
    assert newest().endswith("Plan.pdf → Grundriss.pdf")
    lead.delete_file(file.pk, by=anna)
    assert newest().startswith("Anhang gelöscht")
    assert "Grundriss.pdf" in newest()
    lead.restore_file(file.pk, by=anna)
    assert newest().startswith("Anhang wiederhergestellt")


def test_the_process_stands_in_the_verlauf_from_the_offer_to_the_end(
    page_of_anna, anna, meike, heatpumps
):
    lead = factories.offer(heatpumps)
    lead.decline(by=meike, reason="Zu weit")
    lead.accept(by=anna)
    while lead.next_phase:
        lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)
    lead.reopen(by=anna)
    lead.win(seen=lead.phase, by=anna)
    rows = history(page_of_anna, lead)
    whats = [row.split(" | ")[2].split(":")[0] for row in rows]
    assert whats == [
        "Gewonnen", "Wieder geöffnet", "Verloren", *["Phase abgeschlossen"] * 4,
        "Angenommen", "Abgelehnt", "Angeboten",
    ]  # fmt: skip
    assert "Zu teuer" in rows[2]
    assert "Meike Beispiel" in rows[8]
    assert rows[8].endswith("Abgelehnt: Zu weit")
    assert all("Anna Beispiel" in row for row in rows[:8])


def test_the_verlauf_keeps_the_name_of_then(page_of_anna, anna, lead):
    lead.set_field("phone", seen=lead.phone, value="089 1", by=anna)
    anna.last_name = "Neuname"
    anna.save()
    assert "Anna Beispiel" in history(page_of_anna, lead)[0]


def test_the_verlauf_is_german_whatever_language_the_actor_chose(page_of_anna, lead):
    page_of_anna.cookies["django_language"] = "en"
    address = f"/leads/{lead.pk}/felder/phone/"
    data = read(page_of_anna.get(address)).form(address).sends(phone="089 1")
    page_of_anna.post(address, data)
    assert lead.events.newest_first().first().label == "Telefon"


def test_a_long_verlauf_comes_in_portions_complete_and_without_repeats(page_of_anna, lead):
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, kind="field_changed", label="Ort", new_text=f"Stadt {n}")
        for n in range(120)
    )
    wanted = [event.new_text for event in lead.events.newest_first()]
    seen, sizes, address, headers = [], [], f"/leads/{lead.pk}/?tab=verlauf", {}
    while address:
        page = read(page_of_anna.get(address, headers=headers))
        rows = [tr.all("ins") for tr in page.all("tr") if tr.all("time")]
        seen += [ins[0].text if ins else "" for ins in rows]
        sizes.append(len(rows))
        more = [a for a in page.all("a") if a.text == "Ältere anzeigen"]
        address, headers = (more[0]["href"] if more else None), HTMX
    assert sizes[:2] == [30, 30]
    assert seen == wanted


def test_hostile_texts_in_the_verlauf_are_text(page_of_anna, lead, anna):
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    lead.set_field("company", seen=lead.company, value=hostile, by=anna)
    assert hostile in history(page_of_anna, lead)[0]
    assert "<script>alert" not in page_of_anna.get(f"/leads/{lead.pk}/").content.decode()


# Taking back --------------------------------------------------------------------------


def a_field(lead, anna, file, heatpumps):
    return lead.set_field("phone", seen=lead.phone, value="089 1", by=anna)


def an_own_field(lead, anna, file, heatpumps):
    own = factories.make_field(heatpumps, "Dach", "choices", choices="Ziegel\nBlech")
    return lead.set_field(f"feld-{own.pk}", seen="[]", value=["Blech"], by=anna)


def a_value(lead, anna, file, heatpumps):
    return lead.set_field("value", seen="", value=Decimal(77), by=anna)


def forward(lead, anna, file, heatpumps):
    return lead.move(seen=lead.phase, to=lead.next_phase, by=anna)


def back(lead, anna, file, heatpumps):
    return lead.move(seen=lead.phase, to=lead.previous_phase, by=anna)


def lost(lead, anna, file, heatpumps):
    heatpumps.allows_early_loss = True
    heatpumps.save()
    return lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.first(), by=anna)


def edited(lead, anna, file, heatpumps):
    entry = lead.write_entry(text="Erste Fassung", by=anna)
    return lead.edit_entry(entry.pk, text="Zweite Fassung", by=anna)


def deleted(lead, anna, file, heatpumps):
    entry = lead.write_entry(text="Erste Fassung", by=anna)
    return lead.delete_entry(entry.pk, by=anna)


def renamed(lead, anna, file, heatpumps):
    return lead.rename_file(file.pk, name="Grundriss.pdf", by=anna)


def removed(lead, anna, file, heatpumps):
    return lead.delete_file(file.pk, by=anna)


CHANGES = [a_field, an_own_field, a_value, forward, back, lost, edited, deleted, renamed,
           removed]  # fmt: skip


def essence(lead):
    """What people see of the lead, without times and history."""
    fresh = Lead.objects.get(pk=lead.pk)
    columns = ("phone", "value", "own_values", "phase_id", "status", "loss_reason_id",
               "closed_at", "owner_id")  # fmt: skip
    return (
        [getattr(fresh, column) for column in columns],
        list(fresh.journal.written().filter(deleted_at=None).values_list("pk", "text")),
        list(fresh.attachments.kept().values_list("pk", "name")),
    )


@BOTH
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_can_be_taken_back(
    page_of_anna, anna, lead, file, heatpumps, change, headers
):
    before = essence(lead)
    event = change(lead, anna, file, heatpumps)
    assert event.can_be_undone
    if change is edited:  # the entry itself stays
        before = (before[0], [(event.object_id, "Erste Fassung")], before[2])
    if change is deleted:
        before = (before[0], [(event.object_id, "Erste Fassung")], before[2])
    events = lead.events.count()
    response = page_of_anna.post(undo_address(event), headers=headers)
    assert response.status_code == (200 if headers else 303)
    assert essence(lead) == before
    assert lead.events.count() == events + 1
    page = read(response if headers else page_of_anna.get(response["Location"]))
    assert "Rückgängig gemacht" in page.text


def overtake(lead, anna, event):
    """Change the same thing once more."""
    kind = LeadEvent.Kind
    lead = Lead.objects.get(pk=lead.pk)
    match event.kind:
        case kind.FIELD_CHANGED if event.field == "phone":
            lead.set_field("phone", seen="089 1", value="089 2", by=anna)
        case kind.FIELD_CHANGED if event.field == "value":
            lead.set_field("value", seen="77", value=Decimal(78), by=anna)
        case kind.FIELD_CHANGED:
            lead.set_field(event.field, seen='["Blech"]', value=["Ziegel"], by=anna)
        case kind.MOVED | kind.MOVED_BACK:
            onward = lead.next_phase if event.kind == kind.MOVED else lead.previous_phase
            lead.move(seen=lead.phase, to=onward, by=anna)
        case kind.LOST:
            lead.reopen(by=anna)
        case kind.ENTRY_EDITED:
            lead.edit_entry(event.object_id, text="Dritte Fassung", by=anna)
        case kind.ENTRY_DELETED:
            lead.restore_entry(event.object_id, by=anna)
        case kind.FILE_RENAMED:
            lead.rename_file(event.object_id, name="Anders.pdf", by=anna)
        case kind.FILE_DELETED:
            lead.restore_file(event.object_id, by=anna)


@BOTH
@pytest.mark.parametrize("change", CHANGES)
def test_an_overtaken_change_is_not_taken_back(
    page_of_anna, anna, lead, file, heatpumps, change, headers
):
    event = change(lead, anna, file, heatpumps)
    overtake(lead, anna, event)
    before = everything()
    response = page_of_anna.post(undo_address(event), headers=headers)
    assert response.status_code == 409
    assert "Nicht rückgängig gemacht:" in read(response).text
    assert everything() == before


@pytest.mark.parametrize("change", CHANGES)
def test_taking_back_twice_takes_back_once(page_of_anna, anna, lead, file, heatpumps, change):
    event = change(lead, anna, file, heatpumps)
    page_of_anna.post(undo_address(event))
    before = everything()
    assert page_of_anna.post(undo_address(event)).status_code in {303, 409}
    assert everything() == before


@BOTH
def test_the_follow_up_of_a_lead_closed_since_is_not_set_again(
    page_of_anna, anna, heatpumps, headers
):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.set_follow_up(at=timezone.now(), note="Rückruf", by=anna)
    [cleared, _note] = lead.set_follow_up(at=None, by=anna)
    lead.win(seen=lead.phase, by=anna)
    before = everything()
    response = page_of_anna.post(undo_address(cleared), headers=headers)
    assert response.status_code == 409
    assert "Dieser Lead ist abgeschlossen." in read(response).text
    assert everything() == before


def test_a_second_loss_is_not_undone_by_the_first_ones_toast(
    page_of_anna, anna, lead, heatpumps
):
    first = lost(lead, anna, None, heatpumps)
    lead.reopen(by=anna)
    lead.lose(seen=lead.phase, reason=heatpumps.loss_reasons.last(), by=anna)
    before = everything()
    assert page_of_anna.post(undo_address(first)).status_code == 409
    assert everything() == before


@pytest.mark.parametrize("kind", ["accepted", "offered", "moved_by_an_operator"])
def test_what_has_no_way_back_is_refused(page_of_anna, anna, lead, heatpumps, kind):
    if kind == "moved_by_an_operator":
        fifth = heatpumps.phases.get(position=5)
        event = lead.relocate(to=fifth, by=anna, among=Lead.objects.all())
    else:
        event = lead.events.get(kind=kind)
    before = everything()
    assert page_of_anna.post(undo_address(event)).status_code == 409
    assert everything() == before


def test_taking_back_into_a_phase_that_was_retired_is_refused(
    page_of_anna, anna, lead, file, heatpumps
):
    event = forward(lead, anna, file, heatpumps)
    heatpumps.phases.filter(pk=event.from_phase_id).update(is_retired=True)
    before = everything()
    response = page_of_anna.post(undo_address(event), headers=HTMX)
    assert response.status_code == 409
    refused = "Nicht rückgängig gemacht: Diese Phase nimmt keine Leads mehr auf."
    assert refused in read(response).text
    assert everything() == before


@BOTH
def test_no_way_back_is_offered_into_a_phase_that_is_retired_already(
    page_of_anna, lead, heatpumps, headers
):
    heatpumps.phases.filter(pk=lead.phase_id).update(is_retired=True)
    address = f"/leads/{lead.pk}/phase/"
    back = read(page_of_anna.get(address, {"nach": lead.previous_phase.pk}))
    response = page_of_anna.post(address, back.form(address).sends(), headers=headers)
    page = read(response if headers else page_of_anna.get(response["Location"]))
    assert "Auf „Vor-Ort-Termin“ zurückgesetzt." in page.text
    assert "Rückgängig" not in page.text


def test_a_manager_takes_back_fields_and_moves_but_not_a_reps_entry(
    signed_in, meike, anna, lead, file, heatpumps
):
    client = signed_in(meike)
    for change in (a_field, forward):
        event = change(lead, anna, file, heatpumps)
        assert client.post(undo_address(event)).status_code == 303
        lead = Lead.objects.get(pk=lead.pk)
    event = deleted(lead, anna, file, heatpumps)
    before = everything()
    assert client.post(undo_address(event)).status_code == 409
    assert everything() == before


# Several at once ----------------------------------------------------------------------


@pytest.fixture
def three(lead, anna):
    """The events of one green check under three fields."""
    return lead.set_fields(
        {
            "phone": (lead.phone, "089 1"),
            "city": (lead.city, "Köln"),
            "company": (lead.company, "Neue GmbH"),
        },
        by=anna,
    )


def with_others(events):
    return undo_address(events[0]) + "?mit=" + ",".join(str(e.pk) for e in events[1:])


def test_the_fields_of_one_check_are_taken_back_together(page_of_anna, lead, three):
    assert page_of_anna.post(with_others(three)).status_code == 303
    fresh = Lead.objects.get(pk=lead.pk)
    assert (fresh.phone, fresh.city) == ("+49 8031 1234567", "Rosenheim")
    assert fresh.company == "Aigner Holzbau"


def test_all_or_none_of_them(page_of_anna, lead, anna, three):
    lead.set_field("city", seen="Köln", value="Bonn", by=anna)
    before = everything()
    assert page_of_anna.post(with_others(three)).status_code == 409
    assert everything() == before


@pytest.mark.parametrize(
    "others", ["x", "0", "99999999", "9" * 5000, ",,,", "\x00", "-1", ",".join(["7"] * 3000)],
    ids=range(8),
)  # fmt: skip
def test_odd_companions_are_left_out(page_of_anna, lead, three, others):
    address = undo_address(three[0])
    response = page_of_anna.post(f"{address}?mit={others}")
    assert response.status_code in {303, 409}
    assert Lead.objects.get(pk=lead.pk).city == "Köln"


def test_events_of_another_lead_are_no_companions(page_of_anna, lead, anna, heatpumps, three):
    other = factories.accepted(heatpumps, anna)
    event = other.set_field("city", seen=other.city, value="Bonn", by=anna)
    assert page_of_anna.post(f"{undo_address(three[0])}?mit={event.pk}").status_code == 303
    assert Lead.objects.get(pk=other.pk).city == "Bonn"


# Whose --------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ben", "clara", "olaf"])
def test_others_take_nothing_back(request, signed_in, anna, lead, solar, person):
    client = signed_in(request.getfixturevalue(person))
    event = a_field(lead, anna, None, None)
    before = everything()
    for headers in ({}, HTMX):
        assert client.post(undo_address(event), headers=headers).status_code == 404
    assert everything() == before


def test_an_event_is_reached_through_its_own_lead_only(page_of_anna, anna, lead, heatpumps):
    other = factories.accepted(heatpumps, anna)
    event = a_field(other, anna, None, None)
    address = f"/leads/{lead.pk}/verlauf/{event.pk}/ruecknahme/"
    assert page_of_anna.post(address).status_code == 404
    assert Lead.objects.get(pk=other.pk).phone == "089 1"


def test_wrong_verbs_and_missing_events(page_of_anna, anna, lead):
    event = a_field(lead, anna, None, None)
    for verb in ("get", "put", "patch", "delete"):
        assert getattr(page_of_anna, verb)(undo_address(event)).status_code == 405
    for missing in ("0", "99999999", "99999999999999999999"):
        address = f"/leads/{lead.pk}/verlauf/{missing}/ruecknahme/"
        assert page_of_anna.post(address).status_code == 404
    assert Lead.objects.get(pk=lead.pk).phone == "089 1"


def doors(lead):
    return list(lead.events.newest_first().values_list("source", flat=True))


def test_an_event_knows_the_door_and_the_request_it_came_through(page_of_anna, lead):
    response = page_of_anna.post(f"/leads/{lead.pk}/phase/", {
        "von": lead.phase_id, "nach": lead.next_phase.pk,
    })  # fmt: skip
    event = lead.events.newest_first().first()
    assert event.source == "web"
    assert event.request_id == response.headers["X-Request-ID"]
    line = history(page_of_anna, lead)[0].split(" | ")
    assert line[1] == "Anna Beispiel"


def test_an_operators_move_says_that_it_came_from_the_admin(
    signed_in, page_of_anna, olaf, lead, heatpumps
):
    there = heatpumps.phases.get(position=5)
    signed_in(olaf).post(
        f"/admin/marketplaces/marketplace/{heatpumps.pk}/phases/{lead.phase_id}/relocate/",
        {"to": there.pk},
    )
    assert doors(lead)[0] == "admin"
    assert history(page_of_anna, lead)[0].split(" | ")[1] == "Olaf Beispiel Verwaltung"


def test_what_no_request_did_says_so(lead, page_of_anna):
    assert set(doors(lead)) == {"command"}
    assert not any(lead.events.values_list("request_id", flat=True))
    assert "Kommandozeile" in history(page_of_anna, lead)[0]


def test_a_request_leaves_nothing_of_itself_to_the_next(page_of_anna, anna, lead):
    first, second = page_of_anna.get("/leads/"), page_of_anna.get("/leads/")
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    lead.set_field("phone", seen=lead.phone, value="089 1", by=anna)
    assert doors(lead)[0] == "command"


def test_where_nobody_acted_the_door_stands_in_the_persons_place(
    heatpumps, anna, page_of_anna
):
    with provenance.of(source="import"):
        lead = factories.offer(heatpumps)
    lead.accept(by=anna)
    assert history(page_of_anna, lead)[-1].split(" | ")[1] == "Import"

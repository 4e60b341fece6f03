"""Two reps, or one rep twice, at the same lead in the same instant; on PostgreSQL."""

import uuid
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from leads import morning
from leads.models import Attachment, JournalEntry, Lead, LeadEvent, StorageUse
from leads.models.attachment import attachment_storage
from leads.moments import start_of_day
from leads.uploads import Document
from marketplaces.models import Phase
from tests import factories

from . import at_once, kinds_of

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def again(lead):
    """The same lead as another request reads it."""
    return Lead.objects.get(pk=lead.pk)


def document(name="Plan.txt", content=b"Grundriss"):
    return Document.check(SimpleUploadedFile(name, content))


def test_two_accept_and_exactly_one_wins(offered, anna, ben):
    answers = at_once(
        lambda: again(offered).accept(by=anna), lambda: again(offered).accept(by=ben)
    )
    assert kinds_of(answers) == ["AlreadyTaken", "LeadEvent"]
    lead = again(offered)
    winner = next(answer for answer in answers if isinstance(answer, LeadEvent)).actor
    assert (lead.owner, lead.status) == (winner, "in_progress")
    assert lead.events.filter(kind="accepted").count() == 1


def test_two_accept_through_the_page(offered, signed_in, anna, ben):
    clients = [signed_in(anna), signed_in(ben)]
    answers = at_once(
        *(lambda c=client: c.post(f"/leads/{offered.pk}/annahme/") for client in clients)
    )
    statuses = sorted(answer.status_code for answer in answers)
    # Who comes when the lead is already somebody's own is told as of any other's: 404.
    assert statuses in ([303, 409], [303, 404])
    assert again(offered).events.filter(kind="accepted").count() == 1


def test_accepting_and_declining_do_not_mix(offered, anna, ben):
    answers = at_once(
        lambda: again(offered).accept(by=anna), lambda: again(offered).decline(by=ben)
    )
    assert again(offered).owner == anna
    assert kinds_of(answers) in (["AlreadyTaken", "LeadEvent"], ["LeadEvent", "NoneType"])


def test_six_workers_send_one_mail(lead, anna):
    lead.set_follow_up(at=start_of_day(), by=anna)
    day = f"{timezone.localdate()}"
    at_once(*(lambda: morning.send.enqueue(anna.pk, day) for _worker in range(6)))
    assert [message.to for message in mail.outbox] == [[anna.email]]


def test_six_identical_moves_are_one_step(lead, anna):
    here, there = lead.phase, lead.next_phase
    answers = at_once(*[lambda: again(lead).move(seen=here, to=there, by=anna)] * 6)
    assert kinds_of(answers) == ["LeadEvent", *["StaleMove"] * 5]
    assert again(lead).phase == there
    assert lead.events.filter(kind="moved", from_phase=here).count() == 1
    assert lead.journal.filter(event__from_phase=here).count() == 1


def test_six_identical_moves_through_the_page(lead, signed_in, anna):
    data = {"von": lead.phase_id, "nach": lead.next_phase.pk}
    clients = [signed_in(anna) for _number in range(6)]
    answers = at_once(
        *(lambda c=client: c.post(f"/leads/{lead.pk}/phase/", data) for client in clients)
    )
    assert sorted(answer.status_code for answer in answers) == [303, *[409] * 5]
    assert again(lead).phase_id == data["nach"]


def test_forward_and_back_at_once_is_one_of_both(lead, anna):
    here, ahead, behind = lead.phase, lead.next_phase, lead.previous_phase
    answers = at_once(
        lambda: again(lead).move(seen=here, to=ahead, by=anna),
        lambda: again(lead).move(seen=here, to=behind, by=anna),
    )
    assert kinds_of(answers) == ["LeadEvent", "StaleMove"]
    assert again(lead).phase in {ahead, behind}


def test_a_move_and_the_retiring_of_its_target(lead, anna):
    here, there = lead.phase, lead.next_phase
    answers = at_once(
        lambda: again(lead).move(seen=here, to=there, by=anna),
        lambda: Phase.objects.filter(pk=there.pk).update(is_retired=True),
    )
    moved = kinds_of(answers[:1]) == ["LeadEvent"]
    assert moved or kinds_of(answers[:1]) == ["PhaseRetired"]
    assert again(lead).phase == (there if moved else here)
    # Wherever it stands, it goes on to the next active phase.
    assert again(lead).next_phase.name == "Auftrag"


def test_winning_and_losing_at_once_is_one_of_both(heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    reason = heatpumps.loss_reasons.first()
    answers = at_once(
        lambda: again(lead).win(seen=lead.phase, by=anna),
        lambda: again(lead).lose(seen=lead.phase, reason=reason, by=anna),
    )
    assert kinds_of(answers) == ["LeadEvent", "StaleMove"]
    assert again(lead).events.filter(kind__in=["won", "lost"]).count() == 1


def test_two_reopen_at_once(heatpumps, anna):
    lead = factories.accepted(heatpumps, anna, phase=5)
    lead.win(seen=lead.phase, by=anna)
    answers = at_once(*[lambda: again(lead).reopen(by=anna)] * 2)
    assert kinds_of(answers) == ["LeadEvent", "StaleMove"]


def test_two_change_the_same_field_and_one_is_told(lead, anna, meike):
    def change(value, by):
        return lambda: again(lead).set_field("phone", seen=lead.phone, value=value, by=by)

    answers = at_once(change("08031 1", anna), change("08031 2", meike))
    assert kinds_of(answers) == ["FieldConflict", "LeadEvent"]
    event = next(answer for answer in answers if isinstance(answer, LeadEvent))
    assert again(lead).phone == event.new
    assert lead.events.of_field("phone").count() == 1


def test_two_change_different_fields_and_both_are_kept(heatpumps, lead, anna, meike):
    area = factories.make_field(heatpumps, "Wohnfläche", "number", unit="m²")
    roof = factories.make_field(heatpumps, "Dach")
    names = {"phone": "08031 1", "city": "Kolbermoor", f"feld-{roof.pk}": "Flachdach"}
    acts = [
        lambda n=name, v=value: again(lead).set_field(
            n, seen=getattr(lead, n, ""), value=v, by=anna
        )
        for name, value in names.items()
    ]
    field, size = f"feld-{area.pk}", Decimal(164)
    acts.append(lambda: again(lead).set_field(field, seen="", value=size, by=meike))
    assert kinds_of(at_once(*acts)) == ["LeadEvent"] * 4
    fresh = again(lead)
    assert (fresh.phone, fresh.city) == ("08031 1", "Kolbermoor")
    assert fresh.own_values == {str(roof.pk): "Flachdach", str(area.pk): "164"}


def test_the_same_entry_sent_twice_is_written_once(lead, anna):
    token = uuid.uuid4()
    acts = [lambda: again(lead).write_entry(text="Rückruf", by=anna, token=token)] * 4
    assert kinds_of(at_once(*acts)) == ["JournalEntry"] * 4
    assert JournalEntry.objects.written().filter(lead=lead).count() == 1


def test_the_same_own_lead_sent_twice_is_entered_once(heatpumps, anna):
    token = uuid.uuid4()

    def enter():
        return Lead.enter(
            marketplace=heatpumps, values={"name": "Familie Neu"}, by=anna, token=token
        )

    answers = at_once(*[enter] * 4)
    assert kinds_of(answers) == ["Lead"] * 4
    assert Lead.objects.filter(name="Familie Neu").count() == 1


def test_the_same_file_sent_twice_is_stored_once(lead, anna):
    answers = at_once(*[lambda: again(lead).attach(document(), by=anna)] * 4)
    assert kinds_of(answers) == ["tuple"] * 4
    stored = Attachment.objects.get(lead=lead)
    folder, _key = stored.file.name.split("/")
    storage = attachment_storage()
    files = [f"{d}/{f}" for d in storage.listdir("")[0] for f in storage.listdir(d)[1]]
    assert files == [f"{folder}/{_key}"]


def test_two_uploads_at_the_limit_let_one_pass(lead, anna, settings):
    settings.UPLOAD_MAX_FILES_PER_LEAD = 1
    answers = at_once(
        lambda: again(lead).attach(document("a.txt", b"eins"), by=anna),
        lambda: again(lead).attach(document("b.txt", b"zwei"), by=anna),
    )
    assert kinds_of(answers) == ["LeadError", "tuple"]
    assert lead.attachments.kept().count() == 1


def test_a_member_is_removed_while_writing(lead, anna, heatpumps):
    answers = at_once(
        lambda: again(lead).write_entry(text="Noch schnell", by=anna),
        lambda: heatpumps.memberships.filter(user=anna).delete(),
    )
    assert kinds_of(answers[:1])[0] in {"JournalEntry", "NoLongerVisible"}
    written = JournalEntry.objects.written().filter(lead=lead).count()
    assert written == (kinds_of(answers[:1]) == ["JournalEntry"])


def test_of_two_files_at_the_edge_of_the_marketplaces_room_one_is_filed(
    heatpumps, anna, settings
):
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = 9
    leads = [factories.accepted(heatpumps, anna) for _ in range(4)]
    answers = at_once(
        *(lambda lead=lead: again(lead).attach(document(), by=anna) for lead in leads)
    )
    assert kinds_of(answers) == ["LeadError"] * 3 + ["tuple"]
    assert Attachment.objects.count() == 1
    assert StorageUse.objects.get(marketplace=heatpumps).bytes == 9
    storage = attachment_storage()
    assert sum(len(storage.listdir(folder)[1]) for folder in storage.listdir("")[0]) == 1


def test_counting_afresh_waits_for_an_upload(heatpumps, anna):
    """Who counts between counting the file and committing its row would lose it."""
    leads = [factories.accepted(heatpumps, anna) for _ in range(6)]
    answers = at_once(
        *(lambda lead=lead: again(lead).attach(document(), by=anna) for lead in leads),
        StorageUse.objects.recount,
        StorageUse.objects.recount,
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert StorageUse.objects.get(marketplace=heatpumps).bytes == 6 * 9

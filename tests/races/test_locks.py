"""Who had to wait for a lock looks again at what was read before; on PostgreSQL.

The first act ends when the others wait for it, so each of these happens in every run.
"""

import pytest
from django.db import connection
from django.urls import reverse

from leads.models import Attachment, DirectUpload, Lead, SavedView
from leads.relocating import relocate_leads
from marketplaces.models import Marketplace, Phase, User
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.marketplaces.test_admin_people import NO_ROLES

from . import kinds_of, while_others_wait

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def again(lead):
    """The same lead as another request reads it."""
    return Lead.objects.get(pk=lead.pk)


def moving(lead, by, to=None):
    """A step of `lead` as it is seen now."""
    seen, to = lead.phase, to or lead.next_phase
    return lambda: again(lead).move(seen=seen, to=to, by=by)


def reorder(marketplace, *names):
    ids = dict(marketplace.phases.values_list("name", "pk"))
    marketplace.phases.arrange([ids[name] for name in names])


@pytest.fixture
def olafs_page(signed_in, olaf, heatpumps):
    return MarketplacePage(signed_in(olaf), heatpumps)


def test_winning_right_behind_the_step_into_the_last_phase(heatpumps, anna, meike):
    """Won out of the phase into which the other has moved the lead meanwhile."""
    lead = factories.accepted(heatpumps, anna, phase=4)
    last = lead.next_phase
    answers = while_others_wait(
        moving(lead, meike), lambda: again(lead).win(seen=last, by=anna)
    )
    assert kinds_of(answers) == ["LeadEvent", "LeadEvent"]
    assert answers[1].from_phase == last


@pytest.mark.parametrize("name", ["move", "relocate"])
def test_a_step_right_behind_another_starts_there(heatpumps, lead, anna, olaf, name):
    here, there, last = lead.process[2:]
    acts = {
        "move": lambda: again(lead).move(seen=there, to=last, by=anna),
        "relocate": lambda: again(lead).relocate(to=last, by=olaf, among=Lead.objects.all()),
    }
    _moved, event = while_others_wait(moving(lead, anna), acts[name])
    assert (event.from_phase, event.to_phase, event.kind) == (there, last, "moved")


def test_accepting_starts_in_the_phase_that_is_first_now(heatpumps, offered, anna):
    names = ["Angebot", "Qualifizierung", "Vor-Ort-Termin", "Verhandlung", "Auftrag"]
    while_others_wait(
        lambda: reorder(heatpumps, *names), lambda: again(offered).accept(by=anna)
    )
    assert again(offered).phase.name == "Angebot"


def test_accepting_while_a_phase_is_put_before_the_first(heatpumps, offered, anna):
    def insert():
        new = Phase.objects.create(marketplace=heatpumps, name="Vorprüfung", position=99)
        order = list(heatpumps.phases.in_order().values_list("pk", flat=True))
        heatpumps.phases.arrange([new.pk, *order[:-1]])

    while_others_wait(insert, lambda: again(offered).accept(by=anna))
    assert again(offered).phase.name == "Vorprüfung"


def test_the_phase_to_reach_is_no_neighbour_any_more(heatpumps, lead, anna):
    names = ["Qualifizierung", "Verhandlung", "Vor-Ort-Termin", "Angebot", "Auftrag"]
    answers = while_others_wait(lambda: reorder(heatpumps, *names), moving(lead, anna))
    assert kinds_of(answers) == ["NoneType", "NotNeighbours"]
    assert again(lead).phase.name == "Angebot"


def test_a_step_across_the_phase_that_was_just_inserted(heatpumps, lead, anna):
    def insert():
        new = Phase.objects.create(marketplace=heatpumps, name="Förderung", position=99)
        order = list(heatpumps.phases.in_order().values_list("pk", flat=True))
        heatpumps.phases.arrange([*order[:3], new.pk, *order[3:-1]])

    answers = while_others_wait(insert, moving(lead, anna))
    assert kinds_of(answers) == ["NoneType", "NotNeighbours"]
    assert again(lead).next_phase.name == "Förderung"


def test_the_direction_of_a_step_is_that_of_the_new_order(heatpumps, lead, anna):
    names = ["Qualifizierung", "Vor-Ort-Termin", "Verhandlung", "Angebot", "Auftrag"]
    _done, event = while_others_wait(lambda: reorder(heatpumps, *names), moving(lead, anna))
    assert event.kind == "moved_back"


def test_leads_are_not_moved_into_a_phase_that_was_just_retired(heatpumps, lead, olaf):
    here, there = lead.phase, lead.next_phase

    def retire():
        phase = heatpumps.phases.get(pk=there.pk)
        phase.is_retired = True
        phase.save()

    answers = while_others_wait(retire, lambda: relocate_leads(here, to=there, by=olaf))
    assert kinds_of(answers) == ["NoneType", "PhaseRetired"]
    assert again(lead).phase == here


def test_nobody_gets_a_lead_who_is_just_sent_away(heatpumps, lead, ben, olaf):
    send_away = heatpumps.memberships.filter(user=ben).delete
    answers = while_others_wait(send_away, lambda: again(lead).hand_over(to=ben, by=olaf))
    assert kinds_of(answers) == ["NoRepHere", "tuple"]
    assert again(lead).owner != ben


@pytest.mark.parametrize("end", ["retire", "delete"])
def test_a_loss_reason_that_is_just_taken_away(heatpumps, anna, end):
    lead = factories.accepted(heatpumps, anna, phase=5)
    reason = heatpumps.loss_reasons.first()

    def take_away():
        if end == "delete":
            reason.check_deletable()
            heatpumps.loss_reasons.get(pk=reason.pk).delete()
        else:
            heatpumps.loss_reasons.filter(pk=reason.pk).update(is_retired=True)

    answers = while_others_wait(
        take_away, lambda: again(lead).lose(seen=lead.phase, reason=reason, by=anna)
    )
    assert kinds_of(answers) == ["NoneType", "ReasonGone"]
    assert (again(lead).status, again(lead).loss_reason) == ("in_progress", None)


@pytest.mark.parametrize("change", ["a phase behind", "no early loss"])
def test_a_lead_is_not_lost_out_of_a_phase_that_is_just_not_the_last_any_more(
    heatpumps, anna, change
):
    heatpumps.allows_early_loss = change == "no early loss"
    heatpumps.save()
    lead = factories.accepted(heatpumps, anna, phase=4 if heatpumps.allows_early_loss else 5)
    reason = heatpumps.loss_reasons.first()

    def set_up():
        held = Marketplace.objects.hold(heatpumps.pk)
        if change == "a phase behind":
            Phase.objects.create(marketplace=held, name="Abnahme", position=6)
        else:
            held.allows_early_loss = False
            held.save()

    answers = while_others_wait(
        set_up, lambda: again(lead).lose(seen=lead.phase, reason=reason, by=anna)
    )
    assert kinds_of(answers) == ["NoneType", "NotInLastPhase"]
    assert again(lead).status == "in_progress"


def test_a_reason_that_is_just_being_used_is_not_deleted(heatpumps, anna, olafs_page):
    lead = factories.accepted(heatpumps, anna, phase=5)
    reason = heatpumps.loss_reasons.first()
    olafs_page.delete("loss_reasons", reason.label)
    _lost, answer = while_others_wait(
        lambda: again(lead).lose(seen=lead.phase, reason=reason, by=anna), olafs_page.send
    )
    assert answer.status_code == 200, "the page says that the reason is in use"
    assert again(lead).loss_reason == reason


@pytest.mark.parametrize("end", ["delete", "other kind"])
def test_a_definition_that_is_just_taken_away_loses_no_value(heatpumps, lead, anna, end):
    own = factories.make_field(heatpumps, "Dach")

    def take_away():
        own.check_deletable()
        if end == "delete":
            heatpumps.fields.get(pk=own.pk).delete()
        else:
            heatpumps.fields.filter(pk=own.pk).update(kind="number")

    def enter():
        return again(lead).set_field(f"feld-{own.pk}", seen="", value="Blech", by=anna)

    answers = while_others_wait(take_away, enter)
    assert kinds_of(answers) == ["NoneType", "Unchangeable"]
    assert again(lead).own_values == {}


def test_a_definition_that_just_got_a_value_is_not_deleted(heatpumps, lead, anna, olafs_page):
    own = factories.make_field(heatpumps, "Dach")
    olafs_page.load().delete("fields", "Dach")
    _changed, answer = while_others_wait(
        lambda: again(lead).set_field(f"feld-{own.pk}", seen="", value="Blech", by=anna),
        olafs_page.send,
    )
    assert answer.status_code == 200, "the page says that a lead has a value in it"
    assert heatpumps.fields.filter(pk=own.pk).exists()


def test_a_file_that_is_restored_right_before_it_is_purged_stays(lead, anna):
    file = factories.attach(lead, anna, "Plan.txt", b"Grundriss")
    lead.delete_file(file.pk, by=anna)
    doomed = Attachment.objects.filter(deleted_at__isnull=False)
    _restored, purged = while_others_wait(
        lambda: again(lead).restore_file(file.pk, by=anna), doomed.purge
    )
    assert purged == 0
    assert lead.attachments.kept().get().file.open().read() == b"Grundriss"


def test_a_file_that_is_restored_right_after_it_was_purged_is_gone(lead, anna):
    file = factories.attach(lead, anna, "Plan.txt", b"Grundriss")
    lead.delete_file(file.pk, by=anna)
    doomed = Attachment.objects.filter(deleted_at__isnull=False)
    answers = while_others_wait(
        doomed.purge, lambda: again(lead).restore_file(file.pk, by=anna)
    )
    assert kinds_of(answers) == ["Unchangeable", "int"]


# Who waits for whom ---------------------------------------------------------------------


def was_sent_back(answer):
    return hasattr(answer.wsgi_request, "is_second_try")


def test_an_own_lead_is_entered_while_the_marketplace_is_saved(heatpumps, anna, olafs_page):
    """Neither waits for what the other has: the phase first, the marketplace at the end."""
    olafs_page.set("phases", "Qualifizierung", name="Erstkontakt")
    entered, saved = while_others_wait(
        lambda: Lead.enter(marketplace=heatpumps, values={"name": "Neu"}, by=anna),
        olafs_page.send,
    )
    assert saved.status_code == 302
    assert not was_sent_back(saved)
    assert again(entered).phase.name == "Erstkontakt"


@pytest.mark.parametrize("edit", ["renames", "turns around", "deletes"])
def test_an_operator_locks_the_phases_in_the_order_of_a_step(lead, olafs_page, edit):
    """A step locks the older of two phases first, wherever they stand in the process."""
    names = [phase.name for phase in lead.process]
    older, newer = lead.phase, lead.next_phase
    reorder(lead.marketplace, *names[::-1])
    olafs_page.load()
    match edit:
        case "renames":
            for name in (newer.name, older.name):
                olafs_page.set("phases", name, name=f"{name} neu")
        case "turns around":
            olafs_page.drag("phases", names)
        case "deletes":
            for name in (newer.name, older.name):
                olafs_page.delete("phases", name)
    _first, answer = while_others_wait(
        lead.marketplace.phases.among([older]).hold,
        olafs_page.send,
        then=lead.marketplace.phases.among([newer]).hold,
    )
    assert answer.status_code == (200 if edit == "deletes" else 302)
    assert not was_sent_back(answer)


def test_who_is_sent_back_by_the_database_tries_once_more(lead, anna, signed_in):
    """Two that wait for each other: the database breaks one off, which then gets through."""
    client, there = signed_in(anna), lead.next_phase
    data = {"von": lead.phase_id, "nach": there.pk}

    def patience(seconds):
        """How long this connection waits until it looks for a circle; for superusers."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('deadlock_timeout', %s, false)", [f"{seconds}s"])

    def hold_the_phase():
        patience(60)
        Phase.objects.select_for_update().get(pk=there.pk)

    def click():
        patience(3)
        return client.post(f"/leads/{lead.pk}/phase/", data)

    _held, answer = while_others_wait(
        hold_the_phase, click, then=lambda: Lead.objects.select_for_update().get(pk=lead.pk)
    )
    patience(1)
    assert answer.status_code == 303
    assert was_sent_back(answer)
    assert again(lead).phase == there
    assert lead.events.filter(kind="moved", from_phase=data["von"]).count() == 1


def test_two_superusers_cannot_take_each_others_rights(signed_in):
    one, other = (User.objects.create_superuser(name) for name in ("ada", "eva"))

    def without(person, by):
        client = signed_in(by)
        address = reverse("admin:marketplaces_user_change", args=[person.pk])
        data = {"username": person.username, "is_active": "on", "is_staff": "on", **NO_ROLES}
        return lambda: client.post(address, data).status_code

    first, second = without(other, one), without(one, other)
    assert while_others_wait(first, second) == [302, 200]
    left = User.objects.filter(is_superuser=True)
    assert [person.username for person in left] == ["ada"]


def test_as_many_uploads_as_allowed_also_on_several_leads(heatpumps, anna, monkeypatch):
    monkeypatch.setattr(DirectUpload, "AT_ONCE", 1)
    one, other = (factories.accepted(heatpumps, anna) for _ in range(2))

    def announcing(lead):
        return lambda: again(lead).expect_file(name="Plan.pdf", size=10, by=anna)

    answers = while_others_wait(announcing(one), announcing(other))
    assert kinds_of(answers) == ["DirectUpload", "LeadError"]


@pytest.mark.parametrize("second", ["discard", "change"])
def test_a_view_that_is_just_deleted_stays_so(anna, second):
    kept = SavedView.objects.keep(
        anna, name="Meine", list_name="in_progress", query="sort=name"
    )

    def view():
        return SavedView.objects.get(pk=kept.pk)

    seen = view()
    acts = {"discard": seen.discard, "change": lambda: seen.change(name="B", is_start=False)}
    answers = while_others_wait(lambda: view().discard(), acts[second])
    assert kinds_of(answers) == ["Unchangeable", "dict"]
    assert not SavedView.objects.exists()

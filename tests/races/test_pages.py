"""What two people, or two clicks, are answered in the same instant.

Threads against PostgreSQL, processes against SQLite. Who loses is told so, never by an
error, and has changed nothing; the history stays whole.
"""

import re
import uuid

import pytest
from django.urls import reverse

from leads.models import Attachment, JournalEntry, Lead, LeadEvent
from leads.offers import Offer
from tests import factories
from tests.marketplaces.admin_page import MarketplacePage
from tests.markup import read
from tests.state import stored_files

from .conftest import Request
from .history import assert_whole

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true", "HX-Target": "dialogs"}
NAMES = ["Qualifizierung", "Vor-Ort-Termin", "Angebot", "Verhandlung", "Auftrag"]


@pytest.fixture(autouse=True)
def _whole(request):
    """After each race, every lead's history is complete and agrees with the lead."""
    yield
    for lead in Lead.objects.all():
        assert_whole(lead)


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def loser(answers):
    return next(answer for answer in answers if answer.status_code == 409)


def to(lead, tail, user, data=None, **kwargs):
    """A POST to one of the lead's addresses."""
    return Request(user, f"/leads/{lead.pk}/{tail}", data or {}, **kwargs)


def form(signed_in, user, lead, tail, asked=None, **typed):
    """That POST with what the page's form holds."""
    address = f"/leads/{lead.pk}/{tail}"
    page = read(signed_in(user).get(f"/leads/{lead.pk}/{asked or tail}"))
    data = {k: v for k, v in page.form(address).sends(**typed).items() if k[:4] != "csrf"}
    return Request(user, address, data)


def saved(page):
    """An operator's click on "save"."""
    return Request(page.client_user, page.address, page.data)


@pytest.fixture
def olafs_page(signed_in, olaf, heatpumps):
    page = MarketplacePage(signed_in(olaf), heatpumps)
    page.client_user = olaf
    return page


@pytest.fixture
def last(heatpumps, anna):
    """Anna's lead in the last phase."""
    return factories.accepted(heatpumps, anna, phase=5)


def step(lead, user, to_phase=None, **kwargs):
    data = {"von": lead.phase_id, "nach": (to_phase or lead.next_phase).pk}
    return to(lead, "phase/", user, {**data, **kwargs.pop("more", {})}, **kwargs)


def closing(lead, user, result, reason=""):
    data = {"von": lead.phase_id, "ergebnis": result, "loss_reason": reason}
    return to(lead, "abschluss/", user, data)


# Offers ---------------------------------------------------------------------------------


def taking(offered, user, tail="annahme/"):
    return to(offered, tail, user, {"angebot": Offer(offered, user).token})


def test_two_accept_what_both_were_shown(together, offered, anna, ben):
    answers = together(taking(offered, anna), taking(offered, ben))
    assert statuses(answers) == [303, 409]
    assert "Schon vergeben" in loser(answers).text
    assert "Aigner" not in loser(answers).text, "the contact stays hidden from the loser"
    assert LeadEvent.objects.filter(kind="accepted").count() == 1


def test_one_rep_accepts_twice_and_sees_the_lead(together, offered, anna):
    answers = together(taking(offered, anna), taking(offered, anna))
    assert statuses(answers) == [303, 303]
    assert {answer.url for answer in answers} == {f"/leads/{offered.pk}/"}
    assert LeadEvent.objects.filter(kind="accepted").count() == 1


def test_accepting_and_declining(together, offered, anna, ben):
    accepted, declined = together(taking(offered, anna), taking(offered, ben, "ablehnung/"))
    assert accepted.status_code == 303
    assert declined.status_code in {303, 409}
    lead = Lead.objects.get()
    assert lead.owner == anna
    assert lead.refusals.count() == (declined.status_code == 303)


def test_accepting_while_the_process_is_turned_around(
    together, offered, anna, olafs_page, heatpumps
):
    olafs_page.drag("phases", NAMES[::-1])
    accepted, answer = together(taking(offered, anna), saved(olafs_page))
    assert (accepted.status_code, answer.status_code) == (303, 302)
    assert Lead.objects.get().phase.name in {NAMES[0], NAMES[-1]}


# Steps ----------------------------------------------------------------------------------


def test_six_clicks_are_one_step_and_five_are_told(together, lead, anna):
    there = lead.next_phase
    answers = together(*[step(lead, anna, more={"note": "Weiter"}, headers=HTMX)] * 6)
    assert statuses(answers) == [200, *[409] * 5]
    assert Lead.objects.get().phase == there
    assert lead.events.filter(kind="moved").count() == 3
    assert JournalEntry.objects.filter(text="Weiter").count() == 1
    told = loser(answers).text
    assert "Anna Beispiel" in told
    assert re.search(rf'aria-labelledby="phase-{there.pk}"\s+aria-current="step"', told)
    assert "Weiter" in told, "the loser's note is kept"


def test_forward_and_back(together, lead, anna, meike):
    forward, back = step(lead, anna), step(lead, meike, lead.previous_phase)
    answers = together(forward, back)
    assert statuses(answers) == [303, 409]
    winner = "Anna" if answers[0].status_code == 303 else "Meike"
    assert f"{winner} Beispiel" in loser(answers).text
    assert lead.events.filter(from_phase=lead.phase).count() == 1


def test_winning_and_losing(together, last, anna, meike, heatpumps):
    reason = heatpumps.loss_reasons.first().pk
    answers = together(
        closing(last, anna, "gewonnen"), closing(last, meike, "verloren", reason)
    )
    assert statuses(answers) == [303, 409]
    assert "inzwischen abgeschlossen" in loser(answers).text
    assert last.events.filter(kind__in=["won", "lost"]).count() == 1


def test_winning_and_going_back(together, last, anna, meike):
    answers = together(closing(last, anna, "gewonnen"), step(last, meike, last.previous_phase))
    assert statuses(answers) == [303, 409]


def test_two_reopen(together, last, anna, meike, signed_in):
    last.win(seen=last.phase, by=anna)
    forms = [form(signed_in, user, last, "wiedereroeffnung/") for user in (anna, meike)]
    answers = together(*forms)
    assert statuses(answers) == [303, 409]
    assert last.events.filter(kind="reopened").count() == 1


def test_reopening_and_a_step_back(together, last, anna, meike):
    """The step counts only if it comes second."""
    last.win(seen=last.phase, by=anna)
    back = {"von": last.phase_id, "nach": last.process[3].pk}
    reopened, moved = together(
        to(last, "wiedereroeffnung/", anna), to(last, "phase/", meike, back)
    )
    assert reopened.status_code == 303
    assert moved.status_code in {303, 409}
    wanted = NAMES[3] if moved.status_code == 303 else NAMES[4]
    assert Lead.objects.get().phase.name == wanted


def test_taking_back_and_a_new_step(together, lead, anna, meike):
    event = lead.move(seen=lead.phase, to=lead.next_phase, by=anna)
    undo = to(lead, f"verlauf/{event.pk}/ruecknahme/", anna)
    answers = together(undo, step(Lead.objects.get(), meike))
    assert statuses(answers) == [303, 409]
    assert Lead.objects.get().phase.name in {"Angebot", "Auftrag"}


# The operator beside the reps -----------------------------------------------------------


@pytest.mark.parametrize("change", ["retire", "delete", "rename", "turn around", "insert"])
def test_a_step_into_a_phase_that_the_operator_changes(
    together, lead, anna, olafs_page, heatpumps, change
):
    here, there = lead.phase, lead.next_phase
    match change:
        case "retire":
            olafs_page.set("phases", there.name, is_retired="on")
        case "delete":
            olafs_page.delete("phases", there.name)
        case "rename":
            olafs_page.set("phases", there.name, name="Gespräch")
        case "turn around":
            olafs_page.drag("phases", NAMES[::-1])
        case "insert":
            olafs_page.add("phases", name="Förderung", position="4")
    moved, answer = together(step(lead, anna), saved(olafs_page))
    fresh = Lead.objects.get()
    assert answer.status_code in ({302, 200} if change == "delete" else {302})
    # A rep is refused only where the phase is no neighbour any more.
    refused = {409} if change in {"retire", "delete", "insert"} else set()
    assert moved.status_code in {303} | refused
    assert fresh.phase == (there if moved.status_code == 303 else here)
    if change == "delete":
        assert heatpumps.phases.filter(pk=there.pk).exists() == (moved.status_code == 303)


def test_leads_are_moved_out_of_a_phase_while_their_rep_moves_one(
    together, lead, anna, olaf, heatpumps
):
    others = [factories.accepted(heatpumps, anna, phase=3) for _number in range(3)]
    target = heatpumps.phases.get(name="Qualifizierung")
    address = reverse("admin:marketplaces_phase_relocate", args=[heatpumps.pk, lead.phase_id])
    moved, relocated = together(step(lead, anna), Request(olaf, address, {"to": target.pk}))
    assert relocated.status_code == 302
    assert moved.status_code in {303, 409}
    wanted = lead.next_phase if moved.status_code == 303 else target
    assert Lead.objects.get(pk=lead.pk).phase == wanted
    assert {Lead.objects.get(pk=other.pk).phase for other in others} == {target}


@pytest.mark.parametrize("change", ["retire", "delete"])
def test_losing_for_a_reason_that_the_operator_takes_away(
    together, last, anna, olafs_page, heatpumps, change
):
    reason = heatpumps.loss_reasons.first()
    if change == "retire":
        olafs_page.set("loss_reasons", reason.label, is_retired="on")
    else:
        olafs_page.delete("loss_reasons", reason.label)
    lost, answer = together(closing(last, anna, "verloren", reason.pk), saved(olafs_page))
    assert lost.status_code in {303, 422}
    is_lost = lost.status_code == 303
    assert Lead.objects.get().status == ("lost" if is_lost else "in_progress")
    if change == "delete":
        assert (answer.status_code == 200) == is_lost
        assert heatpumps.loss_reasons.filter(pk=reason.pk).exists() == is_lost


@pytest.mark.parametrize("change", ["retire", "delete", "other kind"])
def test_a_value_is_entered_while_the_operator_changes_its_field(
    together, lead, anna, olafs_page, heatpumps, change
):
    own = factories.make_field(heatpumps, "Dach")
    olafs_page.load()
    match change:
        case "retire":
            olafs_page.set("fields", "Dach", is_retired="on")
        case "delete":
            olafs_page.delete("fields", "Dach")
        case "other kind":
            olafs_page.set("fields", "Dach", kind="number")
    name = f"feld-{own.pk}"
    entered, answer = together(
        to(lead, f"felder/{name}/", anna, {name: "Blech", f"seen-{name}": ""}),
        saved(olafs_page),
    )
    values = Lead.objects.get().own_values
    assert entered.status_code in {303, 404, 422}
    assert values == ({str(own.pk): "Blech"} if entered.status_code == 303 else {})
    if change != "retire" and values:
        assert answer.status_code == 200, "the operator is told that there is a value"
        assert heatpumps.fields.get(pk=own.pk).kind == "text"


@pytest.mark.parametrize("end", ["membership", "account"])
def test_a_member_is_sent_away_while_writing(
    together, signed_in, lead, anna, olaf, olafs_page, admin_user, end
):
    if end == "membership":
        prefix = next(
            key.removesuffix("-user")
            for key, value in olafs_page.data.items()
            if key.startswith("memberships-") and key.endswith("-user")
            and value == str(anna.pk)
        )  # fmt: skip
        olafs_page.data[f"{prefix}-DELETE"] = "on"
        away = saved(olafs_page)
    else:
        page = MarketplacePage.__new__(MarketplacePage)
        page.client, page.client_user = signed_in(admin_user), admin_user
        page.address = reverse("admin:marketplaces_user_change", args=[anna.pk])
        page.load()
        del page.data["is_active"]
        away = saved(page)
    entry = {"text": "Noch schnell", "token": str(uuid.uuid4())}
    written, moved, gone = together(to(lead, "journal/", anna, entry), step(lead, anna), away)
    assert gone.status_code == 302
    # Signed out in the same instant: asked to sign in.
    refused = {404, 302}
    assert written.status_code in {303} | refused
    assert moved.status_code in {303} | refused
    assert JournalEntry.objects.written().count() == (written.status_code == 303)
    assert (Lead.objects.get().phase != lead.phase) == (moved.status_code == 303)
    assert signed_in(anna).get(f"/leads/{lead.pk}/").status_code in refused


# Fields ---------------------------------------------------------------------------------


def editing(lead, user, **values):
    ((name, value),) = values.items()
    data = {name: value, f"seen-{name}": getattr(lead, name)}
    return to(lead, f"felder/{name}/", user, data, headers=HTMX)


def test_two_change_one_field(together, lead, anna, meike):
    numbers = ["08031 111111", "08031 222222"]
    answers = together(
        editing(lead, anna, phone=numbers[0]), editing(lead, meike, phone=numbers[1])
    )
    assert statuses(answers) == [200, 409]
    assert Lead.objects.get().phone in numbers
    for number in (lead.phone, *numbers):
        assert number in loser(answers).text, "seen, current and typed value are shown"
    assert lead.events.of_field("phone").count() == 1


def test_two_change_two_fields(together, lead, anna, meike):
    answers = together(
        editing(lead, anna, phone="08031 111111"), editing(lead, meike, city="Kolbermoor")
    )
    assert statuses(answers) == [200, 200]
    fresh = Lead.objects.get()
    assert (fresh.phone, fresh.city) == ("08031 111111", "Kolbermoor")
    found = fresh.search_document.text
    assert "kolbermoor" in found
    assert "8031111111" in found, "both writers' words can be found"


def test_all_fields_and_a_single_one(together, signed_in, lead, anna, meike):
    """All or nothing: who edits all and is late has changed none of them."""
    typed = {"phone": "08031 111111", "city": "Kolbermoor"}
    together_with = editing(lead, meike, phone="08031 222222")
    answers = together(form(signed_in, anna, lead, "felder/", **typed), together_with)
    assert 409 in statuses(answers)
    fresh = Lead.objects.get()
    if answers[0].status_code == 409:
        assert (fresh.phone, fresh.city) == ("08031 222222", lead.city)
        assert "Kolbermoor" in answers[0].text, "what was typed is kept"
    else:
        assert (fresh.phone, fresh.city) == ("08031 111111", "Kolbermoor")


def test_taking_back_a_field_and_a_new_value(together, lead, anna, meike):
    event = lead.set_field("phone", seen=lead.phone, value="08031 111111", by=anna)
    answers = together(
        to(lead, f"verlauf/{event.pk}/ruecknahme/", anna, headers=HTMX),
        editing(Lead.objects.get(), meike, phone="08031 222222"),
    )
    assert statuses(answers) == [200, 409]
    assert Lead.objects.get().phone in {event.old, "08031 222222"}
    assert lead.events.of_field("phone").count() == 2


# Journal --------------------------------------------------------------------------------


def test_one_entry_sent_six_times(together, lead, anna):
    data = {"text": "Rückruf", "kind": "call", "token": str(uuid.uuid4())}
    answers = together(*[to(lead, "journal/", anna, data)] * 6)
    assert statuses(answers) == [303] * 6
    assert JournalEntry.objects.written().count() == 1


def test_an_entry_is_edited_in_two_windows(together, signed_in, lead, anna):
    entry = lead.write_entry(text="Erste Fassung", by=anna)
    tail = f"journal/{entry.pk}/"
    answers = together(
        *(form(signed_in, anna, lead, tail, text=text) for text in ("Zweite", "Dritte"))
    )
    assert statuses(answers) == [303, 409]
    for text in ("Zweite", "Dritte"):
        assert text in loser(answers).text, "the current and the typed text are shown"
    assert lead.events.filter(kind="entry_edited").count() == 1


def test_an_entry_is_edited_and_deleted(together, signed_in, lead, anna):
    entry = lead.write_entry(text="Erste Fassung", by=anna)
    edited, deleted = together(
        form(signed_in, anna, lead, f"journal/{entry.pk}/", text="Zweite"),
        to(lead, f"journal/{entry.pk}/loeschung/", anna),
    )
    assert deleted.status_code == 303
    assert edited.status_code in {303, 404}
    assert lead.events.filter(kind="entry_deleted").count() == 1
    assert lead.events.filter(kind="entry_edited").count() == (edited.status_code == 303)


# Attachments ----------------------------------------------------------------------------


def uploading(lead, user, name, content):
    return to(lead, "anhaenge/", user, files={"dateien": (name, content)}, headers=HTMX)


def test_one_file_sent_four_times(together, lead, anna):
    answers = together(*[uploading(lead, anna, "Plan.txt", b"Grundriss")] * 4)
    assert statuses(answers) == [200] * 4
    assert stored_files() == [lead.attachments.kept().get().file.name]
    assert sum("war schon angehängt" in answer.text for answer in answers) == 3


@pytest.mark.parametrize(
    "limit", [{"UPLOAD_MAX_BYTES_PER_LEAD": 7}, {"UPLOAD_MAX_FILES_PER_LEAD": 1}], ids=str
)
def test_two_uploads_where_one_has_room(together, lead, anna, meike, limit):
    answers = together(
        uploading(lead, anna, "a.txt", b"eins"), uploading(lead, meike, "b.txt", b"zwei"),
        **limit,
    )  # fmt: skip
    assert statuses(answers) == [200, 422]
    assert stored_files() == [lead.attachments.kept().get().file.name], "no orphan is left"


def test_two_uploads_to_two_leads_where_the_marketplace_has_room_for_one(
    together, heatpumps, lead, last, anna
):
    heatpumps.storage_limit_gb = 1
    heatpumps.save()
    file = factories.attach(lead, anna, "groß.txt", b"x")
    nearly = heatpumps.storage_limit - 7
    type(heatpumps.storage_use).objects.filter(marketplace=heatpumps).update(bytes=nearly)
    answers = together(
        uploading(lead, anna, "a.txt", b"eins"), uploading(last, anna, "b.txt", b"zwei")
    )
    assert statuses(answers) == [200, 422]
    assert Attachment.objects.exclude(pk=file.pk).count() == 1
    assert len(stored_files()) == 2


def test_two_files_of_one_name(together, lead, anna):
    answers = together(
        uploading(lead, anna, "Plan.txt", b"eins"), uploading(lead, anna, "Plan.txt", b"zwei")
    )
    assert statuses(answers) == [200, 200]
    names = set(lead.attachments.kept().values_list("name", flat=True))
    assert names == {"Plan.txt", "Plan (2).txt"}


@pytest.fixture
def plan(lead, anna):
    """A file of some chunks, so that its download takes a while."""
    return factories.attach(lead, anna, "Plan.txt", b"Grundriss " * 100_000)


def downloading(lead, plan, user):
    return Request(user, f"/leads/{lead.pk}/anhaenge/{plan.pk}/", method="get")


def test_a_file_is_deleted_while_it_is_downloaded(together, lead, plan, anna, meike):
    """Whoever began to get it gets all of it, who comes later nothing."""
    *downloads, deleted = together(
        *[downloading(lead, plan, anna)] * 3,
        to(lead, f"anhaenge/{plan.pk}/loeschung/", meike),
    )
    assert deleted.status_code == 303
    assert_whole_or_404(downloads)
    assert downloading_answers_404(together, lead, plan, anna)


def test_a_file_is_purged_while_it_is_downloaded(together, lead, plan, anna):
    """The file itself goes: of one that was deleted only just now, at the worst."""
    delete = to(lead, f"anhaenge/{plan.pk}/loeschung/", anna)
    purge = Request(command="purge_attachments", data={"days": 0})
    *downloads, _deleted, _purged = together(
        *[downloading(lead, plan, anna)] * 4, delete, purge
    )
    assert_whole_or_404(downloads)
    assert len(stored_files()) == Attachment.objects.count()


def assert_whole_or_404(downloads):
    for download in downloads:
        assert download.status_code in {200, 404}
        if download.status_code == 200:
            assert download.content == b"Grundriss " * 100_000


def downloading_answers_404(together, lead, plan, user):
    (answer,) = together(downloading(lead, plan, user))
    return answer.status_code == 404


def test_a_file_is_renamed_twice(together, signed_in, lead, plan, anna, meike):
    tail = f"anhaenge/{plan.pk}/name/"
    answers = together(
        form(signed_in, anna, lead, tail, name="Lageplan"),
        form(signed_in, meike, lead, tail, name="Bauplan"),
    )
    assert statuses(answers) == [303, 409]
    assert lead.attachments.get().name in {"Lageplan.txt", "Bauplan.txt"}
    for name in ("Lageplan", "Bauplan"):
        assert name in loser(answers).text
    assert lead.events.filter(kind="file_renamed").count() == 1


def test_a_file_is_renamed_and_deleted(together, signed_in, lead, plan, anna, meike):
    renamed, deleted = together(
        form(signed_in, anna, lead, f"anhaenge/{plan.pk}/name/", name="Lageplan"),
        to(lead, f"anhaenge/{plan.pk}/loeschung/", meike),
    )
    assert deleted.status_code == 303
    assert renamed.status_code in {303, 404}
    done = lead.events.filter(kind="file_renamed").count()
    assert done == (lead.attachments.get().name == "Lageplan.txt")
    assert lead.events.filter(kind="file_deleted").count() == 1


def test_a_file_is_deleted_and_brought_back(together, lead, plan, anna, meike):
    event = lead.delete_file(plan.pk, by=anna)
    undo = to(lead, f"verlauf/{event.pk}/ruecknahme/", anna)
    purge = Request(command="purge_attachments", data={"days": 0})
    answers = together(undo, undo, purge)
    there = lead.attachments.kept().count()
    assert lead.events.filter(kind="file_restored").count() == there
    assert [a.status_code for a in answers[:2]].count(303) == there
    assert len(stored_files()) == Attachment.objects.count()

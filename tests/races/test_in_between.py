"""What somebody else does between a request's look and its writing; on every database.

The other act happens after the view has read and checked all, right before the verb
locks the lead. Who comes too late changes nothing more and is told what holds now.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from leads.models import Lead
from leads.offers import Offer
from marketplaces.models import Phase
from tests import factories
from tests.markup import HTMX, read
from tests.state import everything

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "part"])


class Race:
    """Anna's lead, what she sends, and what somebody else does in between."""

    def __init__(self, monkeypatch, signed_in, anna, meike, heatpumps, lead):
        self.monkeypatch = monkeypatch
        self.client = signed_in(anna)
        self.anna, self.meike, self.marketplace = anna, meike, heatpumps
        self.lead = lead

    @property
    def mine(self):
        """The lead as it is now."""
        return Lead.objects.get(pk=self.lead.pk)

    def address(self, tail):
        return f"/leads/{self.lead.pk}/{tail}"

    def sent_by(self, tail, asked=None, **typed):
        """What the form at this address holds when `typed` is put in."""
        page = read(self.client.get(self.address(asked or tail)))
        return page.form(self.address(tail)).sends(**typed)

    def post(self, tail, data, meanwhile, headers=None):
        """Send, let `meanwhile` happen, and return the answer and the state before it."""
        locked, after = Lead._locked, {}

        def locked_late(lead, read):
            self.monkeypatch.setattr(Lead, "_locked", locked)
            meanwhile()
            after.update(everything())
            return locked(lead, read)

        self.monkeypatch.setattr(Lead, "_locked", locked_late)
        answer = self.client.post(self.address(tail), data, headers=headers)
        assert after, "nothing was locked"
        return answer, after

    def refused(self, *args, status=409, **kwargs):
        """Send as `post` does; nothing but the other act must have changed anything."""
        answer, after = self.post(*args, **kwargs)
        assert answer.status_code == status
        assert everything() == after
        return answer


@pytest.fixture
def race(monkeypatch, signed_in, anna, meike, heatpumps, lead):
    return Race(monkeypatch, signed_in, anna, meike, heatpumps, lead)


@pytest.fixture
def last_race(race, heatpumps, anna):
    """The race for a lead in its last phase."""
    race.lead = factories.accepted(heatpumps, anna, phase=5)
    return race


def phase(race, name):
    return race.marketplace.phases.get(name=name)


# A step ---------------------------------------------------------------------------------


def moved_on(race):
    lead = race.mine
    lead.move(seen=lead.phase, to=lead.next_phase, by=race.meike)


def moved_back(race):
    lead = race.mine
    lead.move(seen=lead.phase, to=lead.previous_phase, by=race.meike)


def there_and_back(race):
    moved_on(race)
    moved_back(race)


def reordered(race):
    order = list(race.marketplace.phases.in_order().values_list("pk", flat=True))
    race.marketplace.phases.arrange([order[3], *order[:3], order[4]])


def inserted(race):
    new = Phase.objects.create(marketplace=race.marketplace, name="Förderung", position=99)
    order = list(race.marketplace.phases.in_order().values_list("pk", flat=True))
    race.marketplace.phases.arrange([*order[:3], new.pk, *order[3:-1]])


def retired(race):
    race.marketplace.phases.filter(name="Verhandlung").update(is_retired=True)


def deleted(race):
    phase(race, "Verhandlung").delete()


def lost(race):
    race.marketplace.allows_early_loss = True
    race.marketplace.save()
    lead, reason = race.mine, race.marketplace.loss_reasons.first()
    lead.lose(seen=lead.phase, reason=reason, by=race.meike)


def lost_and_open_again(race):
    lost(race)
    race.mine.reopen(by=race.meike)


@BOTH
@pytest.mark.parametrize("told", [moved_on, moved_back, there_and_back, lost,
                                  lost_and_open_again])  # fmt: skip
def test_a_step_that_somebody_else_was_faster_with(race, told, headers):
    data = race.sent_by("phase/", note="Meine Notiz")
    answer = race.refused("phase/", data, lambda: told(race), headers)
    page = read(answer)
    assert "Meike Beispiel" in page.one("p", role="alert").text
    assert page.form(race.address("journal/")).sends()["text"] == "Meine Notiz"
    if race.mine.is_in_progress:
        current = page.one("button", aria_current="step")
        assert page.one(id=current["aria-labelledby"]).text == race.mine.phase.name


@BOTH
@pytest.mark.parametrize("change", [reordered, inserted, retired, deleted])
def test_a_step_to_what_is_no_neighbour_any_more(race, change, headers):
    data = race.sent_by("phase/", note="Meine Notiz")
    answer = race.refused("phase/", data, lambda: change(race), headers)
    assert "Meine Notiz" in read(answer).text
    assert race.mine.phase.name == "Angebot"


@pytest.mark.parametrize("what", ["renamed", "appended"])
def test_a_step_that_is_still_one(race, what):
    def change():
        if what == "renamed":
            race.marketplace.phases.filter(name="Verhandlung").update(name="Gespräch")
        else:
            Phase.objects.create(marketplace=race.marketplace, name="Montage", position=99)

    answer, _after = race.post("phase/", race.sent_by("phase/"), change)
    assert answer.status_code == 303
    event = race.lead.events.newest_first().first()
    assert event.new_text == race.mine.phase.name
    assert event.new_text == ("Gespräch" if what == "renamed" else "Verhandlung")


# The end --------------------------------------------------------------------------------


def another_phase(race):
    Phase.objects.create(marketplace=race.marketplace, name="Montage", position=99)


@BOTH
@pytest.mark.parametrize("result", ["gewonnen", "verloren"])
@pytest.mark.parametrize("told", [moved_back, lost, lost_and_open_again, another_phase])
def test_closing_what_stands_otherwise(last_race, told, result, headers):
    race = last_race
    reason = race.marketplace.loss_reasons.last().pk
    typed = {"ergebnis": result, "loss_reason": reason, "note": "Meine Notiz"}
    data = race.sent_by("abschluss/", asked="phase/", **typed)
    answer = race.refused("abschluss/", data, lambda: told(race), headers)
    assert "Meine Notiz" in read(answer).text
    if told is not another_phase:
        assert "Meike Beispiel" in read(answer).one("p", role="alert").text


@BOTH
@pytest.mark.parametrize("end", ["retired", "deleted"])
def test_losing_for_a_reason_that_is_not_offered_any_more(last_race, end, headers):
    race = last_race
    reason = race.marketplace.loss_reasons.last()
    typed = {"ergebnis": "verloren", "loss_reason": reason.pk, "note": "Meine Notiz"}
    data = race.sent_by("abschluss/", asked="phase/", **typed)

    def take_away():
        if end == "retired":
            race.marketplace.loss_reasons.filter(pk=reason.pk).update(is_retired=True)
        else:
            race.marketplace.loss_reasons.get(pk=reason.pk).delete()

    answer = race.refused("abschluss/", data, take_away, headers, status=422)
    form = read(answer).form(race.address("abschluss/"))
    assert "Dieser Grund wird nicht mehr angeboten." in form.text
    assert form.sends()["note"] == "Meine Notiz"
    offered = [option.text for option in form.one("select", name="loss_reason").all("option")]
    assert offered == ["Bitte wählen", "Zu teuer"]


@BOTH
@pytest.mark.parametrize("again", ["reopened", "reopened and lost"])
def test_reopening_what_stands_otherwise(last_race, again, headers):
    race = last_race
    lost(race)

    def meanwhile():
        race.mine.reopen(by=race.meike)
        if again == "reopened and lost":
            lost(race)

    data = race.sent_by("wiedereroeffnung/")
    answer = race.refused("wiedereroeffnung/", data, meanwhile, headers)
    assert "Meike Beispiel" in read(answer).one("p", role="alert").text


@pytest.mark.parametrize("seit", ["x", "2026-11-23", "0", "9" * 5000, "2026-11-23T10:00:00"])
@pytest.mark.parametrize("tail", ["phase/", "abschluss/", "wiedereroeffnung/"])
def test_a_time_that_nobody_was_shown_is_stale(last_race, tail, seit):
    race = last_race
    if tail == "wiedereroeffnung/":
        lost(race)
    data = {"von": race.lead.phase_id, "nach": race.lead.process[3].pk, "seit": seit,
            "ergebnis": "gewonnen"}  # fmt: skip
    before = everything()
    assert race.client.post(race.address(tail), data).status_code == 409
    assert everything() == before


# Offers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", ["annahme/", "ablehnung/"])
def test_an_offer_that_somebody_else_took(race, ben, tail):
    race.lead = factories.offer(race.marketplace)
    data = {"angebot": Offer(race.lead, race.anna).token, "reason": ""}
    answer = race.refused(tail, data, lambda: race.mine.accept(by=ben))
    assert "Schon vergeben" in answer.text
    assert "Aigner" not in answer.text


def test_accepting_when_the_process_has_no_phase_any_more(race):
    race.lead = factories.offer(race.marketplace)

    def retire_all():
        race.marketplace.phases.update(is_retired=True)

    answer, after = race.post("annahme/", {}, retire_all)
    assert everything() == after
    assert "noch keine Phasen" in read(race.client.get(answer["Location"])).text


# Fields ---------------------------------------------------------------------------------


@BOTH
def test_a_field_that_somebody_else_changed(race, headers):
    data = race.sent_by("felder/phone/", phone="08031 111111")

    def change():
        lead = race.mine
        lead.set_field("phone", seen=lead.phone, value="08031 222222", by=race.meike)

    answer = race.refused("felder/phone/", data, change, headers)
    for number in (race.lead.phone, "08031 111111", "08031 222222", "Meike Beispiel"):
        assert number in answer.text
    overwrite = read(answer).form(race.address("felder/phone/")).sends()
    assert race.client.post(race.address("felder/phone/"), overwrite).status_code == 303
    assert race.mine.phone == "08031 111111"


@BOTH
def test_all_fields_against_a_single_one(race, headers):
    """All or nothing; only what both changed is told as a conflict."""
    data = race.sent_by("felder/", phone="08031 111111", city="Kolbermoor", need="Pumpe")

    def change():
        lead = race.mine
        lead.set_field("phone", seen=lead.phone, value="08031 222222", by=race.meike)
        lead.set_field("company", seen=lead.company, value="Neu GmbH", by=race.meike)

    answer = race.refused("felder/", data, change, headers)
    assert "08031 222222" in answer.text
    assert "Neu GmbH" not in answer.text
    overwrite = read(answer).form(race.address("felder/")).sends()
    assert race.client.post(race.address("felder/"), overwrite).status_code == 303
    now = race.mine
    assert (now.phone, now.city, now.need) == ("08031 111111", "Kolbermoor", "Pumpe")
    assert now.company == "Neu GmbH", "what was not touched is not written"


@pytest.mark.parametrize("tail", ["felder/feld-{}/", "felder/"])
@pytest.mark.parametrize("change", ["retired", "deleted", "another kind", "renamed"])
def test_the_definition_of_a_field_changes_while_its_value_is_entered(race, change, tail):
    own = factories.make_field(race.marketplace, "Dach")
    tail, name = tail.format(own.pk), f"feld-{own.pk}"
    data = race.sent_by(tail, **{name: "Blech"})
    rows = race.marketplace.fields.filter(pk=own.pk)
    acts = {
        "retired": lambda: rows.update(is_retired=True),
        "deleted": lambda: rows.get().delete(),
        "another kind": lambda: rows.update(kind="number"),
        "renamed": lambda: rows.update(label="Dachform"),
    }
    if change in {"deleted", "another kind"}:
        race.refused(tail, data, acts[change], status=404)
        assert race.client.get(race.address("")).status_code == 200
        return
    answer, _after = race.post(tail, data, acts[change])
    assert answer.status_code == 303
    assert race.mine.own_values == {str(own.pk): "Blech"}
    shown = "Dachform" if change == "renamed" else "Dach"
    assert f"{shown} Blech" in read(race.client.get(race.address(""))).text


# Journal and attachments ----------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_an_entry_that_the_author_changes_in_another_window(race, change, headers):
    entry = race.lead.write_entry(text="Erste Fassung", by=race.anna)
    tail = f"journal/{entry.pk}/"
    data = race.sent_by(tail, text="Meine Fassung")
    if change == "deleted":
        race.refused(
            tail, data, lambda: race.mine.delete_entry(entry.pk, by=race.anna), headers,
            status=404,
        )  # fmt: skip
        return
    answer = race.refused(
        tail,
        data,
        lambda: race.mine.edit_entry(entry.pk, text="Andere", by=race.anna),
        headers,
    )
    assert "Andere" in answer.text
    overwrite = read(answer).form(race.address(tail)).sends()
    assert overwrite["text"] == "Meine Fassung"
    assert race.client.post(race.address(tail), overwrite).status_code == 303


@pytest.fixture
def file(race):
    return factories.attach(race.lead, race.anna, "Plan.txt", b"Grundriss")


@BOTH
@pytest.mark.parametrize("change", ["renamed", "deleted"])
def test_a_file_that_somebody_else_changes(race, file, change, headers):
    tail = f"anhaenge/{file.pk}/name/"
    data = race.sent_by(tail, name="Mein Plan")
    if change == "deleted":
        race.refused(
            tail, data, lambda: race.mine.delete_file(file.pk, by=race.meike), headers,
            status=404,
        )  # fmt: skip
        return
    answer = race.refused(
        tail, data, lambda: race.mine.rename_file(file.pk, name="Anders.txt", by=race.meike),
        headers,
    )  # fmt: skip
    form = read(answer).form(race.address(tail))
    assert "„Anders.txt“" in form.text
    assert form.sends()["name"] == "Mein Plan"
    assert race.client.post(race.address(tail), form.sends()).status_code == 303
    assert race.mine.attachments.kept().get().name == "Mein Plan.txt"


def test_deleting_a_file_twice_is_one_deletion(race, file):
    tail = f"anhaenge/{file.pk}/loeschung/"
    race.refused(tail, {}, lambda: race.mine.delete_file(file.pk, by=race.meike), status=404)


def test_a_deleted_file_comes_back_only_where_there_is_room(race, file, settings):
    event = race.lead.delete_file(file.pk, by=race.anna)
    settings.UPLOAD_MAX_FILES_PER_LEAD = 1

    def fill():
        factories.attach(race.mine, race.meike, "b.txt", b"zwei")

    answer = race.refused(f"verlauf/{event.pk}/ruecknahme/", {}, fill)
    assert "Nicht rückgängig gemacht:" in read(answer).text


# Taking back ----------------------------------------------------------------------------


@pytest.mark.parametrize("change", [moved_on, moved_back, lost, there_and_back])
def test_a_step_is_not_taken_back_behind_a_newer_one(race, change):
    event = race.lead.move(seen=race.lead.phase, to=race.lead.next_phase, by=race.anna)
    answer = race.refused(f"verlauf/{event.pk}/ruecknahme/", {}, lambda: change(race))
    assert "Nicht rückgängig gemacht:" in read(answer).text


def test_only_the_last_step_is_taken_back(race):
    """Not an earlier one after which the lead came back to the same phase."""
    first = race.lead.move(seen=race.lead.phase, to=race.lead.next_phase, by=race.anna)
    there_and_back_again = race.mine
    moved_on(race)
    moved_back(race)
    before = everything()
    answer = race.client.post(race.address(f"verlauf/{first.pk}/ruecknahme/"))
    assert there_and_back_again.phase == race.mine.phase
    assert answer.status_code == 409
    assert everything() == before


# Rights ---------------------------------------------------------------------------------


def membership_ends(race):
    race.anna.memberships.all().delete()


def account_is_deactivated(race):
    race.anna.is_active = False
    race.anna.save()


def becomes_an_operator(race):
    race.anna.memberships.update(role="operator")


@pytest.mark.parametrize(
    ("verb", "end"),
    [
        *(
            (verb, membership_ends)
            for verb in ("phase/", "abschluss/", "felder/phone/", "felder/", "journal/",
                         "entry", "delete", "upload", "rename", "undo", "accept", "decline")
        ),
        *(
            (verb, end)
            for verb in ("phase/", "journal/")
            for end in (account_is_deactivated, becomes_an_operator)
        ),
    ],
)  # fmt: skip
def test_who_is_sent_away_while_writing_has_written_nothing(race, file, end, verb):
    lead = race.lead
    entry = lead.write_entry(text="Notiz", by=race.anna)
    event = lead.set_field("city", seen=lead.city, value="Köln", by=race.anna)
    sent = {
        "phase/": {"von": lead.phase_id, "nach": lead.next_phase.pk, "note": "Notiz"},
        "felder/phone/": {"phone": "089 1", "seen-phone": lead.phone},
        "journal/": {"text": "Noch schnell"},
        f"journal/{entry.pk}/": {"text": "Anders", "seen": "Notiz"},
        f"anhaenge/{file.pk}/loeschung/": {},
        "anhaenge/": {"dateien": SimpleUploadedFile("a.txt", b"eins")},
        f"anhaenge/{file.pk}/name/": {"name": "Anders.txt"},
        f"verlauf/{event.pk}/ruecknahme/": {},
    }
    tail = {
        "entry": f"journal/{entry.pk}/", "delete": f"anhaenge/{file.pk}/loeschung/",
        "upload": "anhaenge/", "rename": f"anhaenge/{file.pk}/name/",
        "undo": f"verlauf/{event.pk}/ruecknahme/", "accept": "annahme/",
        "decline": "ablehnung/",
    }.get(verb, verb)  # fmt: skip
    if verb == "felder/":
        sent[tail] = race.sent_by(tail, phone="089 1")
    if verb == "abschluss/":
        race.lead = factories.accepted(race.marketplace, race.anna, phase=5)
        sent[tail] = {"von": race.lead.phase_id, "ergebnis": "gewonnen"}
    if verb in {"accept", "decline"}:
        race.lead = factories.offer(race.marketplace)
        sent[tail] = {"reason": ""}
    race.refused(tail, sent[tail], lambda: end(race), status=404)


# The admin ------------------------------------------------------------------------------


def test_leads_are_not_moved_into_a_phase_that_is_just_retired(
    race, signed_in, olaf, monkeypatch
):
    race.client = signed_in(olaf)
    here, there = race.lead.phase, race.lead.next_phase
    address = reverse("admin:marketplaces_phase_relocate", args=[race.marketplace.pk, here.pk])
    monkeypatch.setattr(race, "address", lambda _tail: address)
    answer = race.refused("", {"to": there.pk}, lambda: retired(race), status=422)
    assert read(answer).one("select", name="to")

"""What two people, or two clicks, are answered in the same instant; on PostgreSQL.

Who loses gets a 409 with what to do, never an error, and has changed nothing.
"""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.models import JournalEntry, Lead, LeadEvent
from leads.offers import Offer
from tests import factories

from . import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
HTMX = {"HX-Request": "true", "HX-Target": "dialogs"}


@pytest.fixture
def posting(signed_in):
    """Return a function that gives an act: a POST by a client of its own."""

    def post(user, address, data, **headers):
        client = signed_in(user)
        return lambda: client.post(address, data, headers=headers)

    return post


def statuses(answers):
    """The answers' codes; an exception of the server stands for itself."""
    return sorted(getattr(answer, "status_code", 0) or repr(answer) for answer in answers)


def loser(answers):
    return next(answer for answer in answers if answer.status_code == 409)


def test_two_accept_what_both_were_shown(posting, offered, anna, ben):
    address = f"/leads/{offered.pk}/annahme/"
    answers = at_once(
        *(
            posting(user, address, {"angebot": Offer(offered, user).token})
            for user in (anna, ben)
        )
    )
    assert statuses(answers) == [303, 409]
    assert "Schon vergeben" in loser(answers).text
    assert "Aigner" not in loser(answers).text, "the contact stays hidden from the loser"
    assert LeadEvent.objects.filter(kind="accepted").count() == 1


def test_one_rep_accepts_twice_and_sees_the_lead(posting, offered, anna):
    data = {"angebot": Offer(offered, anna).token}
    answers = at_once(*[posting(anna, f"/leads/{offered.pk}/annahme/", data)] * 2)
    assert statuses(answers) == [303, 303]
    assert {answer.url for answer in answers} == {f"/leads/{offered.pk}/"}
    assert LeadEvent.objects.filter(kind="accepted").count() == 1


def test_accepting_and_declining(posting, offered, anna, ben):
    accept = posting(
        anna, f"/leads/{offered.pk}/annahme/", {"angebot": Offer(offered, anna).token}
    )
    decline = posting(
        ben, f"/leads/{offered.pk}/ablehnung/", {"angebot": Offer(offered, ben).token}
    )
    accepted, declined = at_once(accept, decline)
    assert accepted.status_code == 303
    assert declined.status_code in {303, 409}
    lead = Lead.objects.get()
    assert lead.owner == anna
    assert lead.refusals.count() == (declined.status_code == 303)


def test_six_clicks_are_one_step_and_five_are_told(posting, lead, anna):
    data = {"von": lead.phase_id, "nach": lead.next_phase.pk, "note": "Weiter"}
    address = f"/leads/{lead.pk}/phase/"
    answers = at_once(*(posting(anna, address, data, **HTMX) for _click in range(6)))
    assert statuses(answers) == [200, *[409] * 5]
    assert Lead.objects.get().phase_id == data["nach"]
    assert lead.events.filter(kind="moved").count() == 3
    assert JournalEntry.objects.filter(text="Weiter").count() == 1
    told = loser(answers).text
    assert "Anna Beispiel" in told
    here = rf'aria-labelledby="phase-{data["nach"]}"\s+aria-current="step"'
    assert re.search(here, told)
    assert "Weiter" in told, "the loser's note is kept"


def test_winning_and_losing(posting, heatpumps, anna, meike):
    lead = factories.accepted(heatpumps, anna, phase=5)
    shared = {"von": lead.phase_id, "loss_reason": heatpumps.loss_reasons.first().pk}
    address = f"/leads/{lead.pk}/abschluss/"
    answers = at_once(
        posting(anna, address, {**shared, "ergebnis": "gewonnen"}),
        posting(meike, address, {**shared, "ergebnis": "verloren"}),
    )
    assert statuses(answers) == [303, 409]
    assert lead.events.filter(kind__in=["won", "lost"]).count() == 1
    fresh = Lead.objects.get()
    assert (fresh.status == "lost") == (fresh.loss_reason is not None)


def test_two_change_one_field(posting, lead, anna, meike):
    address = f"/leads/{lead.pk}/felder/phone/"
    numbers = {anna: "08031 111111", meike: "08031 222222"}
    answers = at_once(
        *(
            posting(user, address, {"phone": number, "seen-phone": lead.phone}, **HTMX)
            for user, number in numbers.items()
        )
    )
    assert statuses(answers) == [200, 409]
    fresh = Lead.objects.get()
    assert fresh.phone in numbers.values()
    for number in (lead.phone, *numbers.values()):
        assert number in loser(answers).text, "seen, current and typed value are shown"


def test_two_change_two_fields(posting, lead, anna, meike):
    answers = at_once(
        posting(
            anna,
            f"/leads/{lead.pk}/felder/phone/",
            {"phone": "08031 111111", "seen-phone": lead.phone},
        ),
        posting(
            meike,
            f"/leads/{lead.pk}/felder/city/",
            {"city": "Kolbermoor", "seen-city": lead.city},
        ),
    )
    assert statuses(answers) == [303, 303]
    fresh = Lead.objects.get()
    assert (fresh.phone, fresh.city) == ("08031 111111", "Kolbermoor")
    assert "kolbermoor" in fresh.search_text
    assert "8031111111" in fresh.search_text, "both writers' words can be found"


def test_one_entry_sent_six_times(posting, lead, anna):
    data = {"text": "Rückruf", "kind": "call", "token": str(uuid.uuid4())}
    answers = at_once(*[posting(anna, f"/leads/{lead.pk}/journal/", data)] * 6)
    assert statuses(answers) == [303] * 6
    assert JournalEntry.objects.written().count() == 1


def uploads(posting, lead, anna, *files):
    address = f"/leads/{lead.pk}/anhaenge/"
    return at_once(
        *(
            posting(anna, address, {"dateien": SimpleUploadedFile(*file)}, **HTMX)
            for file in files
        )
    )


def test_one_file_sent_four_times(posting, lead, anna):
    answers = uploads(posting, lead, anna, *[("Plan.txt", b"Grundriss")] * 4)
    assert statuses(answers) == [200] * 4
    assert lead.attachments.kept().count() == 1
    assert sum("war schon angehängt" in answer.text for answer in answers) == 3


def test_two_uploads_where_one_has_room(posting, lead, anna, settings):
    settings.UPLOAD_MAX_BYTES_PER_LEAD = 7
    answers = uploads(posting, lead, anna, ("a.txt", b"eins"), ("b.txt", b"zwei"))
    assert statuses(answers) == [200, 422]
    kept = lead.attachments.kept().get().file
    folders = kept.storage.listdir("")[0]
    stored = [f"{name}/{key}" for name in folders for key in kept.storage.listdir(name)[1]]
    assert stored == [kept.name], "the refused file is gone"


def test_two_files_of_one_name(posting, lead, anna):
    answers = uploads(posting, lead, anna, ("Plan.txt", b"eins"), ("Plan.txt", b"zwei"))
    assert statuses(answers) == [200, 200]
    names = set(lead.attachments.kept().values_list("name", flat=True))
    assert names == {"Plan.txt", "Plan (2).txt"}

"""An erasure while the lead's rep writes: nothing of the person survives; on PostgreSQL."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.models import Erasure, Lead
from leads.privacy import retention
from leads.uploads import Document
from tests.leads.privacy.grep import places
from tests.state import stored_files

from . import at_once, kinds_of, while_others_wait

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def again(lead):
    """The same lead as another request reads it."""
    return Lead.objects.get(pk=lead.pk)


def erasing(lead):
    return lambda: again(lead).anonymise(by=None, reason="request", among=Lead.objects.all())


def document():
    return Document.check(SimpleUploadedFile("Plan Aigner.txt", b"Grundriss Aigner"))


def writes(lead, anna):
    """What a rep may be doing with the lead in the same instant."""
    seen = lead.phase
    return {
        "an entry": lambda: again(lead).write_entry(text="Frau Aigner ruft an", by=anna),
        "a field": lambda: again(lead).set_field(
            "company", seen=lead.company, value="Aigner und Sohn", by=anna
        ),
        "a file": lambda: again(lead).attach(document(), by=anna),
        "a move": lambda: again(lead).move(
            seen=seen, to=lead.next_phase, by=anna, note="Aigner wartet"
        ),
    }


@pytest.mark.parametrize("what", ["an entry", "a field", "a file", "a move"])
def test_who_waited_for_the_erasure_writes_nothing(lead, anna, what):
    answers = while_others_wait(erasing(lead), writes(lead, anna)[what])
    assert kinds_of(answers) == ["Erasure", "NoLongerVisible"]
    assert places("Aigner") == set()
    assert stored_files() == []


@pytest.mark.parametrize("what", ["an entry", "a field", "a file", "a move"])
def test_what_was_written_while_the_erasure_waited_goes_with_it(lead, anna, what):
    answers = while_others_wait(writes(lead, anna)[what], erasing(lead))
    assert isinstance(answers[1], Erasure)
    assert places("Aigner") == set()
    assert stored_files() == []


def test_of_two_erasures_one_is_made(lead, settings):
    answers = at_once(erasing(lead), erasing(lead))
    assert kinds_of(answers) == ["Erasure", "NoLongerVisible"], answers
    assert Erasure.objects.count() == 1
    assert len(settings.ERASURE_LIST.read_text().splitlines()) == 1


def test_two_nightly_runs_at_once_share_the_work(offered, heatpumps, settings):
    heatpumps.anonymise_offered_after_days = 1
    heatpumps.save()
    Lead.objects.update(created_at="2020-01-01T00:00:00Z")
    (plan,) = retention.plans()
    answers = at_once(*[lambda: retention.apply(plan)] * 2)
    assert sorted((a.anonymised, a.spared) for a in answers) == [(0, 1), (1, 0)]
    assert len(settings.ERASURE_LIST.read_text().splitlines()) == 1


def test_an_offer_is_accepted_or_erased(offered, anna, heatpumps):
    """An acceptance that waited is told that the lead is gone."""
    answers = while_others_wait(erasing(offered), lambda: again(offered).accept(by=anna))
    assert kinds_of(answers) == ["Erasure", "NoLongerVisible"]
    assert again(offered).owner is None

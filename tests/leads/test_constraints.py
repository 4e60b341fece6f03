"""What the database itself refuses, around forms and verbs."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation

from leads.models import Attachment, JournalEntry, Lead, LeadEvent, LeadRefusal
from tests import factories
from tests.state import everything


def refused(write):
    """Whether the database refuses; then it is as before."""
    before = everything()
    with pytest.raises(IntegrityError), transaction.atomic():
        write()
    return everything() == before


NOW = timezone.now()
SHAPES = {
    "offered with an owner": ("offered", {"owner": "anna"}),
    "offered with a phase": ("offered", {"phase": "phase"}),
    "offered and accepted": ("offered", {"accepted_at": NOW}),
    "offered since a phase": ("offered", {"phase_entered_at": NOW}),
    "offered and closed": ("offered", {"closed_at": NOW}),
    "in progress without an owner": ("lead", {"owner": None}),
    "in progress without a phase": ("lead", {"phase": None}),
    "in progress, never accepted": ("lead", {"accepted_at": None}),
    "in progress, in no phase since": ("lead", {"phase_entered_at": None}),
    "in progress and closed": ("lead", {"closed_at": NOW}),
    "won without a time": ("lead", {"status": "won"}),
    "won without an owner": ("lead", {"status": "won", "closed_at": NOW, "owner": None}),
    "won without a phase": ("lead", {"status": "won", "closed_at": NOW, "phase": None}),
    "won for a reason": ("lead", {"status": "won", "closed_at": NOW, "loss_reason": "reason"}),
    "lost without a reason": ("lead", {"status": "lost", "closed_at": NOW}),
    "in progress for a reason": ("lead", {"loss_reason": "reason"}),
    "an unknown status": ("lead", {"status": "x"}),
    "a negative value": ("lead", {"value": Decimal("-0.01")}),
    "no name": ("lead", {"name": ""}),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_lead_cannot_contradict_itself(request, heatpumps, shape):
    fixture, columns = shape
    lead = request.getfixturevalue(fixture)
    named = {
        "anna": request.getfixturevalue("anna"),
        "phase": heatpumps.phases.first(),
        "reason": heatpumps.loss_reasons.first(),
    }
    columns = {
        key: named[value] if isinstance(value, str) and value in named else value
        for key, value in columns.items()
    }
    assert refused(lambda: Lead.objects.filter(pk=lead.pk).update(**columns))


def test_the_message_of_a_constraint_is_german(lead):
    lead.value = Decimal("-1")
    with translation.override("de"), pytest.raises(ValidationError) as error:
        lead.validate_constraints()
    assert "Das Volumen kann nicht negativ sein." in error.value.messages


def test_every_constraint_has_a_german_message():
    models = (Lead, Attachment, JournalEntry, LeadEvent, LeadRefusal)
    for model in models:
        for constraint in model._meta.constraints:
            with translation.override("en"):
                english = str(constraint.violation_error_message)
            with translation.override("de"):
                assert str(constraint.violation_error_message) != english, constraint.name


def test_an_external_id_names_one_lead_of_a_marketplace(heatpumps, solar):
    Lead.offer(marketplace=heatpumps, values=factories.contact(), external_id="7")
    Lead.offer(marketplace=solar, values=factories.contact(), external_id="7")
    assert refused(
        lambda: Lead.objects.create(marketplace=heatpumps, name="Zweiter", external_id="7")
    )
    for _ in range(2):
        Lead.objects.create(marketplace=heatpumps, name="Ohne", external_id=None)


def test_a_form_enters_one_lead(heatpumps, anna, ben):
    token = "0b1c0a35-7f0b-4b0e-9c56-3a6f4a1f8b11"
    first = Lead.enter(marketplace=heatpumps, values={"name": "A"}, by=anna, token=token)
    Lead.enter(marketplace=heatpumps, values={"name": "A"}, by=ben, token=token)
    second = factories.accepted(heatpumps, anna)
    assert refused(
        lambda: Lead.objects.filter(pk=second.pk).update(entry_token=first.entry_token)
    )


def test_a_journal_entry_is_written_once_and_has_author_and_text(lead, anna):
    entry = lead.write_entry(text="Notiz", by=anna)
    event = lead.events.first()
    rows = JournalEntry.objects
    for broken in (
        {"text": "Noch einmal", "author": anna, "token": entry.token},
        {"text": "", "author": anna},
        {"text": "Ohne Verfasser", "author": None},
        {"text": "Notiz mit Ereignis", "author": anna, "kind": "note", "event": event},
        {"kind": "event", "author": anna},
        {"kind": "event", "author": anna, "event": event},
    ):
        assert refused(lambda columns=broken: rows.create(lead=lead, **columns)), broken


def test_the_same_file_is_attached_once_unless_deleted(lead, anna):
    columns = {"lead": lead, "name": "x.pdf", "extension": "pdf", "size": 1, "sha256": "1"}
    first = Attachment.objects.create(file="aa/1", **columns)
    assert refused(lambda: Attachment.objects.create(file="aa/2", **columns))
    first.deleted_at = timezone.now() + timedelta(seconds=1)
    first.save()
    Attachment.objects.create(file="aa/2", **columns)
    empty = {**columns, "size": 0, "sha256": "2"}
    assert refused(lambda: Attachment.objects.create(file="aa/3", **empty))


def test_a_rep_declines_a_lead_once(offered, anna, ben):
    LeadRefusal.objects.create(lead=offered, rep=anna)
    LeadRefusal.objects.create(lead=offered, rep=ben)
    assert refused(lambda: LeadRefusal.objects.create(lead=offered, rep=anna))


@pytest.mark.parametrize("what", ["phase", "marketplace", "owner", "lead"])
def test_what_leads_need_cannot_be_deleted(lead, what):
    thing = lead if what == "lead" else getattr(lead, what)
    before = everything()
    with pytest.raises(ProtectedError), transaction.atomic():
        thing.delete()
    assert everything() == before

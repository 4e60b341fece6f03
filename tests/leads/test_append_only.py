"""The history and the record of erasures: what the database itself refuses."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from leads import append_only
from leads.models import Erasure, LeadEvent
from tests import factories
from tests.state import everything

TABLE = LeadEvent._meta.db_table


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def refused(write):
    """Whether the database refuses; then it is as before."""
    before = everything()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        write()
    return everything() == before


@pytest.fixture
def event(lead):
    return lead.events.newest_first().first()


@pytest.fixture
def erasure(lead):
    return Erasure.objects.create(lead=lead, reason="request", source="command")


WRITES = {
    "through the ORM": lambda event: event.save(),
    "a queryset": lambda event: LeadEvent.objects.update(old_text="x"),
    "many at once": lambda event: LeadEvent.objects.bulk_update([event], ["old_text"]),
    "SQL": lambda event: sql(f"UPDATE {TABLE} SET actor_name = 'x'"),
    "deleting": lambda event: event.delete(),
    "deleting by SQL": lambda event: sql(f"DELETE FROM {TABLE} WHERE id = %s", event.pk),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_event_is_changed_or_deleted(lead, event, write):
    # A line of the journal points to the event; without it nothing but the trigger refuses.
    sql("UPDATE leads_journalentry SET kind = 'note', text = 'x', event_id = NULL")
    event.old_text = "x"
    assert refused(lambda: write(event))


def test_an_erasure_lets_the_texts_of_its_lead_go(event, erasure):
    LeadEvent.objects.filter(pk=event.pk).update(
        actor_name="", label="", old="", new="", old_text="", new_text=""
    )
    event.refresh_from_db()
    assert (event.actor_name, event.new_text) == ("", "")


def test_an_erasure_of_a_person_reaches_the_events_of_that_person(
    anna, ben, meike, event, offered, heatpumps
):
    by_nobody = offered.events.get()
    to_anna, to_meike = (
        factories.accepted(heatpumps, ben).hand_over(to=to, by=meike) for to in (anna, meike)
    )
    Erasure.objects.create(user=anna, reason="request", source="command")
    LeadEvent.objects.filter(pk=event.pk).update(actor_name="")
    LeadEvent.objects.filter(pk=to_anna.pk).update(new_text="")
    for foreign in (by_nobody, to_meike):
        rows = LeadEvent.objects.filter(pk=foreign.pk)
        assert refused(lambda rows=rows: rows.update(actor_name=""))


FIGURES = {
    "kind": "won", "created_at": timezone.now(), "actor_id": None, "field": "x",
    "from_phase_id": None, "to_phase_id": None, "object_id": 7, "source": "api",
    "request_id": "x",
}  # fmt: skip


@pytest.mark.parametrize("column", FIGURES)
def test_not_even_an_erasure_changes_the_figures(lead, erasure, column):
    event = lead.events.of_process().newest_first().first()
    rows = LeadEvent.objects.filter(pk=event.pk)
    assert refused(lambda: rows.update(**{column: FIGURES[column]}))


def test_an_erasure_reaches_no_other_lead_and_deletes_nothing(event, offered, erasure):
    foreign = LeadEvent.objects.filter(lead=offered)
    assert refused(lambda: foreign.update(label=""))
    assert refused(lambda: sql(f"DELETE FROM {TABLE} WHERE lead_id = %s", offered.pk))


def test_a_finished_erasure_permits_nothing_and_stays(event, erasure):
    erasure.finished_at = timezone.now()
    erasure.save()
    assert refused(lambda: LeadEvent.objects.update(old_text=""))
    assert refused(lambda: Erasure.objects.update(finished_at=None))
    assert refused(erasure.delete)


def test_migrating_puts_the_triggers_back(event):
    append_only.remove(connection)
    LeadEvent.objects.filter(pk=event.pk).update(old_text="unguarded")
    call_command("migrate", verbosity=0)
    assert refused(lambda: LeadEvent.objects.update(old_text=""))

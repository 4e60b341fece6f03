"""The load: bulk rows that are as the verbs would have made them."""

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone

from leads import field_values, match_keys
from leads.load import cast
from leads.load.loading import seed_load
from leads.models import (
    Attachment,
    FieldValue,
    JournalEntry,
    Lead,
    LeadEvent,
    MatchKey,
    SearchDocument,
    StorageUse,
)
from leads.models.queryset import due_times
from leads.reconciling import findings
from leads.search_documents import rebuild
from leads.stepper import Stepper
from leads.uploads import Document
from marketplaces.models import Marketplace, User

LEADS = cast.FEWEST_LEADS
NOW = datetime(2026, 3, 29, 10, 50, tzinfo=UTC)


def seed(leads=LEADS):
    call_command("seed_load", "--leads", str(leads), "--password", "korrekt-pferd-batterie")


def many():
    return User.objects.get(username=cast.MANY)


def structure():
    """Everything that stands beside the rows of the tables that are written."""
    with connection.cursor() as cursor:
        return [
            connection.introspection.get_constraints(cursor, model._meta.db_table)
            for model in (
                Lead,
                LeadEvent,
                JournalEntry,
                Attachment,
                SearchDocument,
                FieldValue,
                MatchKey,
            )  # fmt: skip
        ]


def test_rows_are_consistent_and_the_tables_as_before(db, capsys):
    before = structure()
    seed()
    assert structure() == before
    connection.check_constraints()
    assert f"{LEADS} " in capsys.readouterr().out
    statuses = set(Lead.objects.values_list("status", flat=True))
    assert statuses == set(Lead.Status.values)
    leads = Lead.objects.select_related("phase", "marketplace").prefetch_related(
        "marketplace__phases"
    )
    for lead in leads:
        derived = lead.sort_name
        lead.derive()
        assert derived == lead.sort_name
        check_history(lead)
        assert lead.events.latest("created_at").created_at <= lead.last_activity_at
        assert lead.last_activity_at < timezone.now()
    for line in JournalEntry.objects.exclude(event=None).select_related("event"):
        assert (line.created_at, line.lead_id) == (line.event.created_at, line.event.lead_id)
    shown = LeadEvent.objects.filter(kind__in=LeadEvent.IN_JOURNAL)
    assert not shown.filter(journal_line=None).exists()
    assert FieldValue.objects.count() > LEADS
    assert field_values.rebuild().written == 0
    assert MatchKey.objects.count() > LEADS
    assert match_keys.rebuild().written == 0
    outcome = rebuild()
    assert (outcome.seen, outcome.written, outcome.removed) == (LEADS, 0, 0)
    assert StorageUse.objects.recount() == 0
    assert StorageUse.objects.count() == Marketplace.objects.count()


def check_history(lead):
    """Check that status, phase and times are those of the events."""
    events = list(lead.events.oldest_first())
    assert events[0].created_at >= lead.created_at
    if lead.is_offered:
        assert [event.kind for event in events] == ["offered"]
        return
    steps = list(lead.events.of_process().oldest_first())
    entered = [step for step in steps if step.to_phase_id]
    assert lead.accepted_at == steps[0].created_at
    assert (lead.phase_id, lead.phase_entered_at) == (
        entered[-1].to_phase_id, entered[-1].created_at,
    )  # fmt: skip
    assert lead.closed_at == (steps[-1].created_at if lead.is_closed else None)
    assert steps[0].actor_id == lead.owner_id
    check_stepper(lead)
    assert Lead.objects.visible_to(lead.owner).filter(pk=lead.pk).exists()


def check_stepper(lead):
    states = [step.state for step in Stepper(lead).steps]
    here = next(i for i, p in enumerate(lead.process) if p.pk == lead.phase_id)
    current = "current" if lead.is_in_progress else "done"
    rest = len(states) - here - 1
    assert states == ["done"] * here + [current] + ["coming"] * rest


def test_the_measured_people_have_what_the_cast_says(db, client):
    seed()
    user = many()
    mine = Lead.objects.filter(owner=user).in_progress()
    assert mine.count() == cast.OF_MANY_AT_LEAST
    assert Lead.objects.filter(owner__username=cast.FEW).in_progress().count() == cast.OF_FEW
    visible = Lead.objects.visible_to(user).in_progress()
    rare, common, none = (
        visible.matching(term).count() for term in (cast.RARE, cast.COMMON, cast.ABSENT)
    )
    assert (rare, none) == (3, 0)
    page = 50
    assert page < common < mine.count() / 2
    times = due_times()
    for which in ("overdue", "today", "none"):
        assert mine.due(which, times).count() > page
    plain = {cast.plain(LEADS)}
    for term in (cast.EMAIL, cast.PHONE_AS_TYPED):
        assert set(visible.matching(term).values_list("pk", flat=True)) == plain
    heavy = mine.get(pk=cast.heavy(LEADS))
    assert heavy.journal.written().count() == cast.ENTRIES_OF_HEAVY
    assert heavy.attachments.count() == cast.FILES_OF_HEAVY
    assert JournalEntry.objects.filter(text__contains=cast.IN_JOURNAL).count() == 2
    client.force_login(user)
    for address in (
        "/leads/", "/leads/?wiedervorlage=ueberfaellig", "/leads/neu/",
        "/leads/abgeschlossen/", f"/leads/{heavy.pk}/", f"/leads/{heavy.pk}/?tab=verlauf",
        f"/leads/{heavy.pk}/?tab=anhaenge",
    ):  # fmt: skip
        assert client.get(address).status_code == 200
    file = heavy.attachments.newest_first().first()
    answer = client.get(f"/leads/{heavy.pk}/anhaenge/{file.pk}/")
    assert len(b"".join(answer.streaming_content)) == file.size
    number = heavy.marketplace.fields.in_order().filter(kind="number").first()
    least = {"marktplatz": heavy.marketplace.slug, f"feld-{number.pk}-ab": cast.RARE_NUMBER}
    found = client.get("/leads/", least).context["list"].page.rows
    assert [lead.name for lead in found if cast.RARE in lead.name] == [
        lead.name for lead in found
    ]
    assert len(found) == 3
    assert list(findings()) == []


def test_every_verb_works_on_what_was_seeded(db):
    seed()
    user = many()
    offered = Lead.objects.visible_to(user).offered().first()
    assert offered.accept(by=user).kind == "accepted"
    lead = Lead.objects.get(pk=cast.worked(LEADS)[0])
    entry = lead.write_entry(text="Angerufen", by=user)
    assert entry.pk > JournalEntry.objects.exclude(pk=entry.pk).latest("pk").pk
    name = lead.name
    assert lead.set_field("name", seen=name, value="Anders", by=user).old == name
    document = Document.check(SimpleUploadedFile("neu.txt", b"Neues"))
    attachment, _event = lead.attach(document, by=user)
    lead.rename_file(attachment.pk, name="alt.txt", by=user)
    lead.delete_file(attachment.pk, by=user)
    lead.undo(lead.events.newest_first().first(), by=user)
    while lead.next_phase:
        lead.move(seen=lead.phase, to=lead.next_phase, by=user)
    lead.win(seen=lead.phase, by=user)
    lead.reopen(by=user)
    check_stepper(Lead.objects.get(pk=lead.pk))
    other = Lead.objects.visible_to(user).offered().first()
    other.decline(by=user)
    own = Lead.enter(marketplace=lead.marketplace, values={"name": "Neu"}, by=user)
    assert own.pk > LEADS


def test_the_same_moment_gives_the_same_leads(db, monkeypatch):
    files = [(f"{n}", "", f"{n}.txt", "txt", 1, f"{n:064}") for n in range(500)]
    monkeypatch.setattr("leads.load.loading.store_documents", lambda stored: files)

    def made():
        with transaction.atomic():
            seed_load(leads=LEADS, password="x", now=NOW)
            columns = "pk", "name", "status", "owner__username", "follow_up_at", "value"
            rows = list(Lead.objects.order_by("pk").values_list(*columns))
            transaction.set_rollback(True)
        return rows

    first = made()
    assert len(first) == LEADS
    assert made() == first


def test_it_is_refused_in_production_on_used_databases_and_for_few_leads(db, settings):
    with pytest.raises(CommandError, match=str(LEADS)):
        seed(LEADS - 1)
    User.objects.create(username="jemand")
    with pytest.raises(CommandError):
        seed()
    settings.MODE = "production"
    with pytest.raises(CommandError, match="MODE"):
        seed()
    assert not Marketplace.objects.exists()

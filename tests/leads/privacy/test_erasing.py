"""Erasure (Art. 17): the person is gone from everything that is kept, the figures stay."""

import json
import sqlite3
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageDecoder, MessageEncoder
from django.contrib.sessions.models import Session
from django.db import connection

from leadbook.sessions import MESSAGES, SessionStore
from leads.models import (
    Erasure,
    Lead,
    LeadEvent,
    NoLongerVisible,
    SavedView,
    SearchDocument,
    Sight,
    StorageUse,
)
from leads.models.lead import Lead as LeadModel
from tests import factories
from tests.state import everything, stored_files

from .conftest import PERSONAL
from .grep import places


def erase(lead, by=None, commits=None, reason="request"):
    with commits():
        return lead.anonymise(by=by, reason=reason, among=Lead.objects.all())


@pytest.fixture
def traces(told, anna, signed_in):
    """What names the person outside of the lead's own tables."""
    client = signed_in(anna)
    session = client.session
    waiting = [
        Message(SUCCESS, "„Familie Aigner“ ist angelegt."),
        Message(SUCCESS, "Datei gelöscht", extra_tags=f"/leads/{told.lead.pk}/verlauf/1/"),
        Message(SUCCESS, "Passwort geändert"),
    ]
    session[MESSAGES] = json.dumps(waiting, cls=MessageEncoder)
    session.save()
    LogEntry.objects.create(
        user=anna,
        content_type=ContentType.objects.get_for_model(Lead),
        object_id=str(told.lead.pk),
        object_repr="Familie Aigner",
        change_message='[{"changed": {"object": "Aigner"}}]',
        action_flag=CHANGE,
    )
    keep_view(anna, "Nur Aigner", "phase=1&q=Frau+Aigner")
    return session


def keep_view(user, name, query):
    SavedView.objects.keep(user, name=name, list_name="in_progress", query=query)


def test_nothing_that_is_kept_names_the_person(told, traces, commits):
    """G2: a grep over all tables, decoded sessions and files."""
    found = {text for text, _place in places(*PERSONAL)}
    assert found == set(PERSONAL)
    erase(told.lead, commits=commits)
    assert places(*PERSONAL) == set()
    assert stored_files() == []
    waiting = SessionStore(traces.session_key)[MESSAGES]
    kept = json.loads(waiting, cls=MessageDecoder)
    assert [message.message for message in kept] == ["Passwort geändert"]


def test_what_the_person_was_called_before_is_forgotten_too(anna, heatpumps, commits):
    """What was corrected since stands in the history, in searches and in imported files."""
    lead = factories.accepted(
        heatpumps, anna, name="Wolpertinger", phone="0171 5550123", email="alt@wolpertinger.de"
    )
    made = factories.imported(heatpumps, anna, "done")
    made.file_name = "Liste_Wolpertinger.csv"
    made.save()
    made.rows.create(line=7, fate="failed", cells=["Herr Wolpertinger", "0171/555 0123"])
    keep_view(anna, "Wolpertinger", "q=alt@wolpertinger.de")
    new = {"name": "Adler", "phone": "089 1", "email": "a@adler.de"}
    for name, value in new.items():
        lead.set_field(name, seen=getattr(lead, name), value=value, by=anna)
    former = ("Wolpertinger", "alt@wolpertinger.de", "555 0123")
    assert {text for text, _place in places(*former)} == set(former)
    erase(lead, commits=commits)
    assert places(*former) == set()


def test_saved_searches_for_the_person_go_and_others_stay(
    told, anna, ben, meike, heatpumps, commits
):
    for owner, name in ((anna, "Andreas Huber"), (ben, "Sabine Aigner")):
        values = {"name": name, "city": "Bernau"}
        Lead.enter(marketplace=heatpumps, values=values, by=owner)
    searches = {
        "aigner": "aigner", "Zahl": "08031 1234567", "Adresse": "S.Aigner@beispiel.de",
        "Teil": "nkt Aign", "Ort": "Bernau", "Nichts": "Photovoltaik", "Huber": "Huber",
    }  # fmt: skip
    for user in (anna, ben, meike):
        for name, text in searches.items():
            keep_view(user, name, urlencode({"q": text, "sort": "name"}))
        keep_view(user, "Ohne", "sort=name")
    erase(told.lead, commits=commits)

    def left(user):
        return {view.name for view in SavedView.objects.visible_to(user)}

    others = {"Ort", "Nichts", "Huber", "Ohne"}
    assert left(anna) == others
    # Of who is called so, too, they see a lead.
    assert left(ben) == left(meike) == {*others, "aigner"}


def test_names_and_filters_of_saved_views_forget_the_person(
    told, anna, ben, heatpumps, commits
):
    field = factories.make_field(heatpumps, "Verwalter", "text")
    Lead.enter(marketplace=heatpumps, values={"name": "Sabine Aigner"}, by=ben)
    for user in (anna, ben):
        keep_view(user, "Aigner", "sort=name")
        keep_view(user, "Fr. AIGNER anrufen", "sort=-name")
        keep_view(user, "Anrufen: Aigner!", "sort=wiedervorlage")
        keep_view(user, "Verwalter", urlencode({f"feld-{field.pk}": "aigner"}))
        keep_view(user, "Große", urlencode({f"feld-{field.pk}-ab": "1234567"}))
    erase(told.lead, commits=commits)

    def left(user):
        return set(SavedView.objects.visible_to(user).values_list("name", flat=True))

    assert left(anna) == {"Ansicht", "Fr. anrufen", "Anrufen:", "Große"}
    # Ben sees another Aigner.
    kept = {"Aigner", "Fr. AIGNER anrufen", "Anrufen: Aigner!", "Verwalter", "Große"}
    assert left(ben) == kept


def test_two_names_that_say_only_the_person_stay_two(told, anna, commits):
    for name in ("Aigner", "AIGNER.", "Aigner Aigner"):
        keep_view(anna, name, "sort=name")
    erase(told.lead, commits=commits)
    names = SavedView.objects.visible_to(anna).values_list("name", flat=True)
    assert set(names) == {"Ansicht", "Ansicht 2", "Ansicht 3"}


def test_the_figures_stay(told, anna, olaf, heatpumps, commits):
    lead = told.lead
    before = Lead.objects.values().get(pk=lead.pk)
    events = list(
        lead.events.values("id", "kind", "created_at", "actor", "field", "object_id")
    )
    entries = list(lead.journal.values("id", "kind", "created_at", "author", "edited_at"))
    erasure = erase(lead, olaf, commits)
    after = Lead.objects.values().get(pk=lead.pk)
    for name in (
        "marketplace_id", "owner_id", "phase_id", "status", "value", "loss_reason_id",
        "created_at", "accepted_at", "phase_entered_at", "closed_at", "last_activity_at",
    ):  # fmt: skip
        assert after[name] == before[name], name
    kept = lead.events.exclude(kind="anonymised")
    assert list(kept.values(*events[0])) == events
    assert list(lead.journal.values(*entries[0])) == entries
    moved = lead.events.get(kind="moved")
    assert (moved.old_text, moved.new_text) == ("Qualifizierung", "Vor-Ort-Termin")
    assert moved.actor_name == "Anna Beispiel"
    assert lead.events.filter(kind="field_changed", label="Dach").exists()
    event = lead.events.newest_first().first()
    assert (event.kind, event.actor, event.source) == ("anonymised", olaf, "command")
    assert erasure.counts == {
        "fields": 13, "entries": 3, "events": 8, "refusals": 1, "files": 2,
        "bytes": told.plan.size + told.deed.size,
    }  # fmt: skip
    assert StorageUse.objects.bytes_of(heatpumps) == 0


# What an erasure leaves of a lead. A new column must be put here, or is to be erased.
LEFT = {
    "id", "marketplace", "value", "status", "owner", "phase", "loss_reason", "created_at",
    "accepted_at", "phase_entered_at", "closed_at", "last_activity_at", "anonymised_at",
    "name", "sort_name",
}  # fmt: skip


def test_every_other_column_is_empty(told, commits):
    erase(told.lead, commits=commits)
    lead = LeadModel.objects.get(pk=told.lead.pk)
    filled = {f.name for f in Lead._meta.concrete_fields if getattr(lead, f.name)}
    assert filled <= LEFT
    assert lead.name == "Anonymisierter Lead"
    assert not SearchDocument.objects.filter(pk=lead.pk).exists()


def test_of_others_nothing_changes(told, heatpumps, anna, commits):
    other = factories.accepted(heatpumps, anna)
    other.write_entry(text="Bleibt", by=anna)
    factories.attach(other, anna, "Bleibt.txt", b"Bleibt")
    before = everything()
    erase(told.lead, commits=commits)
    after = everything()
    for label, rows in after.items():
        if label == "leads.StorageUse":
            assert rows == [(heatpumps.pk, 6)]
            continue
        old = [row for row in before[label] if row not in rows]
        assert all(told.lead.pk in row for row in old), label
    assert len(stored_files()) == 1


def test_open_tabs_and_undo_answer_404(told, page_of_anna, anna, commits):
    lead = told.lead
    undone = lead.events.filter(kind="field_changed").first()
    erase(lead, commits=commits)
    before = everything()
    for address in ("", "?tab=anhaenge", f"anhaenge/{told.plan.pk}/", "phase/", "felder/"):
        assert page_of_anna.get(f"/leads/{lead.pk}/{address}").status_code == 404
    for address, data in {
        "journal/": {"text": "Doch noch"},
        f"verlauf/{undone.pk}/ruecknahme/": {},
        "phase/": {"von": lead.phase_id, "nach": lead.next_phase.pk},
        "felder/phone/": {"phone": "089 1", "seen-phone": lead.phone},
    }.items():
        assert page_of_anna.post(f"/leads/{lead.pk}/{address}", data).status_code == 404
    with pytest.raises(NoLongerVisible):
        lead.undo(undone, by=anna)
    assert everything() == before


def test_lists_and_counters_leave_it_out(told, heatpumps, anna, meike, commits):
    offered = factories.offer(heatpumps, name="Angeboten")
    closed = factories.accepted(heatpumps, anna, phase=5)
    closed.win(seen=closed.phase, by=anna)
    for lead in (told.lead, offered, closed):
        erase(lead, commits=commits)
    for person in (anna, meike):
        counts = Lead.objects.counted_for(Sight.of(person))
        assert not any(counts.values())
        assert not Lead.objects.visible_to(person).exists()
    assert not Lead.objects.open_to(anna).exists()


def test_once_is_enough(told, commits):
    erase(told.lead, commits=commits)
    before = everything()
    with pytest.raises(NoLongerVisible):
        erase(told.lead, commits=commits)
    assert everything() == before
    assert Erasure.objects.count() == 1


def test_only_among_what_one_may_act_on(told, solar, clara, commits):
    solar.memberships.create(user=clara, role="operator")
    before = everything()
    with pytest.raises(NoLongerVisible):
        told.lead.anonymise(by=clara, reason="request", among=Lead.objects.operated_by(clara))
    assert everything() == before


def test_it_happens_as_a_whole_or_not_at_all(told, traces, monkeypatch):
    before, files = everything(), stored_files()
    sessions = list(Session.objects.values())

    def fail(*args, **kwargs):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(Lead, "_forget_fields", fail)
    with pytest.raises(RuntimeError, match="middle"):
        told.lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert everything() == before
    assert stored_files() == files
    assert list(Session.objects.values()) == sessions


def test_a_storage_that_is_away_is_said_and_stops_nothing(told, commits, monkeypatch):
    remove = told.plan.file.storage.delete
    left = []

    def fail_once(key):
        if not left:
            left.append(key)
            raise OSError
        remove(key)

    monkeypatch.setattr(told.plan.file.storage, "delete", fail_once)
    erasure = erase(told.lead, commits=commits)
    assert left[0] in erasure.left_undone[0]
    # The thumbnail that belongs to it stays with it.
    assert stored_files() == sorted([told.plan.file.name, told.plan.thumbnail.name])
    assert told.lead.attachments.count() == 0


def test_a_change_that_waited_for_the_lock_finds_nobody(told, anna, commits):
    """Whoever loaded the lead before and writes after meets the same wall."""
    mine = Lead.objects.get(pk=told.lead.pk)
    erase(told.lead, commits=commits)
    with pytest.raises(NoLongerVisible):
        mine.write_entry(text="Frau Aigner ruft an", by=anna)
    with pytest.raises(NoLongerVisible):
        mine.set_field("name", seen=mine.name, value="Aigner", by=anna)
    with pytest.raises(NoLongerVisible):
        factories.attach(mine, anna, "Plan.txt", b"Aigner")
    assert stored_files() == []
    assert LeadEvent.objects.filter(lead=mine, kind="anonymised").count() == 1


@pytest.mark.django_db(transaction=True)
def test_not_even_the_bytes_of_the_database_name_the_person(told):
    """SQLite leaves what it deletes in its file, and in its log what was there before."""
    if connection.vendor != "sqlite":
        return
    path = Path(connection.settings_dict["NAME"])
    files = [path, path.with_name(f"{path.name}-wal")]

    def on_disk(text):
        return any(text.encode() in file.read_bytes() for file in files if file.exists())

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert on_disk("Holzwurm im Gebälk")
    told.lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    for text in ("Holzwurm im Gebälk", "s.aigner@beispiel.de", "Frau Aigner hat einen Hund"):
        assert not on_disk(text), text


@pytest.mark.django_db(transaction=True)
def test_a_log_that_is_in_use_is_told(told):
    if connection.vendor != "sqlite":
        return
    reader = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM leads_lead").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    erasure = told.lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    reader.close()
    assert "In den Dateien der Datenbank" in " ".join(erasure.left_undone)
    connection.close()

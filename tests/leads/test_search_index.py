"""The index of the search: that it is used, stays in step, and forgets."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, models

from leads import search_index
from leads.models import Lead, SearchDocument
from leads.models.sight import Sight
from leads.search import LIMIT
from leads.search_terms import Terms
from tests import factories
from tests.leads.rows import in_progress

IS_SQLITE = connection.vendor == "sqlite"


def test_every_status_has_a_place_in_the_index():
    assert set(search_index.STATUSES) == set(Lead.Status.values)
    # Codes end before the two of each plane that are no characters.
    own = search_index.characters_of("lost", 2**62 - 1, 2**62 - 1)
    place = search_index.characters_of("lost", 2**62 - 1)
    assert max(map(ord, own)) < 0x10FFFE
    assert max(map(ord, place)) < 0xFFFFE


@pytest.mark.once  # PostgreSQL's lists follow the table
def test_the_leads_of_an_owner_stand_beside_each_other(heatpumps, anna, ben):
    owners = [anna, ben, anna, ben]
    leads = [factories.accepted(heatpumps, owner, name="Huber") for owner in owners]
    with connection.cursor() as cursor:
        cursor.execute(search_index.ROWS, ['"hub"'])
        rows = [pk for (pk,) in cursor.fetchall()]
    assert rows == [leads[n].pk for n in (0, 2, 1, 3)]


def plan(sql, params):
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        else:
            # Of a handful of rows PostgreSQL would rather read all.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def plans_of(queries):
    return [
        plan(query["sql"].replace("%", "%%"), [])
        for query in queries
        if query["sql"].startswith(("SELECT", "WITH"))
        and "leads_searchdocument" in query["sql"]
    ]


@pytest.mark.parametrize("text", ["holz", "ho", "familie holzmann", "müßig rosen ro"])
@pytest.mark.parametrize("who", ["anna", "meike"])
def test_words_are_looked_up_in_the_index(
    heatpumps, anna, meike, django_assert_max_num_queries, text, who
):
    in_progress(heatpumps, anna, 3, name="Familie Holzmann")
    sight = Sight.of({"anna": anna, "meike": meike}[who])
    with django_assert_max_num_queries(9) as queries:
        SearchDocument.objects.ids_matching(
            Terms.read(text), statuses=["in_progress"], slices=sight.slices, limit=LIMIT
        )
        list(Lead.objects.matching(text).values_list("pk"))
    plans = plans_of(queries)
    assert len(plans) == 2
    if IS_SQLITE:
        for found in plans:
            assert "VIRTUAL TABLE INDEX" in found
            assert "SCAN leads_searchdocument" not in found
        # By the row's own number, without an index on the way.
        assert "leads_searchdocument USING INTEGER PRIMARY KEY" in plans[0]
    else:
        # Among three leads PostgreSQL rather looks at each, where it may begin with them.
        assert "search_by_owner" in plans[0]
        assert "Seq Scan" not in plans[0]


@pytest.mark.parametrize("text", ["08031 123456", "a@beispiel.de"])
def test_numbers_and_addresses_are_looked_up_whole(
    heatpumps, anna, django_assert_max_num_queries, text
):
    in_progress(heatpumps, anna, 3, phone="08031 123456", email="a@beispiel.de")
    rows = SearchDocument.objects.with_exactly(Terms.read(text)).values_list("pk")
    with django_assert_max_num_queries(9) as queries:
        assert len(rows.order_by()) == 3
    [found] = plans_of(queries)
    for name in ("phone", "mobile") if "@" not in text else ("email",):
        assert f"search_by_{name}" in found
    assert "SCAN leads_searchdocument" not in found.replace("SCAN leads_searchdocument U", "")


def test_documents_written_past_the_models_are_in_the_index(heatpumps, anna, index):
    first, second, third = in_progress(heatpumps, anna, 3)
    rows = SearchDocument.objects.order_by("pk")
    rows.filter(pk=first.pk).update(text=" neu\n\n", owner=None, status="won")
    rows.filter(pk=second.pk).delete()
    rows.filter(pk=third.pk).update(email="x@beispiel.de")
    rows.bulk_create(
        [
            SearchDocument(pk=pk, marketplace=heatpumps, status="lost", text=" anders\n\n")
            for pk in (second.pk, third.pk)
        ],
        update_conflicts=True,
        unique_fields=["lead"],
        update_fields=["text", "status", "owner"],
    )
    index.is_in_step()


@pytest.mark.django_db(transaction=True)
def test_emptied_tables_leave_an_empty_index(heatpumps, anna, index):
    in_progress(heatpumps, anna, 3)
    call_command("flush", interactive=False, verbosity=0)
    assert index.contents() == []
    index.is_in_step()


@pytest.mark.django_db(transaction=True)
def test_a_table_that_a_migration_rebuilds_stays_in_step(heatpumps, anna, index):
    if not IS_SQLITE:
        # There is nothing to lose: the index belongs to the table.
        assert index.contents() == []
        return
    [lead] = in_progress(heatpumps, anna, 1)
    old = SearchDocument._meta.get_field("status")
    new = models.CharField(max_length=13)
    new.set_attributes_from_name("status")
    new.model = SearchDocument
    with connection.schema_editor() as editor:
        editor.alter_field(SearchDocument, old, new)
    search_index.install_after_migrate(None, using="default")
    lead.set_field("city", seen=lead.city, value="Bernau", by=anna)
    index.is_in_step()
    with connection.schema_editor() as editor:
        editor.alter_field(SearchDocument, new, old)
    search_index.install_after_migrate(None, using="default")


def triggers():
    """The names and the SQL of the triggers that keep SQLite's index in step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [search_index.TABLE],
        )
        return dict(cursor.fetchall())


@pytest.mark.once
def test_after_another_version_has_written_the_index_is_made_anew(heatpumps, anna, index):
    in_progress(heatpumps, anna, 2)
    ours = triggers()
    with connection.cursor() as cursor:
        for name, sql in ours.items():
            # As before migration 0031.
            older = sql
            for row in ("NEW", "OLD"):
                older = older.replace(search_index._row(row), f"{row}.lead_id")
            assert older != sql
            cursor.execute(f"DROP TRIGGER {name}")
            cursor.execute(older)
    factories.accepted(heatpumps, anna, name="Holzmann")
    search_index.install_after_migrate(None, using="default")
    assert triggers() == ours
    assert Lead.objects.matching("Holzmann").count() == 1
    index.is_in_step()


@pytest.mark.once
@pytest.mark.parametrize("is_lost", [True, False])
def test_rows_that_fit_are_not_written_again(heatpumps, anna, index, is_lost):
    in_progress(heatpumps, anna, 2)
    ours = triggers()
    with connection.cursor() as cursor:
        for name in [*ours] if is_lost else []:
            cursor.execute(f"DROP TRIGGER {name}")
        # Who wrote them again would write what is gone here.
        cursor.execute(
            f"INSERT INTO {search_index.INDEX}({search_index.INDEX}) VALUES ('delete-all')"
        )
    search_index.install_after_migrate(None, using="default")
    assert triggers() == ours
    assert index.contents() == []


# Greek, because no other text of the test shares a byte of it with a neighbour.
NAME = "ξψζφχ"


def kept():
    """What the files of SQLite's database hold."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(connection.settings_dict["NAME"])
    return path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()


@pytest.mark.django_db(transaction=True)
def test_nothing_of_an_erased_lead_is_left_in_the_file(heatpumps, anna, index):
    others = [factories.accepted(heatpumps, anna) for _ in range(5)]
    lead = factories.accepted(heatpumps, anna, name=f"Familie {NAME}")
    lead.write_entry(text=f"{NAME[::-1]} ruft an", by=anna)
    lead.set_field("company", seen=lead.company, value=f"{NAME} Bau", by=anna)
    for other in others:
        other.write_entry(text="Angerufen", by=anna)
    parts = [NAME[start : start + 3] for start in range(3)]
    parts += [part[::-1] for part in parts]
    if IS_SQLITE:
        assert all(part in index.contents() for part in parts)
        assert any(part.encode() in kept() for part in parts)
    lead.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert not [part for part in parts if part in index.contents()]
    if IS_SQLITE:
        # Two letters: of a neighbour in the index only the first letters are shared.
        assert not [part for part in parts if part[1:].encode() in kept()]
    index.is_in_step()


@pytest.mark.parametrize("reason", ["retention", "replay"])
def test_who_erases_many_scrubs_once(heatpumps, anna, reason, monkeypatch, commits):
    calls = []
    monkeypatch.setattr(search_index, "scrub", calls.append)
    lead = factories.accepted(heatpumps, anna)
    with commits():
        lead.anonymise(by=None, reason=reason, among=Lead.objects.all())
    assert calls == []
    other = factories.accepted(heatpumps, anna)
    with commits():
        other.anonymise(by=None, reason="request", among=Lead.objects.all())
    assert len(calls) == 1

"""Statements are counted, and slow ones told without their values."""

import itertools

import pytest
from django.db import DatabaseError, connection, transaction

from leadbook import query_watch
from marketplaces.models import User


@pytest.fixture
def slow(monkeypatch):
    """Let each statement take a second."""
    ticks = itertools.count()
    monkeypatch.setattr(query_watch, "perf_counter", lambda: next(ticks))


def test_a_slow_statement_is_told_without_its_values(db, slow, written):
    assert not User.objects.filter(username="Erika Mustermann").exists()
    (line,) = written
    assert (line["level"], line["logger"]) == ("WARNING", "leadbook.query_watch")
    assert (line["event"], line["ms"]) == ("slow_query", 1000.0)
    assert '"marketplaces_user"."username" = %s' in line["sql"]
    assert "Mustermann" not in str(line)


def test_it_names_the_request_in_which_it_stood(page_of_anna, anna, slow, written):
    page_of_anna.get("/leads/")
    *queries, answered = written
    assert queries
    assert {line["route"] for line in queries} == {"/leads/"}
    assert {line["request_id"] for line in queries} == {answered["request_id"]}
    assert queries[-1]["user"] == anna.pk


def test_values_written_into_a_statement_are_taken_out(db, slow, written):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Erika ''Mustermann''' AS a,\n  1 AS b")
    assert [line["sql"] for line in written] == ["SELECT '?' AS a, 1 AS b"]


def test_a_statement_that_fails_is_measured_too(db, slow, written):
    before = query_watch.counted()
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.raw("SELECT nothing FROM nowhere")[0]
    count, seconds = query_watch.counted()
    assert (count - before[0], seconds - before[1]) == (4, 4.0)  # three are its savepoint
    assert "SELECT nothing FROM nowhere" in [line["sql"] for line in written]


@pytest.mark.parametrize(("limit", "lines"), [(1001, 0), (1000, 1), (0, 0)])
def test_the_limit_can_be_set_and_switched_off(db, slow, settings, written, limit, lines):
    settings.SLOW_QUERY_MS = limit
    User.objects.count()
    assert len(written) == lines


def test_a_block_that_watches_for_itself_leaves_the_watch_alone(db):
    fresh = connection.copy()
    with fresh.execute_wrapper(lambda execute, *args: execute(*args)):
        fresh.cursor().execute("SELECT 1")
    fresh.close()
    assert fresh.execute_wrappers == [fresh.query_watch]
    assert fresh.query_watch.count == 1
    fresh.connect()
    fresh.close()
    assert fresh.execute_wrappers == [fresh.query_watch]

"""Migrations that go on after they broke off."""

import pytest
from django.apps import apps
from django.db import OperationalError, connection, models
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from leadbook.safe_operations import AddIndex
from leads.models import SavedView

TABLE = SavedView._meta.db_table


class Adding(Migration):
    atomic = False
    operations = [AddIndex("savedview", models.Index(fields=["name"], name="Added by a test"))]


def migrate():
    with connection.schema_editor(atomic=False) as editor:
        Adding("adding", "leads").apply(ProjectState.from_apps(apps), editor)


def indexes():
    """Whether each index of the test is valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relname = 'Added by a test'"
        )
        return [is_valid for (is_valid,) in cursor.fetchall()]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_index_that_waited_too_long_for_a_lock_is_added_by_the_next_run():
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as writer, connection.cursor() as cursor:
            writer.execute(f"LOCK TABLE {TABLE} IN ROW EXCLUSIVE MODE")
            cursor.execute("SET lock_timeout = '50ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                migrate()
            assert indexes() == [False]
            other.rollback()
            cursor.execute("RESET lock_timeout")
        migrate()
        assert indexes() == [True]
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute('DROP INDEX IF EXISTS "Added by a test"')

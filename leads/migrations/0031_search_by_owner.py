"""Makes the search index anew, in which the leads of each owner stand beside each other.

On SQLite the version before finds nothing in it until it is restarted. On PostgreSQL both
indexes serve both versions.
"""

from django.db import migrations

from leads import search_index

OLD, NEW = "search_by_trigrams", "search_by_owner"


def make_index_of_sqlite(apps, schema_editor):
    search_index.remove(schema_editor.connection)
    search_index.install(schema_editor.connection)
    search_index.make_afresh(schema_editor.connection)


def make_index_of_postgresql(apps, schema_editor):
    _replace(
        schema_editor, OLD, NEW,
        f"({search_index.OWN_KEY}), ({search_index.PLACE_KEY})",
    )  # fmt: skip


def make_old_index_of_postgresql(apps, schema_editor):
    _replace(schema_editor, NEW, OLD, "owner_id, marketplace_id, status")


def _replace(schema_editor, old, new, keys):
    if schema_editor.connection.vendor != "postgresql":
        return
    # A build that broke off leaves an index that is never used.
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {new}")
    schema_editor.execute(
        f"CREATE INDEX CONCURRENTLY {new} ON {search_index.TABLE}"
        f" USING gin ({keys}, text gin_trgm_ops)"
        # New rows wait unsorted, and each search reads what waits: so that it is little.
        " WITH (gin_pending_list_limit = 256)"
    )
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {old}")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0030_handed_over_events"),
    ]

    operations = [
        migrations.RunPython(make_index_of_sqlite, migrations.RunPython.noop),
        migrations.RunPython(make_index_of_postgresql, make_old_index_of_postgresql),
    ]

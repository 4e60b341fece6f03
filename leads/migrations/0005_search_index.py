"""Fills the search documents, then indexes them.

Outside a transaction: the leads are read in batches, each held for a moment only, and
PostgreSQL builds the index while others write.
"""

from django.db import migrations

from leads import search_index
from leads.search_documents import rebuild

INDEX = "search_by_trigrams"


def make_index_of_sqlite(apps, schema_editor):
    search_index.install(schema_editor.connection)


def drop_index_of_sqlite(apps, schema_editor):
    search_index.remove(schema_editor.connection)


def fill(apps, schema_editor):
    rebuild(apps=apps)


def make_index_of_postgresql(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for extension in ("pg_trgm", "btree_gin"):
        schema_editor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    # A build that broke off leaves an index that is never used.
    drop_index_of_postgresql(apps, schema_editor)
    schema_editor.execute(
        f"CREATE INDEX CONCURRENTLY {INDEX} ON {search_index.TABLE} USING gin"
        " (owner_id, marketplace_id, status, text gin_trgm_ops)"
        # New rows wait unsorted, and each search reads what waits: so that it is little.
        " WITH (gin_pending_list_limit = 256)"
    )


def drop_index_of_postgresql(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0004_search_documents"),
    ]

    operations = [
        migrations.RunPython(make_index_of_sqlite, drop_index_of_sqlite),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(make_index_of_postgresql, drop_index_of_postgresql),
    ]

"""Lets SQLite find a search document at once; see leadbook.row_keys."""

from django.db import migrations
from django.db.models.deletion import CASCADE

from leadbook.row_keys import RowKey
from leadbook.safe_operations import AlterOnSqlite
from leads import search_index


def install(apps, schema_editor):
    # The triggers went with the table that was replaced.
    search_index.install(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ("leads", "0026_one_list_of_each_slice"),
    ]

    operations = [
        # Backwards, the triggers come last, too.
        migrations.RunPython(migrations.RunPython.noop, install),
        AlterOnSqlite(
            "searchdocument",
            "lead",
            RowKey(
                "leads.lead",
                on_delete=CASCADE,
                related_name="search_document",
                serialize=False,
                verbose_name="lead",
            ),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]

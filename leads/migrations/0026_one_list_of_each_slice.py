"""Makes SQLite's search index anew, in which each slice of a sight is one list."""

from django.db import migrations

from leads import search_index


def make_afresh(apps, schema_editor):
    search_index.remove(schema_editor.connection)
    search_index.install(schema_editor.connection)
    search_index.make_afresh(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ("leads", "0025_one_index_of_each_lead"),
    ]

    operations = [
        migrations.RunPython(make_afresh, migrations.RunPython.noop),
    ]

"""Lets leads be found by their need and by the marketplaces' own fields."""

from django.db import migrations

from leads.search_documents import rebuild


def fill(apps, schema_editor):
    rebuild(apps=apps)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0014_fill_field_values"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

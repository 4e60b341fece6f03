"""Fills the values of own fields; in batches, each of which holds its leads for a moment."""

from django.db import migrations

from leads.field_values import rebuild


def fill(apps, schema_editor):
    rebuild(apps=apps)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0013_field_values"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

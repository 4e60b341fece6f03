"""Fills the match keys; in batches, each of which holds its leads for a moment."""

from django.db import migrations

from leads.match_keys import rebuild


def fill(apps, schema_editor):
    rebuild(apps=apps)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0021_match_keys"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

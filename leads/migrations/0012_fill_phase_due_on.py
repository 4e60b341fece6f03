"""Fills the targets of the leads that are at work; in pieces, can begin again."""

from django.db import migrations

from leads.reckoning import reckon


def fill(apps, schema_editor):
    leads = apps.get_model("leads", "Lead").objects.using(schema_editor.connection.alias)
    phases = apps.get_model("marketplaces", "Phase").objects.filter(target_days__gt=0)
    for phase in phases.select_related("marketplace").order_by("pk"):
        reckon(leads, phase, phase.marketplace.federal_state)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0011_indexes_of_targets"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

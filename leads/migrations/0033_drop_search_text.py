"""Drops the column that 0029 has left out of the models.

On SQLite the whole table is written anew; who writes meanwhile waits.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("leads", "0032_written_entries"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE leads_lead DROP COLUMN search_text",
            "ALTER TABLE leads_lead ADD COLUMN search_text text DEFAULT '' NOT NULL",
        ),
    ]

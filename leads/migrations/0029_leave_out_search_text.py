"""Leaves a column out of the models that the version before still reads.

It stays in the table, empty, until a later version drops it there.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("leads", "0028_forget_search_text"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("lead", "search_text")],
        ),
    ]

"""What own fields are sorted and filtered by, in a table beside the leads."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def sort_by_bytes(apps, schema_editor):
    """Let PostgreSQL compare the keys as SQLite does, whatever the database's language.

    The table is empty.
    """
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            'ALTER TABLE leads_fieldvalue ALTER COLUMN key TYPE varchar(200) COLLATE "C"'
        )


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0012_fill_phase_due_on'),
        ('marketplaces', '0007_guidance'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FieldValue',
            fields=[
                ('pk', models.CompositePrimaryKey('lead_id', 'field_id', 'is_choice', 'key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('is_closed', models.BooleanField(verbose_name='closed')),
                ('is_choice', models.BooleanField(verbose_name='choice')),
                ('key', models.CharField(max_length=200)),
                ('field', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='marketplaces.field', verbose_name='field')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='field_values', to='leads.lead', verbose_name='lead')),
                ('owner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'value of an own field',
                'verbose_name_plural': 'values of own fields',
                'indexes': [models.Index(fields=['field', 'owner', 'is_closed', 'is_choice', 'key', 'lead'], name='field_value_own'), models.Index(fields=['field', 'is_closed', 'is_choice', 'key', 'lead'], name='field_value_all')],
            },
        ),
        migrations.RunPython(sort_by_bytes, migrations.RunPython.noop),
    ]

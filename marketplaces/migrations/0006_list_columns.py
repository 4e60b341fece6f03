"""Which columns each person chose for the lists."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marketplaces', '0005_federal_state'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='list_columns',
            field=models.JSONField(editable=False, null=True),
        ),
    ]

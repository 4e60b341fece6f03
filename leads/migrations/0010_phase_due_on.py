"""Until when a lead should lie in its phase."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0009_follow_up_note'),
        ('marketplaces', '0008_targets'),
    ]

    operations = [
        migrations.AddField(
            model_name='lead',
            name='phase_due_on',
            field=models.DateField(blank=True, null=True, verbose_name='target of the phase'),
        ),
    ]

from django.db import migrations, models

from leadbook.safe_operations import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0017_call_outcome"),
    ]

    operations = [
        AddIndex(
            model_name="journalentry",
            index=models.Index(condition=models.Q(('outcome', ''), _negated=True), fields=['lead', '-created_at'], name='journal_calls_of_lead'),
        ),
    ]

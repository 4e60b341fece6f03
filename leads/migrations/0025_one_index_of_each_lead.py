from django.db import migrations, models
from django.db.models.deletion import PROTECT

from leadbook.safe_operations import LeaveOutIndex


def lead(related_name):
    return models.ForeignKey(
        "leads.lead", db_index=False, on_delete=PROTECT, related_name=related_name,
        verbose_name="lead",
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0024_import_duplicates_indexes"),
    ]

    operations = [
        LeaveOutIndex("attachment", "lead", lead("attachments")),
        LeaveOutIndex("journalentry", "lead", lead("journal")),
        LeaveOutIndex("leadevent", "lead", lead("events")),
    ]

from django.db import migrations, models
from django.db.models import Q

from leadbook.safe_operations import AddIndex


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0031_search_by_owner"),
    ]

    operations = [
        AddIndex(
            model_name="journalentry",
            index=models.Index(
                fields=["lead"],
                name="journal_written_of_lead",
                condition=~Q(kind="event") & Q(deleted_at=None),
            ),
        ),
    ]

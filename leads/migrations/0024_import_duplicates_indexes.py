from django.db import migrations, models

from leadbook.safe_operations import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("leads", "0023_import_duplicates"),
    ]

    operations = [
        AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('likenesses', ''), _negated=True), fields=['lead_import', 'line'], name='import_row_alike'),
        ),
        AddIndex(
            model_name='importrow',
            index=models.Index(condition=models.Q(('twin__isnull', False)), fields=['twin'], name='import_row_of_twin'),
        ),
    ]

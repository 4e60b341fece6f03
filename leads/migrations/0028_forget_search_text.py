"""Empties a column that nothing has read since the search documents; 0029 leaves it out."""

from django.db import migrations
from django.db.models import Max

AT_ONCE = 5000


def forget(apps, schema_editor):
    leads = apps.get_model("leads.Lead")._base_manager
    last = leads.aggregate(last=Max("pk"))["last"] or 0
    # In pieces, so that nobody waits long for a lead.
    for first in range(0, last, AT_ONCE):
        piece = leads.filter(pk__gt=first, pk__lte=first + AT_ONCE)
        piece.exclude(search_text="").update(search_text="")


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("leads", "0027_search_documents_by_row"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]

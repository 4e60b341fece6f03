"""What the database and the storage hold, for comparing before and after."""

from functools import cache
from pathlib import Path

from django.apps import apps
from django.core.files.storage import storages
from django.db import connection

# Reading and refused requests may touch the session (its age, a message to show) and, where
# their number is limited, count; nothing else.
VOLATILE = {"sessions.Session", "marketplaces.Attempt"}


def everything():
    """All rows of all tables, except the volatile ones, by model."""
    rows = {}
    with connection.cursor() as cursor:
        for label, statement in _statements():
            cursor.execute(statement)
            rows[label] = cursor.fetchall()
    return rows


@cache
def _statements():
    """Label and statement of each model; to have them made anew takes longer than to ask."""
    return [
        (model._meta.label, str(model._base_manager.order_by("pk").values_list().query))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.label not in VOLATILE
    ]


def changes(before, after):
    """What differs between two states, short enough to be read in a failing test."""
    return {
        label: (
            [row for row in before[label] if row not in after[label]],
            [row for row in after[label] if row not in before[label]],
        )
        for label in before
        if before[label] != after[label]
    }


def stored_files():
    """The keys under which the storage of attachments holds something."""
    root = Path(storages["attachments"].location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

"""The indexes that the lists of leads are read along.

A list goes through the slices of somebody's sight (leads.models.sight): the own leads of
a marketplace, or all of it. Each slice in each order is one range of one index here, so
that a page costs the same whether 20 leads lie in it or 50,000, and in a table of
millions. Behind the sort column stands the id, which breaks ties, and then what filters
ask for: what does not fit is passed over without looking at the lead itself. Where all
leads of a slice have the same sort value (a phase, a marketplace, a result), they stand by
the time they were made: by the id alone PostgreSQL would rather read the primary key.
"""

from django.db.models import Index, Q

PATHS = {"own": ["owner", "marketplace"], "all": ["marketplace"]}
# True of every lead that somebody works on. Only who looks for all of a marketplace says
# so: for the own leads PostgreSQL would sometimes take these indexes, too, and pass over
# the leads of everybody else.
OF_ANYBODY = Q(accepted_at__isnull=False)
OPEN = Q(status="in_progress", anonymised_at=None)
CLOSED = Q(closed_at__isnull=False, anonymised_at=None)
OFFERED = Q(status="offered", anonymised_at=None)


def indexes_of_lists():
    """Return the indexes for "in Bearbeitung", "Abgeschlossen" and "Neue Leads"."""
    indexes = [
        Index(
            fields=["marketplace", "created_at", "id"],
            name="lead_offered_created",
            condition=OFFERED,
        )
    ]
    for name, path in PATHS.items():
        of_whom = OF_ANYBODY if name == "all" else Q()
        for word, columns in {
            "name": ["sort_name", "id", "phase", "follow_up_at", "phase_due_on"],
            "due": ["follow_up_at", "id", "phase", "phase_due_on"],
            "active": ["last_activity_at", "id", "phase", "follow_up_at", "phase_due_on"],
            "value": ["value", "id", "phase", "follow_up_at", "phase_due_on"],
            "market": ["created_at", "id", "phase", "follow_up_at", "phase_due_on"],
            # What the counter of those that lie too long is read along.
            "target": ["phase_due_on", "id"],
        }.items():
            indexes.append(
                Index(
                    fields=path + columns,
                    name=f"lead_work_{name}_{word}",
                    condition=OPEN & of_whom,
                )
            )
        # A phase belongs to one marketplace.
        indexes.append(
            Index(
                fields=[
                    *path[:-1],
                    "phase",
                    "created_at",
                    "id",
                    "follow_up_at",
                    "phase_due_on",
                ],
                name=f"lead_work_{name}_phase",
                condition=OPEN & of_whom,
            )
        )
        for word, columns in {
            "name": ["sort_name", "id", "status"],
            "date": ["closed_at", "id", "status"],
            "value": ["value", "id", "status"],
            "market": ["created_at", "id", "status"],
            "result": ["status", "created_at", "id"],
        }.items():
            indexes.append(
                Index(
                    fields=path + columns,
                    name=f"lead_closed_{name}_{word}",
                    condition=CLOSED & of_whom,
                )
            )
    return indexes

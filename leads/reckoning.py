"""Telling anew until when leads should lie in their phases, after the operator changed it."""

from functools import partial

from django.db import transaction
from django.tasks import task

from marketplaces.models import Phase

from .models import Lead
from .targets import last_day

# So many rows are held at once; who wants to move one of them waits for no more.
BATCH = 500


def reckon(leads, phase, state):
    """Set the last days of those of `leads` that stand in `phase`; return how many changed."""
    there = leads.filter(phase_id=phase.pk, status="in_progress").order_by("pk")
    last, changed = 0, 0
    while True:
        with transaction.atomic():
            held = there.filter(pk__gt=last).select_for_update(no_key=True)
            rows = list(held.values_list("pk", "phase_entered_at", "phase_due_on")[:BATCH])
            wanted = {}
            for pk, entered, now in rows:
                day = last_day(entered, phase.target_days, state)
                if day != now:
                    wanted.setdefault(day, []).append(pk)
            for day, ids in wanted.items():
                changed += leads.filter(pk__in=ids).update(phase_due_on=day)
        if len(rows) < BATCH:
            return changed
        last = rows[-1][0]


@task(priority=-20)
def reckon_phases(phase_ids):
    """Reckon for these phases as they are now; can be done twice."""
    for phase in Phase.objects.with_ids(phase_ids).by_marketplace():
        reckon(Lead.objects.all(), phase, phase.marketplace.federal_state)


def reckon_later(phases):
    """Let a worker reckon for the `phases` once what was changed is committed."""
    if ids := [phase.pk for phase in phases]:
        transaction.on_commit(partial(reckon_phases.enqueue, ids))


def reckon_all():
    """Reckon for every phase: what the version before moved, and new rules of holidays."""
    reckon_phases.func(list(Phase.objects.order_by("pk").values_list("pk", flat=True)))

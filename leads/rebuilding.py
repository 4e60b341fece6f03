"""Going through all leads to make afresh what is kept beside them."""

from dataclasses import dataclass

from django.apps import apps as current_apps
from django.db import transaction

BATCH = 500


@dataclass
class Outcome:
    """What was rebuilt, in numbers of leads."""

    seen: int = 0
    written: int = 0


def rebuild(
    write, *, columns, apps=current_apps, marketplace=None, progress=lambda outcome: None
):
    """Make the rows beside all leads (of a `marketplace`) afresh; return the Outcome.

    `write` is given some leads at a time, with these columns, and returns of how many the
    rows differed. `progress` is called with the Outcome after each batch.
    """
    outcome = Outcome()

    def do(batch):
        outcome.seen += len(batch)
        outcome.written += write(batch, apps=apps)
        progress(outcome)

    each_batch(do, columns=columns, apps=apps, marketplace=marketplace)
    return outcome


def each_batch(do, *, columns, apps=current_apps, marketplace=None):
    """Let `do` have all leads (of a `marketplace`) with these columns, some at a time.

    Repeatable, and safe beside a running server: each batch is a transaction that holds
    its leads.
    """
    leads = apps.get_model("leads.Lead")._base_manager
    if marketplace is not None:
        leads = leads.filter(marketplace=marketplace)
    last = 0
    while True:
        with transaction.atomic():
            rows = leads.filter(pk__gt=last).order_by("pk").select_for_update(of=("self",))
            batch = list(rows.only(*columns)[:BATCH])
            if not batch:
                return
            last = batch[-1].pk
            do(batch)

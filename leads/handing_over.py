"""Handing many leads over at once, for operators: who had them leaves, or is away."""

from dataclasses import dataclass

from leads.models import LeadError

# Each lead is handed over in a transaction of its own; more than this many would let the
# operator wait too long for one answer.
AT_ONCE = 500


@dataclass
class Outcome:
    """What became of the leads, in numbers."""

    handed_over: int = 0
    # What the colleague had before.
    theirs: int = 0
    # Why the others were left out: not in progress; not where the colleague sells; changed
    # by somebody else meanwhile.
    not_open: int = 0
    elsewhere: int = 0
    overtaken: int = 0
    # How many are for the next time.
    waiting: int = 0


def hand_over(leads, *, to, by):
    """Hand up to AT_ONCE of the `leads` that `by` may act on over; return the Outcome."""
    there = leads.personal().in_progress()
    of_others = there.of_others_than(to)
    possible = of_others.sold_by(to)
    ids = list(possible.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    number = possible.count()
    outcome = Outcome(
        theirs=there.owned_by(to).count(),
        not_open=leads.count() - there.count(),
        elsewhere=of_others.count() - number,
        waiting=number - len(ids),
    )
    for pk in ids:
        # Each by itself: what it brings along would be of before the one ahead has moved.
        lead = possible.with_id(pk)
        try:
            event = lead and lead.hand_over(to=to, by=by)
        except LeadError:
            event = None
        if event:
            outcome.handed_over += 1
        else:
            outcome.overtaken += 1
    return outcome

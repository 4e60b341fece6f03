"""Moving the leads out of a phase, for operators who retire it."""

from leads.models import Lead, NoLongerVisible

# Each lead is moved in a transaction of its own; more than this many would let the
# operator wait too long for one answer.
AT_ONCE = 500


def leads_in(phase, *, by):
    """Return the leads that stand in `phase` and that the operator `by` may move."""
    return Lead.objects.operated_by(by).personal().in_phase(phase.pk).in_progress()


def relocate_leads(phase, *, to, by):
    """Move up to AT_ONCE leads from `phase` to the phase `to`; return how many.

    A lead that its rep has moved on or closed meanwhile stays where it is now. Raises
    PhaseRetired, or NotNeighbours when `to` belongs to another marketplace.
    """
    here = leads_in(phase, by=by)
    moved = 0
    for pk in list(here.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        # Each by itself: what it brings along would be of before the one ahead has moved.
        lead = here.with_id(pk)
        try:
            moved += lead is not None and lead.relocate(to=to, by=by, among=here) is not None
        except NoLongerVisible:
            continue
    return moved

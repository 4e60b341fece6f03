"""Handing a lead over to a colleague: who had it leaves, or is away."""

from django.utils.translation import gettext_lazy as _

from marketplaces.models import Membership

from .errors import NoRepHere, NotInProgress
from .event import LeadEvent


class HandingOver:
    """The verb that changes the owner; mixed into Lead."""

    def hand_over(self, *, to, by):
        """Make `to` the owner of this lead in progress; return the event.

        All else stays as it is: phase, follow-up, checklist, journal, attachments. None
        when it is theirs already. Raises NotInProgress; NoRepHere when `to` does not work
        on leads of the marketplace; NoLongerVisible when `by` neither manages nor operates
        it.
        """
        with self.locked(type(self).objects.led_by(by)):
            if not self.is_in_progress:
                raise NotInProgress(_("Only leads in progress are handed over."))
            if not Membership.objects.of(to).selling().within(self.marketplace_id).hold():
                raise NoRepHere
            if self.owner_id == to.pk:
                return None
            before, self.owner = self.owner, to
            # The form that entered the lead was the former owner's.
            self.entry_token = None
            self.save_change("owner", "entry_token")
            self.save_match_keys()
            return self.record(
                LeadEvent.Kind.HANDED_OVER,
                by=by,
                old=before.pk,
                new=to.pk,
                old_text=str(before),
                new_text=str(to),
            )

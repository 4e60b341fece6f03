"""That a person was told what is kept about them (Art. 15 GDPR)."""

from .event import LeadEvent


class Informing:
    """The verb of giving information; mixed into Lead."""

    def record_information(self, *, by, among):
        """Record that the lead's data were handed out; return the event.

        `among` is the queryset that the actor may act on. Raises NoLongerVisible, also
        for a lead that is anonymised.
        """
        with self.locked(among.personal()):
            return self.record(LeadEvent.Kind.EXPORTED, by=by)

"""From offer to owner: a lead is offered, accepted or declined, or entered by a rep."""

from django.db import IntegrityError, transaction

from leads.fields import fields_of

from .errors import AlreadyTaken, NoPhases, SentBefore
from .event import LeadEvent
from .refusal import LeadRefusal


class Acceptance:
    """The verbs at the beginning of a lead; mixed into Lead."""

    @classmethod
    @transaction.atomic
    def enter(cls, *, marketplace, values, by, token=None, external_id=None):
        """Create an own lead of `by` in the first phase and return it.

        `values` maps field names to Python values. A `token` that was used before gives
        the lead of that time; SentBefore where other values were entered with it. Raises
        NoPhases; IntegrityError for an `external_id` that is used.
        """
        if token and (lead := cls.objects.entered_with(token, by=by)):
            return lead._entered_again(marketplace, values)
        lead = cls(
            marketplace=marketplace, owner=by, entry_token=token, external_id=external_id
        )
        lead._fill(values)
        lead._start()
        try:
            with transaction.atomic():
                lead.save()
        except IntegrityError:
            if token is None:
                raise
            lead = cls.objects.get(entry_token=token, owner=by)
            return lead._entered_again(marketplace, values)
        lead.save_search_document()
        if lead.own_values:
            lead.save_field_values()
        lead.add_match_keys()
        lead.record(
            LeadEvent.Kind.ENTERED, by=by, to_phase=lead.phase, new_text=lead.phase.name
        )
        return lead

    @classmethod
    @transaction.atomic
    def offer(cls, *, marketplace, values, external_id=None, by=None):
        """Create a lead that the marketplace offers to its reps and return it.

        Raises NoPhases: a marketplace without phases cannot offer leads.
        """
        if marketplace.first_phase is None:
            raise NoPhases
        lead = cls(marketplace=marketplace, external_id=external_id)
        lead._fill(values)
        lead.save()
        lead.save_search_document()
        lead.record(LeadEvent.Kind.OFFERED, by=by, label=marketplace.name)
        return lead

    @classmethod
    def unsaved(cls, marketplace, values):
        """Return a lead with these values that is only to be looked at."""
        lead = cls(marketplace=marketplace)
        lead._fill(values)
        return lead

    def accept(self, *, by):
        """Make `by` the owner and start the process.

        Exactly one caller wins. Raises AlreadyTaken, NoPhases, NoLongerVisible.
        """
        with self.locked(type(self).objects.open_to(by)):
            if self.status != self.Status.OFFERED:
                raise AlreadyTaken
            self.owner = by
            self._start()
            self.save_change("owner", "status", *self.PLACE, "accepted_at")
            self.save_match_keys()
            return self.record(
                LeadEvent.Kind.ACCEPTED,
                by=by,
                to_phase=self.phase,
                new_text=self.phase.name,
            )

    def decline(self, *, by, reason=""):
        """Hide this offered lead from `by`. Raises AlreadyTaken, NoLongerVisible."""
        with self.locked(type(self).objects.open_to(by)):
            if self.status != self.Status.OFFERED:
                raise AlreadyTaken
            _refusal, is_new = LeadRefusal.objects.get_or_create(
                lead=self, rep=by, defaults={"reason": reason}
            )
            if is_new:
                self.record(LeadEvent.Kind.DECLINED, by=by, new_text=reason)

    def _entered_again(self, marketplace, values):
        again = self.unsaved(marketplace, values)
        if self.marketplace_id != marketplace.pk or any(
            field.value_of(self) != field.value_of(again) for field in fields_of(marketplace)
        ):
            raise SentBefore
        return self

    def _start(self):
        phase = self.marketplace.hold_first_phase()
        if phase is None:
            raise NoPhases
        self.status = self.Status.IN_PROGRESS
        self.enter_phase(phase)
        self.accepted_at = self.phase_entered_at

    def _fill(self, values):
        for field in fields_of(self.marketplace):
            if field.name in values:
                field.assign(self, values[field.name])
        self.derive()

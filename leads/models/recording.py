"""What every verb of a lead does: lock the row, look at it afresh, record the change."""

from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from leadbook import provenance
from leads.field_values import COLUMNS as VALUED
from leads.search_documents import COLUMNS as SEARCHED

from .errors import NoLongerVisible
from .event import LeadEvent
from .journal import JournalEntry


class Recording:
    """The frame of the verbs; mixed into Lead."""

    _moment = None

    @property
    def moment(self):
        """The time of what is written now: one for all that a locked row's verb writes."""
        return self._moment or provenance.current().at or timezone.now()

    @property
    def new_lines(self):
        """What the verbs of this instance wrote into the journal, newest first."""
        return self.__dict__.setdefault("_new_lines", [])

    def locked(self, among):
        """Hold this lead's row for one transaction, with its values read afresh.

        `among` is the queryset in which it must still be found, so that a right that was
        taken away meanwhile ends here. Raises NoLongerVisible.
        """
        return self._locked(lambda: among.held().filter(pk=self.pk).first())

    def locked_for(self, user):
        """Hold this lead's row for a change by `user`; see `locked`."""
        leads = type(self).objects
        return self._locked(lambda: leads.one_visible_to(user, self.pk, "worked", "held"))

    @contextmanager
    def _locked(self, read):
        # What the Verlauf keeps as text is in the installation's language, whoever acts.
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
            held = read()
            if held is None:
                raise NoLongerVisible
            self._take_values_of(held)
            outer = self._moment
            # A page that shows the last activity shows all of it: nothing is later.
            self._moment = self.moment
            try:
                yield
            finally:
                self._moment = outer

    def _take_values_of(self, held):
        """Have the columns of the same lead, read anew, and forget what stood beside them.

        As refresh_from_db does, but for the marketplace, which no lead ever changes: a verb
        that asks what may be done there reads that again.
        """
        marketplace = self._state.fields_cache.get("marketplace")
        for column in self._meta.concrete_fields:
            setattr(self, column.attname, getattr(held, column.attname))
        self._state.fields_cache.clear()
        self._prefetched_objects_cache = {}
        if marketplace:
            marketplace._state.fields_cache.clear()
            marketplace._prefetched_objects_cache = {}
            self.marketplace = marketplace

    def save_change(self, *columns):
        """Write `columns` and nothing else, so that parallel edits are not overwritten.

        What is searched of them goes into the search document, what is sorted by into
        the values beside.
        """
        self.last_activity_at = self.moment
        self.save(update_fields=[*columns, "last_activity_at"])
        if not SEARCHED.isdisjoint(columns):
            self.save_search_document()
        if "own_values" in columns or (self.own_values and not VALUED.isdisjoint(columns)):
            self.save_field_values()

    def record(self, kind, *, by, **details):
        """Append a LeadEvent and, for some kinds, its thin line in the journal."""
        event = LeadEvent.objects.create(
            lead=self,
            kind=kind,
            created_at=self.moment,
            **provenance.signature(by),
            **details,
        )
        if kind in LeadEvent.IN_JOURNAL:
            self.write_line(
                kind=JournalEntry.Kind.EVENT,
                author=by,
                event=event,
                created_at=event.created_at,
            )
        return event

    def write_line(self, **columns):
        """Append a JournalEntry and return it."""
        entry = JournalEntry.objects.create(
            lead=self, **{"created_at": self.moment, **columns}
        )
        self.new_lines.insert(0, entry)
        if entry.event_id is None:
            self.add_search_words(entry.text)
        return entry

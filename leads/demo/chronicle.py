"""Playing a lead's life through its verbs, each at the moment when it is said to happen.

The verbs stamp the lead's history and its steps with the moment that its provenance names,
other rows and columns with the present. The chronicle remembers the rest and at the end sets
it back to its moments. So the history is what the application itself would have written, only
earlier.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from leadbook import provenance
from leadbook.provenance import Source
from leads.models import Attachment, JournalEntry, Lead
from leads.models.attachment import attachment_storage

from .documents import make_document

BATCH = 200


@dataclass
class Step:
    """One thing that happens: what (the name of a method of Life), when, with what."""

    do: str
    at: datetime
    details: dict = field(default_factory=dict)


class Chronicle:
    """What happened to the demo's leads."""

    def __init__(self, chance):
        self.chance = chance
        self.lives = []
        # Id of the attachment → the moment at which it is said to have been filed.
        self.files = {}
        # Written entries have no consequences besides their own row and are many, so
        # they are kept for one insert instead of going through lead.write_entry.
        self.entries = []
        self.stored = []

    def tell(self, stage, steps, **lead):
        """Play `steps`, oldest first, and return the Lead; see Life for `lead`."""
        life = Life(self, stage, **lead)
        for step in steps:
            source = Source.IMPORT if step.do == "offer" else Source.WEB
            with provenance.of(at=step.at, source=source):
                getattr(life, step.do)(step.at, **step.details)
        self.lives.append(life)
        return life.lead

    def set_back(self):
        """Give every row that was made the moment at which it is said to have happened."""
        JournalEntry.objects.bulk_create(self.entries, BATCH)
        for lead in {entry.lead for entry in self.entries}:
            lead.save_search_document(with_journal=True)
        files = [Attachment(pk=pk, created_at=moment) for pk, moment in self.files.items()]
        Attachment.objects.bulk_update(files, ["created_at"], BATCH)
        for life in self.lives:
            for column, moment in life.moments.items():
                setattr(life.lead, column, moment)
        Lead.objects.bulk_update(
            [life.lead for life in self.lives], ["created_at", "last_activity_at"], BATCH
        )

    def forget_files(self):
        """Remove the files from the storage, for when the rows could not be kept."""
        for name in filter(None, self.stored):
            attachment_storage().delete(name)


class Life:
    """One lead; each method is a step that runs the verb of this name."""

    def __init__(self, chronicle, stage, *, values, owner=None, external_id=None):
        self.chronicle, self.stage = chronicle, stage
        self.values, self.owner, self.external_id = values, owner, external_id
        self.lead = None
        self.moments = {}

    def offer(self, at):
        """The marketplace offers the lead."""
        self.lead = Lead.offer(
            marketplace=self.stage.marketplace,
            values=self.values,
            external_id=self.external_id,
        )
        self._begun(at)

    def enter(self, at):
        """The owner enters an own lead."""
        self.lead = Lead.enter(
            marketplace=self.stage.marketplace, values=self.values, by=self.owner
        )
        self._begun(at)

    def decline(self, at, *, by, reason):
        """A rep declines the offered lead."""
        self.lead.decline(by=by, reason=reason)
        self.lead.refusals.filter(rep=by).update(created_at=at)

    def accept(self, at):
        """The owner accepts it."""
        self.lead.accept(by=self.owner)
        self._acted(at)

    def move(self, at):
        """On to the next phase."""
        lead = self.lead
        lead.move(seen=lead.phase, to=lead.next_phase, by=self.owner, **self._asked(at))
        self._acted(at)

    def _asked(self, at):
        """Return what the phase asks for, ticked and filled as the owner would have."""
        lead = self.lead
        ticks = {item.pk: True for item in lead.checklist() if item.is_required}
        empty = [field for field in lead.required_fields() if field.is_empty_on(lead)]
        samples = {
            "value": Decimal(self.chronicle.chance.randint(12, 48) * 500),
            "wish_date": at.date() + timedelta(days=self.chronicle.chance.randint(40, 160)),
            "need": _("Needs advice"),
        }
        changes = {f.name: (f.seen_of(lead), samples[f.name]) for f in empty}
        return {"ticks": ticks, "filled": {"changes": changes} if changes else None}

    def back(self, at):
        """Back to the phase before."""
        lead = self.lead
        lead.move(seen=lead.phase, to=lead.previous_phase, by=self.owner)
        self._acted(at)

    def win(self, at):
        """Won."""
        self.lead.win(seen=self.lead.phase, by=self.owner)
        self._acted(at)

    def lose(self, at, *, reason):
        """Lost for one of the marketplace's reasons."""
        self.lead.lose(seen=self.lead.phase, reason=reason, by=self.owner)
        self._acted(at)

    def reopen(self, at):
        """Taken up again."""
        self.lead.reopen(by=self.owner)
        self._acted(at)

    def change(self, at, *, name, value):
        """A field is corrected; `name` as the data files call it."""
        reader = self.stage.readers[name]
        event = self.lead.set_field(
            reader.field.name, seen=reader.field.seen_of(self.lead), value=value, by=self.owner
        )
        if event:
            self._acted(at)

    def write(self, at, *, kind, text, by=None):
        """Somebody writes into the journal."""
        entry = JournalEntry(
            lead=self.lead, author=by or self.owner, kind=kind, text=text, created_at=at
        )
        self.chronicle.entries.append(entry)
        self._acted(at)

    def file(self, at, *, maker, name):
        """The owner files a document."""
        document = make_document(
            maker, name, lead=self.lead, at=at, by=self.owner, chance=self.chronicle.chance
        )
        attachment, _event = self.lead.attach(document, by=self.owner)
        self.chronicle.stored += [attachment.file.name, attachment.thumbnail.name]
        self.chronicle.files[attachment.pk] = at
        self._acted(at)

    def _begun(self, at):
        self.moments["created_at"] = at
        self._acted(at)

    def _acted(self, at):
        self.moments["last_activity_at"] = at

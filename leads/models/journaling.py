"""Writing the Lead-Journal."""

from django.db import IntegrityError
from django.utils import timezone

from .errors import FieldConflict, SentBefore, Unchangeable
from .event import LeadEvent
from .journal import JournalEntry


class Journaling:
    """The verbs on journal entries; mixed into Lead."""

    def write_entry(self, *, text, by, kind=JournalEntry.Kind.NOTE, token=None):
        """Write an entry and return it; the same `token` twice writes one.

        With other contents the second time raises SentBefore.
        """
        extra = {"token": token} if token else {}
        try:
            with self.locked_for(by):
                entry = self.write_line(author=by, kind=kind, text=text, **extra)
                self.save_change()
                return entry
        except IntegrityError:
            # Seldom, so that nobody else looks for it first.
            if written := self.written_with(token, kind=kind, text=text):
                return written
            raise

    def written_with(self, token, **contents):
        """Return the entry that the form with `token` has written, or None.

        Raises SentBefore where its `contents` were others.
        """
        written = self.journal.filter(token=token).first()
        if written and any(getattr(written, name) != contents[name] for name in contents):
            raise SentBefore
        return written

    def edit_entry(self, entry_id, *, text, by, seen=None):
        """Change an own entry's text; return the event, or None without a change.

        `seen` is the text that the author saw; another one now is a FieldConflict.
        Raises Unchangeable when the entry is not there or not the author's.
        """
        with self.locked_for(by):
            entry = self._own_entry(entry_id, by=by)
            if entry.text == text:
                return None
            if seen is not None and entry.text != seen.replace("\r\n", "\n"):
                raise FieldConflict({"text": None})
            old, entry.text, entry.edited_at = entry.text, text, timezone.now()
            entry.save(update_fields=["text", "edited_at"])
            self.save_change()
            self.save_search_document(with_journal=True)
            return self._record_entry(
                LeadEvent.Kind.ENTRY_EDITED, entry, by, old=old, new=text
            )

    def delete_entry(self, entry_id, *, by):
        """Take an own entry out of the journal; the Verlauf keeps it. See `edit_entry`."""
        with self.locked_for(by):
            entry = self._own_entry(entry_id, by=by)
            entry.deleted_at = timezone.now()
            entry.save(update_fields=["deleted_at"])
            self.save_change(*self.counted_calls(entry))
            self.save_search_document(with_journal=True)
            return self._record_entry(LeadEvent.Kind.ENTRY_DELETED, entry, by, old=entry.text)

    def restore_entry(self, entry_id, *, by):
        """Put a deleted own entry back at its place."""
        with self.locked_for(by):
            entry = (
                self.journal.written()
                .filter(pk=entry_id, author=by, deleted_at__isnull=False)
                .first()
            )
            if entry is None:
                raise Unchangeable
            entry.deleted_at = None
            entry.save(update_fields=["deleted_at"])
            self.save_change(*self.counted_calls(entry))
            self.save_search_document(with_journal=True)
            return self._record_entry(LeadEvent.Kind.ENTRY_RESTORED, entry, by, new=entry.text)

    def _own_entry(self, entry_id, *, by):
        entry = self.journal.by(by).filter(pk=entry_id).first()
        if entry is None:
            raise Unchangeable
        return entry

    def _record_entry(self, kind, entry, by, *, old="", new=""):
        return self.record(
            kind,
            by=by,
            label=str(entry.get_kind_display()),
            old=old,
            new=new,
            old_text=old,
            new_text=new,
            object_id=entry.pk,
        )

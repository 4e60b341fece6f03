"""Keeping what a lead is found by in step with it, in the transaction of each verb."""

from leads.search_documents import (
    columns_of,
    distinct_words,
    journal_of,
    parts_of,
    text_of,
)

from .questions import Question
from .search_document import SearchDocument


class Searching:
    """What the other verbs call; mixed into Lead."""

    def save_search_document(self, *, with_journal=False):
        """Write what has changed of the document, or a new one.

        The journal is read again only where the document is new or `with_journal` says
        that an entry was changed.
        """
        kept = self._search_document()
        if with_journal or kept is None:
            words = journal_of(self.journal)
        else:
            _head, words = parts_of(kept.text)
        columns = columns_of(self, words)
        if kept is None:
            SearchDocument.objects.create(**columns)
            return
        changed = [name for name, value in columns.items() if getattr(kept, name) != value]
        if changed:
            for name in changed:
                setattr(kept, name, columns[name])
            kept.save(update_fields=changed)

    def add_search_words(self, text):
        """Add the new words of a journal entry; the journal is not read again."""
        kept = self._search_document()
        if kept is None:
            self.save_search_document()
            return
        head, words = parts_of(kept.text)
        known = set(words)
        if new := [word for word in distinct_words([text]) if word not in known]:
            kept.text = text_of(head, [*new, *words])
            kept.save(update_fields=["text"])

    def forget_search_document(self):
        """Let nobody find the lead any more."""
        SearchDocument.objects.filter(pk=self.pk).delete()

    def _search_document(self):
        # A Question, because every entry of the journal asks it.
        found = Question(
            ("search document",),
            lambda given: SearchDocument.objects.with_id(given["pk"]).order_by(),
            {"pk": self.pk},
        ).objects()
        return found[0] if found else None

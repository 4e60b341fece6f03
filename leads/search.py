"""Searching as a rep types: the best of few matches, or word that there are many."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.db.models.functions import Left

from .models import Lead, SearchDocument
from .search_documents import HEAD_LENGTH, parts_of
from .search_terms import Terms

# More matches are not ranked: the list is then read in an order of its own.
LIMIT = 500
# So many of the newest PROBED leads of a list of more than LONG: one in a hundred. Where
# none of the newest GLANCED matches, no further ones are looked at.
LONG, GLANCED, PROBED, COMMON = 1_000, 100, 500, 5
# Half as much again as a page needs, if the other leads match as often.
AMPLE = 75

WHOLE, NAME, COMPANY, FIELDS, JOURNAL = range(5)


@dataclass(frozen=True)
class Found:
    """The ids of the leads that match, the best first; none where they are too many."""

    ids: tuple = ()
    is_capped: bool = False
    # In how many leads of the list a page of matches is expected; 0 where nobody knows.
    window: int = 0

    def wider(self, window, matching, size):
        """Return the window to look into where one had less than `size` `matching`.

        0 where that was already the second, or so few that the list is to be walked.
        """
        is_second = window > self.window
        return 0 if is_second or matching < size // 5 else window * AMPLE // matching


class Search:
    """What one text finds along a leads.models.sight.Sight, never among offered leads.

    Few matches are ranked by `found`. Of more than LIMIT it says so, and the list asks
    `narrow` for those of its rows that match: they are then close together in any order.
    """

    def __init__(self, text, sight):
        self.terms = Terms.read(text)
        self.sight = sight

    @property
    def is_empty(self):
        """Whether too little was typed to be searched: the list is to be shown whole."""
        return self.terms.is_empty

    @property
    def is_exact(self):
        """Whether a whole e-mail address or number was typed, which few leads have."""
        return bool(self.terms.email or self.terms.number)

    def found_among(self, newest):
        """Return the Found of a list where very many match, or None.

        `newest` takes a number and returns the ids of so many of its newest leads. Where at
        least COMMON of PROBED match, the list is better walked than the index read.
        """
        documents = SearchDocument.objects.worked().containing(self.terms)
        if not documents.with_ids(newest(GLANCED)).exists():
            return None
        matching = documents.with_ids(newest(PROBED)).count()
        if matching < COMMON:
            return None
        return Found(is_capped=True, window=PROBED * AMPLE // matching)

    def found(self, statuses):
        """Return what is Found among the leads of these statuses.

        A whole e-mail address or number that somebody has finds these leads alone.
        """
        statuses = [status for status in statuses if status != Lead.Status.OFFERED]
        if self.is_exact:
            exactly = SearchDocument.objects.with_exactly(self.terms)
            exactly = exactly.of_status(statuses).in_sight(self.sight.slices)
            ids = list(exactly.order_by().values_list("pk", flat=True)[: LIMIT + 1])
            if ids:
                return self._ranked(ids)
        return self._ranked(
            SearchDocument.objects.ids_matching(
                self.terms, statuses=statuses, slices=self.sight.slices, limit=LIMIT + 1
            )
        )

    def narrow(self, leads):
        """Return those of `leads` that match, each looked at by itself in their order."""
        document = SearchDocument.objects.worked().filter(pk=OuterRef("pk"))
        return leads.filter(Exists(document.containing(self.terms)))

    def _ranked(self, ids):
        if len(ids) > LIMIT:
            return Found(is_capped=True)
        rows = SearchDocument.objects.filter(pk__in=ids).order_by(
            "-lead__last_activity_at", "-pk"
        )
        rows = rows.values_list("pk", Left("text", HEAD_LENGTH + 2))
        # Sorting is stable: of equal rank, who was active last comes first.
        best = sorted(rows, key=lambda row: _rank(row[1], self.terms.words))
        return Found(tuple(pk for pk, _text in best))


def _rank(text, words):
    """Return how well a document is met by the words; smaller is better."""
    head, _journal = parts_of(text)
    lines = head.split("\n")
    first = f" {words[0]}"
    name, company = lines[:2]
    if f" {' '.join(words)}" in (name, company):
        return WHOLE
    if first in name:
        return NAME
    if first in company:
        return COMPANY
    return FIELDS if all(word in head for word in words) else JOURNAL

"""Searching as a rep types: the best of few matches, or word that there are many."""

from dataclasses import dataclass

from django.db.models.functions import Left

from .models import Lead, SearchDocument
from .models.questions import SELECTED, Question, listed
from .search_documents import HEAD_LENGTH, head_in
from .search_terms import Terms

# More matches are not ranked: the list is then read in an order of its own.
LIMIT = 500
# Where COMMON of the newest GLANCED of a list match, one in a hundred, more than a page may
# match of its newest RECENT. These are quicker to be looked through than the index.
GLANCED, COMMON, RECENT = 400, 4, 4_000

WHOLE, NAME, COMPANY, FIELDS, JOURNAL = range(5)


@dataclass(frozen=True)
class Found:
    """The ids of the leads that match, the best first; none where they are too many."""

    ids: tuple = ()
    is_capped: bool = False
    # The first of too many, where they are known.
    first: tuple = ()


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

    @property
    def can_be_common(self):
        """Whether many leads may match, as many have the same words."""
        return bool(self.terms.words) and not self.is_exact

    @property
    def values(self):
        """What `narrow` is given."""
        return {f"word {n}": word for n, word in enumerate(self.terms.patterns)}

    def of_row(self, pk):
        """Return what asks whether the lead of a row matches; `pk` is its id as RawSQL."""
        return Question(
            ("search", "of a row", pk.sql),
            lambda given: SearchDocument.objects.with_id(pk).held([*given.values()]),
            self.values,
        )

    def found(self, statuses):
        """Return what is Found among the leads of these statuses.

        A whole e-mail address or number that somebody has finds these leads alone.
        """
        statuses = [status for status in statuses if status != Lead.Status.OFFERED]
        if self.is_exact:
            exactly = SearchDocument.objects.with_exactly(self.terms)
            exactly = exactly.of_status(statuses).in_sight(self.sight.slices)
            ids = list(exactly.order_by().values_list("pk", flat=True)[: LIMIT + 1])
            if len(ids) > LIMIT:
                return Found(is_capped=True)
            if ids:
                return self._ranked(Question(("heads",), _heads).rows(selected=listed(ids)))
        return self._ranked(
            SearchDocument.objects.heads_matching(
                self.terms,
                statuses=statuses,
                slices=self.sight.slices,
                most=LIMIT,
                length=HEAD_LENGTH + 2,
            )
        )

    def narrow(self, leads, given):
        """Return those of `leads` that match, each looked at by itself in their order.

        `given` are the `values`, or what stands for them in a Question.
        """
        if not self.terms.words:
            return leads.none()
        words = [given[name] for name in self.values]
        return leads.filter(SearchDocument.objects.is_holding(words))

    def _ranked(self, rows):
        """Return what is Found of rows of id and head, the last active first."""
        if len(rows) > LIMIT:
            return Found(is_capped=True)
        # Sorting is stable: of equal rank, who was active last comes first.
        best = sorted(rows, key=lambda row: _rank(row[1], self.terms.words))
        return Found(tuple(pk for pk, _text in best))


def _heads(_given):
    found = SearchDocument.objects.with_ids(SELECTED)
    found = found.order_by("-lead__last_activity_at", "-pk")
    return found.values_list("pk", Left("text", HEAD_LENGTH + 2))


def _rank(text, words):
    """Return how well a document is met by the words; smaller is better."""
    name, company, *_others = text.split("\n", 2)
    first = f" {words[0]}"
    if f" {' '.join(words)}" in (name, company):
        return WHOLE
    if first in name:
        return NAME
    if first in company:
        return COMPANY
    head = head_in(text)
    return FIELDS if all(word in head for word in words) else JOURNAL

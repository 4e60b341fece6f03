"""Whether a row of a table, or a stored file of such rows, names a person who is erased."""

import re

from leads import tables
from leads.search_terms import WHOLE_NUMBER
from leads.text import fold, phone_digits

from .traces import SHORTEST

# Finer than those of the search: a row may have in two cells what a lead has in one field.
WORD = re.compile(r"[^\W_]+")


class Mentions:
    """What a person who is erased is recognised by.

    A row names them that has all words of one of the `names`, in whatever order and cells,
    one of the `numbers`, or the lead's external id.
    """

    def __init__(self, names, numbers, external_id):
        self.numbers = {phone_digits(text) for text in numbers} - {""}
        self.names = [
            words for words in map(_words, names) if sum(map(len, words)) >= SHORTEST
        ]
        self.external_id = external_id

    def in_cells(self, cells, id_column=None):
        """Whether a row names the person; its external id is that of `id_column`, if known."""
        ids = cells if id_column is None else cells[id_column : id_column + 1]
        if self.external_id and any(" ".join(i.split()) == self.external_id for i in ids):
            return True
        words = _words(" ".join(cells))
        if any(name <= words for name in self.names):
            return True
        return bool(self.numbers) and any(map(self._is_number, cells))

    def in_file(self, stored, id_column=None):
        """Whether a row of the open file names the person; one that is broken may do so."""
        with tables.on_disk(stored) as path, tables.open_all_rows(path) as rows:
            return any(row.problem or self.in_cells(row.cells, id_column) for row in rows)

    def _is_number(self, cell):
        digits = phone_digits(cell)
        return any(
            number == digits or (len(number) >= WHOLE_NUMBER and number in digits)
            for number in self.numbers
        )


def _words(text):
    return set(WORD.findall(fold(text)))

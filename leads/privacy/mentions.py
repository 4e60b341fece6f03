"""Whether a row of a table, or a stored file of such rows, names a person who is erased."""

import re

from leads import tables
from leads.search_documents import NUMBERS
from leads.search_terms import WHOLE_NUMBER
from leads.text import fold, phone_digits

from .traces import SHORTEST

# Finer than those of the search: a row may have in two cells what a lead has in one field.
WORD = re.compile(r"[^\W_]+")


class Mentions:
    """What a lead's person is recognised by; made before the lead forgets it.

    `texts` name the person. A row names them that has all words of one of these, in
    whatever order and cells, a number, or the lead's external id.
    """

    def __init__(self, lead, texts):
        numbers = {getattr(lead, name) for name in NUMBERS}
        self.numbers = {phone_digits(text) for text in texts & numbers} - {""}
        self.names = [
            words
            for words in (_words(text) for text in texts - numbers)
            if sum(map(len, words)) >= SHORTEST
        ]
        self.external_id = lead.external_id

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

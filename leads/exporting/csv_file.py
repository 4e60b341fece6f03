"""CSV as a German Excel opens it: UTF-8 with its mark, semicolons, decimal commas.

CSV has no types: a spreadsheet takes any cell for a formula that begins like one. Texts
that do get an apostrophe in front, "+49 8031 1234567" as well; numbers are left alone.
"""

import csv
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from leads.text import guarded

from .columns import MONEY

CONTENT_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"


class _Line:
    """Keeps what the csv module writes last."""

    def write(self, text):
        self.text = text


def csv_file(columns, portions):
    """Yield the bytes of the file; `portions` are lists of rows of cells."""
    line = _Line()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")

    def lines(rows):
        texts = []
        for row in rows:
            writer.writerow(row)
            texts.append(line.text)
        return "".join(texts).encode()

    yield BYTE_ORDER_MARK.encode() + lines([[guarded(c.heading) for c in columns]])
    formats = [column.format for column in columns]
    for rows in portions:
        yield lines([map(_text, row, formats) for row in rows])


def _text(cell, number_format):
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        digits = f"{cell:.2f}" if number_format == MONEY else f"{cell.normalize():f}"
        return digits.replace(".", ",")
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell):%d.%m.%Y %H:%M}"
    return guarded(cell) if isinstance(cell, str) else f"{cell:%d.%m.%Y}"

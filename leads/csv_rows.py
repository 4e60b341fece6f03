"""Reading CSV files as spreadsheets write them, row by row, nothing lost silently.

Encoding and delimiter are found out before the first row is given, so that a file in
the wrong encoding changes nothing. Rows carry the number of the physical line on which
they begin, as an editor counts lines.
"""

import codecs
import csv
import re
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from django.utils.translation import gettext as _

from .text import FORMULA_STARTS, SURROGATES

MAX_LINE = 1_000_000  # characters
HEAD_BYTES = 1024
HEAD_LINES = 50
DELIMITERS = ";,\t"
# Excel writes or understands this hint before the headings.
HINT = re.compile(r'"?sep=(?P<delimiter>[;,\t|])"?\s*', re.IGNORECASE)
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnreadableFileError(Exception):
    """The file as a whole cannot be read; the message is for the person who sent it."""


@dataclass
class Row:
    """One row: its first physical line, its cells, and why it cannot be read."""

    line: int
    cells: list[str] = field(default_factory=list)
    problem: str = ""
    # Index of a cell → why it cannot be used.
    bad_cells: dict[int, str] = field(default_factory=dict)

    @property
    def is_blank(self):
        """Whether nothing stands in it."""
        return not self.problem and not any(cell.strip() for cell in self.cells)


@contextmanager
def open_rows(path, *, encoding=None):
    """Open the CSV file at `path`; give an iterator of its Rows, blank ones left out.

    Raises UnreadableFileError: no text, in another encoding than `encoding` (default:
    found out).
    """
    path = Path(path)
    try:
        encoding = _check_encoding(path, encoding) if encoding else _detect_encoding(path)
        file = path.open(encoding=encoding, newline="")
    except OSError as error:
        raise UnreadableFileError(
            _("The file cannot be read: %(reason)s") % {"reason": error.strerror}
        ) from error
    with file:
        lines = _lines(file)
        head = list(islice(lines, HEAD_LINES))
        delimiter, skipped = _detect_delimiter(head)
        numbered = _NumberedLines(chain(head[skipped:], lines), before=skipped)
        yield (row for row in _rows(numbered, delimiter) if not row.is_blank)


class _NumberedLines:
    """Lines that count themselves and can be read again after a row went wrong."""

    def __init__(self, lines, *, before):
        self._lines = iter(lines)
        self._again = deque()
        self._taken = []
        self.number = before

    def __iter__(self):
        return self

    def __next__(self):
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        self._taken.append(line)
        return line

    def start_row(self):
        """Return the number of the line on which the next row begins."""
        self._taken.clear()
        return self.number + 1

    def give_back(self):
        """Return the first line of the row; the others are read again.

        So a missing quotation mark costs its own row and none behind it.
        """
        first, *rest = self._taken
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        return first


def _rows(lines, delimiter):
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first = lines.start_row()
        try:
            yield Row(first, [_as_typed(cell) for cell in next(reader)])
        except StopIteration:
            return
        except csv.Error:
            # With its quotation marks, so that it can be found and corrected.
            yield Row(
                first,
                lines.give_back().rstrip("\r\n").split(delimiter),
                problem=_("The quotation marks do not match, or a cell is far too long."),
            )


def _detect_encoding(path):
    """Return UTF-8 or UTF-16 by the mark at the start, else UTF-8 or Windows-1252."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _check_encoding(path, encoding)
    if b"\x00" in head:
        raise UnreadableFileError(
            _(
                "The file holds zero bytes, so it is no CSV text. Please save the table as "
                "“CSV UTF-8” or as “Excel workbook (.xlsx)”."
            )
        )
    utf8_line, other_line = _first_lines_beyond_ascii(path)
    if not other_line:
        return "utf-8"
    if utf8_line:
        raise UnreadableFileError(
            _(
                "Line %(utf8)d is UTF-8, line %(other)d is not. Please save the table anew "
                "as “CSV UTF-8” or as “Excel workbook (.xlsx)”."
            )
            % {"utf8": utf8_line, "other": other_line}
        )
    return _check_encoding(path, "cp1252")


def _first_lines_beyond_ascii(path):
    """Return the first line with UTF-8 characters and the first that is not UTF-8."""
    utf8_line = other_line = None
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        for number, line in enumerate(_lines(file), start=1):
            if line.isascii():
                continue
            if other_line is None and SURROGATES.search(line):
                other_line = number
            if utf8_line is None and not SURROGATES.sub("", line).isascii():
                utf8_line = number
            if utf8_line and other_line:
                break
    return utf8_line, other_line


def _as_typed(cell):
    """Return a cell without the apostrophe that keeps spreadsheets from calculating it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _check_encoding(path, encoding):
    """Return `encoding` when the whole file can be read in it."""
    number = 0
    try:
        # LookupError also for codecs that do not make text, for example base64.
        "".encode(encoding)
        with path.open(encoding=encoding, newline="") as file:
            for _line in _lines(file):
                number += 1
    except LookupError as error:
        raise UnreadableFileError(
            _("There is no encoding called “%(name)s”.") % {"name": encoding}
        ) from error
    except UnicodeError as error:
        raise UnreadableFileError(
            _("The file is not %(encoding)s: it cannot be read behind line %(line)d.")
            % {"encoding": encoding, "line": number}
        ) from error
    return encoding


def _lines(file):
    """Give the lines of an open text file with their ends; see MAX_LINE."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            raise UnreadableFileError(
                _("Line %(line)d is far too long for a row of a CSV file.") % {"line": number}
            )
        yield line


def _detect_delimiter(head):
    """Return the delimiter and how many lines before the headings only name it."""
    if head and (hint := HINT.fullmatch(head[0])):
        return hint["delimiter"], 1

    def cells(delimiter):
        rows = csv.reader(head, delimiter=delimiter)
        try:
            return len(next((row for row in rows if any(cell.strip() for cell in row)), ()))
        except csv.Error:
            return 0

    # max() keeps the first of equals, so a single column counts as semicolons.
    return max(DELIMITERS, key=cells), 0

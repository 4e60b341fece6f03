"""Reading Excel's workbooks row by row, as text that a German spreadsheet would show.

Nothing in a workbook is run: of a formula only the value counts that Excel kept beside it,
macros and links are not looked at. A workbook is a ZIP of XML, in which few bytes can stand
for many: its parts are measured, in pieces, before openpyxl makes objects of them.
"""

import logging
import re
import warnings
import zipfile
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils.translation import gettext as _
from openpyxl.reader.excel import SHARED_STRINGS, ExcelReader
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .csv_rows import Row, UnreadableFileError

logger = logging.getLogger(__name__)

MAX_PARTS = 2000
# Unpacked: all parts together, the table of texts, and one that is none of the sheets.
MAX_UNPACKED = 150_000_000
MAX_TEXTS_PART = 40_000_000
MAX_OTHER_PART = 10_000_000
# A row is made into objects as a whole.
MAX_ROW_BYTES = 500_000
# Characters: any number of cells may name the same text of the table. A row has no more of
# them than one in which they are written out, all rows together than a file.
MAX_ROW_TEXT = MAX_ROW_BYTES
MAX_ALL_TEXT = MAX_UNPACKED
# With the rows, which may be empty.
MAX_CELLS = 1_000_000
MAX_TEXTS = 300_000
# Of the table of texts: each text has one of its own and at least one inside.
MAX_ELEMENTS = 1_000_000
# Beginnings and ends in what is made into objects as a whole, and slowly: the styles above
# all.
MAX_TAGS = 100_000
MAX_COLUMNS = 300
# As many as Excel has; a forged number would be counted up to.
MAX_ROWS = 1_048_576
MAX_CELL = 131_072  # characters, as of a CSV file
# Excel allows 31; an import keeps no more than LeadImport.sheet has room for.
MAX_NAME = 100
PIECE_BYTES = 1_000_000

SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
TEXTS = "xl/sharedStrings.xml"
# Pictures may be large, as nothing is read from there.
UNREAD = ("xl/media/", "xl/embeddings/")
NAMESPACE = f"{{{SHEET_MAIN_NS}}}"
ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
CELL = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
# As long as the longest of these that could stand on the border of two pieces.
OVERLAP = 64
# Formats of numbers that are none: 00000 for a postcode, 0000 000000 for a phone.
PADDED = re.compile(r"(?=.*00)[0 /\-]+")
# As long as Excel allows a format to be.
MAX_FORMAT = 255
# What is no digit in a format, and how many digits at most it shows behind the comma; not
# of percents, fractions, thousands and powers of ten, which show another number.
TEXT_IN_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|[\\_*].')
DECIMALS = re.compile(r"[^%/Ee;.]*\.([0#?]+)[^%/Ee;0#?.,]*(;.*)?", re.DOTALL)
MIDNIGHT = time()
# From here on a binary number does not hold each integer any more.
EXACT = 2**53


@contextmanager
def open_table(path, *, sheet=None):
    """Open the workbook at `path` (a Path); give its sheets' names and an iterator of Rows.

    Blank rows are left out. `sheet` is the name of the sheet, the first one that is shown
    without it. Raises UnreadableFileError: no workbook, too large, broken, no such sheet.
    """
    with _opened(path) as workbook:
        names = _sheet_names(workbook)
        if sheet is not None and sheet not in names:
            raise UnreadableFileError(
                _("There is no sheet “%(sheet)s”. There are: %(sheets)s")
                % {"sheet": sheet, "sheets": ", ".join(names)}
            )
        yield names, _rows(_measured(workbook[sheet or names[0]]))


@contextmanager
def open_sheets(path):
    """Open the workbook at `path` (a Path); give the Rows of all sheets, hidden ones, too."""
    with _opened(path) as workbook:
        yield (row for sheet in workbook.worksheets for row in _rows(_measured(sheet)))


@contextmanager
def _opened(path):
    with path.open("rb") as file:
        workbook = _loaded(file)
        try:
            yield workbook
        finally:
            workbook.close()


@contextmanager
def _refusing_broken():
    """Make one refusal of whatever a broken or forged file makes of ZIP, XML and openpyxl."""
    try:
        yield
    except UnreadableFileError:
        raise
    except Exception as error:
        logger.info("A workbook cannot be read.", exc_info=True)
        raise UnreadableFileError(_unreadable()) from error


@_refusing_broken()
def _loaded(file):
    archive = _Archive(file)
    _measure(archive)
    reader = _Reader(archive)
    with warnings.catch_warnings():
        # On what openpyxl leaves out, which nobody asked for.
        warnings.simplefilter("ignore")
        reader.read()
        return reader.wb


class _Archive(zipfile.ZipFile):
    """The parts of a workbook; those that are read as a whole must be small ones."""

    def open(self, name, *args, **kwargs):
        """Open a part, unless it lies where parts are not measured."""
        if getattr(name, "filename", name).startswith(UNREAD):
            raise UnreadableFileError(_too_large())
        return super().open(name, *args, **kwargs)

    def read(self, name, pwd=None):
        """Return the bytes of a part."""
        text = super().read(name, pwd)
        if text.count(b"<") > MAX_TAGS:
            raise UnreadableFileError(_too_large())
        return text


class _Reader(ExcelReader):
    """openpyxl's own, which opens no file and takes its time for cells alone."""

    def __init__(self, archive):
        self.archive, self.valid_files = archive, archive.namelist()
        self.read_only = self.data_only = True
        self.keep_vba = self.keep_links = self.rich_text = False
        self.shared_strings = ()

    def read_strings(self):
        """Read the table of texts."""
        if part := self.package.find(SHARED_STRINGS):
            table = self.archive.getinfo(part.PartName[1:])
            # At another place it was measured as something else.
            if table.filename != TEXTS and not _is_fine_table(self.archive, table):
                raise UnreadableFileError(_too_large())
            with self.archive.open(table) as file:
                self.shared_strings = _Texts(file)

    def read_chartsheet(self, sheet, rel):
        """Leave it out; it has no cells."""


class _Texts:
    """The table of texts as bytes: as a list of texts it takes several times as much."""

    def __init__(self, file):
        self.bytes, self.ends = bytearray(), array("Q", [0])
        for number, (_event, node) in enumerate(iterparse(file)):
            if number > MAX_ELEMENTS:
                raise UnreadableFileError(_too_large())
            if node.tag == f"{NAMESPACE}si":
                self._add(node)
                node.clear()

    def _add(self, node):
        plain, runs = node.findall(f"{NAMESPACE}t"), node.findall(f"{NAMESPACE}r/{NAMESPACE}t")
        text = "".join(part.text or "" for part in (*plain, *runs))
        # As openpyxl does.
        self.bytes += text.replace("x005F_", "").encode()
        self.ends.append(len(self.bytes))

    def __getitem__(self, index):
        return _Text(self.bytes, self.ends[index], self.ends[index + 1])


@dataclass(slots=True)
class _Text:
    """A text of the table, which is made only where it is looked at.

    openpyxl asks for those of all cells of a row before it leaves most of them out.
    """

    table: bytearray
    start: int
    end: int

    def __str__(self):
        return self.table[self.start : self.end].decode()


def _too_large():
    return _("The workbook is too large or unusually packed; please save it as “CSV UTF-8”.")


def _unreadable():
    return _(
        "The workbook cannot be read. Please open it in Excel and save it again as "
        "“Excel workbook (.xlsx)”, or as “CSV UTF-8”."
    )


def _sheet_names(workbook):
    shown = [s.title for s in workbook.worksheets if s.sheet_state == "visible"]
    names = shown or [s.title for s in workbook.worksheets]
    if not names:
        raise UnreadableFileError(_("The workbook has no sheet with cells."))
    if any(len(name) > MAX_NAME for name in names):
        raise UnreadableFileError(
            _("The name of a sheet has more than %(limit)d characters; please shorten it.")
            % {"limit": MAX_NAME}
        )
    return names


# Before it is unpacked ----------------------------------------------------------------


def _measure(archive):
    """Raise UnreadableFileError where the parts are more than a table of leads needs."""
    parts = archive.infolist()
    if "xl/workbook.xml" not in archive.namelist():
        raise UnreadableFileError(_unreadable())
    too_large = UnreadableFileError(_too_large())
    # The declared sizes hold: what unpacks to more is an error of its own.
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise too_large
    for part in parts:
        if SHEETS.fullmatch(part.filename):
            is_fine = _is_fine(archive, part, CELL, MAX_CELLS, ROW)
        elif part.filename == TEXTS:
            is_fine = _is_fine_table(archive, part)
        else:
            is_fine = part.filename.startswith(UNREAD) or part.file_size <= MAX_OTHER_PART
        if not is_fine:
            raise too_large


def _is_fine_table(archive, part):
    return part.file_size <= MAX_TEXTS_PART and _is_fine(archive, part, TEXT, MAX_TEXTS, TEXT)


@_refusing_broken()
def _measured(sheet):
    """Return the sheet; raises UnreadableFileError where it lies elsewhere and is large."""
    archive, path = sheet.parent._archive, sheet._worksheet_path
    is_measured = SHEETS.fullmatch(path)
    if not (is_measured or _is_fine(archive, archive.getinfo(path), CELL, MAX_CELLS, ROW)):
        raise UnreadableFileError(_too_large())
    return sheet


def _is_fine(archive, part, counted, most, borders):
    """Whether a part has at most so many elements, and its `borders` stand close enough.

    Comments, CDATA and document types could hide elements, and so could other encodings;
    no spreadsheet writes them there.
    """
    number, since_border, rest = 0, 0, b""
    with archive.open(part) as file:
        while piece := file.read(PIECE_BYTES):
            text = rest + piece
            if b"\x00" in text or b"<!" in text:
                return False
            # What begins in the overlap is counted with the next piece.
            end = max(len(text) - OVERLAP, 0) if len(piece) == PIECE_BYTES else len(text)
            number += sum(1 for found in counted.finditer(text) if found.start() < end)
            last = 0
            for found in borders.finditer(text, 0, end):
                if since_border + found.start() - last > MAX_ROW_BYTES:
                    return False
                since_border, last = 0, found.start()
            since_border += end - last
            if number > most or since_border > MAX_ROW_BYTES:
                return False
            rest = text[end:]
    return True


# Rows -----------------------------------------------------------------------------------


def _rows(sheet):
    with _refusing_broken():
        # What the file says of its own size may be wrong.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS + 1)
        before, length = None, 0
        for line, cells in enumerate(rows, start=1):
            # For rows that the file leaves out openpyxl gives the same tuple each time.
            if cells is before:
                continue
            before, row = cells, _row(line, cells)
            length += sum(map(len, row.cells))
            if length > MAX_ALL_TEXT:
                raise UnreadableFileError(_too_large())
            if not row.is_blank:
                yield row


def _row(line, cells):
    row, length = Row(line), 0
    for index, cell in enumerate(cells):
        if cell.value is None:
            row.cells.append("")
            continue
        row.cells.append(_text(cell))
        length += len(row.cells[-1])
        if length > MAX_ROW_TEXT:
            # What is kept of rows that fail must be little, too.
            return Row(line, problem=_("A cell is far too long."))
        if cell.data_type == "e":
            row.bad_cells[index] = _("Excel shows an error in this cell.")
        if len(row.cells[-1]) > MAX_CELL:
            row.cells[-1] = row.cells[-1][:MAX_CELL]
            row.problem = _("A cell is far too long.")
    while row.cells and not row.cells[-1]:
        row.cells.pop()
    return row


def _text(cell):
    """Return the cell's value as text, dates and numbers as Germans write them."""
    value = cell.value
    match value:
        case bool():
            return _in_words(value)
        case datetime():
            has_time = value.time() != MIDNIGHT
            return f"{value:%d.%m.%Y %H:%M}" if has_time else f"{value:%d.%m.%Y}"
        case date():
            return f"{value:%d.%m.%Y}"
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60}:{minutes % 60:02}"
        case int() | float():
            return _number(value, (cell.number_format or "")[:MAX_FORMAT])
    return str(value)


def _in_words(value):
    # What leads.cells reads, whoever looks at it in between.
    return "ja" if value else "nein"


def _number(value, number_format):
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    if isinstance(value, int):
        if value >= 0 and PADDED.fullmatch(number_format):
            return _padded(value, number_format)
        return str(value)
    # 0.1 + 0.2 is 0.3 for whoever typed it: Excel shows 15 digits.
    text = f"{value:.15g}"
    if "e" in text:
        return repr(value)
    return _rounded(text, _decimals(number_format)).replace(".", ",")


@lru_cache(maxsize=100)
def _decimals(number_format):
    """Return how many digits behind the comma are shown at most, None for all of them."""
    found = DECIMALS.fullmatch(TEXT_IN_FORMAT.sub("", number_format))
    return len(found[1]) if found else None


def _rounded(text, decimals):
    if decimals is None or decimals >= len(text.partition(".")[2]):
        return text
    shown = Decimal(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{shown.normalize():f}" if shown else "0"


def _padded(value, number_format):
    """Return an integer with the zeros and blanks that its format puts into it."""
    digits = str(value).zfill(number_format.count("0"))
    places = []
    for char in reversed(number_format):
        places.append(digits[-1:] if char == "0" else char)
        digits = digits[:-1] if char == "0" else digits
    return digits + "".join(reversed(places))

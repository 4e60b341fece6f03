"""XLSX, written row by row while it is sent.

openpyxl makes the workbook around one empty sheet, with its formats and widths. The rows are
put into that sheet here: openpyxl's own writer has to have them all, on the disk at least,
before the first byte can be sent. Texts are cells of their own kind, never formulas.
"""

import re
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from leads.text import FORMULA_STARTS
from leads.zip_stream import zip_stream

from .columns import MONEY

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "xl/worksheets/sheet1.xml"
ROWS_TAG = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
DIMENSION_TAG = re.compile(rb"<dimension [^>]*/>")
# What a cell may hold, and what XML cannot.
LONGEST = 32_767
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Spreadsheets read "_x0041_" as "A".
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
DAY_ZERO = datetime(1899, 12, 30)
# Before it, a spreadsheet counts a 29th of February that never was.
FIRST_DAY = datetime(1900, 3, 1).date()
HEADING, GUARDED, NUMBER, EURO, DAY, MOMENT = (
    "heading", "guarded", "number", "money", "day", "moment",
)  # fmt: skip
NUMBER_FORMATS = {
    NUMBER: "#,##0.####",
    EURO: '#,##0.00\\ "€"',
    DAY: "dd/mm/yyyy",
    MOMENT: "dd/mm/yyyy\\ hh:mm",
}


def xlsx_file(columns, portions, *, title):
    """Yield the bytes of the file; `portions` are lists of rows of cells."""
    archive, styles = _workbook(columns, title)
    return zip_stream(_parts(archive, _Sheet(columns, styles), portions))


def _workbook(columns, title):
    """Return the archive of a workbook without rows, and name of a style → its number."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, start=1):
        width = min(max(len(column.heading) + 3, 14), 40)
        sheet.column_dimensions[get_column_letter(number)].width = width
    styles = {}
    for number, name in enumerate((HEADING, GUARDED, *NUMBER_FORMATS), start=1):
        cell = sheet.cell(1, number, "")
        cell.number_format = NUMBER_FORMATS.get(name, "General")
        if name == HEADING:
            cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
        cell.quotePrefix = name == GUARDED
        styles[name] = cell.style_id
    file = BytesIO()
    book.save(file)
    return zipfile.ZipFile(file), styles


def _parts(archive, sheet, portions):
    for info in archive.infolist():
        data = archive.read(info)
        name = zipfile.ZipInfo(info.filename, info.date_time)
        if info.filename != SHEET:
            yield name, 6, [data]
            continue
        before, after = ROWS_TAG.split(DIMENSION_TAG.sub(b"", data))
        # Its size is not known yet; so it may become larger than 2 GB.
        name.file_size = 2**31
        yield name, 3, sheet.pieces(before, portions, after)


class _Sheet:
    """Writes rows as XML."""

    def __init__(self, columns, styles):
        self.columns = columns
        self.styles = styles
        self.letters = [get_column_letter(number) for number in range(1, len(columns) + 1)]
        self.number_styles = [
            styles[EURO if column.format == MONEY else NUMBER] for column in columns
        ]

    def pieces(self, before, portions, after):
        """Yield the bytes of the sheet around and with the rows."""
        headings = "".join(
            _text(f"{letter}1", column.heading, self.styles[HEADING])
            for letter, column in zip(self.letters, self.columns, strict=True)
        )
        yield before + b"<sheetData>" + f'<row r="1">{headings}</row>'.encode()
        number = 2
        for rows in portions:
            yield "".join(
                self._row(row_number, row) for row_number, row in enumerate(rows, start=number)
            ).encode()
            number += len(rows)
        yield b"</sheetData>" + after

    def _row(self, number, row):
        cells = zip(self.letters, row, self.number_styles, strict=False)
        written = (
            self._cell(f"{letter}{number}", cell, style)
            for letter, cell, style in cells
            if cell is not None
        )
        return f'<row r="{number}">{"".join(written)}</row>'

    def _cell(self, place, cell, number_style):
        if isinstance(cell, str):
            style = self.styles[GUARDED] if cell.startswith(FORMULA_STARTS) else 0
            return _text(place, cell, style)
        if isinstance(cell, Decimal):
            return f'<c r="{place}" s="{number_style}"><v>{cell:f}</v></c>'
        style = self.styles[DAY]
        if isinstance(cell, datetime):
            style = self.styles[MOMENT]
            cell = timezone.localtime(cell).replace(tzinfo=None)
            days = (cell - DAY_ZERO) / timedelta(days=1)
        elif cell < FIRST_DAY:
            return _text(place, f"{cell:%d.%m.%Y}", 0)
        else:
            days = (cell - DAY_ZERO.date()).days
        return f'<c r="{place}" s="{style}"><v>{days!r}</v></c>'


def _text(place, text, style):
    text = ESCAPED.sub("_x005F_", UNWRITABLE.sub("", text[:LONGEST]))
    styled = f' s="{style}"' if style else ""
    return (
        f'<c r="{place}" t="inlineStr"{styled}><is><t xml:space="preserve">'
        f"{escape(text)}</t></is></c>"
    )

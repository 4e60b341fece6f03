"""The rows of an import that failed, as a file to be corrected and imported again."""

import csv
import io

import openpyxl
from django.conf import settings
from openpyxl.cell import WriteOnlyCell

from leadbook.nameless import nameless_file

from .import_runs import failed_table
from .text import CONTROLS, guarded

# Excel takes no more characters in a cell.
LONGEST = 32_767


def as_csv(lead_import):
    """Yield the bytes of a CSV file that Excel opens in Germany."""
    yield b"\xef\xbb\xbf"
    for cells in failed_table(lead_import):
        line = io.StringIO()
        csv.writer(line, delimiter=";").writerow(map(guarded, cells))
        yield line.getvalue().encode(errors="replace")


def as_xlsx(lead_import):
    """Return an open file with a workbook whose cells are all text."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Import")
    for cells in failed_table(lead_import):
        sheet.append([_text_cell(sheet, text) for text in cells])
    file = nameless_file(settings.FILE_UPLOAD_TEMP_DIR)
    book.save(file)
    file.seek(0)
    return file


def _text_cell(sheet, text):
    cell = WriteOnlyCell(sheet, CONTROLS.sub("�", text)[:LONGEST])
    cell.data_type = "s"
    return cell

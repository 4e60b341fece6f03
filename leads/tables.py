"""Opening a table of leads: a CSV file or a workbook, whatever its name says."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from . import csv_rows, xlsx_rows
from .csv_rows import HEAD_BYTES, UnreadableFileError
from .text import NO_CONTROLS, UNSTORABLE

MAX_BYTES = 200_000_000
MAX_COLUMNS = xlsx_rows.MAX_COLUMNS
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_rows(path, *, encoding=None, sheet=None):
    """Open the file at `path`; give an iterator of its Rows; see `open_table`."""
    with open_table(path, encoding=encoding, sheet=sheet) as (_sheets, rows):
        yield rows


@contextmanager
def open_table(path, *, encoding=None, sheet=None):
    """Open the file at `path`; give its sheets' names and an iterator of its Rows.

    Blank rows are left out; a CSV file has no sheets. `encoding` is that of a CSV file
    (default: found out), `sheet` the name of a workbook's sheet (default: the first).
    Raises UnreadableFileError: missing, no file, empty, too large, or none of both kinds;
    without the `sheet`, which no CSV file has.
    """
    path = Path(path)
    if _is_workbook(path):
        with xlsx_rows.open_table(path, sheet=sheet) as (sheets, rows):
            yield sheets, map(_usable, rows)
    elif sheet is not None:
        raise UnreadableFileError(_("A CSV file has no sheets."))
    else:
        with csv_rows.open_rows(path, encoding=encoding) as rows:
            yield [], map(_usable, rows)


@contextmanager
def open_all_rows(path):
    """Open the file at `path`; give an iterator of the Rows of all its sheets.

    Also of those that are hidden, and with cells that `open_table` leaves out. Raises
    UnreadableFileError.
    """
    opened = xlsx_rows.open_sheets if _is_workbook(path) else csv_rows.open_rows
    with opened(path) as rows:
        yield rows


@contextmanager
def on_disk(file):
    """Give the path of a copy of an open file, which is gone afterwards."""
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield Path(copy.name)


def _usable(row):
    return _storable(_with_few_cells(row))


def _with_few_cells(row):
    if len(row.cells) > MAX_COLUMNS:
        row.cells = row.cells[:MAX_COLUMNS]
        row.problem = row.problem or _("The row has more than %(limit)d cells.") % {
            "limit": MAX_COLUMNS
        }
    return row


def _storable(row):
    """Mark the cells that no database keeps as bad, and let them be kept with the row."""
    for index, cell in enumerate(row.cells):
        if UNSTORABLE.search(cell):
            row.cells[index] = UNSTORABLE.sub("\ufffd", cell)
            row.bad_cells[index] = str(NO_CONTROLS)
    return row


def _is_workbook(path):
    """Whether it is a workbook; raises UnreadableFileError for what cannot be read."""
    try:
        head = _checked_head(path)
    except OSError as error:
        raise UnreadableFileError(
            _("The file cannot be read: %(reason)s") % {"reason": error.strerror}
        ) from error
    if head.startswith(OLD_WORKBOOK):
        raise UnreadableFileError(
            _(
                "This is an old Excel workbook (.xls) or one with a password. Please save it "
                "as “Excel workbook (.xlsx)” without a password, or as “CSV UTF-8”."
            )
        )
    return head.startswith(WORKBOOK)


def _checked_head(path):
    if not path.exists():
        raise UnreadableFileError(_("There is no file %(path)s.") % {"path": path})
    if not path.is_file():
        raise UnreadableFileError(_("%(path)s is not a file.") % {"path": path})
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFileError(
            _("The file is larger than %(limit)d MB; please split it.")
            % {"limit": MAX_BYTES // 10**6}
        )
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise UnreadableFileError(_("The file is empty."))
    return head

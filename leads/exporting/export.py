"""One export: which leads, as what, and who may run how many at once.

The leads are read in portions along the list's own indexes, each in a query of its own, so
that neither memory nor the time of a portion grows with their number, and no transaction
stays open while a slow client reads. What changes meanwhile is exported as it is then: the
file is no picture of one moment.
"""

import threading
from itertools import islice

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leadbook.language import each_in
from leads.file_names import FORBIDDEN, clean_file_name

from . import csv_file, xlsx_file
from .columns import all_columns, columns_shown

# What a sheet of XLSX holds below its headings, one row left to say that there are more.
MOST_ROWS = 2**20 - 2
PORTION = 500
# An export keeps a thread of its worker busy; the others are for everybody else.
AT_ONCE = 2
FORMATS = {"xlsx": xlsx_file.CONTENT_TYPE, "csv": csv_file.CONTENT_TYPE}
EXTENTS = {"liste": columns_shown, "alle": all_columns}
# An export that nobody holds any more may end while this thread asks for room.
_lock = threading.RLock()
_running = []


class Busy(Exception):
    """The process exports for the same user already, or for as many as it can."""


class Export:
    """The bytes of a file with the leads of a LeadList, made as they are read.

    It counts among those that are running from `begin` until it is read or closed.
    """

    def __init__(self, leads, *, title, extent, extension, on_end):
        self._user = leads.user.pk
        self._on_end = on_end
        self.rows, self.is_complete = 0, False
        self.content_type = FORMATS[extension]
        names = [title, *([leads.marketplace.name] if leads.marketplace else [])]
        name = FORBIDDEN.sub("-", " – ".join(names))
        today = f"{timezone.localdate():%Y-%m-%d}"
        self.file_name = clean_file_name(f"{name} {today}.{extension}")
        file = self._file(leads, title, extent, extension)
        self._pieces = self._counted(each_in(translation.get_language(), file))

    def begin(self):
        """Take the room for one export, before the first byte is asked for. Raises Busy."""
        next(self._pieces)

    def __iter__(self):
        """Yield the bytes, some at a time."""
        return self._pieces

    def close(self):
        """End what was begun, as when the client is gone."""
        self._pieces.close()

    def _counted(self, pieces):
        """Read `pieces` as one of those that are running, and say how that ended.

        Before the first of them nothing, so that it has begun and is told its end.
        """
        with _lock:
            if self._user in _running or len(_running) >= AT_ONCE:
                raise Busy
            _running.append(self._user)
        try:
            yield b""
            yield from pieces
        finally:
            with _lock:
                _running.remove(self._user)
            self._on_end(self)

    def _file(self, leads, title, extent, extension):
        columns = EXTENTS[extent](leads)
        portions = self._portions(leads, columns)
        if extension == "csv":
            yield from csv_file.csv_file(columns, portions)
        else:
            yield from xlsx_file.xlsx_file(columns, portions, title=title[:31])
        self.is_complete = True

    def _portions(self, leads, columns):
        """Yield the rows of the file; the last says so where there are more leads."""
        for found in leads.portions(columns, size=PORTION):
            room = MOST_ROWS - self.rows
            rows = [[column.cell(lead) for column in columns] for lead in islice(found, room)]
            self.rows += len(rows)
            yield rows
            if len(found) > room:
                yield [[_("There are more leads than a sheet holds. Please filter the list.")]]
                return

"""The rows of an import that failed, as a file to be corrected and imported again."""

from itertools import batched, chain, islice

from django.utils.translation import gettext as _

from .exporting.columns import ExportColumn
from .exporting.csv_file import csv_file
from .exporting.xlsx_file import xlsx_file

PORTION = 200


def failed_file(lead_import, extension):
    """Yield the bytes of the file: the columns as they were sent, and the reasons."""
    headings = [*lead_import.headings, _("Reason (do not import)")]
    columns = [ExportColumn(heading, None) for heading in headings]
    portions = batched(_rows(lead_import), PORTION)
    if extension == "csv":
        return csv_file(columns, portions)
    return xlsx_file(columns, portions, title="Import")


def _rows(lead_import):
    width = len(lead_import.headings)
    for row in lead_import.rows.failed().in_order().iterator(chunk_size=PORTION):
        cells = chain(row.cells, [""] * (width - len(row.cells)))
        reasons = (f"{where}: {why}" if where else why for _column, where, why in row.problems)
        yield [*islice(cells, width), " · ".join(reasons)]

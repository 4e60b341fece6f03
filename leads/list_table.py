"""What the table of a list shows of its leads: headings, groups, rows and their cells."""

from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .columns import ACTIVITY, FOLLOW_UP, LEAD
from .rows import Rows

# What stands above the leads of the same days.
DAYS = {
    "overdue": _("Overdue"),
    "today": _("Today"),
    "later": _("Coming up"),
    "none": _("No follow-up"),
}
# The partials of leads/columns/cells.html in which a field is edited.
EDITED_CELLS = {"lead", "due", "plain", "amount"}


class Heading(NamedTuple):
    """The head of a column: what it sorts by at the next click, and what is edited below."""

    text: str
    css: str
    # Of the list in the other order; empty where it cannot be sorted by the column.
    address: str
    aria_sort: str
    field: str


class ListTable:
    """The table of a list; mixed into leads.listing.LeadList, which says what is in it."""

    @cached_property
    def cells(self):
        """What draws the cells of a row."""
        return tuple((column.cell, column.name) for column in self.columns)

    @property
    def headings(self):
        """The Heading of each column."""
        return tuple(self._heading_of(column) for column in self.columns)

    def _heading_of(self, column):
        is_current = bool(column.path) and column.path == self.order.column
        descends = not self.order.is_descending if is_current else column.starts_descending
        sort = f"-{column.name}" if descends else column.name
        direction = "descending" if self.order.is_descending else "ascending"
        return Heading(
            text=str(column.heading),
            css=column.css,
            address=self._sorted_address(sort) if column.path else "",
            aria_sort=direction if is_current else "",
            field=self._edited_by(column),
        )

    def _sorted_address(self, sort):
        return f"?{self._unsorted}&sort={sort}" if self._unsorted else f"?sort={sort}"

    @cached_property
    def _unsorted(self):
        """What the address says beside the order and the page."""
        said = {n: texts for n, texts in self.params.lists() if n not in {"sort", "seite"}}
        return urlencode(said, doseq=True)

    def _edited_by(self, column):
        """Return the name of the field that is edited in all cells of the column, or empty.

        Where the list shows several marketplaces, or the field is retired, each cell of an
        own field says by itself what is edited in it; see leads.rows.
        """
        if column.cell not in EDITED_CELLS:
            return ""
        shown = column.fields.get(None)
        if shown is None and len(self.shown_marketplaces) == 1:
            shown = column.fields.get(self.shown_marketplaces[0].pk)
        return shown.name if shown and not shown.is_retired else ""

    @property
    def shown_rows(self):
        """The page's leads as its rows show them."""
        rows = self._rows
        return [rows.of(lead) for lead in self.page.rows]

    @property
    def _rows(self):
        plain = [(column, not self._edited_by(column)) for column in self._plain_columns]
        return Rows(self.marketplaces, reader=self.user, plain=plain)

    def row_with(self, lead, name):
        """Return the row of `lead` whose field called `name` was changed.

        None where it may stand elsewhere in the list now, or in it no more. With another
        follow-up it keeps its place until the list is read anew, as after the dialog.
        """
        if self.search or self.filters:
            return None
        own = self._own_column
        if own and name in own.members:
            return None
        path = LEAD.path if name == LEAD.name else name
        if path != FOLLOW_UP.path and self.order.column in {ACTIVITY.path, path}:
            return None
        shown = self.rows().with_id(lead.pk)
        return shown and self._rows.of(shown)

    @property
    def groups(self):
        """The rows in pairs of heading and rows: by when they are due, where they stand so.

        What is due today is headed even where nothing is, at the beginning of the list.
        """
        rows = self.shown_rows
        if self.order.column != FOLLOW_UP.path or self.due:
            return [("", rows)]
        groups = [(DAYS[day], list(g)) for day, g in groupby(rows, lambda r: r.due_group)]
        is_beginning = not (self.order.is_descending or self.page.previous)
        if is_beginning and not self.is_filtered and rows[0].due_group in {"later", "none"}:
            groups.insert(0, (DAYS["today"], []))
        return groups

    @property
    def _plain_columns(self):
        return [column for column in self.columns if column.cell == "plain"]

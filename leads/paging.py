"""Pages that cost the same wherever they are: by the last row seen, not by a number.

A cursor names the sort value and id of the row at the edge of a page. It is opaque to
the browser; one that cannot be read means the first page. A row whose sort value changes
while somebody pages can be met again or missed; rows that stay as they are are shown
exactly once.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db.models import F, Q

from .text import SURROGATES


@dataclass(frozen=True)
class Order:
    """An order by one column (a path from the model) and then by id; nulls come last."""

    column: str
    is_descending: bool = False

    def order_by(self, queryset, *, backwards=False):
        """Return `queryset` in this order, or in the opposite one."""
        descending = self.is_descending != backwards
        column = F(self.column)
        edge = {"nulls_first": True} if backwards else {"nulls_last": True}
        by_column = column.desc(**edge) if descending else column.asc(**edge)
        return queryset.order_by(by_column, "-id" if descending else "id")

    def beyond(self, value, pk, *, backwards=False):
        """Return the condition for the rows behind (or before) the row (value, pk)."""
        descending = self.is_descending != backwards
        side = "lt" if descending else "gt"
        same = Q(**{self.column: value} if value is not None else {f"{self.column}": None})
        tie = same & Q(**{f"id__{side}": pk})
        if value is None:
            return tie | Q(**{f"{self.column}__isnull": False}) if backwards else tie
        further = Q(**{f"{self.column}__{side}": value}) | tie
        return further if backwards else further | Q(**{f"{self.column}__isnull": True})

    def value_of(self, row):
        """Return the sort value of `row`."""
        for name in self.column.split("__"):
            row = getattr(row, name) if row is not None else None
        return row


@dataclass
class Page:
    """One page of rows, and the cursors of the pages around it (None where none is)."""

    rows: list
    previous: str | None
    next: str | None
    # Whether the cursor could not be read, so that this is the first page instead.
    is_reset: bool = False


def page_of(queryset, order, *, cursor=None, size=50):
    """Return the page of `queryset` that `cursor` names, in one query."""
    edge = _decode(cursor, order) if cursor else None
    backwards, value, pk = edge or (False, None, None)
    rows = queryset
    if edge:
        rows = rows.filter(order.beyond(value, pk, backwards=backwards))
    rows = list(order.order_by(rows, backwards=backwards)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_previous = has_more if backwards else bool(edge)
    has_next = bool(edge) if backwards else has_more
    return Page(
        rows=rows,
        previous=_encode(order, rows[0], backwards=True) if rows and has_previous else None,
        next=_encode(order, rows[-1]) if rows and has_next else None,
        is_reset=bool(cursor) and edge is None,
    )


def portion_of(queryset, *, before=None, size=30):
    """Return the next `size` rows of a newest-first list and whether there are more.

    `before` is the row above, None at the beginning; the queryset knows `older_than`.
    """
    rows = queryset.older_than(before) if before is not None else queryset
    rows = list(rows.newest_first()[: size + 1])
    return rows[:size], len(rows) > size


def _encode(order, row, *, backwards=False):
    value = order.value_of(row)
    kind = {datetime: "t", Decimal: "d"}.get(type(value), "")
    text = value.isoformat() if kind == "t" else str(value) if kind else value
    data = json.dumps([order.column, backwards, kind, text, row.pk], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _decode(cursor, order):
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        column, backwards, kind, value, pk = json.loads(base64.urlsafe_b64decode(padded))
        if kind == "t":
            value = datetime.fromisoformat(value)
        elif kind == "d":
            value = Decimal(value)
        is_readable = (
            column == order.column
            and isinstance(backwards, bool)
            and isinstance(pk, int)
            and 0 < pk < 2**63
            and (value is None or _fits(order, value))
        )
    except (ValueError, TypeError, InvalidOperation, binascii.Error, RecursionError):
        return None
    return (backwards, value, pk) if is_readable else None


def _fits(order, value):
    expected = SORT_TYPES.get(order.column, str)
    if not isinstance(value, expected) or isinstance(value, bool):
        return False
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1900 <= value.year < 2200
    if isinstance(value, Decimal):
        # Not abs(): it raises on what its context cannot hold.
        return value.is_finite() and -LIMIT < value < LIMIT
    if isinstance(value, int):
        return abs(value) < 2**31
    return "\x00" not in value and not SURROGATES.search(value)


# The amounts that the column holds are smaller.
LIMIT = Decimal(10) ** 12
# What the values of the sort columns are; text where nothing is said.
SORT_TYPES = {
    "follow_up_at": datetime,
    "last_activity_at": datetime,
    "closed_at": datetime,
    "created_at": datetime,
    "value": Decimal,
    "phase__position": int,
}

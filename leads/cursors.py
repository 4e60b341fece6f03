"""Cursors: the edge of a page as an address carries it, opaque to the browser."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from .text import SURROGATES

# The amounts that the column holds are smaller, and have no more places behind the point.
LIMIT = Decimal(10) ** 12
PLACES = 2
# What the values of the sort columns are; text where nothing is said.
SORT_TYPES = {
    "follow_up_at": datetime,
    "last_activity_at": datetime,
    "closed_at": datetime,
    "created_at": datetime,
    "value": Decimal,
    "phase__position": int,
    "marketplace_id": int,
}


@dataclass(frozen=True)
class Edge:
    """The row at the edge of a page, as it was when the page was shown."""

    is_backwards: bool
    # By what the list sorts; then, where whole parts of it share that, by what these do.
    value: object
    within: object
    pk: int

    @classmethod
    def at(cls, row, order, *, is_backwards=False):
        """Return the edge at `row` of a list in this Order."""
        within = getattr(row, order.within) if order.within else None
        return cls(is_backwards, order.value_of(row), within, row.pk)

    def cursor(self, order):
        """Return the edge as an address carries it."""
        data = [order.column, self.is_backwards, *_packed(self.value), self.pk]
        if order.within:
            data += _packed(self.within)
        text = json.dumps(data, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, cursor, order):
        """Return the edge that `cursor` names in a list of this Order, or None."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            column, is_backwards, kind, value, pk, *within = json.loads(
                base64.urlsafe_b64decode(padded)
            )
            value = _unpacked(kind, value)
            within = _unpacked(*within) if order.within else None
            is_readable = (
                column == order.column
                and isinstance(is_backwards, bool)
                and type(pk) is int
                and 0 < pk < 2**63
                and (value is None or _fits(order.column, value))
                and (within is None or _fits(order.within, within))
            )
        except (ValueError, TypeError, InvalidOperation, binascii.Error, RecursionError):
            return None
        return cls(is_backwards, value, within, pk) if is_readable else None


def _packed(value):
    if isinstance(value, datetime):
        return "t", value.isoformat()
    return ("d", str(value)) if isinstance(value, Decimal) else ("", value)


def _unpacked(kind, value):
    if kind == "t":
        return datetime.fromisoformat(value)
    return Decimal(value) if kind == "d" else value


def _fits(column, value):
    expected = SORT_TYPES.get(column, str)
    if not isinstance(value, expected) or isinstance(value, bool):
        return False
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1900 <= value.year < 2200
    if isinstance(value, Decimal):
        # Not abs(): it raises on what its context cannot hold.
        is_within = value.is_finite() and -LIMIT < value < LIMIT
        return is_within and value.as_tuple().exponent >= -PLACES
    if isinstance(value, int):
        return abs(value) < 2**31
    return "\x00" not in value and not SURROGATES.search(value)

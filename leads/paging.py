"""Pages that cost the same wherever they are: by the last row seen, not by a number.

A page is read along indexes. Each `Part` of a list is one range of one index; the parts
are walked side by side, and of each at most one page is looked at, however long it is.

A cursor names the sort value and id of the row at the edge of a page; one that cannot be
read means the first page. What is promised: rows that stay as they are are shown exactly
once, whatever comes, goes or moves beside them. A row whose own sort value changes while
somebody pages can be met again or missed.
"""

from dataclasses import dataclass
from operator import attrgetter

from django.db import connection
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from .cursors import Edge
from .ids import PK
from .models import Lead
from .models.questions import SELECTED, keeping_plans, listed, side_by_side

# Rows of a page.
SIZE = 50
# SQLite joins at most 500 of them.
PARTS_AT_ONCE = 100


@dataclass(frozen=True)
class Part:
    """A part of a list that one index holds in order: the rows that a Question finds.

    `value` is their sort value where the list's Order says that they share it.
    """

    question: object
    value: object = None
    # Where leads are sorted by an own field: those that have one, see OwnOrder.
    valued: object = None


@dataclass(frozen=True)
class Order:
    """An order by one column and then by id; nulls come last.

    Where all rows of a part share that value they stand by the column `within` and id.
    """

    column: str
    is_descending: bool = False
    has_nulls: bool = False
    within: str = ""
    # Gives the sort value of a row where the column is not the row's own.
    value: object = None
    # Whether a group is read only where those before it do not fill the page.
    reads_one_by_one = False

    @property
    def keys(self):
        """The columns by which the rows of one part stand in order."""
        return [self.within or self.column, "id"]

    def keys_in(self, group):
        """Return what the questions of a group are ordered by."""
        return self.keys

    def keys_of_rows(self, group):
        """Return what the rows themselves are ordered by when they are read."""
        return self.keys

    def first_key(self, edge):
        """Return what the row at an Edge has in the first of the keys."""
        return edge.within if self.within else edge.value

    def value_of(self, row):
        """Return the sort value of `row`."""
        return self.value(row) if self.value else getattr(row, self.column)

    def groups(self, parts):
        """Return sort value → questions, in the order in which the groups are shown.

        Where parts do not share a value, those that have one stand under VALUES.
        """
        if self.within:
            groups = {}
            for part in reversed(parts) if self.is_descending else parts:
                groups.setdefault(part.value, []).append(part.question)
            return groups
        questions = [part.question for part in parts]
        if not self.has_nulls:
            return {VALUES: questions}

        def split(*, is_null):
            null = {f"{self.column}__isnull": is_null}
            return [
                question.then((self.column, is_null), lambda rows, _given: rows.filter(**null))
                for question in questions
            ]

        return {VALUES: split(is_null=False), None: split(is_null=True)}

    def group_of(self, value):
        """Return the key of the group in which rows with this sort value stand."""
        return value if self.within or value is None else VALUES


@dataclass(frozen=True)
class OwnOrder(Order):
    """An order by a marketplace's own field: the leads that have a value, then the others.

    The values stand in a table beside the leads (leads.models.FieldValue), the others by
    their age. These lie scattered among those with a value, so that nobody looks for them
    before they are to be shown.
    """

    within: str = "created_at"
    value: object = attrgetter("own_key")
    reads_one_by_one = True

    def groups(self, parts):
        """Return the group of the values and that of the leads without one."""
        valued = [part.valued for part in parts if part.valued]
        return {VALUES: valued, None: [part.question for part in parts]}

    def group_of(self, value):
        """Return the key of the group in which rows with this sort value stand."""
        return None if value is None else VALUES

    def keys_in(self, group):
        """Return what the questions of a group are ordered by."""
        return self.keys if group is None else ["key", "lead_id"]

    def keys_of_rows(self, group):
        """Return what the rows themselves are ordered by when they are read."""
        return self.keys if group is None else ["own_key", "id"]

    def first_key(self, edge):
        """Return what the row at an Edge has in the first of the keys."""
        return edge.within if edge.value is None else edge.value


VALUES = object()
# By how well they match what was searched; there is no such column.
RANKING = Order("rank", value=lambda row: None)


@dataclass
class Page:
    """One page of rows, and the cursors of the pages around it (None where none is)."""

    rows: list
    previous: str | None
    next: str | None
    # Whether the cursor could not be read, so that this is the first page instead.
    is_reset: bool = False


def page_of(parts, order, *, rows, cursor=None, size=SIZE, is_costly=False):
    """Return the page of a list's `parts` that `cursor` names.

    `parts` stand in ascending order of the values that they share. The rows themselves are
    what the Question `rows` finds among them, which alone decides what may be seen of them.
    Where looking at a part's row `is_costly`, no more of them are looked at than needed.
    """
    groups = order.groups(parts)
    edge = _edge(groups, order, cursor)
    is_backwards = edge is not None and edge.is_backwards
    found = _Walk(groups, order, rows, edge, is_costly=is_costly).first(size + 1)
    has_more = len(found) > size
    found = found[:size]
    if is_backwards:
        found.reverse()
    has_previous = has_more if is_backwards else edge is not None
    has_next = is_backwards or has_more
    return Page(
        rows=found,
        previous=Edge.at(found[0], order, is_backwards=True).cursor(order)
        if found and has_previous
        else None,
        next=Edge.at(found[-1], order).cursor(order) if found and has_next else None,
        is_reset=bool(cursor) and edge is None,
    )


def page_or_first(read, cursor):
    """Return the page that `read` finds at `cursor`, or the first where nothing is left there.

    All its rows may have gone since the cursor was given.
    """
    page = read(cursor)
    is_left_over = bool(cursor) and not (page.rows or page.is_reset)
    return read(None) if is_left_over else page


def page_of_first(ids, order, *, rows, size=SIZE):
    """Return the first page of a list whose first `ids` are known, more than a page."""
    found = _rows_of(rows, ids[:size])
    has_next = len(ids) > size and bool(found)
    return Page(
        rows=found,
        previous=None,
        next=Edge.at(found[-1], order).cursor(order) if has_next else None,
    )


def page_of_ranking(ids, *, rows, cursor=None, size=SIZE):
    """Return the page of a short ranking of `ids` that `cursor` names; see `page_of`."""
    edge = Edge.read(cursor, RANKING) if cursor else None
    if edge and edge.pk not in ids:
        edge = None
    start = 0
    if edge:
        place = ids.index(edge.pk)
        start = max(0, place - size) if edge.is_backwards else place + 1
    end = place if edge and edge.is_backwards else start + size
    found = _rows_of(rows, ids[start:end])
    return Page(
        rows=found,
        previous=Edge.at(found[0], RANKING, is_backwards=True).cursor(RANKING)
        if found and start > 0
        else None,
        next=Edge.at(found[-1], RANKING).cursor(RANKING) if found and end < len(ids) else None,
        is_reset=bool(cursor) and edge is None,
    )


def _rows_of(rows, ids):
    """Return what the Question `rows` finds of the `ids`, in their order."""
    if not ids:
        return []
    asked = rows.then(
        ("of a ranking",), lambda rows, _given: rows.filter(pk__in=SELECTED).order_by()
    )
    places = {pk: place for place, pk in enumerate(ids)}
    return sorted(asked.objects(listed(ids)), key=lambda row: places[row.pk])


class First:
    """The first of what `questions` find, each a range of an index without nulls."""

    # The id of a row, as what it has to meet calls it.
    ROW = RawSQL("first.id", ())

    def __init__(self, questions, order):
        self.walk = _Walk({VALUES: questions}, order, None, None, is_costly=True)
        self.batch = [(0, self.walk.ahead(VALUES, each, None)) for each in questions]
        self.is_kept = all(question.key for question in questions)

    def ids_of_many(self, limit, meeting, *, among, common, glanced):
        """Return the ids of the first `limit` rows that meet a condition, in order.

        `meeting` is a Question for whether ROW does. None are returned where it is not
        common, which is what less than `common` of the first `glanced` rows meet, or where
        there are not even `among` rows; beyond so many none is looked for. No row is looked
        at that need not be, and all is one statement, because nearly every search asks it.
        """
        condition = meeting.sql()
        rows, params = self.walk.sql(VALUES, self.batch)
        if rows is None or condition is None:
            return ()
        meets, of_condition = condition

        def met(most, number):
            # The rows are in order, and both databases keep it where nothing is joined.
            return (
                f"SELECT first.id FROM ({rows} LIMIT {most}) AS first"  # noqa: S608
                f" WHERE ({meets}) LIMIT {number:d}"
            )

        is_common = f"(SELECT COUNT(*) FROM ({met(glanced, common)}) AS met) = {common:d}"  # noqa: S608
        is_long = f"EXISTS ({rows} LIMIT 1 OFFSET {among - 1:d})"
        # As a limit these are looked at first; SQLite would look at them with each row.
        most = f"(CASE WHEN {is_common} AND {is_long} THEN {among:d} ELSE 0 END)"
        sql = met(most, limit)
        with keeping_plans(self.is_kept), connection.cursor() as cursor:
            cursor.execute(sql, [*params, *params, *of_condition, *params, *of_condition])
            return tuple(pk for (pk,) in cursor.fetchall())


def row_above(rows, pk):
    """Return the row of a TimelineQuerySet that a portion follows, or None at the beginning.

    `pk` is its id as an address has it.
    """
    return rows.with_id(pk) if PK.fullmatch(pk) else None


def portion_of(rows, *, before=None, size=30):
    """Return the next `size` rows of a newest-first list and whether there are more.

    `rows` is a Question for a TimelineQuerySet, `before` the row above, None at the
    beginning.
    """
    above = {"edge": before.created_at, "above": before.pk} if before is not None else {}

    def portion(rows, given):
        if above:
            rows = rows.older_than(given["edge"], given["above"])
        return rows.newest_first()[: size + 1]

    found = rows.then(("portion", size), portion, **above).objects()
    return found[:size], len(found) > size


def _edge(groups, order, cursor):
    """Return the edge that `cursor` names, where it lies in one of the groups, or None."""
    edge = Edge.read(cursor, order) if cursor else None
    return edge if edge and order.group_of(edge.value) in groups else None


class _Walk:
    """The way from the edge of a page (or the beginning) forward or backward."""

    def __init__(self, groups, order, rows, edge, *, is_costly=False):
        self.order = order
        self.rows = rows
        self.edge = edge
        self.is_costly = is_costly
        is_backwards = edge is not None and edge.is_backwards
        self.is_descending = order.is_descending != is_backwards
        names = list(groups)
        if is_backwards:
            names.reverse()
        if edge:
            names = names[names.index(order.group_of(edge.value)) :]
        # Group → its place on the way.
        self.places = {name: place for place, name in enumerate(names)}
        self.groups = groups

    def first(self, limit):
        """Return the first `limit` rows on the way."""
        found, batch = [], []
        for name, place in self.places.items():
            batch += [(place, self.ahead(name, asked, limit)) for asked in self.groups[name]]
            is_enough = len(batch) >= PARTS_AT_ONCE or self._reads_one_by_one
            if is_enough or place == len(self.places) - 1:
                found += self._read(name, batch, limit - len(found))
                batch = []
            if len(found) == limit:
                break
        return found

    def ahead(self, name, question, limit):
        """Return what asks for those of a part's rows that lie ahead: a range of an index.

        `name` is that of the part's group.
        """
        edge = self.edge if self.places[name] == 0 else None
        keys, given = self.order.keys_in(name), {}
        most = None if self.is_costly else limit
        if edge:
            given = {"edge": self.order.first_key(edge), "pk": edge.pk}
            if given["edge"] is None:
                del given["edge"]
        lookup = TupleLessThan if self.is_descending else TupleGreaterThan

        def ahead(rows, values):
            if edge:
                edges = keys[-len(given) :]
                rows = rows.filter(
                    lookup(Tuple(*map(F, edges)), tuple(values[name] for name in given))
                )
            return rows.order_by(*self._directed(keys)).values_list(*keys)[:most]

        return question.then((*keys, self.is_descending, most), ahead, **given)

    def ids(self, name, batch, limit):
        """Return what selects the ids of `sql`, as RawSQL, or None."""
        sql, params = self.sql(name, batch, limit)
        if sql is None:
            return None
        pk = self._names(name)[-1]
        return RawSQL(f"SELECT {pk} FROM ({sql}) AS page", params)  # noqa: S608, S611

    def sql(self, name, batch, limit=None):
        """Return SQL and parameters of all rows, or of `limit`; None, None for none.

        The rows are those that the questions of `batch` find, their ids come last. `name` is
        that of one of their groups; of all of them, where rows are costly.
        """
        if self.is_costly:
            batch = [(None, question) for _place, question in batch]
        union = side_by_side(batch)
        if union is None:
            return None, None
        sql, params = union
        sign = "DESC" if self.is_descending else "ASC"
        places = [] if self.is_costly else ["place"]
        in_order = ", ".join([*places, *(f"{each} {sign}" for each in self._names(name))])
        end = "" if limit is None else f" LIMIT {limit:d}"
        return f"{sql} ORDER BY {in_order}{end}", params

    def _read(self, name, batch, limit):
        ids = self.ids(name, batch, limit)
        if ids is None:
            return []
        keys = self.order.keys_of_rows(name)
        rows = self.rows.then(
            ("of a page", *keys, self.is_descending),
            lambda rows, _given: rows.filter(pk__in=SELECTED).order_by(*self._directed(keys)),
        ).objects(ids, is_kept=all(question.key for _place, question in batch))
        return rows if self._reads_one_by_one else sorted(rows, key=self._place)

    @property
    def _reads_one_by_one(self):
        return self.is_costly or self.order.reads_one_by_one

    def _names(self, name):
        """Return what the keys of a group are called in SQL."""
        keys = self.order.keys_in(name)
        # Those of another table are the names of its columns.
        if keys == self.order.keys:
            keys = [Lead._meta.get_field(key).column for key in keys]
        return list(map(connection.ops.quote_name, keys))

    def _place(self, row):
        return self.places[self.order.group_of(self.order.value_of(row))]

    def _directed(self, keys):
        named = map(F, keys)
        return [key.desc() if self.is_descending else key.asc() for key in named]

"""Questions to the database that are put into SQL once and asked again and again.

Django builds and compiles a queryset anew each time it is used. A list goes along a dozen
slices and counters along two dozen: that was half of the time of its page. Here a queryset
is compiled with placeholders for its values, and what came out is filled in afterwards.
"""

import re
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, reduce

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import prefetch_related_objects
from django.db.models.expressions import RawSQL

from leadbook.keeping import kept

# No row has such values. They are of the kinds that the values will be, so that Django
# makes the same SQL of them. Each further value's is another one: an id's is one less.
ID = -(2**62)
MOMENTS = {
    name: datetime(1800, 1, n, tzinfo=UTC)
    for n, name in enumerate(["now", "today", "tomorrow"], start=1)
}
EDGES = {
    date: date(1800, 3, 1),
    datetime: datetime(1800, 2, 1, tzinfo=UTC),
    Decimal: Decimal("-918273645546.37"),
    str: "\x01edge",
}
# Stands in a queryset for the ids that are selected by SQL which is known only later.
SELECTED = RawSQL("SELECT 0 /* selected */", ())
# A status or a role; nothing that somebody typed is compiled here.
WORD = re.compile("[a-z_]+")
# Those that stand in SQL that is not kept, where they tell nothing of what was typed.
STATUSES = ("offered", "in_progress", "won", "lost")
# How often a connection has asked something before the plan is kept, and how many it keeps.
ASKED_BEFORE, MOST_PLANS = 2, 300
# How many questions stay in SQL, of some 30 kB each. How many words somebody types and how
# many marketplaces somebody sees are parts of the key: there is no end of keys.
MOST_COMPILED = 2000


def listed(ids):
    """Return what takes the place of SELECTED where the `ids` are known; at least one."""
    if connection.vendor == "postgresql":
        # However many there are, the plan is the same.
        return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    values = ", ".join(["(%s)"] * len(ids))
    return RawSQL(f"VALUES {values}", ids)  # noqa: S611


@dataclass(frozen=True)
class Question:
    """A queryset to come: `build` makes it of `values`.

    Questions of the same `key` make the same SQL, whatever their values; None where the
    SQL depends on them.
    """

    key: tuple | None
    build: object
    values: dict = field(default_factory=dict)

    def then(self, key, build, **values):
        """Return the question whose queryset `build` makes of this one's, and of `values`."""
        return Question(
            self.key and (*self.key, *key),
            lambda given: build(self.build(given), given),
            {**self.values, **values},
        )

    @property
    def queryset(self):
        """The queryset itself, whose SQL is written anew."""
        return self.build(self.values)

    def sql(self):
        """Return SQL and parameters, or None where no row can be found."""
        ready = self._ready()
        return ready and ready.with_values(self.values)

    def _ready(self):
        """Return the queryset as SQL, or None where no row can be found."""
        if self.key is None:
            return _compile(self.queryset)
        kinds = tuple(type(value) for value in self.values.values())
        cell = _cell(connection.vendor, self.key, *self.values, kinds)
        if not cell:
            placeholders = {
                name: _placeholder(place, name, value)
                for place, (name, value) in enumerate(self.values.items())
            }
            names = {_adapted(value): name for name, value in placeholders.items()}
            cell.append(_compile(self.build(placeholders), names))
        return cell[0]

    def objects(self, selected=None, *, is_kept=True, setup_mark=None):
        """Return the objects that are found, with all that the queryset reads with them.

        `setup_mark` says that they follow from how marketplaces are set up alone, as it is
        under this mark (User.setup_mark): then they are made of the same rows again. Objects
        that bring a `setup_mark` along say the same of what is read beside them.
        `selected` is the RawSQL that takes the place of SELECTED; `is_kept` says whether it
        is made of what is kept. Django makes the objects of the rows; what it is spared is
        to write the SQL once more.
        """
        ready = self._ready()
        if ready is None:
            return []
        sql, params = ready.with_values(self.values, selected)
        compiler = copy(ready.compiler)
        compiler.connection = connections[ready.queryset.db]
        compiler.as_sql = lambda: (sql, tuple(params))
        if setup_mark is not None:
            rows = _rows_of_setup(setup_mark, ready.queryset.db, sql, tuple(params))
            compiler.execute_sql = lambda **_how: [rows]
        # What is read beside them is asked by questions, too.
        objects = ready.queryset.prefetch_related(None)
        objects.query.get_compiler = lambda *_using, **_how: compiler
        with keeping_plans(self.key is not None and is_kept):
            found = list(objects)
        beside = ready.queryset._prefetch_related_lookups
        if self.key is None:
            prefetch_related_objects(found, *beside)
        else:
            mark = getattr(next(iter(found), None), "setup_mark", None)
            for lookup in beside:
                *path, name = lookup.prefetch_through.split("__")
                parents = [reduce(getattr, path, each) for each in found]
                read_beside(
                    parents,
                    name,
                    lambda of=lookup: of.queryset,
                    key=(*self.key, *path),
                    setup_mark=mark,
                )
        return found

    def rows(self, setup_mark=None, *, selected=None):
        """Return the rows that are found, as tuples; see `objects` for what else is given."""
        ready = self._ready()
        if ready is None:
            return []
        sql, params = ready.with_values(self.values, selected)
        if setup_mark is not None:
            return _rows_of_setup(setup_mark, connection.alias, sql, tuple(params))
        with keeping_plans(self.key is not None), connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()


@lru_cache(maxsize=MOST_COMPILED)
def _cell(*_key):
    """Return the list that keeps what is compiled for this key; empty at first."""
    return []


@contextmanager
def keeping_plans(is_kept=True):
    """Let PostgreSQL keep the plans of what is asked in the block, if it `is_kept` SQL.

    Planning a list's slices takes PostgreSQL longer than reading them. It compares a plan for
    all values with those for the ones at hand, and keeps it where it is as good. What reads
    the search index is never kept: there, one plan does not fit all words.
    """
    is_postgresql = connection.vendor == "postgresql"
    if not (is_kept and is_postgresql and settings.KEEP_QUERY_PLANS):
        yield
        return
    connection.ensure_connection()
    beneath = connection.connection
    before = beneath.cursor_factory, beneath.prepare_threshold
    # Only what is bound by the server can be prepared.
    beneath.cursor_factory, beneath.prepare_threshold = ServerBindingCursor, ASKED_BEFORE
    beneath.prepared_max = MOST_PLANS
    try:
        yield
    finally:
        beneath.cursor_factory, beneath.prepare_threshold = before


def read_beside(parents, name, build, *, key, setup_mark=None):
    """Read what points to the `parents`, as prefetch_related does; see Question for `key`.

    `name` is that of the reverse relation; `build` makes the queryset of what of it is
    read, in its order, where that is not kept. See Question.objects for `setup_mark`.
    """
    parents = [p for p in parents if name not in getattr(p, "_prefetched_objects_cache", ())]
    if not parents:
        return
    link = parents[0]._meta.get_field(name).field
    by_parent = {parent.pk: [] for parent in parents}
    found = Question(
        ("beside", name, *key),
        lambda given: build().filter(**{f"{link.name}__in": list(given.values())}),
        {f"parent {place}": pk for place, pk in enumerate(by_parent)},
    ).objects(setup_mark=setup_mark)
    for each in found:
        by_parent[getattr(each, link.attname)].append(each)
    for parent in parents:
        rows = getattr(parent, name).all()
        rows._result_cache = by_parent[parent.pk]
        rows._prefetch_done = True
        for each in rows:
            link.set_cached_value(each, parent)
        vars(parent).setdefault("_prefetched_objects_cache", {})[name] = rows


# Some megabytes in each worker. Of a marketplace that is described at very great length, a
# part is read each time.
@kept(1000, largest=65_536)
def _rows_of_setup(_mark, alias, sql, params):
    """Return the rows of SQL whose answer is the same under the same mark."""
    with keeping_plans(), connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return tuple(cursor.fetchall())


def side_by_side(questions):
    """Return SQL and parameters of the rows of each question, as one table.

    `questions` are pairs of a number, which stands in the column `place`, and a Question
    with a limit of its own, which Django's `union` cannot join on SQLite. Where the number is
    None there is no such column, and where all questions stand in the order in which the
    table is then read, none is read further than it has to be. None where no row can be
    found.
    """
    parts, params = [], []
    for place, question in questions:
        if compiled := question.sql():
            sql, of_part = compiled
            columns = "part.*" if place is None else f"{place:d} AS place, part.*"
            # The SQL is Django's own; all values are parameters.
            parts.append(f"SELECT {columns} FROM ({sql}) AS part")  # noqa: S608
            params += of_part
    return (" UNION ALL ".join(parts), params) if parts else None


@dataclass(frozen=True)
class _Ready:
    """A queryset, and what its compiler wrote: SQL, and pairs of name and parameter."""

    queryset: object
    compiler: object
    sql: str
    params: tuple

    def with_values(self, values, selected=None):
        """Return SQL and parameters, with what is `selected` in the place of SELECTED."""
        sql = self.sql
        params = [_adapted(values[n]) if n else param for n, param in self.params]
        if selected:
            before, after = sql.split(SELECTED.sql)
            place = before.count("%s")
            sql = f"{before}{selected.sql}{after}"
            params[place:place] = selected.params
        return sql, params


def _compile(queryset, names=None):
    """Return `queryset` as _Ready, or None where no row can be found.

    `names` are those of the parameters that stand for a value, None where the SQL is not
    kept. The queryset's own words stand in the SQL: SQLite looks into each row for a status
    that it is given as a parameter, although the index says already that it has this one.
    What is not kept may hold what somebody typed; of it, only a status stands there.
    """
    compiler = queryset.query.get_compiler(queryset.db)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    pieces, left = sql.split("%s"), []
    text = pieces[0]
    for piece, param in zip(pieces[1:], params, strict=True):
        is_word = param in STATUSES if names is None else _is_word(param, names)
        text += f"'{param}'" if is_word else "%s"
        text += piece
        if not is_word:
            left.append((names and names.get(param), param))
    return _Ready(queryset, compiler, text, tuple(left))


def _is_word(param, names):
    return isinstance(param, str) and param not in names and WORD.fullmatch(param)


def _placeholder(place, name, value):
    if isinstance(value, int):
        return ID - place
    if isinstance(value, str):
        return f"{EDGES[str]} {place}"
    step = 1 if isinstance(value, Decimal) else timedelta(days=1)
    return MOMENTS.get(name) or EDGES[type(value)] + place * step


def _adapted(value):
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, Decimal):
        return connection.ops.adapt_decimalfield_value(value, 14, 2)
    return value

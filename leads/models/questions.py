"""Questions to the database that are put into SQL once and asked again and again.

Django builds and compiles a queryset anew each time it is used. A list goes along a dozen
slices and counters along two dozen: that was half of the time of its page. Here a queryset
is compiled with placeholders for its values, and what came out is filled in afterwards.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.core.exceptions import EmptyResultSet
from django.db import connection

# No row has such values. They are of the kinds that the values will be, so that Django
# makes the same SQL of them. An id's is this and one less for each further value.
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
# A status or a role; nothing that somebody typed is compiled here.
WORD = re.compile("[a-z_]+")
_compiled = {}


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

    def sql(self):
        """Return SQL and parameters, or None where no row can be found."""
        if self.key is None:
            return _compile(self.build(self.values))
        kinds = tuple(type(value) for value in self.values.values())
        key = connection.vendor, self.key, *self.values, kinds
        if key not in _compiled:
            placeholders = {
                name: _placeholder(place, name, value)
                for place, (name, value) in enumerate(self.values.items())
            }
            names = {_adapted(value): name for name, value in placeholders.items()}
            compiled = _compile(self.build(placeholders))
            _compiled[key] = compiled and _with_words(*compiled, names)
        if _compiled[key] is None:
            return None
        sql, params = _compiled[key]
        return sql, [_adapted(self.values[n]) if n else param for n, param in params]

    def rows(self):
        """Return the rows that are found, as tuples."""
        compiled = self.sql()
        if compiled is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(*compiled)
            return cursor.fetchall()


def side_by_side(questions):
    """Return SQL and parameters of the rows of each question, as one table.

    `questions` are pairs of a number, which stands in the column `place`, and a Question
    with a limit of its own, which Django's `union` cannot join on SQLite. None where no row
    can be found.
    """
    parts, params = [], []
    for place, question in questions:
        if compiled := question.sql():
            sql, of_part = compiled
            # The SQL is Django's own; all values are parameters.
            parts.append(f"SELECT {place:d} AS place, part.* FROM ({sql}) AS part")  # noqa: S608
            params += of_part
    return (" UNION ALL ".join(parts), params) if parts else None


def _compile(queryset):
    try:
        sql, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, list(params)


def _with_words(sql, params, names):
    """Return the SQL with its own words in it, and pairs of name and value of what is left.

    SQLite looks into each row for a status that it is given as a parameter, although the
    index says already that it has this one.
    """
    pieces, left = sql.split("%s"), []
    text = pieces[0]
    for piece, param in zip(pieces[1:], params, strict=True):
        is_word = isinstance(param, str) and param not in names and WORD.fullmatch(param)
        text += f"'{param}'" if is_word else "%s"
        text += piece
        if not is_word:
            left.append((names.get(param), param))
    return text, left


def _placeholder(place, name, value):
    if isinstance(value, int):
        return ID - place
    return MOMENTS.get(name) or EDGES[type(value)]


def _adapted(value):
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, Decimal):
        return connection.ops.adapt_decimalfield_value(value, 14, 2)
    return value

"""Counters that cost the same at any length: they stop at a thousand."""

from dataclasses import dataclass

from django.db import connection

from leadbook.numbers import german

from .questions import keeping_plans, side_by_side

MOST = 1000


@dataclass(frozen=True)
class Count:
    """A number of rows as people read it: 37, 1.000 or, where there are more, 1.000+."""

    number: int

    def __bool__(self):
        return self.number > 0

    def __str__(self):
        return f"{german(MOST)}+" if self.number > MOST else german(self.number)


def count_up_to(**groups):
    """Return a Count for each named group of Questions, in one query.

    At most MOST + 1 rows of a group are looked at, those of each question in its order: it
    says which index is to be read.
    """
    counts, params = [], []
    for questions in groups.values():
        found = [question.then(("count",), _first(MOST + 1)) for question in questions]
        # One by itself needs not be wrapped, which takes half as long again.
        union = found[0].sql() if len(found) == 1 else _limited(found)
        if union is None:
            counts.append("0")
            continue
        some, of_group = union
        counts.append(f"(SELECT COUNT(*) FROM ({some}) AS counted)")  # noqa: S608
        params += of_group
    is_kept = all(question.key for questions in groups.values() for question in questions)
    with keeping_plans(is_kept), connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", params)
        numbers = cursor.fetchone()
    return dict(zip(groups, map(Count, numbers), strict=True))


def _limited(questions):
    union = side_by_side([(0, question) for question in questions])
    if union is None:
        return None
    sql, params = union
    return f"SELECT 1 FROM ({sql}) AS parts LIMIT {MOST + 1}", params  # noqa: S608


def _first(number):
    return lambda queryset, _given: queryset.values("pk")[:number]

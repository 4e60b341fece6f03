"""Querysets side by side, each with an order and a limit of its own.

Django's `union` cannot do that on SQLite. The SQL is Django's own of each queryset, its
values stay parameters; what is put between holds numbers and names of columns only.
"""

from django.core.exceptions import EmptyResultSet


def side_by_side(querysets, *, limit):
    """Return SQL and parameters of the first `limit` rows of each queryset, as one table.

    `querysets` are pairs of a number, which stands in the column `place`, and a values
    queryset. None where no row can be found.
    """
    parts, params = [], []
    for place, queryset in querysets:
        try:
            sql, of_part = queryset[:limit].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {place:d} AS place, part.* FROM ({sql}) AS part")  # noqa: S608
        params += of_part
    return (" UNION ALL ".join(parts), params) if parts else None

"""Writing many rows at once: COPY on PostgreSQL, one long transaction on SQLite.

Indexes, the search's too, and foreign keys are taken away before and put back behind, whatever
they are by then: building them over all rows is faster, and the database looks at every
reference.
"""

from contextlib import contextmanager, nullcontext

from django.core.management.color import no_style
from django.db import connection, transaction

from leads import search_index


class Table:
    """A model's table, of whose columns some are given and the others have their default."""

    def __init__(self, model, columns):
        self.name = model._meta.db_table
        self.model = model
        names = {field.attname: field for field in model._meta.concrete_fields}
        # What the database fills itself is left to it.
        rest = [
            field
            for field in names.values()
            if field.attname not in columns and not field.has_db_default()
        ]
        self.columns = [*(names[name].column for name in columns), *(f.column for f in rest)]
        self.defaults = tuple(
            field.get_db_prep_save(field.get_default(), connection) for field in rest
        )

    def write(self, rows):
        """Append `rows`: tuples of the given columns, in their order, as they are kept."""
        quoted = ", ".join(map(connection.ops.quote_name, self.columns))
        rows = (row + self.defaults for row in rows) if self.defaults else rows
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            places = ", ".join("?" * len(self.columns))
            connection.connection.executemany(
                f"INSERT INTO {self.name} ({quoted}) VALUES ({places})",  # noqa: S608
                rows,
            )
            return
        statement = f"COPY {self.name} ({quoted}) FROM STDIN"
        with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def writing(tables):
    """Make writing into the empty `tables` fast, all or nothing; then all is as before."""
    fast = _fast_sqlite() if connection.vendor == "sqlite" else nullcontext()
    with fast, transaction.atomic(), connection.cursor() as cursor:
        put_back = _take_away(cursor, [table.name for table in tables])
        search_index.remove(connection)
        yield
        models = [table.model for table in tables]
        resets = connection.ops.sequence_reset_sql(no_style(), models)
        for statement in [*put_back, *resets]:
            cursor.execute(statement)
        search_index.install(connection)
        search_index.make_afresh(connection)


def tidy():
    """Let the planner know the tables, and PostgreSQL what everybody may see."""
    is_alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if is_alone else "ANALYZE")


@contextmanager
def _fast_sqlite():
    """Let SQLite write into new pages only, without waiting for the disk."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        # The journal of old pages stays empty, while a log would hold every row twice.
        cursor.execute("PRAGMA journal_mode = TRUNCATE")
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.execute("PRAGMA cache_size = -400000")
    try:
        yield
    finally:
        # The next connection has the settings of the installation again.
        connection.close()


def _take_away(cursor, tables):
    if connection.vendor == "sqlite":
        return _take_away_on_sqlite(cursor, tables)
    # What is still to be checked would forbid to change the tables.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u')"
        # Unique ones are dropped last and put back first.
        " ORDER BY contype, conname",
        [tables],
    )
    constraints = cursor.fetchall()
    for table, name, _definition in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary ORDER BY 1",
        [tables],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _name, definition in indexes] + [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        for table, name, definition in reversed(constraints)
    ]


def _take_away_on_sqlite(cursor, tables):
    places = ", ".join(["%s"] * len(tables))
    cursor.execute(
        "SELECT name, sql FROM sqlite_master"  # noqa: S608
        f" WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({places})",
        tables,
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [definition for _name, definition in indexes]

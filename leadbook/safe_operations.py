"""Operations of migrations that let the version before go on working meanwhile."""

from django.contrib.postgres import operations
from django.db import migrations


class AddIndex(operations.AddIndexConcurrently):
    """Adds an index while others write; plainly on SQLite, which knows no other way.

    The migration needs `atomic = False`. On PostgreSQL one that broke off, as by its
    `lock_timeout`, leaves an invalid index behind, which the next run replaces.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Add the index."""
        way = _way(self, schema_editor, migrations.AddIndex)
        if schema_editor.connection.vendor == "postgresql":
            self._ensure_not_in_transaction(schema_editor)
            name = schema_editor.quote_name(self.index.name)
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        way.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Remove it again."""
        way = _way(self, schema_editor, migrations.AddIndex)
        way.database_backwards(app_label, schema_editor, from_state, to_state)


class RemoveIndex(operations.RemoveIndexConcurrently):
    """Removes an index while others write; see AddIndex."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Remove the index."""
        way = _way(self, schema_editor, migrations.RemoveIndex)
        way.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Add it again."""
        way = _way(self, schema_editor, migrations.RemoveIndex)
        way.database_backwards(app_label, schema_editor, from_state, to_state)


def _way(operation, schema_editor, plain):
    """Return the operation as the database can carry it out."""
    if schema_editor.connection.vendor == "postgresql":
        return super(type(operation), operation)
    _name, args, kwargs = operation.deconstruct()
    return plain(*args, **kwargs)


class LeaveOutIndex(migrations.AlterField):
    """Takes the index of a foreign key away while others write; see AddIndex.

    SQLite would otherwise make the whole table anew.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Remove the index."""
        model = from_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        way = "CONCURRENTLY " if schema_editor.connection.vendor == "postgresql" else ""
        for name in schema_editor._constraint_names(model, [column], index=True, unique=False):
            schema_editor.execute(f"DROP INDEX {way}{schema_editor.quote_name(name)}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """Add it again."""
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))


class AlterOnSqlite(migrations.AlterField):
    """Changes how SQLite keeps a field that is the same column on PostgreSQL.

    SQLite makes the whole table anew in one transaction. Whoever writes meanwhile waits, for
    as long as the settings' `timeout` says, and the file needs the table's room once more.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Make the table anew."""
        if schema_editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

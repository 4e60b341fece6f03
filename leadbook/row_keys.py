"""Primary keys that are another table's, kept as each database keeps them best."""

from django.db import models


class RowKey(models.OneToOneField):
    """Makes the id of a row beside another one the primary key of both.

    SQLite finds a row by such a key at once where the column is an `INTEGER`, its own number
    of the row; of any other type it looks into an index of the key first
    (sqlite.org/lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY").
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "primary_key": True})

    def db_type(self, connection):
        """Return the type of the column."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)

    def deconstruct(self):
        """Leave out of a migration what is always so."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["primary_key"]
        return name, path, args, kwargs

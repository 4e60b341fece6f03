"""Triggers that write a SetupChange whenever marketplaces are set up differently.

Pages of lists and leads are built from phases, fields, names of marketplaces and roles, which
change once in a while and are looked at all the time. What is read of them is kept under the
mark that the sum of all changes is (see leads.models.questions). The database writes the
changes, so that no way around our code is forgotten: the admin, a bulk update, SQL by hand.

The triggers are put in place after every `migrate`, not by a migration: SQLite loses a
table's triggers when a later migration rebuilds the table.
"""

from itertools import product

from django.db import connections

from .models import (
    ChecklistItem,
    Field,
    LossReason,
    Marketplace,
    Membership,
    Phase,
    Requirement,
    SetupChange,
)
from .models.setup_change import LIMIT

WATCHED = (Marketplace, Membership, Phase, Field, LossReason, ChecklistItem, Requirement)
CHANGES = SetupChange._meta.db_table
FUNCTION = f"{CHANGES}_note"
VERBS = {
    "sqlite": ("INSERT", "UPDATE", "DELETE"),
    "postgresql": ("INSERT", "UPDATE", "DELETE", "TRUNCATE"),
}
NOTE = {
    "sqlite": f"INSERT INTO {CHANGES} (number) VALUES (abs(random() % {LIMIT}))",  # noqa: S608
    "postgresql": (
        f"INSERT INTO {CHANGES} (number) VALUES (floor(random() * {LIMIT})::bigint)"  # noqa: S608
    ),
}
DO = {
    "sqlite": f"BEGIN {NOTE['sqlite']}; END",
    "postgresql": f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()",
}
THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def install(connection):
    """Put the triggers in place that are missing, and note that there may be changes.

    Those that are there stay: on PostgreSQL, to replace one its table is locked.
    """
    vendor = connection.vendor
    with connection.cursor() as cursor:
        if vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql"
                f" AS $$ BEGIN {NOTE[vendor]}; RETURN NULL; END $$"
            )
        cursor.execute(THERE[vendor])
        there = {name for (name,) in cursor.fetchall()}
        for name, table, verb in _triggers(vendor):
            if name not in there:
                cursor.execute(f"CREATE TRIGGER {name} AFTER {verb} ON {table} {DO[vendor]}")
        # Migrations change rows, too.
        cursor.execute(NOTE[vendor])


def remove(connection):
    """Take the triggers away, before the table goes in which they write."""
    vendor = connection.vendor
    with connection.cursor() as cursor:
        for name, table, _verb in _triggers(vendor):
            on_table = f" ON {table}" if vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def _triggers(vendor):
    """Yield name, table and verb of each trigger."""
    for model, verb in product(WATCHED, VERBS[vendor]):
        table = model._meta.db_table
        yield f"{table}_{verb.lower()}_noted", table, verb


def install_after_migrate(sender, using, **kwargs):
    """Receive post_migrate; nothing happens before the tables are there."""
    connection = connections[using]
    if CHANGES in connection.introspection.table_names():
        install(connection)

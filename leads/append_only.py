"""What the database itself refuses, so that no code of ours or others' can forget it.

An event is written once. Its texts alone may change, and only while an unfinished Erasure
of its lead, its actor or an owner whom it names stands in the same transaction; no event is
ever deleted. A finished Erasure stays as it is, but for the name of an actor who is being
erased.

The triggers are put in place after every `migrate`, not by a migration: SQLite loses a
table's triggers when a later migration rebuilds the table.
"""

from .models import Erasure, LeadEvent

EVENTS = LeadEvent._meta.db_table
ERASURES = Erasure._meta.db_table
MESSAGE = "This table is append-only."
# What stays for the figures, whatever is erased.
FIXED = [
    field.column
    for field in LeadEvent._meta.local_concrete_fields
    if field.name not in {"actor_name", "label", "old", "new", "old_text", "new_text"}
]
ERASING = (
    f"EXISTS (SELECT 1 FROM {ERASURES} AS e WHERE e.finished_at IS NULL"  # noqa: S608
    " AND (e.lead_id = OLD.lead_id OR e.user_id = OLD.actor_id"
    # From whom to whom a lead was handed over stands there, whoever did it.
    " OR OLD.kind = 'handed_over' AND CAST(e.user_id AS varchar(20)) IN"
    " (CAST(OLD.old AS varchar(20)), CAST(OLD.new AS varchar(20)))))"
)
# Of an erasure, the name of who made it is the only text.
FIXED_OF_ERASURE = [
    field.column for field in Erasure._meta.local_concrete_fields if field.name != "actor_name"
]
ERASING_ACTOR = (
    f"EXISTS (SELECT 1 FROM {ERASURES} AS e WHERE e.finished_at IS NULL"  # noqa: S608
    " AND e.user_id = OLD.actor_id)"
)
# Table and verb → what must hold for a row, in SQL.
RULES = {
    (EVENTS, "UPDATE"): f"{ERASING} AND "
    + " AND ".join(f"OLD.{c} {{same}} NEW.{c}" for c in FIXED),
    (EVENTS, "DELETE"): "1 = 0",
    (ERASURES, "UPDATE"): f"OLD.finished_at IS NULL OR ({ERASING_ACTOR} AND "
    + " AND ".join(f"OLD.{c} {{same}} NEW.{c}" for c in FIXED_OF_ERASURE)
    + ")",
    (ERASURES, "DELETE"): "1 = 0",
}


def install(connection):
    """Put the triggers in place of those that are there."""
    remove(connection)
    with connection.cursor() as cursor:
        for (table, verb), rule in RULES.items():
            for statement in _statements(connection.vendor, table, verb, rule):
                cursor.execute(statement)


def remove(connection):
    """Take the triggers away, for what empties the tables as a whole."""
    with connection.cursor() as cursor:
        for table, verb in RULES:
            name = _name(table, verb)
            on_table = "" if connection.vendor == "sqlite" else f" ON {table}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def install_after_migrate(sender, using, **kwargs):
    """Receive post_migrate; nothing happens before the tables are there."""
    from django.db import connections

    connection = connections[using]
    if {EVENTS, ERASURES} <= set(connection.introspection.table_names()):
        install(connection)


def _name(table, verb):
    return f"{table}_no_{verb.lower()}"


def _statements(vendor, table, verb, rule):
    name = _name(table, verb)
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
            f" WHEN NOT ({rule.format(same='IS')})"
            f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        ]
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT ({rule.format(same='IS NOT DISTINCT FROM')}) THEN"
        f" RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';"
        f" END IF; RETURN {'OLD' if verb == 'DELETE' else 'NEW'}; END $$",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]

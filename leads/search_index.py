"""The index over the search documents: pg_trgm on PostgreSQL, FTS5 trigrams on SQLite.

SQLite's index has no columns to narrow by. Instead characters of private use stand before
each text, which are looked up as the text's own trigrams are: three for the owner's leads of
this status in this marketplace, three for everybody's there, three for the status. So each
slice of a sight is one list: a rep with few leads in a million searches among few. It keeps
no positions; what it finds is compared with the text itself.
"""

import logging

from django.db import DatabaseError, connection, connections
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

TABLE = "leads_searchdocument"
INDEX = "leads_search_index"
MERGE = f"INSERT INTO {INDEX}({INDEX}, rank) VALUES ('merge', %s)"  # noqa: S608
# The ids of the documents that may match.
ROWS = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s"  # noqa: S608
MATCHES = f"{INDEX} MATCH %s"
OF_DOCUMENT = f"{INDEX}.rowid = {TABLE}.lead_id"
WIDTH = 3
# Where the characters begin that stand for a status, for one in a marketplace, and for an
# owner as two digits to the base. What is beyond the last shares one with another: a match is
# compared with the document's own columns as well.
STATUS, PLACE, OWNER = 0xE000, 0xF0000, 0x100000
PLACES, BASE = 8192, 32_768
STATUSES = {
    status: place for place, status in enumerate(("offered", "in_progress", "won", "lost"))
}
TRIGRAMS_OF_A_WORD = 4
# Pages that one step of a merge writes; others may write between two steps.
PAGES_AT_ONCE = 500


def install(connection):
    """Make the index where it is missing and put its triggers in place of those there.

    Also after every `migrate`: SQLite loses a table's triggers when it is rebuilt.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(text, content='',"
            " detail=none, columnsize=0, tokenize='trigram case_sensitive 1')"
        )
        for verb, (condition, statements) in _triggers().items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {_name(verb)}")
            cursor.execute(
                f"CREATE TRIGGER {_name(verb)} AFTER {verb} ON {TABLE} {condition}"
                f" BEGIN {' '.join(statements)} END"
            )


def remove(connection):
    """Take index and triggers away."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for verb in _triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(verb)}")
            cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")


def install_after_migrate(sender, using, **kwargs):
    """Receive post_migrate; nothing happens before the table is there."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        install(connection)


def make_afresh(connection):
    """Fill SQLite's index anew from the documents."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('delete-all')")  # noqa: S608
            cursor.execute(
                f"INSERT INTO {INDEX}(rowid, text)"  # noqa: S608
                f" SELECT lead_id, {_indexed('d')} FROM {TABLE} AS d"
            )


def scrub(connection):
    """Let nothing of what was taken out of the index be left in the file.

    FTS5 only marks what it deletes until its segments are merged. PostgreSQL's index
    keeps no text: its trigrams go with the row at the next vacuum.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        pages = -PAGES_AT_ONCE
        while True:
            cursor.execute("SELECT total_changes()")
            before = cursor.fetchone()[0]
            cursor.execute(MERGE, [pages])
            cursor.execute("SELECT total_changes()")
            # So says FTS5's documentation: less than two changes mean that all is merged.
            if cursor.fetchone()[0] - before < 2:
                return
            pages = PAGES_AT_ONCE


def scrub_or_tell():
    """Scrub; return the sentences on what is left undone, because the database is away."""
    try:
        scrub(connection)
    except DatabaseError:
        logger.exception("The search index could not be scrubbed.")
        return [_("The search index still holds parts of what was erased.")]
    return []


def expression(patterns, *, statuses, slices=None):
    """Return the full-text query for what may contain all `patterns`.

    `slices` as in leads.models.sight.Sight, or None for everywhere.
    """
    if slices is None:
        found = [chr(STATUS + STATUSES[status]) * WIDTH for status in statuses]
    else:
        found = [characters_of(status, **values) for values in slices for status in statuses]
    parts = [f"({' OR '.join(map(_token, found))})"]
    for pattern in patterns:
        parts += map(_token, _trigrams(pattern))
    return " AND ".join(dict.fromkeys(parts))


def _token(text):
    return '"' + text.replace('"', '""') + '"'


def characters_of(status, marketplace, owner=None):
    """Return what stands for the leads of a slice in the index of SQLite."""
    place = chr(PLACE + marketplace % PLACES * len(STATUSES) + STATUSES[status])
    if owner is None:
        return place * WIDTH
    return place + "".join(chr(OWNER + digit % BASE) for digit in (owner // BASE, owner))


def _trigrams(pattern):
    """Return few trigrams of the pattern's beginning: the text itself is compared anyway.

    Each one more is looked up for each lead of a rep. A single letter has none; it only
    narrows what other words find.
    """
    if len(pattern) < WIDTH:
        return []
    starts = [*range(0, len(pattern) - WIDTH, WIDTH), len(pattern) - WIDTH]
    return [pattern[start : start + WIDTH] for start in starts[:TRIGRAMS_OF_A_WORD]]


def _indexed(row):
    """Return, in SQL, what the index holds of a document."""
    cases = " ".join(f"WHEN '{status}' THEN {code}" for status, code in STATUSES.items())
    status = f"CASE {row}.status {cases} END"
    place = f"{PLACE} + {row}.marketplace_id % {PLACES} * {len(STATUSES)} + {status}"
    owner = f"coalesce({row}.owner_id, 0)"
    digits = f"{OWNER} + {owner} / {BASE} % {BASE}, {OWNER} + {owner} % {BASE}"
    of_status = f"{STATUS} + {status}"
    return (
        f"char({place}, {digits}) || ' ' || char({place}, {place}, {place})"
        f" || ' ' || char({of_status}, {of_status}, {of_status}) || {row}.text"
    )


def _name(verb):
    return f"{TABLE}_{verb.lower()}_index"


def _triggers():
    """Return verb → when it matters, and what is then to be done to the index."""
    added = f"INSERT INTO {INDEX}(rowid, text) VALUES (NEW.lead_id, {_indexed('NEW')});"  # noqa: S608
    taken = (
        f"INSERT INTO {INDEX}({INDEX}, rowid, text)"  # noqa: S608
        f" VALUES ('delete', OLD.lead_id, {_indexed('OLD')});"
    )
    columns = ("text", "marketplace_id", "owner_id", "status")
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    return {
        "INSERT": ("", [added]),
        "UPDATE": (f"WHEN {changed}", [taken, added]),
        "DELETE": ("", [taken]),
    }

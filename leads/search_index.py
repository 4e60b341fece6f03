"""The index over the search documents: pg_trgm on PostgreSQL, FTS5 trigrams on SQLite.

SQLite's index has no columns to narrow by. Instead characters of private use stand before
each text, which are looked up as the text's own trigrams are: three for the owner's leads of
this status, three for everybody's in this marketplace, three for the status. So a rep's sight
is one list: with few leads in a million one searches among few. Its rows are numbered by owner
first: of each list only the part is read in which the owner's stand. It keeps no positions;
what it finds is compared with the document itself.

PostgreSQL's index has a key of the owner's leads in a state and one of the marketplace's in a
state beside the trigrams, because it goes through a list for each of its columns.
"""

import logging
from string import ascii_lowercase

from django.db import DatabaseError, OperationalError, connection, connections, transaction
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

TABLE = "leads_searchdocument"
INDEX = "leads_search_index"
MERGE = f"INSERT INTO {INDEX}({INDEX}, rank) VALUES ('merge', %s)"  # noqa: S608
# In a row's number the owner's stands before the lead's. Of more owners two share a part.
LEADS, OWNERS = 1 << 40, 1 << 22
LEAD = f"({INDEX}.rowid & {LEADS - 1})"
# The ids of the documents that may match.
ROWS = f"SELECT {LEAD} FROM {INDEX} WHERE {INDEX} MATCH %s"  # noqa: S608
MATCHES = f"{INDEX} MATCH %s"
OF_DOCUMENT = f"{TABLE}.lead_id = {LEAD}"
WIDTH = 3
# Where the characters begin that stand for a status, for one in a marketplace, and for the
# digits of an owner. What is beyond the last shares one with another: a match is compared with
# the document's own columns as well.
STATUS, PLACE, OWNER = 0xE000, 0xF0000, 0x100000
PLACES, BASE = 8192, 32_768
STATUSES = {
    status: place for place, status in enumerate(("offered", "in_progress", "won", "lost"))
}
# In PostgreSQL's keys all closed leads are of one state, as each key is a list of its own. The
# index has these very words: others need a migration.
OPEN_STATES, CLOSED = {"offered": 0, "in_progress": 1}, 2
STATE = f"CASE {TABLE}.status WHEN 'offered' THEN 0 WHEN 'in_progress' THEN 1 ELSE 2 END"
STATES = 4
OWN_KEY = f"{TABLE}.owner_id * {STATES} + {STATE}"
PLACE_KEY = f"{TABLE}.marketplace_id * {STATES} + {STATE}"
# How often a letter follows another in German: a row for each of a to z, in it a digit for
# each that follows. Counted in the 27,000 pairs of this project's catalogue, of which it
# is the binary logarithm; 0 where it never does.
FOLLOWING = (
    "27688075606869040888820022 53009061720623600556400030 "
    "10004009006100310141000000 85009130800003400570501100 "
    "98774778904979340998635605 53107531500305500525610000 "
    "51009020601504200646510000 82028022600746620859303000 "
    "26949477001769520689042004 30006000000000500020000000 "
    "50007050300402600237502000 84279240702703700068500003 "
    "84028000700161550023310000 75289586805467740378603045 "
    "14667344015568540855503102 60017406400620640603300020 "
    "00000000000200000000200000 77278566606757620578764005 "
    "54809351904341672089646222 70039553700313460777604027 "
    "24608632001268030876000000 00007000600000700000000000 "
    "70007011700000600030600000 00400100000300030005000000 "
    "00001000000040020023000000 40018000200001300005705000"
)
FREQUENCY = {
    first + second: int(level)
    for first, row in zip(ascii_lowercase, FOLLOWING.split(), strict=True)
    for second, level in zip(ascii_lowercase, row, strict=True)
}
# Of pairs with other characters, which are neither rare nor common.
FREQUENCY_OF_OTHERS = 5
# Pages that one step of a merge writes; others may write between two steps.
PAGES_AT_ONCE = 500


def install(connection):
    """Make the index and its triggers where they are missing; replace those of others.

    Also after every `migrate`: SQLite loses a table's triggers when it is rebuilt. Another
    version's triggers tell that it wrote its own kind of rows since, in between with ours.
    """
    if connection.vendor != "sqlite":
        return
    # Nobody may write between the new triggers and the rows made afresh.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [TABLE],
        )
        found, ours = dict(cursor.fetchall()), _statements()
        is_others = any(found.get(name, sql) != sql for name, sql in ours.items())
        if is_others:
            remove(connection)
            found = {}
        cursor.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(text, content='',"
            " detail=none, columnsize=0, tokenize='trigram case_sensitive 1')"
        )
        for name in ours.keys() - found.keys():
            cursor.execute(ours[name])
        if is_others:
            make_afresh(connection)


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
                # It writes down what it has whenever a number is less than the one before.
                f" SELECT {_row('d')} AS row, {_indexed('d')} FROM {TABLE} AS d ORDER BY row"
            )


def scrub(connection):
    """Let nothing of what was taken out of the index, or of a row, be left in the files.

    FTS5 only marks what it deletes until its segments are merged, and SQLite's log keeps
    pages as they were before, and the emptied ones out of the database's file, until it is
    copied back. PostgreSQL's index keeps no text: its trigrams go with the row at the next
    vacuum. Raises OperationalError where somebody reads the log for too long.
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
                break
            pages = PAGES_AT_ONCE
        # A transaction's own pages are in the log until it ends.
        if not connection.in_atomic_block:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if cursor.fetchone()[0]:
                raise OperationalError("the log is in use")


def scrub_or_tell():
    """Scrub; return the sentences on what is left undone, because the database is away."""
    try:
        scrub(connection)
    except DatabaseError:
        logger.exception("The database could not be scrubbed.")
        return [_("The database's files still hold parts of what was erased.")]
    return []


def expression(patterns, *, statuses, slices=None):
    """Return the full-text query for what may contain all `patterns`.

    `slices` as in leads.models.sight.Sight, or None for everywhere.
    """
    if slices is None:
        found = [chr(STATUS + STATUSES[status]) * WIDTH for status in statuses]
    else:
        found = [characters_of(status, **values) for values in slices for status in statuses]
        found = dict.fromkeys(found)
    parts = [f"({' OR '.join(map(_token, found))})", *map(_token, trigrams_of(patterns))]
    return " AND ".join(parts)


def keys_of(statuses, number):
    """Return PostgreSQL's keys of an owner's or a marketplace's leads of these statuses."""
    states = {OPEN_STATES.get(status, CLOSED) for status in statuses}
    return [number * STATES + state for state in sorted(states)]


def _token(text):
    return '"' + text.replace('"', '""') + '"'


def characters_of(status, marketplace, owner=None):
    """Return what stands for the leads of a slice in the index of SQLite.

    For the own leads it is the same in all marketplaces.
    """
    code = STATUSES[status]
    if owner is None:
        return chr(PLACE + marketplace % PLACES * len(STATUSES) + code) * WIDTH
    digits = (owner // BASE % BASE, owner % BASE)
    return chr(STATUS + code) + "".join(chr(OWNER + digit) for digit in digits)


def trigrams_of(patterns):
    """Return what is looked up for patterns: of one two trigrams, of several one each.

    The rarest, as far as their letters tell. Each one more is a list to go through, often
    of half of all documents, while few leads are left whose text is compared anyway. A
    single letter has none; it only narrows what other words find.
    """
    most = 2 if len(patterns) == 1 else 1
    found = []
    for pattern in patterns:
        ends = range(WIDTH, len(pattern) + 1)
        found += sorted((pattern[end - WIDTH : end] for end in ends), key=_frequency)[:most]
    return list(dict.fromkeys(found))


def _frequency(trigram):
    """Return how often the trigram's letters follow each other, on a scale of its own."""
    return sum(FREQUENCY.get(trigram[n : n + 2], FREQUENCY_OF_OTHERS) for n in (0, 1))


def _row(row):
    """Return, in SQL, the number of a document's row in the index."""
    return f"coalesce({row}.owner_id, 0) % {OWNERS} * {LEADS} + {row}.lead_id"


def _indexed(row):
    """Return, in SQL, what the index holds of a document."""
    cases = " ".join(f"WHEN '{status}' THEN {code}" for status, code in STATUSES.items())
    code = f"CASE {row}.status {cases} END"
    owner = f"coalesce({row}.owner_id, 0)"
    digits = f"{OWNER} + {owner} / {BASE} % {BASE}, {OWNER} + {owner} % {BASE}"
    place = f"{PLACE} + {row}.marketplace_id % {PLACES} * {len(STATUSES)} + {code}"
    status = f"{STATUS} + {code}"
    return (
        f"char({status}, {digits}) || ' ' || char({place}, {place}, {place})"
        f" || ' ' || char({status}, {status}, {status}) || {row}.text"
    )


def _name(verb):
    return f"{TABLE}_{verb.lower()}_index"


def _statements():
    """Return name → SQL of the triggers, as SQLite keeps it word by word."""
    return {
        _name(verb): (
            f"CREATE TRIGGER {_name(verb)} AFTER {verb} ON {TABLE} {condition}"
            f" BEGIN {' '.join(statements)} END"
        )
        for verb, (condition, statements) in _triggers().items()
    }


def _triggers():
    """Return verb → when it matters, and what is then to be done to the index."""
    added = f"INSERT INTO {INDEX}(rowid, text) VALUES ({_row('NEW')}, {_indexed('NEW')});"  # noqa: S608
    taken = (
        f"INSERT INTO {INDEX}({INDEX}, rowid, text)"  # noqa: S608
        f" VALUES ('delete', {_row('OLD')}, {_indexed('OLD')});"
    )
    columns = ("text", "marketplace_id", "owner_id", "status")
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    return {
        "INSERT": ("", [added]),
        "UPDATE": (f"WHEN {changed}", [taken, added]),
        "DELETE": ("", [taken]),
    }

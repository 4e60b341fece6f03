"""Watching the database's statements: how many, how long, and which ones are slow.

Each connection carries one watch, also that of a command or a task. What is measured is
the time until the database has answered the statement; SQLite goes on while rows are read.
"""

import logging
import re
from time import perf_counter

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

logger = logging.getLogger(__name__)

# The ORM hands values over beside the statement; SQL that was written by hand may hold some.
LITERAL = re.compile(r"'(?:[^']|'')*'")
MAX_LENGTH = 2000


class QueryWatch:
    """Counts what one connection executes; Django calls it around each statement."""

    def __init__(self):
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute, sql, params, many, context):
        """Execute the statement and measure it."""
        begun = perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds = perf_counter() - begun
            self.count += 1
            self.seconds += seconds
            if seconds * 1000 >= settings.SLOW_QUERY_MS > 0:
                _warn(sql, seconds)


def begin(*, connection, **kwargs):
    """Give a connection its watch, when it is opened for the first time."""
    if not hasattr(connection, "query_watch"):
        connection.query_watch = QueryWatch()
        # In front: `execute_wrapper()` takes the last one off when its block ends.
        connection.execute_wrappers.insert(0, connection.query_watch)


def counted():
    """Return the number of statements of this thread's connection, and their seconds."""
    watch = getattr(connections[DEFAULT_DB_ALIAS], "query_watch", None)
    return (watch.count, watch.seconds) if watch else (0, 0.0)


def _warn(sql, seconds):
    text = LITERAL.sub("'?'", " ".join(str(sql).split()))[:MAX_LENGTH]
    milliseconds = round(seconds * 1000, 1)
    line = {"event": "slow_query", "ms": milliseconds, "sql": text}
    logger.warning("slow query, %.1f ms: %s", milliseconds, text, extra={"line": line})

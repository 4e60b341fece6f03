"""What the tests of leads share."""

import json
import logging

import pytest
from django.db import connection

from leadbook import security_log
from leads import search_index


class Index:
    """SQLite's search index from outside; PostgreSQL keeps its own in step."""

    def contents(self):
        """Return what stands in it: each trigram as often as a document has it."""
        if connection.vendor != "sqlite":
            return []
        with connection.cursor() as cursor:
            vocabulary = (
                f"temp.words USING fts5vocab('main', '{search_index.INDEX}', instance)"
            )
            cursor.execute("DROP TABLE IF EXISTS temp.words")
            cursor.execute(f"CREATE VIRTUAL TABLE {vocabulary}")
            cursor.execute("SELECT term, doc FROM temp.words ORDER BY 1, 2")
            rows = cursor.fetchall()
            cursor.execute("DROP TABLE temp.words")
        self.rows = rows
        return [term for term, _document in rows]

    def is_in_step(self):
        """Check that the index is what it would be if it were made afresh."""
        self.contents()
        before = getattr(self, "rows", [])
        search_index.make_afresh(connection)
        self.contents()
        assert before == getattr(self, "rows", [])


@pytest.fixture
def index(db):
    """The search index."""
    return Index()


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Return a context in which what follows a commit is done, as outside of a test."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def log():
    """The lines of the security log."""

    class Reader(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(self.format(record)))

    lines, handler = [], Reader()
    handler.setFormatter(security_log.Formatter())
    security_log.logger.addHandler(handler)
    yield lines
    security_log.logger.removeHandler(handler)

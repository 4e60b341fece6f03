"""Looking for a person in everything that is kept: all tables, sessions, files."""

import json
import re
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.db import connection

from leads import search_index

SHORT = 6
SECOND = re.compile(r"(\d\d:\d\d:\d\d)\.\d+")


def dump():
    """Every value of every row of every table, sessions decoded: name of table → text."""
    texts = {}
    with connection.cursor() as cursor:
        # SQLite's index keeps its contents in tables of its own, which are listed, too.
        tables = set(connection.introspection.table_names(cursor)) - {search_index.INDEX}
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = cursor.fetchall()
            # JSON columns hold umlauts escaped.
            texts[table] = "\n".join(_plain(value) for row in rows for value in row)
    sessions = Session.objects.all()
    texts["sessions"] = "\n".join(json.dumps(s.get_decoded()) for s in sessions)
    texts["sessions"] = _unescaped(texts["sessions"])
    return texts


def kept_files():
    """What the folders of attachments and settings hold: path → name and contents."""
    root = Path(storages["attachments"].location)
    files = [path for path in root.rglob("*") if path.is_file()]
    erasures = Path(settings.ERASURE_LIST)
    files += [erasures] if erasures.exists() else []
    return {str(path): f"{path}\n{path.read_bytes().decode('latin-1')}" for path in files}


def places(*texts):
    """Where any of `texts` stands, whatever its case: pairs of text and table or file."""
    found = {**dump(), **kept_files()}
    return {
        (text, place)
        for place, content in found.items()
        for text in texts
        if _pattern(text).search(content.casefold())
    }


def _pattern(text):
    # A random token may happen to hold a postcode: what is that short stands by itself.
    pattern = re.escape(text.casefold())
    return re.compile(rf"\b{pattern}\b" if len(text) < SHORT else pattern)


def _plain(value):
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("latin-1")
    # The microseconds of a moment may happen to be somebody's postcode.
    return _unescaped(SECOND.sub(r"\1", str(value)))


def _unescaped(text):
    if "\\u" not in text:
        return text
    try:
        return text.encode("latin-1", "backslashreplace").decode("unicode_escape")
    except UnicodeDecodeError:
        return text

"""Log lines of a production: readable by a machine, and silent about people."""

import contextlib
import errno
import io
import json
import logging
import os
import smtplib
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousFileOperation
from django.db import Error, connection, transaction

from leadbook import error_texts, log_lines, provenance
from marketplaces.models import User

NAME = "Erika Mustermann"
logger = logging.getLogger("leads.test")


@contextlib.contextmanager
def told(text="It failed."):
    """Write the error of the block to the log."""
    try:
        yield
    except Exception:
        logger.exception(text)


def test_a_traceback_is_one_field_and_names_the_place_only(written):
    def inner():
        int(NAME)

    with told():
        try:
            inner()
        except ValueError as error:
            raise KeyError(NAME) from error
    (line,) = written
    assert line["message"] == "It failed."
    assert "in inner" in line["traceback"]
    assert line["traceback"].index("ValueError") < line["traceback"].index("KeyError")
    assert "Mustermann" not in str(line)


def test_a_failing_insert_names_the_constraint_and_not_the_value(db, written):
    User.objects.create(username=NAME)
    with told(), transaction.atomic():
        User.objects.create(username=NAME)
    (line,) = written
    assert "IntegrityError" in line["traceback"]
    assert "marketplaces_user" in line["traceback"]
    assert "Mustermann" not in str(line)


@pytest.mark.postgresql
def test_a_value_that_a_column_does_not_take_is_not_quoted(db, written):
    for sql in ("SELECT CAST(%s AS integer)", "SELECT * FROM nowhere WHERE a = %s"):
        with told(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [NAME])
    first, second = (line["traceback"] for line in written)
    assert "22P02" in first
    assert "42P01" in second
    assert "Mustermann" not in str(written)


def test_a_statement_that_is_wrong_is_not_quoted(db, written):
    with told(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 'Erika' Mustermann rief an")
    with told(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("Mustermann")
    assert all("Error" in line["traceback"] for line in written)
    tail = [line["traceback"].splitlines()[-1] for line in written]
    assert "Mustermann" not in str(tail)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError(NAME), ""),
        (Error(NAME), ""),
        (smtplib.SMTPRecipientsRefused({"e@mustermann.example": (550, b"no")}), ""),
        (smtplib.SMTPResponseException(550, NAME), ""),
        (OSError(errno.ENOENT, "No such file or directory", NAME), os.strerror(errno.ENOENT)),
        (ConnectionError(NAME), ""),
        (AttributeError("no attribute 'x'"), "no attribute 'x'"),
        (DisallowedHost("evil.example"), "evil.example"),
    ],
)
def test_what_is_said_of_an_error(error, text, written):
    assert error_texts.text_of(error) == text
    logger.warning("A mail could not be sent: %s", error)
    (line,) = written
    assert type(error).__name__ in line["message"]
    assert "ustermann" not in line["message"]


def test_a_chain_that_bites_its_tail_ends():
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert error_texts.chain(first) == [second, first]


def test_what_django_refuses_is_named_by_its_kind(written):
    refused = logging.getLogger("django.security.SuspiciousFileOperation")
    refused.error(str(SuspiciousFileOperation(f"{NAME}.pdf")))
    logging.getLogger("django.security.DisallowedHost").error("Invalid: 'evil.example'")
    assert [line["message"] for line in written] == [
        "refused: SuspiciousFileOperation",
        "Invalid: 'evil.example'",
    ]


def test_addresses_lose_their_query(written):
    logger.error("Error handling request %s", "/leads/?q=Mustermann&seite=2")
    logger.error('"GET %s HTTP/1.1" %s', "https://s3.example/key?X-Amz-Signature=1", 200)
    assert [line["message"] for line in written] == [
        "Error handling request /leads/",
        '"GET https://s3.example/key HTTP/1.1" 200',
    ]


def test_long_texts_are_cut(written):
    logger.error("a" * 10_000)
    assert len(written[0]["message"]) == log_lines.MAX_LENGTH


# Lines for people -------------------------------------------------------------------------


def as_line(text, *args, **options):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_lines.LineFormatter(**options))
    logger.addHandler(handler)
    with provenance.of(request_id="7" * 32):
        logger.error(text, *args, exc_info=sys.exception())
    logger.removeHandler(handler)
    return stream.getvalue().removesuffix("\n")


@pytest.mark.parametrize("text", ["a\r\nb", "a\u2028b", "a\x1b[2Jb", "a\x00"])
def test_no_character_begins_a_line_of_its_own(text):
    line = as_line("%s", text)
    assert line.isprintable()
    assert line.endswith(f"ERROR leads.test {ascii(text)[1:-1]} request_id={'7' * 32}")


@pytest.mark.parametrize("shows_values", [True, False])
def test_values_are_shown_in_development_only(shows_values):
    try:
        int(NAME)
    except ValueError as error:
        line = as_line("It failed: %s", error, shows_values=shows_values)
    first, *below = line.splitlines()
    assert "It failed: " in first
    assert "ValueError" in below[-1]
    assert (NAME in first, NAME in below[-1]) == (shows_values, shows_values)


# In production ----------------------------------------------------------------------------


def run(tmp_path, code, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=settings.BASE_DIR,
        env={
            **kept,
            "SECRET_KEY": "0123456789" * 6,
            "ALLOWED_HOSTS": "leads.example",
            "VAR_DIR": str(tmp_path),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


TALK = (
    "import logging, sys; logging.getLogger('leads').error('one'); "
    "logging.getLogger('leads').error('two'); "
    "print('sentry_sdk' in sys.modules, 'prometheus_client' in sys.modules)"
)


def test_production_writes_json_and_each_run_of_a_command_has_an_id(tmp_path):
    runs = [run(tmp_path, TALK) for _ in range(2)]
    ids = []
    for result in runs:
        first, second = map(json.loads, result.stderr.splitlines())
        assert (first["message"], second["message"]) == ("one", "two")
        assert first["request_id"] == second["request_id"]
        assert len(first["request_id"]) == 32
        ids.append(first["request_id"])
        # What is not asked for costs no time at the start.
        assert result.stdout.strip() == "False False"
    assert len(set(ids)) == 2


def test_lines_for_people_where_they_are_asked_for(tmp_path):
    result = run(tmp_path, TALK, LOG_FORMAT="line")
    assert " ERROR leads one request_id=" in result.stderr.splitlines()[0]

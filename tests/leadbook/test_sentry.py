"""What Sentry is told of an error: what happened and where, of nobody."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

import leadbook


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """The envelopes that a Sentry of this test gets from the site in `failing.py`."""

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            envelopes.append(body.decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    envelopes = []
    server = HTTPServer(("127.0.0.1", 0), Sentry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "DATABASE_URL")
        if name in os.environ
    }
    result = subprocess.run(
        [sys.executable, "-m", "tests.leadbook.failing"],
        cwd=settings.BASE_DIR,
        env={
            **kept,
            "DJANGO_SETTINGS_MODULE": "leadbook.settings",
            "MODE": "production",
            "HTTPS": "0",
            "SECRET_KEY": "0123456789" * 6,
            "ALLOWED_HOSTS": "testserver",
            "VAR_DIR": str(tmp_path_factory.mktemp("var")),
            "SENTRY_DSN": f"http://public@127.0.0.1:{server.server_port}/1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    server.shutdown()
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[500, 500, 200]"
    return envelopes


@pytest.fixture
def events(received):
    """The events among them."""
    found = []
    for envelope in received:
        lines = [json.loads(line) for line in envelope.splitlines() if line.startswith("{")]
        found += [line for line in lines if "event_id" in line and "level" in line]
    return found


def test_nothing_of_anybody_is_sent(received):
    assert received
    assert [text for text in received if "Mustermann" in text] == []


def test_one_event_for_each_error(events):
    assert len(events) == 3
    assert {event["release"] for event in events} == {f"leadbook@{leadbook.__version__}"}
    assert {event["environment"] for event in events} == {"production"}


def test_an_event_says_what_happened_where_to_whom(events):
    event = events[0]
    first, last = event["exception"]["values"]
    assert (first["type"], first["value"]) == ("ValueError", "")
    assert (last["type"], last["value"]) == ("KeyError", "")
    frame = last["stacktrace"]["frames"][-1]
    assert (frame["function"], "vars" in frame) == ("quoting", False)
    assert event["transaction"] == event["tags"]["route"] == "/test/quoting/<int:pk>/"
    assert len(event["tags"]["request_id"]) == 32
    assert event["user"] == {"id": "77"}
    assert not {"request", "extra", "contexts"} & set(event)


def test_of_the_database_it_tells_the_statements_and_what_it_refused(events):
    event = events[1]
    value = event["exception"]["values"][-1]
    assert value["type"] in {"IntegrityError", "UniqueViolation"}
    assert "person" in value["value"]
    crumbs = event["breadcrumbs"]["values"]
    assert [crumb["message"] for crumb in crumbs][-1] == "INSERT INTO person VALUES (%s)"
    assert {crumb["category"] for crumb in crumbs} == {"query"}


def test_of_a_logged_error_it_tells_the_text_without_its_values(events):
    assert events[2]["logentry"] == {"message": "A file of %s could not be removed."}

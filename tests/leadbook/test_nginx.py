"""nginx's site in front of an application that answers, or does not."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings

from leadbook import errors
from leadbook.headers import PERMISSIONS
from tests.faults.waiting import until

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused1;
    uwsgi_temp_path {folder}/unused2;
    scgi_temp_path {folder}/unused3;
    include {folder}/site.conf;
}}
"""


class Application(BaseHTTPRequestHandler):
    """Says something of its own, hands a file over to nginx, or breaks off."""

    def do_GET(self):
        if self.path.startswith("/leads/"):
            return
        self.send_response(200)
        self.send_header("Content-Security-Policy", "sandbox")
        if self.path.startswith("/kalender/"):
            self.send_header("X-Accel-Redirect", "/geschuetzt/plan.pdf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        """The suite's output is for its own lines."""


class Front:
    """nginx, and what it writes."""

    def __init__(self, folder, upstream):
        self.folder = folder
        self.log = folder / "access.log"
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            self.https_port, self.http_port = one.getsockname()[1], other.getsockname()[1]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
             "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
        site = subprocess.run(
            [settings.BASE_DIR / "deploy/scripts/nginx-site"], check=True, capture_output=True,
            env={
                "PATH": os.environ["PATH"], "SERVER_NAME": "localhost",
                # With the slash at its end that README.md shows.
                "ACCEL_REDIRECT": "/geschuetzt/",
                "VAR_DIR": str(folder), "UPSTREAM": upstream, "ACCESS_LOG": str(self.log),
                "HTTP_PORT": str(self.http_port), "HTTPS_PORT": str(self.https_port),
                "TLS_CERTIFICATE": str(folder / "certificate.pem"),
                "TLS_KEY": str(folder / "key.pem"),
            },
        )  # fmt: skip
        (folder / "site.conf").write_bytes(site.stdout)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        self.errors = folder / "errors.log"
        with self.errors.open("wb") as file:
            self.process = subprocess.Popen(
                ["nginx", "-c", folder / "nginx.conf"], stderr=file, stdout=file
            )
        until(self.is_listening, what="nginx listens")

    def is_listening(self):
        """Whether it takes connections."""
        assert self.process.poll() is None, self.errors.read_text()
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.https_port)) == 0

    def ask(self, path, *, method="GET", scheme="https", headers=None):
        """Return the answer and its text."""
        if scheme == "https":
            context = ssl._create_unverified_context()
            line = http.client.HTTPSConnection("localhost", self.https_port, context=context)
        else:
            line = http.client.HTTPConnection("localhost", self.http_port)
        try:
            line.request(method, path, headers=headers or {})
            answer = line.getresponse()
            return answer, answer.read().decode()
        finally:
            line.close()

    def last_line(self):
        """Return the access log's newest line."""
        return json.loads(self.log.read_text().splitlines()[-1])


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """One nginx for all; its static files and pages are there as after a release."""
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "static").mkdir()
    (folder / "static/app.0123456789ab.css").write_text("a {}")
    (folder / "static/app.css").write_text("a {}")
    errors.write_pages_in_front(folder / "static/fehler")
    (folder / "attachments").mkdir()
    (folder / "attachments/plan.pdf").write_text("plan")
    application = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=application.serve_forever, args=[0.01], daemon=True).start()
    front = Front(folder, f"127.0.0.1:{application.server_port}")
    yield front
    front.process.terminate()
    front.process.wait()
    application.shutdown()
    application.server_close()


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/kalender/bea0c70e~p4SPEp.ics", "/kalender/<token>"),
        ("/%6balender/bea0c70e~p4SPEp.ics", "/kalender/<token>"),
        ("/passwort/neu/MQ/divkzk-e90/", "/passwort/neu/<token>"),
        ("/leads/rueckmeldung/geheim:1/", "/leads/rueckmeldung/<token>"),
        ("/abbestellen/geheim:1/", "/abbestellen/<token>"),
        ("/leads/?q=Max+Mustermann", "/leads/"),
        ("/leads/7/anhaenge/", "/leads/7/anhaenge/"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_log_holds_a_token_or_a_query(front, path, logged, scheme):
    logs = front.log, front.errors
    before = [len(log.read_text()) if log.exists() else 0 for log in logs]
    answer, _body = front.ask(path, scheme=scheme)
    until(
        lambda: len(front.log.read_text()) > before[0] and front.last_line()["path"] == logged,
        what="the line is written",
    )
    assert front.last_line()["status"] == answer.status
    written = "".join(log.read_text()[start:] for log, start in zip(logs, before, strict=True))
    assert not re.search("divkzk|p4SPEp|geheim|Mustermann|geschuetzt", written)


def is_complete(answer):
    """Whether an answer of nginx's own carries every header, each of them once."""
    assert {name: answer.headers.get_all(name) for name in HEADERS} == {
        name: [value] for name, value in HEADERS.items()
    }
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        ({"path": "/leads/"}, 502, "leadbook antwortet gerade nicht"),
        ({"path": "/leads/", "method": "POST", "headers": {"Content-Length": "300000000"}},
         413, "Das ist zu viel auf einmal"),
        ({"path": "/static/fehlt.css"}, 404, "Diese Seite gibt es nicht"),
        ({"path": "/static/"}, 404, "Diese Seite gibt es nicht"),
        ({"path": "/geschuetzt/plan.pdf"}, 404, "Diese Seite gibt es nicht"),
        ({"path": "/fehler/502.html"}, 404, "Diese Seite gibt es nicht"),
        ({"path": "/", "headers": {"Content-Length": "viel"}}, 400, "verstehen wir nicht"),
        ({"path": "/", "headers": {"X": "x" * 8_300}}, 400, "verstehen wir nicht"),
        ({"path": "/" + "x" * 8_300}, 414, "verstehen wir nicht"),
        ({"path": "/static/app.css", "method": "POST"}, 405, "verstehen wir nicht"),
    ],
)  # fmt: skip
def test_what_nginx_answers_itself_is_german_and_guarded(front, request_, status, text):
    answer, page = front.ask(**request_)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html")
    assert text in page
    assert "nginx" not in page
    assert answer.headers.get_all("Cache-Control") == ["private, no-store"]
    is_complete(answer)


def test_static_files_are_guarded(front):
    answer, _body = front.ask("/static/app.css")
    assert answer.headers.get_all("Cache-Control") == ["public, max-age=60"]
    is_complete(answer)
    hashed, _body = front.ask("/static/app.0123456789ab.css")
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    is_complete(hashed)


def test_what_the_application_says_is_said_once(front):
    answer, _body = front.ask("/anmelden/")
    assert answer.headers.get_all("Content-Security-Policy") == ["sandbox"]
    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]
    assert "Cache-Control" not in answer.headers
    handed_over, body = front.ask("/kalender/a.ics")
    assert body == "plan"
    assert handed_over.headers.get_all("Content-Security-Policy") == ["sandbox"]

"""The audit of the requirements, against a service of advisories on this machine."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from .sources import ROOT

DJANGO = {
    "id": "GHSA-test-test-test",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}
            ],
        }
    ],
}


@pytest.fixture
def service():
    """Return a function that starts a service which answers with a status and advisories."""
    servers = []

    def start(advisories=None, status=200):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                vulns = (advisories or {}).get(asked["package"]["name"].lower(), [])
                body = json.dumps({"vulns": vulns} if vulns else {}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/v1/query"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def audit(address, *options):
    return subprocess.run(
        [sys.executable, "scripts/audit.py", "-s", "osv", "--osv-url", address, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_known_vulnerability_fails_the_build(service):
    result = audit(service({"django": [DJANGO]}))
    assert result.returncode == 1
    assert "GHSA-test-test-test, fixed in 99.1" in result.stdout
    assert "1 known vulnerabilities" in result.stderr


def test_no_known_vulnerability_passes(service):
    result = audit(service())
    assert result.returncode == 0, result.stderr
    assert "packages audited, no known vulnerability." in result.stdout
    assert "NOT AUDITED" not in result.stdout


@pytest.mark.parametrize("status", [404, 500, 503])
def test_service_that_knows_nothing_is_no_vulnerability_but_is_said(service, status):
    result = audit(service(status=status))
    assert result.returncode == 0, result.stderr
    assert "!!! THE REQUIREMENTS WERE NOT AUDITED" in result.stdout
    assert "no known vulnerability" not in result.stdout


def test_service_that_is_away_is_no_vulnerability_but_is_said():
    result = audit("http://127.0.0.1:9/v1/query")
    assert result.returncode == 0, result.stderr
    assert "!!! THE REQUIREMENTS WERE NOT AUDITED" in result.stdout


SKIPPED = {"name": "django", "skip_reason": "not found"}
AUDITED = {"name": "pillow", "version": "13.0.0", "vulns": []}


@pytest.fixture
def answers(monkeypatch):
    """Return a function that lets the services know of these packages."""
    spec = spec_from_file_location("audit", ROOT / "scripts" / "audit.py")
    audit = module_from_spec(spec)
    spec.loader.exec_module(audit)

    def let(*packages):
        monkeypatch.setattr(audit, "audit", lambda options: ([*packages], ""))
        return audit.main([])

    return let


def test_packages_that_no_service_knows_are_not_taken_for_sound(answers, capsys):
    answers(SKIPPED)
    assert "!!! THE REQUIREMENTS WERE NOT AUDITED" in capsys.readouterr().out


def test_packages_that_were_left_out_are_named(answers, capsys):
    answers(SKIPPED, AUDITED)
    told = capsys.readouterr().out
    assert "!!! NOT AUDITED, as the service does not know them: django" in told
    assert "1 packages audited" in told


def test_audit_that_cannot_run_fails_the_build(service):
    result = audit(service(), "--requirement", "nowhere.txt")
    assert result.returncode == 1
    assert "The audit itself failed" in result.stderr


def test_ci_audits():
    assert "audit" in (ROOT / ".ci" / "run").read_text().split("for step in ")[1].split(";")[0]

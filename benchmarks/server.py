"""The production server, as the README starts it, on one database."""

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The README's own, and a connection that stays open as long as nginx keeps it.
WORKERS, THREADS, KEEP_ALIVE = 3, 4, 75
PATIENCE = 60  # seconds
UPLOAD_LIMIT = 2_000_000_000


def environment(var, address, *, mode, **variables):
    """Return the environment of commands and servers on the data in `var`."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ
    }
    return {
        **kept, "MODE": mode, "VAR_DIR": str(var), "DATABASE_URL": address,
        "LOG_LEVEL": "WARNING", **variables,
    }  # fmt: skip


def manage(var, address, *command):
    """Run a command of manage.py on the data in `var`; stdout is for the report alone."""
    subprocess.run(
        [sys.executable, "manage.py", *command], check=True, cwd=ROOT,
        env=environment(var, address, mode="demo"), stdout=sys.stderr,
    )  # fmt: skip


class Server:
    """gunicorn with MODE=production on the data in the folder `var`."""

    def __init__(self, var, address):
        self.var = Path(var)
        self.environment = environment(
            var, address, mode="production", HTTPS="0", ALLOWED_HOSTS="127.0.0.1",
            SECRET_KEY=secrets.token_urlsafe(50), EMAIL_URL="consolemail://",
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
            UPLOAD_MAX_BYTES=str(UPLOAD_LIMIT), UPLOAD_MAX_REQUEST_BYTES=str(UPLOAD_LIMIT),
        )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def start(self):
        """Start; return when it is ready."""
        command = [
            "gunicorn", "leadbook.wsgi", f"--bind=127.0.0.1:{self.port}",
            f"--workers={WORKERS}", f"--threads={THREADS}", "--timeout=120",
            f"--keep-alive={KEEP_ALIVE}", "--no-control-socket", "--log-level=warning",
        ]  # fmt: skip
        with (self.var / "server.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError((self.var / "server.log").read_text())
            time.sleep(0.1)

    def stop(self):
        """Stop and leave no process behind."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def memory(self):
        """Process id of each worker → its resident bytes."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parent = path.read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid:
                    pages = int((path.parent / "statm").read_text().split()[1])
                    found[int(path.parent.name)] = pages * os.sysconf("SC_PAGE_SIZE")
        return found

    def _is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz/")
            return connection.getresponse().status == 200
        return False

"""The real server on data of its own, as `make run` starts it; it may be killed."""

import atexit
import contextlib
import http.client
import json
import os
import re
import resource
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings

from .waiting import until

# Two workers, so that one can be killed while the other goes on.
WORKERS = 2
DATABASE = "leadbook.sqlite3"


def flags():
    """What scripts/run gives to gunicorn, apart from the port and the workers."""
    script = (settings.BASE_DIR / "scripts" / "run").read_text().replace("\\\n", " ")
    [line] = re.findall(r"^exec \.venv/bin/gunicorn (.*)$", script, re.MULTILINE)
    return shlex.split(line)


class Server:
    """gunicorn with its own folder, database, attachments and temporary files."""

    def __init__(self, folder, *, database=None, **variables):
        self.folder = Path(folder)
        self.var, self.temporary = self.folder / "var", self.folder / "tmp"
        self.var.mkdir(parents=True)
        self.temporary.mkdir()
        self.attachments = self.var / "attachments"
        self.log = self.folder / "server.log"
        # What others have made fits only who has no settings of its own.
        self.can_copy = not variables
        # A database that is given has all migrations, or gets them by `make`.
        self.has_database = database is not None
        self.process = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {
            **kept,
            "MODE": "demo",
            "VAR_DIR": str(self.var),
            "DATABASE_URL": database or f"sqlite:///{self.var / DATABASE}",
            "TMPDIR": str(self.temporary),
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "leadbook.settings",
            **variables,
        }

    def manage(self, *command, check=True):
        """Run a command of manage.py on the server's data; return the finished process."""
        return self._run([sys.executable, "manage.py", *command], check=check)

    def module(self, name, *arguments):
        """Run a module of the tests on the server's data; return what it prints as JSON."""
        return json.loads(self._run([sys.executable, "-m", name, *arguments]).stdout)

    def prepare(self):
        """Make the database and the static files."""
        if self.can_copy:
            made = _made_once()
            shutil.copytree(made.var / "static", self.var / "static")
            if not self.has_database:
                shutil.copy(made.var / DATABASE, self.var)
        else:
            self.make()

    def make(self):
        """Make them as an installation does."""
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")

    def start(self):
        """Start without any manual step; return when it is ready."""
        given = [flag.replace("$port", str(self.port)) for flag in flags()]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *given, "--workers", str(WORKERS)],
            cwd=settings.BASE_DIR, env=self.environment, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        threading.Thread(target=self._keep_log, args=[self.process.stdout]).start()
        self.wait_until_ready()

    def wait_until_ready(self):
        """Return when the server says that leads can be worked on."""

        def is_ready():
            assert self.process.poll() is None, self.log.read_text()
            return self.health()[0] == 200

        until(is_ready, what="the server is ready")

    def health(self):
        """Return status and JSON of /healthz/; (None, None) where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/healthz/")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None, None
        finally:
            connection.close()

    @property
    def workers(self):
        """The process ids of the workers that run."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent = status.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    found.append(int(status.parent.name))
        return sorted(found)

    @property
    def spooled(self):
        """Bytes of the uploads that arrive, in files with and without a name."""
        size = 0
        for worker in self.workers:
            for opened in Path(f"/proc/{worker}/fd").iterdir():
                with contextlib.suppress(OSError):
                    state = opened.stat()
                    is_ours = self.folder in opened.readlink().parents
                    if stat.S_ISREG(state.st_mode) and (
                        state.st_nlink == 0 or (is_ours and "upload" in opened.readlink().name)
                    ):
                        size += state.st_size
        return size

    def kill(self):
        """Kill all processes at once, as a crash of the machine's user space would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_worker(self, chance):
        """Kill one of the workers; return when the others know."""
        before = until(lambda: self.workers, what="a worker runs")
        os.kill(chance.choice(before), signal.SIGKILL)
        until(
            lambda: len(self.workers) == WORKERS and self.workers != before,
            what="another worker takes the place of the killed one",
        )

    def stop(self):
        """Ask for a graceful stop; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def remove(self):
        """Leave no process behind."""
        if self.process and self.process.poll() is None:
            self.kill()

    def fill_disk(self):
        """Let no worker write any file from now on, as on a full disk."""
        self._limit(1)

    def clear_disk(self):
        """Let the workers write again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size):
        for worker in self.workers:
            _soft, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, hard))

    def _keep_log(self, output):
        # By a pipe, so that a full disk does not stop the server's own messages.
        with output, self.log.open("a") as log:
            for line in output:
                log.write(line)
                log.flush()

    def _run(self, command, check=True):
        result = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result


@cache
def _made_once():
    """Return a server whose empty database and static files others copy."""
    server = Server(mkdtemp())
    atexit.register(shutil.rmtree, server.folder, ignore_errors=True)
    server.make()
    return server

"""Versions beside each other, as deploy/ puts them on a machine, and people who ask."""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from django.conf import settings

from .waiting import until

PARTS = ["deploy", "leadbook", "leads", "locale", "marketplaces", "static", "templates",
         "gunicorn.conf.py", "manage.py"]  # fmt: skip
HOST = "leads.example"
HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}


class Installation:
    """A folder of versions, the link to the one in service, and the server that it starts."""

    def __init__(self, folder, *, like=None):
        self.folder = Path(folder)
        self.current = self.folder / "current"
        if like:
            shutil.copytree(like.folder, self.folder, symlinks=True)
            self.current.unlink()
            self.current.symlink_to(self.folder / like.current.resolve().name)
        else:
            self.folder.mkdir()
        self.log = self.folder / "server.log"
        self.process = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {
            **kept,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": HOST,
            "TRUSTED_PROXIES": "1",
            "VAR_DIR": str(self.folder / "var"),
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_WORKERS": "2",
        }

    def add(self, name):
        """Put a version there that says its name; return its folder."""
        version = self.folder / name
        version.mkdir()
        for part in PARTS:
            source = settings.BASE_DIR / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, version / part, ignore=ignored)
            else:
                shutil.copy(source, version)
        (version / ".venv").symlink_to(Path(sys.executable).parent.parent)
        health = version / "leadbook" / "health.py"
        code = health.read_text()
        assert code.count('{"alive": True}') == 1
        health.write_text(code.replace('{"alive": True}', f'{{"version": "{name}"}}'))
        with (version / "static" / "css" / "reset.css").open("a") as style:
            style.write(f"/* {name} */\n")
        return version

    def release(self, name):
        """Run the version's own script; return the finished process."""
        reload = f"kill -HUP {self.process.pid}" if self.process else ""
        return subprocess.run(
            [self.folder / name / "deploy" / "scripts" / "release"],
            env={**self.environment, "CURRENT": str(self.current), "RELOAD": reload},
            capture_output=True, text=True,
        )  # fmt: skip

    def start(self, *, listening=None):
        """Start the version in service, at a socket that somebody else holds if given."""
        serve = str(self.current / "deploy" / "scripts" / "serve")
        command, passed = [serve], ()
        if listening is not None:
            # As systemd does it: the third descriptor, and the process that it is for.
            passed = (listening.fileno(),)
            hand_over = (
                f"exec 3<&{listening.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec {serve}"
            )
            command = ["bash", "-c", hand_over]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, pass_fds=passed
            )
        until(lambda: self.version() is not None, what="the server answers")

    def stop(self):
        """Stop gracefully, as a service manager does; return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def remove(self):
        """Leave no process behind."""
        if self.process and self.process.poll() is None:
            self.stop()

    def get(self, path):
        """Return status and body of an answer, by a connection of its own."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            line.request("GET", path, headers=HEADERS)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        finally:
            line.close()

    def version(self):
        """Return the name of the version that answers; None where nobody does."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return json.loads(self.get("/healthz/alive/")[1])["version"]


class Visitors:
    """Some who ask for a page without a pause; each answer, or its absence, is noted."""

    def __init__(self, installation, number=4):
        self.installation = installation
        self.answers = []
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self._visit) for _n in range(number)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.see(10)
        return self

    def __exit__(self, *exception):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def see(self, number):
        """Return when so many more answers are there."""
        goal = len(self.answers) + number
        until(lambda: len(self.answers) >= goal, what="answers")

    def _visit(self):
        while not self.done.is_set():
            try:
                status, text = self.installation.get("/anmelden/")
                whole = "</html>" in text
                self.answers.append(status if whole else "half")
            except (OSError, http.client.HTTPException) as error:
                self.answers.append(repr(error))

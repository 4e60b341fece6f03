"""The worker of tasks, stopped and killed in the middle of one."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading

import pytest
from django.conf import settings

from .server import Server
from .waiting import until

ENQUEUE = """
from marketplaces.models import User
from marketplaces.tasks import send_reset_mail
rep = User.people.named("rep0")
User.people.filter(pk=rep.pk).update(email="rep0@leads.example")
send_reset_mail.enqueue(rep.pk, domain="leads.example", protocol="https", language="de")
"""
STATES = """
from django_tasks_db.models import DBTaskResult
print(*DBTaskResult.objects.order_by("enqueued_at").values_list("status", flat=True))
"""


class Postbox:
    """A mail server that takes a mail whenever `may_take` says so."""

    def __init__(self):
        self.mails, self.connected = [], threading.Event()
        self.may_take = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                line, _address = self.socket.accept()
                threading.Thread(target=self._talk, args=[line], daemon=True).start()

    def _talk(self, line):
        with line, line.makefile("rwb", buffering=0) as wire, contextlib.suppress(OSError):
            self.connected.set()
            self.may_take.wait()
            wire.write(b"220 postbox\r\n")
            while command := wire.readline():
                verb = command[:4].upper().strip()
                if verb == b"DATA":
                    wire.write(b"354 go on\r\n")
                    text = b""
                    while (piece := wire.readline()) not in (b".\r\n", b""):
                        text += piece
                    self.mails.append(text.decode())
                wire.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")


@pytest.fixture
def postbox():
    postbox = Postbox()
    yield postbox
    postbox.may_take.set()
    postbox.socket.close()


@pytest.fixture
def server(tmp_path, cluster, postbox):
    """Database and settings; of the server itself nothing is needed."""
    server = Server(
        tmp_path / "server",
        database=cluster and cluster.address(),
        TASKS="database",
        EMAIL_URL=f"smtp://127.0.0.1:{postbox.port}",
    )
    server.manage("migrate", "--verbosity", "0")
    server.module("tests.faults.stage", "0")
    return server


@pytest.fixture
def start(server):
    """Return a function that starts the worker."""
    started = []

    def start():
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--worker-id", "one", "--interval", "0.1"],
            cwd=settings.BASE_DIR, env=server.environment,
        )  # fmt: skip
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def states(server):
    return server.manage("shell", "-v0", "-c", STATES).stdout.split()


def test_a_stopped_worker_finishes_its_task_and_begins_no_other(server, start, postbox):
    server.manage("shell", "-v0", "-c", ENQUEUE + ENQUEUE)
    worker = start()
    assert postbox.connected.wait(60)
    worker.send_signal(signal.SIGTERM)
    postbox.may_take.set()
    assert worker.wait(timeout=60) == 0
    assert states(server) == ["SUCCESSFUL", "READY"]
    assert len(postbox.mails) == 1
    assert "https://leads.example/passwort/neu/" in postbox.mails[0]


def test_a_killed_workers_task_is_done_when_it_is_back(server, start, postbox):
    server.manage("shell", "-v0", "-c", ENQUEUE)
    worker = start()
    assert postbox.connected.wait(60)
    worker.kill()
    worker.wait()
    assert (states(server), postbox.mails) == (["RUNNING"], [])
    postbox.may_take.set()
    start()
    until(lambda: postbox.mails, what="the mail arrives")
    until(lambda: states(server) == ["SUCCESSFUL"], what="the task is done")

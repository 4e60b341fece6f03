"""gunicorn's settings, however it is started; the environment says what differs.

Nothing of the application is imported here, nor loaded before the workers fork: what the
master knows, the workers of the next version would inherit.
"""

import os
import sys
from pathlib import Path


def number(name, default):
    """Return a whole number out of the environment."""
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and int(text)):
        sys.exit(f"{name} must be a whole number of at least 1, not {text!r}.")
    return int(text)


bind = os.environ.get("BIND", "").strip() or "127.0.0.1:8000"
workers = number("WEB_WORKERS", 2)
worker_class = "gthread"
threads = number("WEB_THREADS", 4)
# A worker that says nothing for so long is killed; with threads, only a stuck one is.
timeout = 120
# What runs at SIGTERM or SIGHUP may go on for so long.
graceful_timeout = 30
# Nothing is gained by restarting workers that do not grow.
max_requests = 0
preload_app = False
control_socket_disable = True
# The heartbeats' files: on a disk that stalls, a worker would be taken for stuck.
if Path("/dev/shm").is_dir():  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def on_starting(server):
    """Forget the figures of the processes before; while gunicorn runs, they are kept."""
    var = os.environ.get("VAR_DIR", "").strip() or "var"
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "").strip() or f"{var}/metrics"
    for file in Path(folder).glob("*.db"):
        file.unlink(missing_ok=True)


def post_fork(server, worker):
    """Bind the worker to its own version, also when `current` leads to the next one."""
    sys.path[:] = [os.path.realpath(path) for path in sys.path]


def post_worker_init(worker):
    """Let a worker that stops let go of the socket before it finishes what it has begun.

    Otherwise whoever comes while the last workers finish is neither served nor refused, and
    a balancer does not turn to another machine. Workers that go on hold it themselves, as
    does systemd.
    """
    accept = worker.set_accept_enabled

    def accept_or_let_go(enabled):
        accept(enabled)
        if not worker.alive:
            for listener in worker.sockets:
                listener.close()

    worker.set_accept_enabled = accept_or_let_go

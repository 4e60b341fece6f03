"""A large upload: how fast it is beside a plain copy, and what a worker needs for it."""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid

from leads.load import cast

from .plain_copy import PIECE
from .server import ROOT

TIMES = 3
BLOCK = 1 << 20


def measure(stage, server, *, size):
    """Return throughputs in bytes a second, and how many bytes a worker grew at most."""
    copies, lasting_copies, uploads, growth = [], [], [], 0
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plain_copy", server.var], cwd=ROOT,
        stdout=subprocess.PIPE, text=True,
    ) as copier:  # fmt: skip
        try:
            port = int(copier.stdout.readline())
            for turn in range(TIMES):
                # What was measured before is still on its way to the disk.
                os.sync()
                copies.append(size / _copy(port, size))
                lasting_copies.append(size / _copy(port, size, waits=True))
                idle = server.memory
                with Watch(server) as watch:
                    uploads.append(size / _upload(stage, cast.worked(stage.leads)[turn], size))
                growth = max(growth, watch.growth(idle))
        finally:
            copier.kill()
    (server.var / "copy").unlink()
    return {
        "copy": statistics.median(copies),
        "lasting copy": statistics.median(lasting_copies),
        "upload": statistics.median(uploads),
        "growth": growth,
        "size": size,
    }


class Watch:
    """Looks at the workers' memory until it is left."""

    def __init__(self, server):
        self.server, self.highest = server, {}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        self.thread.join()

    def growth(self, idle):
        """Return the most bytes by which a worker was larger than when it was idle."""
        return max(self.highest.get(pid, size) - size for pid, size in idle.items())

    def _look(self):
        while True:
            for pid, size in self.server.memory.items():
                self.highest[pid] = max(size, self.highest.get(pid, 0))
            if self.is_over.wait(0.05):
                return


def _pieces(size, head=b""):
    """Yield `size` bytes that nobody has sent before, beginning with `head`."""
    block = os.urandom(BLOCK)
    yield head
    missing = size - len(head)
    while missing:
        for start in range(0, min(BLOCK, missing), PIECE):
            piece = block[start : start + min(PIECE, missing)]
            missing -= len(piece)
            yield piece


def _copy(port, size, *, waits=False):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begun = time.perf_counter()
        connection.sendall(size.to_bytes(8) + bytes([waits]))
        for piece in _pieces(size):
            connection.sendall(piece)
        connection.recv(1)
        return time.perf_counter() - begun


def _upload(stage, pk, size):
    mark = uuid.uuid4().hex
    answer = stage.people[cast.MANY].upload(
        f"/leads/{pk}/anhaenge/", _pieces(size, b"%PDF-1.7\n" + mark.encode()), size,
        f"Plan_{mark}.pdf",
    )  # fmt: skip
    if answer.status != 303:
        raise RuntimeError(f"The upload was refused: {answer.status}")
    return answer.seconds

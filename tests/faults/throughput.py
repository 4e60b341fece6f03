"""How fast bytes get onto the disk of this machine: plainly, and through the application."""

import socket
import subprocess
import sys
import time
from pathlib import Path

MIB = 1 << 20
# What takes the bytes of a plain copy, in a process of its own like the server's worker.
RECEIVER = """
import os, socket, sys
line = socket.socket(fileno=int(sys.argv[1])).accept()[0]
with open(sys.argv[2], "wb", buffering=0) as file:
    piece = memoryview(bytearray(1 << 20))
    while size := line.recv_into(piece):
        file.write(piece[:size])
    os.fsync(file.fileno())
line.sendall(b"!")
"""


def text(size, seed=b"x"):
    """`size` bytes of a text file, piece by piece; another `seed`, another file."""
    piece = (seed + b" " * 63)[:64] * (MIB // 64)
    for start in range(0, size, MIB):
        yield piece[: min(MIB, size - start)]


def plain_copy(folder, size):
    """Send `size` bytes over loopback into a synced file; return bytes in a second."""
    path = Path(folder) / "copy"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = str(listener.fileno())
        receiver = subprocess.Popen(
            [sys.executable, "-c", RECEIVER, given, str(path)], pass_fds=[listener.fileno()]
        )
        with socket.create_connection(listener.getsockname()) as line:
            # It runs when it has taken the first bytes.
            pieces = text(size)
            line.sendall(next(pieces))
            began = time.perf_counter()
            for piece in pieces:
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)
            assert line.recv(1) == b"!"
            took = time.perf_counter() - began
    assert receiver.wait() == 0
    assert path.stat().st_size == size
    path.unlink()
    return size / took


def upload(rep, name, size, *, part, tail):
    """File a text of `size` bytes as `rep`; return status and bytes in a second."""
    start = part(name)
    length = f"Content-Length: {len(start) + size + len(tail)}"
    began = time.perf_counter()
    status, _text = rep.send(rep.head(length), start, *text(size, name.encode()), tail)
    return status, size / (time.perf_counter() - began)

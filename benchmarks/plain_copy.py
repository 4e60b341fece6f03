"""Receive files over the loopback and do nothing but write them down.

    python -m benchmarks.plain_copy FOLDER

prints its port. Each connection brings eight bytes of length, one that says whether to wait
for the disk, and the file, and is told when it lies in the folder.
"""

import os
import socket
import sys
from pathlib import Path

PIECE = 65_536  # bytes


def serve(folder):
    """Receive one file after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _client = listening.accept()
            with connection, (Path(folder) / "copy").open("wb") as file:
                missing = int.from_bytes(connection.recv(8, socket.MSG_WAITALL))
                waits = connection.recv(1) == b"\1"
                while missing:
                    piece = connection.recv(min(PIECE, missing))
                    if not piece:
                        break
                    file.write(piece)
                    missing -= len(piece)
                file.flush()
                if waits:
                    os.fsync(file.fileno())
                connection.sendall(b".")


if __name__ == "__main__":
    serve(sys.argv[1])

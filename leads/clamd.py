"""A client of clamd, the daemon of the virus scanner ClamAV.

Source of the protocol: the manual page clamd(8), command INSTREAM.
"""

import re
import socket
import time

CHUNK_BYTES = 65_536
CONNECT_SECONDS = 3
# While somebody waits; a large file may take the scanner longer.
ANSWER_SECONDS = 60
MAX_ANSWER_BYTES = 4096


class ScannerAway(Exception):
    """The scanner did not say whether the file is clean."""


def scan(address, file, *, patience=None):
    """Return the name of what the scanner found in `file`, or "" for nothing.

    `address` is the path of a Unix socket or a pair of host and port; `file` is read from
    its beginning, in pieces. Raises ScannerAway, also when the answer takes longer than
    `patience` seconds (ANSWER_SECONDS).
    """
    try:
        with _connected(address) as line:
            line.sendall(b"zINSTREAM\0")
            file.seek(0)
            try:
                while chunk := file.read(CHUNK_BYTES):
                    line.sendall(len(chunk).to_bytes(4) + chunk)
                line.sendall(bytes(4))
            except (BrokenPipeError, ConnectionResetError):
                # It has heard enough, for instance a file over its limit, and says so.
                pass
            answer = _answer(line, patience or ANSWER_SECONDS)
    except OSError as error:
        raise ScannerAway(str(error) or type(error).__name__) from error
    match = re.fullmatch(r"stream: (?:OK|(?P<found>\S.*) FOUND)", answer)
    if not match:
        raise ScannerAway(answer or "no answer")
    return match["found"] or ""


def _connected(address):
    if isinstance(address, tuple):
        line = socket.create_connection(address, timeout=CONNECT_SECONDS)
    else:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(CONNECT_SECONDS)
        try:
            line.connect(address)
        except BaseException:
            line.close()
            raise
    line.settimeout(ANSWER_SECONDS)
    return line


def _answer(line, patience):
    read, deadline = b"", time.monotonic() + patience
    while b"\0" not in read and len(read) < MAX_ANSWER_BYTES:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        piece = line.recv(MAX_ANSWER_BYTES)
        if not piece:
            break
        read += piece
    return read.partition(b"\0")[0].decode("utf-8", "replace").strip()

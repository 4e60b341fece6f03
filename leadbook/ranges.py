"""The part of a file that a request asks for (RFC 9110, section 14)."""

import re

# Longer numbers are no positions in a file.
ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The file has no byte of what is asked for; answers 416."""


def asked_range(headers, *, size, etag=""):
    """Return the positions that `headers` ask for as a range, or None for the whole file.

    Whole is what a client gets that asks for several parts at once, for none that can be
    read, or for one of the file of another `etag` (If-Range). Raises Unsatisfiable.
    """
    asked = ONE_RANGE.fullmatch(headers.get("Range", "").strip())
    condition = headers.get("If-Range")
    if not asked or (condition is not None and condition.strip() != etag):
        return None
    first, last = asked.groups()
    if first:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    elif last:
        start, stop = max(0, size - int(last)), size
    else:
        return None
    if start >= size:
        raise Unsatisfiable
    return range(start, stop)


class Part:
    """The bytes `positions` of a seekable file, as a file; closes it with itself."""

    def __init__(self, file, positions):
        self._file = file
        self._left = len(positions)
        file.seek(positions.start)

    def read(self, size=-1):
        """Return at most `size` bytes, b"" at the end."""
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece

    def fileno(self):
        """Return the descriptor, at the beginning of the part, for sendfile(2)."""
        return self._file.fileno()

    def close(self):
        """Close the file."""
        self._file.close()

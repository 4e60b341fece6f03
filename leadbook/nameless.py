"""Files without a name: whatever dies while they are written, nothing of them stays.

What is whole can get a name on the same disk (`give_name`), which costs as much for a
gigabyte as for a byte. Source: open(2), O_TMPFILE.
"""

import os
import tempfile
from contextlib import suppress


def nameless_file(folder):
    """Return a new file on the disk of `folder`, open for writing and reading."""
    if (flag := getattr(os, "O_TMPFILE", None)) is not None:
        # Not every file system has them.
        with suppress(OSError):
            return open(os.open(folder, flag | os.O_RDWR | os.O_CLOEXEC, 0o600), "w+b")
    return tempfile.TemporaryFile(dir=folder)


def give_name(file, path):
    """Let a nameless file be found under `path`; raises OSError where it cannot be.

    It cannot be on another disk, nor where the file system knows no such files.
    """
    file.flush()
    descriptor = file.fileno()
    # With a descriptor beside the path, Python passes the flag on that follows the link.
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)

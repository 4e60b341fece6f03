"""The erasure list: a file outside the database that says what has been erased.

A backup still holds what was erased after it was made. After a restore,
leads.privacy.replaying erases it again. The list carries ids, times and hashes, no contact
data; one JSON object a line:

    {"lead": 17, "marketplace": 2, "created_at": "…", "external_id_sha256": "…",
     "erased_at": "…", "reason": "request"}
    {"user": 5, "created_at": "…", "erased_at": "…", "reason": "request"}

`created_at` is that of the lead or account: a restored database may give an id to
something else than what was erased.
"""

import fcntl
import json
import logging
import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from leadbook.storages import sync

logger = logging.getLogger(__name__)


def append(erasure):
    """Write a finished Erasure at the end of the list; return when it is on the disk.

    Raises OSError.
    """
    write([line_of(erasure)], Path(settings.ERASURE_LIST))


def append_or_tell(erasure):
    """Append; where this fails, say so in the Erasure's `left_undone`, and in the log.

    What was repeated after a restore stands there.
    """
    if erasure.reason == erasure.Reason.REPLAY:
        return
    try:
        append(erasure)
    except OSError:
        logger.exception("Erasure %d is not on the erasure list.", erasure.pk)
        erasure.left_undone.append(
            _(
                "The erasure list could not be written: after a restore of the database "
                "this erasure would not be repeated. Mend the cause, then run "
                "manage.py replay_erasures."
            )
        )


def read(path, *, tell=lambda sentence: None):
    """Yield the list's lines as dictionaries; `tell` hears of lines that are none.

    Raises OSError.
    """
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                identity(line)
            except (ValueError, KeyError, TypeError, OverflowError):
                # Half a line, from a crash while it was written, or no number of a lead.
                tell(_("Line %(number)d cannot be read.") % {"number": number})
                continue
            yield line


def external_id_hashes(marketplace):
    """Return the hashes of the numbers that erased leads of `marketplace` had.

    Also of those that a restored database never knew.
    """
    try:
        return {
            line.get("external_id_sha256")
            for line in read(settings.ERASURE_LIST)
            if line.get("marketplace") == marketplace.pk
        } - {"", None}
    except FileNotFoundError:
        return set()


def line_of(erasure):
    """Return the line of a finished Erasure."""
    about = (
        {
            "lead": erasure.lead_id,
            "marketplace": erasure.lead.marketplace_id,
            "created_at": erasure.lead.created_at.isoformat(),
            "external_id_sha256": erasure.external_id_sha256,
        }
        if erasure.lead_id
        else {"user": erasure.user_id, "created_at": erasure.user.date_joined.isoformat()}
    )
    return {**about, "erased_at": erasure.created_at.isoformat(), "reason": erasure.reason}


def identity(line):
    """Return what tells two lines apart; raises for what is no line."""
    kind = "lead" if "lead" in line else "user"
    return kind, int(line[kind]), str(line["created_at"])


def write(lines, path):
    """Write lines at the end of the list; return when they are on the disk."""
    is_new = not path.exists()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    with os.fdopen(os.open(path, flags, 0o600), "rb+", buffering=0) as file:
        # One process at a time; the lock goes with the file.
        fcntl.flock(file, fcntl.LOCK_EX)
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if _ends_in_half_a_line(file):
            text = f"\n{text}"
        _write(file, text.encode())
        os.fsync(file.fileno())
    if is_new:
        sync(path.parent)


def _ends_in_half_a_line(file):
    size = file.seek(0, os.SEEK_END)
    return size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"


def _write(file, data):
    while data:
        data = data[file.write(data) :]

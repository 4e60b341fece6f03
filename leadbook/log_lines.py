"""The form of log lines: JSON for machines, plain lines for people.

Outside of development no line holds what somebody typed: of errors only what
`leadbook.error_texts` says, of addresses no query. No line can begin another one.
"""

import json
import logging
import re
from datetime import UTC, datetime

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from . import access_log, error_texts

MAX_LENGTH = 2000
QUERY = re.compile(r"(/[^\s?\"']*)\?[^\s\"']*")
# Below it Django logs the texts of what it refuses, such as the name of an uploaded file.
REFUSED = "django.security."


class Formatter(logging.Formatter):
    """What both forms have in common; `shows_values` is for development."""

    def __init__(self, *, shows_values=False):
        super().__init__()
        self.shows_values = shows_values

    def time_of(self, record):
        """Return the time of a record in UTC."""
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds")

    def message_of(self, record):
        """Return the text of a record."""
        if self.shows_values:
            return record.getMessage()
        if record.name.startswith(REFUSED) and not record.name.endswith(
            DisallowedHost.__name__
        ):
            return f"refused: {record.name.removeprefix(REFUSED)}"
        return QUERY.sub(r"\1", self._discreet_text(record))[:MAX_LENGTH]

    def traceback_of(self, record):
        """Return the traceback of a record; an empty text where there is none."""
        if not record.exc_info or record.exc_info[1] is None:
            return ""
        if self.shows_values:
            return self.formatException(record.exc_info)
        return error_texts.traceback_of(record.exc_info[1])

    def _discreet_text(self, record):
        args = record.args
        if isinstance(args, tuple):
            args = tuple(
                error_texts.summary(arg) if isinstance(arg, BaseException) else arg
                for arg in args
            )
        text = str(record.msg) % args if args else str(record.msg)
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            # The address itself can be a secret: that of a link for a new password.
            route = access_log.route_of(request) or "an unknown address"
            text = text.replace(request.path, route)
        return text


class JsonFormatter(Formatter):
    """Makes one JSON object a line, in ASCII: no character can begin a line of its own."""

    def format(self, record):
        """Return the line; a `line` of the record stands in the place of its text."""
        fields = {
            "time": self.time_of(record),
            "level": record.levelname,
            "logger": record.name,
            **access_log.context(),
            **(getattr(record, "line", None) or {"message": self.message_of(record)}),
        }
        if text := self.traceback_of(record):
            fields["traceback"] = text
        return json.dumps(fields, default=str)


class LineFormatter(Formatter):
    """Makes a line that people read; below it stands the traceback, if there is one."""

    def format(self, record):
        """Return the line."""
        message = self.message_of(record)
        if not message.isprintable():
            message = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)
        about = access_log.context()
        marks = " ".join(
            f"{name}={about[name]}" for name in ("request_id", "user") if about.get(name)
        )
        parts = [self.time_of(record), record.levelname, record.name, message, marks]
        text = self.traceback_of(record)
        return " ".join(filter(None, parts)) + (f"\n{text}" if text else "")

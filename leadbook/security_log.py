"""The security log: who did what that matters for security, one JSON object a line.

On standard output, for whatever collects the lines there. They name people and objects
by their ids and carry no passwords, tokens, cookies, session ids or contact data. What
was typed as a user name at a sign-in that failed stands there as a hash only: some
people type their password into that field.
"""

import json
import logging
from datetime import UTC, datetime

from django.core.cache import cache
from django.db import InterfaceError, OperationalError

from . import provenance
from .clients import client_address

logger = logging.getLogger("leadbook.security")

# Answers that are written down wherever they come from. Those to changes that came too
# late or were refused leave no event in the Verlauf, only this line.
ANSWERS = {
    403: "access_refused",
    404: "object_not_found",
    409: "change_refused",
    413: "request_too_large",
    429: "limit_reached",
}
# Lines in a minute, for each event and person or client, of what a scanner could repeat.
AT_MOST = 20
MAX_LENGTH = 200


def record(event, request=None, *, user=None, status=None, **details):
    """Write one line: what happened, when, who, from where, in which request.

    `user` is whom to name where that is not the request's own user, `status` that of the
    answer. `details` are ids, numbers, names of models and fields; never what somebody
    typed.
    """
    if request is not None:
        request.is_in_security_log = True
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "event": event,
        "user": user.pk if user is not None else _user_id(request),
        "address": client_address(request) if request is not None else None,
        "request_id": provenance.current().request_id,
        "method": request.method if request is not None else None,
        "path": _path(request),
        "status": status,
        **details,
    }
    logger.info(event, extra={"line": line})


def record_often(event, request, **details):
    """Write a line as `record` does, but not more than AT_MOST a minute for one client.

    The last one says that more of them are left out. Each process counts for itself.
    """
    who = _user_id(request) or client_address(request)
    place = f"security:{event}:{who}"
    cache.add(place, 0, timeout=60)
    try:
        count = cache.incr(place)
    except ValueError:  # it expired between the two
        count = 1
    if count == AT_MOST:
        details["more_left_out"] = True
    if count <= AT_MOST:
        record(event, request, **details)
    else:
        request.is_in_security_log = True


class Formatter(logging.Formatter):
    """Makes the JSON: in ASCII, so that no character can begin a line of its own."""

    def format(self, record):
        """Return one line; what did not come from `record` has only its text."""
        line = getattr(record, "line", {"event": record.getMessage()})
        return json.dumps({name: _short(value) for name, value in line.items()}, default=str)


class SecurityLogMiddleware:
    """Writes down the answers that refuse something, unless a view has said it better."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Look at the answer on its way out."""
        response = self.get_response(request)
        event = ANSWERS.get(response.status_code)
        is_said = getattr(request, "is_in_security_log", False)
        if event and not is_said and not _is_of_no_interest(request, response):
            record_often(event, request, status=response.status_code)
        return response


def _is_of_no_interest(request, response):
    """Whether it is just an address that leads nowhere, or a stranger who is lost."""
    return response.status_code == 404 and (
        request.resolver_match is None or _user_id(request) is None
    )


def _user_id(request):
    user = getattr(request, "user", None)
    try:
        return user.pk if user is not None else None
    except (OperationalError, InterfaceError):
        return None


def _path(request):
    """Return the address's path; the route where the path itself is a secret."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return None
    return f"/{match.route}" if "token" in match.kwargs else request.path


def _short(value):
    return value[:MAX_LENGTH] if isinstance(value, str) else value

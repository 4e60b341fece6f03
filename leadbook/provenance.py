"""Where a change comes from: through which door, in which request, and when it happened.

The rules of the models record it with each event without being handed it; the middleware,
a command or an import says it once, around what it does.
"""

import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

HEADER = "X-Request-ID"


class Source(models.TextChoices):
    """The doors."""

    WEB = "web", _("Application")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    ADMIN = "admin", _("Administration")
    COMMAND = "command", _("Command line")


@dataclass(frozen=True)
class Provenance:
    """What is known of a change: `at` is None for one that happens now."""

    source: str = Source.COMMAND
    request_id: str = ""
    at: datetime | None = None


_current = ContextVar("provenance")


def current():
    """Return the Provenance of what is being done in this thread."""
    return _current.get(Provenance())


def signature(by):
    """Return what records keep of who acted, and how: `by` is a user, or None."""
    origin = current()
    return {
        "actor": by,
        # The name of then, which a marriage or a mistake does not change later.
        "actor_name": str(by) if by else "",
        "source": origin.source,
        "request_id": origin.request_id,
    }


@contextmanager
def of(**changes):
    """Replace some of the current Provenance's values for what is done inside."""
    token = _current.set(replace(current(), **changes))
    try:
        yield
    finally:
        _current.reset(token)


def go_on_as(**changes):
    """Replace some of the values until the end of the `of` that is around."""
    _current.set(replace(current(), **changes))


def new_id():
    """Return an id for a request, or for a run of a command."""
    return uuid.uuid4().hex


class ProvenanceMiddleware:
    """Gives each request an id, which its answer, its events and its log lines carry."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on."""
        is_admin = request.path.startswith(reverse("admin:index"))
        request_id = new_id()
        with of(source=Source.ADMIN if is_admin else Source.WEB, request_id=request_id):
            response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response

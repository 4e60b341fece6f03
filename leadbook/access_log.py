"""The access log: one line for each request, and what other lines say of theirs.

The line names people and objects by their ids. Of an address it holds the pattern of the
route, never the query: what somebody searches for is contact data.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty

from . import provenance, query_watch
from .headers import VerbsMiddleware

logger = logging.getLogger("leadbook.access")

# Asked every few seconds; good answers stand in the log at DEBUG only.
WATCHERS = {"healthz", "alive", "metrics", "leads:live"}
MAX_DIGITS = 18

_answered = ContextVar("answered", default=None)


@dataclass(slots=True)
class Answer:
    """A response with what it took; times in seconds."""

    request: HttpRequest
    response: HttpResponseBase
    seconds: float
    queries: int
    query_seconds: float

    @property
    def name(self):
        """Return the name of the route, or an empty text."""
        match = self.request.resolver_match
        return match.view_name if match else ""

    @property
    def method(self):
        """Return the verb; OTHER for what is none."""
        method = self.request.method
        return method if method in VerbsMiddleware.known else "OTHER"

    @property
    def is_static_file(self):
        """Whether a static file was answered, of which nothing is counted or written."""
        return (
            self.request.resolver_match is None
            and self.response.status_code < 400
            and self.request.path_info.startswith(settings.STATIC_URL)
        )


def context():
    """Return what a log line says of where it was written: ids, and the route.

    Nothing is loaded for it: the user is named when somebody has looked at them before.
    """
    about = {"request_id": provenance.current().request_id}
    if (request := _answered.get()) is not None:
        about["user"] = loaded_user_id(request)
        about["route"] = route_of(request)
    return about


def loaded_user(request):
    """Return the request's user when they are loaded and signed in; None otherwise."""
    user = getattr(request, "user", None)
    if user is None or (isinstance(user, SimpleLazyObject) and user._wrapped is empty):
        return None
    return user if user.is_authenticated else None


def loaded_user_id(request):
    """Return the id of the request's user; None while they are not loaded."""
    user = loaded_user(request)
    return user.pk if user is not None else None


def route_of(request):
    """Return the pattern of the request's address; None where no route leads."""
    match = request.resolver_match
    return f"/{match.route}" if match else None


class AccessLogMiddleware:
    """Measures each answer, writes its line, counts it and tells staff what it took."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.count = None
        if settings.METRICS_TOKEN:
            from . import metrics  # slow to import, and only needed here

            self.count = metrics.count

    def __call__(self, request):
        """Pass the request on."""
        token = _answered.set(request)
        try:
            queries, query_seconds = query_watch.counted()
            begun = perf_counter()
            response = self.get_response(request)
            seconds = perf_counter() - begun
            now, now_seconds = query_watch.counted()
            answer = Answer(
                request, response, seconds, now - queries, now_seconds - query_seconds
            )
            if not answer.is_static_file:
                _write(answer)
                _tell_staff(answer)
                if self.count is not None:
                    self.count(answer)
            return response
        finally:
            _answered.reset(token)


def _level(answer):
    status = answer.response.status_code
    if status < 400:
        return logging.DEBUG if answer.name in WATCHERS else logging.INFO
    return logging.ERROR if status >= 500 else logging.WARNING


def _write(answer):
    level = _level(answer)
    if not logger.isEnabledFor(level):
        return
    match = answer.request.resolver_match
    length = answer.response.headers.get("Content-Length")
    line = {
        "event": "request",
        "method": answer.method,
        "route": route_of(answer.request),
        "name": answer.name,
        "ids": _ids(match.kwargs) if match else {},
        "status": answer.response.status_code,
        "ms": round(answer.seconds * 1000, 1),
        "queries": answer.queries,
        "queries_ms": round(answer.query_seconds * 1000, 1),
        "bytes": int(length) if length else None,
    }
    text = (
        "%(method)s %(route)s %(status)s, %(ms)s ms, %(queries)s queries in %(queries_ms)s ms"
    )
    logger.log(level, text, line, extra={"line": line})


def _ids(kwargs):
    """Return the numbers of an address; a text in it can be anything that was typed."""
    return {
        name: value
        for name, value in kwargs.items()
        if isinstance(value, int)
        or (isinstance(value, str) and value.isdecimal() and len(value) <= MAX_DIGITS)
    }


def _tell_staff(answer):
    headers = answer.response.headers
    if not headers.get("Content-Type", "").startswith("text/html"):
        return
    user = loaded_user(answer.request)
    if user is not None and user.is_staff:
        headers["Server-Timing"] = (
            f"total;dur={answer.seconds * 1000:.1f}, "
            f'db;dur={answer.query_seconds * 1000:.1f};desc="{answer.queries} queries"'
        )

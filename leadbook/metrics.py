"""Figures for Prometheus, of all workers together; only where METRICS_TOKEN is set.

Each worker keeps its figures in a file of PROMETHEUS_MULTIPROC_DIR; whichever of them is
asked adds up what all of them wrote. Labels take their values from the code alone: names
of routes, verbs, classes of status.
"""

from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from . import __version__, security_log, tasks

Path(settings.PROMETHEUS_MULTIPROC_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)

REQUESTS = Counter(
    "leadbook_requests",
    "Answers by name of the route, verb and class of status",
    ["route", "method", "status"],
    registry=None,
)
SECONDS = Histogram(
    "leadbook_request_seconds",
    "Time until an answer begins",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=None,
)
QUERIES = Counter(
    "leadbook_queries", "Statements that answers needed", ["route"], registry=None
)
QUERY_SECONDS = Counter(
    "leadbook_query_seconds", "Time in the database", ["route"], registry=None
)
UPLOAD_BYTES = Counter(
    "leadbook_upload_bytes",
    "Bytes of forms with files, and of files sent as they are, that were taken",
    registry=None,
)
UPLOADS = ("multipart/form-data", "application/octet-stream")
NOWHERE = "none"


@cache
def _of_kind(route, method, status):
    return REQUESTS.labels(route, method, status)


@cache
def _of_route(route):
    return SECONDS.labels(route), QUERIES.labels(route), QUERY_SECONDS.labels(route)


def count(answer):
    """Add an answer of `leadbook.access_log` to the figures."""
    route, status = answer.name or NOWHERE, answer.response.status_code
    _of_kind(route, answer.method, f"{status // 100}xx").inc()
    seconds, queries, query_seconds = _of_route(route)
    seconds.observe(answer.seconds)
    if answer.queries:
        queries.inc(answer.queries)
        query_seconds.inc(answer.query_seconds)
    if status < 400 and answer.request.content_type in UPLOADS:
        UPLOAD_BYTES.inc(int(answer.request.META.get("CONTENT_LENGTH") or 0))


class Installation:
    """What is looked up when somebody asks, the same in every worker."""

    def collect(self):
        """Give the figures."""
        build = GaugeMetricFamily(
            "leadbook_build_info", "The version that answers", labels=["version"]
        )
        build.add_metric([__version__], 1)
        yield build
        # Who watches must hear the rest also while the database is away.
        with suppress(Error):
            yield GaugeMetricFamily(
                "leadbook_tasks_waiting", "Tasks that wait for a worker", tasks.waiting()
            )


@login_not_required
@require_safe
def metrics(request):
    """Answer the figures to whoever sends the token as a bearer."""
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        security_log.record_often("metrics_refused", request, status=401)
        return HttpResponse(
            status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"}
        )
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    registry.register(Installation())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

"""Errors told to Sentry, only where SENTRY_DSN is set: what happened and where, of nobody.

An event is made anew from what is known to hold no contact data; what a later version of
the SDK may add to one stays out of it.
"""

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import ignore_logger

from . import __version__, access_log, error_texts

KEPT = (
    "event_id", "timestamp", "level", "logger", "platform", "release", "environment",
    "server_name", "sdk", "modules", "breadcrumbs",
)  # fmt: skip
OF_AN_ERROR = ("type", "module", "stacktrace")
OF_A_FRAME = (
    "abs_path", "filename", "function", "module", "lineno", "pre_context", "context_line",
    "post_context", "in_app",
)  # fmt: skip


def start(**options):
    """Send errors from now on; `options` are the SDK's, for tests."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"leadbook@{__version__}",
        environment=settings.MODE,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=discreet_event,
        before_breadcrumb=discreet_breadcrumb,
        # Nobody else, not even the storage of attachments, is told of a trace.
        trace_propagation_targets=[],
        auto_session_tracking=False,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
        **options,
    )
    # Its lines of failed requests have an event already.
    ignore_logger(access_log.logger.name)


def discreet_event(event, hint):
    """Return the event that is sent in the place of `event`."""
    about = access_log.context()
    sent = {name: event[name] for name in KEPT if name in event}
    sent["tags"] = {name: about[name] for name in ("request_id", "route") if about.get(name)}
    if about.get("user"):
        sent["user"] = {"id": str(about["user"])}
    if about.get("route"):
        sent["transaction"] = about["route"]
    if "logentry" in event:
        # Without the values that stand in it.
        sent["logentry"] = {"message": str(event["logentry"].get("message", ""))}
        if event.get("logger", "").startswith("django.security."):
            sent["logentry"]["message"] = event["logger"]
    if "exception" in event:
        errors = error_texts.chain(hint["exc_info"][1]) if "exc_info" in hint else []
        sent["exception"] = {"values": _discreet(event["exception"]["values"], errors)}
    return sent


def discreet_breadcrumb(crumb, hint):
    """Return the text of a statement without its values; nothing else is kept."""
    if crumb.get("category") != "query":
        return None
    kept = ("category", "message", "timestamp", "type", "level")
    return {name: crumb[name] for name in kept if name in crumb}


def _discreet(values, errors):
    texts = {type(error).__name__: error_texts.text_of(error) for error in errors}
    sent = []
    for value in values:
        kept = {name: value[name] for name in OF_AN_ERROR if value.get(name)}
        frames = kept.get("stacktrace", {}).get("frames", [])
        if frames:
            kept["stacktrace"] = {
                "frames": [{n: frame[n] for n in OF_A_FRAME if n in frame} for frame in frames]
            }
        sent.append({**kept, "value": texts.get(value.get("type"), "")})
    return sent

"""Asking as somebody, and what of an answer can be compared and must not be read."""

from contextlib import contextmanager
from copy import deepcopy

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from leadbook import provenance
from tests.markup import HTMX
from tests.state import changes, everything, stored_files

from .stage import SECRETS

SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"]
# Answered 405 before anybody looks who asks.
NEVER = ["TRACE", "PROPFIND", "QUATSCH"]
VERBS = [*SAFE, "POST", "PUT", "PATCH", "DELETE", *NEVER[1:]]
HEADERS = ({}, HTMX)
# What differs from one answer to the next, whoever asks for what.
VOLATILE_HEADERS = {"Date", "Expires", "Server-Timing", provenance.HEADER}


def send(client, verb, address, data=None, headers=None):
    """The answer to `verb`; `data` is sent as a form with every verb that has a body."""
    headers = headers or {}
    if verb in SAFE:
        answer = client.generic(verb, address, headers=headers)
        # An export takes room until it is read.
        body_of(answer)
        return answer
    data = data or {}
    for value in data.values():
        if hasattr(value, "seek"):
            value.seek(0)
    body = encode_multipart(BOUNDARY, data)
    return client.generic(verb, address, body, content_type=MULTIPART_CONTENT, headers=headers)


def body_of(response):
    if response.streaming:
        # Read once, compared and searched often.
        response.whole = getattr(response, "whole", None) or b"".join(
            response.streaming_content
        )
        return response.whole
    return response.content


def outside(response):
    """All that somebody sees of an answer: status, headers, cookies, bytes."""
    return (
        response.status_code,
        {k: v for k, v in response.headers.items() if k not in VOLATILE_HEADERS},
        response.cookies.output(),
        body_of(response),
    )


def secrets_in(response, secrets=SECRETS, *, said=()):
    """Which of the secrets the answer tells, apart from what the request itself `said`."""
    text = body_of(response).decode(errors="replace")
    text += str(response.headers) + response.cookies.output()
    for echo in said:
        text = text.replace(echo, "")
    return [secret for secret in secrets if secret in text]


def session_of(client):
    """What the server remembers of the client: who it is, and messages still to be shown."""
    has_session = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return dict(client.session.items()) if has_session and has_session.value else {}


@contextmanager
def nothing_changes(*clients):
    """Fail when a table, a stored file, a counter of the cache or a session changed."""

    def state():
        # How often a refusal was written down is not the asked one's state.
        counters = {k: v for k, v in cache._cache.items() if ":security:" not in k}
        return stored_files(), counters, [session_of(client) for client in clients]

    before, state_before = everything(), state()
    yield
    assert changes(before, everything()) == {}
    assert state() == state_before


@contextmanager
def rolled_back(client):
    """Take back what happens inside, with the client's cookies."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    client.cookies = cookies

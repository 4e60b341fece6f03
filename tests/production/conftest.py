"""What only stands in front of an installation: scripts/prod-check starts it."""

import http.client
import os
import ssl
from urllib.parse import urlsplit

import pytest

ADDRESS = os.environ.get("LEADBOOK_URL")
# There is nothing to look at in the suite.
collect_ignore_glob = [] if ADDRESS else ["test_*.py"]


@pytest.fixture
def ask():
    """Return a function that asks nginx; gives the answer and its body."""
    host, port = urlsplit(ADDRESS).hostname, urlsplit(ADDRESS).port

    def ask(path, *, method="GET", scheme="https", headers=None, body=None):
        if scheme == "https":
            # The certificate is one of this run.
            context = ssl._create_unverified_context()
            line = http.client.HTTPSConnection(host, port, context=context, timeout=60)
        else:
            line = http.client.HTTPConnection(host, int(os.environ["HTTP_PORT"]), timeout=60)
        try:
            line.request(method, path, body=body, headers=headers or {})
            answer = line.getresponse()
            return answer, answer.read()
        finally:
            line.close()

    return ask

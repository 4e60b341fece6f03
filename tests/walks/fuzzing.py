"""Hostile requests: what they are made of, and one place that sends and counts them.

FUZZ_EXAMPLES in the environment says how many examples each property gets; the suite's own
number is small, and smaller on SQLite. What was sent is counted and reported at the end of
the run.
"""

import os
from collections import Counter
from urllib.parse import quote_from_bytes

from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.markup import HTMX

from .asking import body_of, rolled_back

FEW = 8
# SQLite stores nearly everything; of what a database refuses, PostgreSQL refuses more.
USUAL = FEW if connection.vendor == "postgresql" else 3
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", USUAL))
FORM = "application/x-www-form-urlencoded"
HOSTILE = [
    b"", b" ", b"\x00", b"a\x00b", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"x" * 100_000, b"9" * 5000, str(2**31).encode(), str(2**63).encode(), b"-1", b"0", b"1.5",
    b"1e400", b"-1e400", b"NaN", b"sNaN", b"Infinity", b"1e-999999999", b"0x10", b"1_0",
    b"0001-01-01", b"9999-12-31", b"10000-01-01", b"2027-02-30", b"2027-03-28", b"02:30",
    b"24:00", b"23:59:59.999999", b"None", b"null", b"true", b"[]", b"{}", b"[" * 2000, b"'",
    b'"', b"%", b"_", b"\\", b"' OR 1=1 --", b"<script>alert(1)</script>", b"{{ 7*7 }}",
    b"../../etc/passwd", "\u202e\u200b\ufeff".encode(), "\u2028".encode(), "😀".encode() * 300,
    "\u0627\u0644".encode(), "١٢٣".encode(), b"\r\n\r\n", b"__proto__", b"owner", b"-name",
    b"--", b"a@b", b"+49", b"javascript:alert(1)", b"//evil.example", b"http://[",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.binary(max_size=30),
    st.text(max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
UNKNOWN = [
    b"owner", b"id", b"status", b"pk", b"feld-0", b"feld-x", b"_method", b"__class__",
    b"\x00", b"seen-owner", b"wechseln", b"ansicht", b"csrfmiddlewaretoken", b"action",
    b"_selected_action", b"_saveasnew", b"phases-TOTAL_FORMS",
]  # fmt: skip
# The test's client sends what a server would pass on: text of one byte a character.
HEADER_VALUES = [
    "", "http://[", "x" * 10_000, "\x00", "\xff", "//", "?tab=verlauf", "http://a:b:c/",
    "%00", "http://testserver/leads/?seite=%00", "bytes=9-1", "bytes=99999999999999999999-",
    "bytes=-", "\xf0\x9f\x99\x82", "de;q=NaN,*;q=1e400", "en-" + "x" * 500, "true", "https",
    "1.2.3.4, ::1", "evil.example", "testserver:99999999", "[::1", "a" * 300 + ".example",
    "W/\"\xff\"", "Sat, 99 Foo 99999 99:99:99 GMT", "gzip;q=x", "utf-7", "application/json",
    "null", "chunked",
]  # fmt: skip
HEADERS = [
    "HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Trigger-Name", "HX-Prompt",
    "HX-Boosted", "HX-History-Restore-Request", "HX-Current-URL-URI-AutoEncoded", "Referer",
    "Origin", "Host", "Accept-Language", "Accept-Encoding", "Accept", "If-Modified-Since",
    "If-None-Match", "Range", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
    "X-CSRFToken", "Forwarded", "X-HTTP-Method-Override", "X-Request-ID", "User-Agent",
    "Expect", "Content-Encoding", "Transfer-Encoding", "Sec-Fetch-Site",
]  # fmt: skip
COOKIES = [
    "django_language=\x00", "django_language=" + "x" * 5000, "theme=\xff", "csrftoken=\xff",
    "csrftoken=" + "a" * 31, "messages=[[\"\xff", "sessionid=\x00", "sessionid=../../x",
    'sessionid="aaaaaaaa\\000"',
    "=;=;", "sessionid=" + "x" * 5000, "a=b" * 3000,
]  # fmt: skip
VERBS = [
    *["GET"] * 8, *["POST"] * 12, "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
    "PROPFIND", "QUATSCH",
]  # fmt: skip
USUAL_TYPES = [FORM, MULTIPART_CONTENT]
CONTENT_TYPES = [
    f"{FORM}; charset=utf-7", f"{FORM}; charset=x", f"{FORM}; charset=", "text/plain", "",
    "application/json", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\xe4", "multipart/form-data; boundary=" + "b" * 300,
    f"{MULTIPART_CONTENT}; charset=utf-7", "multipart/mixed; boundary=x", "\x00", "a/b/c",
]  # fmt: skip
IDS = [
    "99999999999999999999", "9" * 5000, "0", "-1", "1.5", "%00", "%FF", "%D9%A3", "%2e%2e",
    "x", "1%2F2", "%E2%80%AE", "9223372036854775807", "9223372036854775808", "",
]  # fmt: skip


def one_in(number):
    """True once in about so many draws; not st.integers, which draws its edges more often."""
    return st.sampled_from([*[False] * (number - 1), True])


def encoded(pairs):
    """The pairs of bytes as a form or a query carries them."""
    return "&".join(f"{quote_from_bytes(k)}={quote_from_bytes(v)}" for k, v in pairs)


def as_parts(pairs):
    """The pairs of bytes as the parts of a multipart body; a name can carry a file name."""
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (_MARK, k, v)
        for k, v in pairs
    ]
    return b"".join(parts) + b"--%s--\r\n" % _MARK


_MARK = BOUNDARY.encode()


def as_bytes(data):
    """A form's fields as pairs of bytes."""
    return [
        (name.encode(), str(value).encode())
        for name, values in data.items()
        for value in (values if isinstance(values, list) else [values])
    ]


@st.composite
def pairs(draw, base):
    """The form `base` with some values replaced, left out, doubled, unknown ones added."""
    sent = []
    for name, value in base:
        match draw(st.sampled_from(["keep", "keep", "hostile", "hostile", "leave", "double"])):
            case "keep":
                sent.append((name, value))
            case "hostile":
                sent.append((name, draw(VALUES)))
            case "double":
                sent += [(name, draw(VALUES)), (name, value)]
    unknown = draw(st.lists(st.tuples(st.sampled_from(UNKNOWN), VALUES), max_size=3))
    return sent + unknown


@st.composite
def bodies(draw, base):
    """A body and its content type, made of the form `base`; often they do not fit."""
    # Of a long form a few fields change at once, the others are sent as they are.
    touched = draw(st.lists(st.sampled_from(base), max_size=6)) if base else []
    names = {name for name, _value in touched}
    sent = [pair for pair in base if pair[0] not in names] + draw(pairs(touched))
    content_type = draw(st.sampled_from(CONTENT_TYPES if draw(one_in(5)) else USUAL_TYPES))
    if content_type.startswith("multipart"):
        names = st.sampled_from([b'f"; filename="%s' % draw(VALUES)[:300], b"dateien"])
        if draw(st.booleans()):
            sent.append((draw(names).replace(b"\n", b""), draw(VALUES)))
        body = as_parts(sent)
    else:
        body = encoded(sent).encode()
    match draw(st.sampled_from([*["whole"] * 9, "cut", "noise", "many"])):
        case "cut":
            body = body[: draw(st.integers(0, len(body)))]
        case "noise":
            body = draw(st.binary(max_size=200))
        case "many":
            body = b"&".join([b"x=1"] * 1600)
    return body, content_type


@st.composite
def headers(draw, session=""):
    """Some headers, a few of them hostile; `session` is the id of a session that holds."""
    chosen = draw(st.lists(st.sampled_from(HEADERS), max_size=2)) if draw(one_in(3)) else []
    sent = {name: draw(st.sampled_from(HEADER_VALUES)) for name in chosen}
    if draw(st.booleans()):
        sent |= HTMX
    if draw(one_in(6)):
        sent["Cookie"] = f"sessionid={session}; " + draw(st.sampled_from(COOKIES))
    return sent


def examples(number=FEW):
    """The settings of a property: the same few examples each time, or many new ones."""
    return settings(
        max_examples=number * EXAMPLES // FEW,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=EXAMPLES == USUAL,
    )


class Fuzz:
    """Sends and counts; fails at a 5xx."""

    def __init__(self):
        self.answers = Counter()

    def ask(self, client, verb, address, body=b"", content_type=FORM, **kwargs):
        """The status of the answer; what it changed is taken back."""
        with rolled_back(client):
            response = client.generic(verb, address, body, content_type=content_type, **kwargs)
            body_of(response)
        self.answers[response.status_code] += 1
        assert response.status_code < 500, (verb, address)
        return response.status_code

    def get(self, client, address, **kwargs):
        return self.ask(client, "GET", address, **kwargs)

    def post(self, client, address, sent, **kwargs):
        """Send the pairs of bytes as a form."""
        return self.ask(client, "POST", address, encoded(sent), **kwargs)

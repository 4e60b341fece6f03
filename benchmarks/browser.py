"""One person's session over one connection that stays open, timed."""

import html
import http.client
import re
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import zstandard

from .counting import CPU, QUERIES
from .server import KEEP_ALIVE

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What came back, and after how long."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def text(self):
        """The body, unpacked."""
        is_packed = self.headers.get("Content-Encoding") == "zstd"
        unpack = zstandard.ZstdDecompressor().decompress
        return (unpack(self.body) if is_packed else self.body).decode()

    @property
    def queries(self):
        """How many statements the server sent to its database."""
        return int(self.headers.get(QUERIES, 0))

    @property
    def cpu(self):
        """For how many milliseconds the server's thread had a processor."""
        return float(self.headers.get(CPU, 0))

    def link(self, rel):
        """Return the address of the link with this `rel`, or None."""
        found = re.search(rf'<a[^>]*rel="{rel}"[^>]*href="([^"]*)"', self.text)
        return found and html.unescape(found[1])

    def inputs(self):
        """Return the names and values of the page's hidden inputs."""
        tags = re.findall(r'<input type="hidden"[^>]*>', self.text)
        pairs = (dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in tags)
        return {p["name"]: html.unescape(p.get("value", "")) for p in pairs}


class Browser:
    """Several browsers of one person share a `line`, the connection to one server."""

    def __init__(self, line):
        self.line = line
        self.cookies = {}

    def sign_in(self, username, password):
        """Sign in by the form."""
        self.get("/anmelden/")
        answer = self.post("/anmelden/", {"username": username, "password": password})
        if answer.status != 302:
            raise RuntimeError(f"{username} is not let in: {answer.status}")

    def get(self, address, **headers):
        """Ask for an address; return the Answer."""
        return self._ask("GET", address, None, headers)

    def post(self, address, fields, **headers):
        """Send a form; return the Answer."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
        return self._ask("POST", address, body.encode(), {"Content-Type": FORM, **headers})

    def upload(self, address, pieces, length, name):
        """Send a file of `length` bytes as the drop zone does; return the Answer."""
        headers = {
            "Content-Type": "application/octet-stream", "Content-Length": str(length),
            "Content-Disposition": f"attachment; filename={name}",
            "X-CSRFToken": self.cookies["csrftoken"],
        }  # fmt: skip
        return self._ask("POST", address, pieces, headers)

    def _ask(self, method, address, body, headers):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept-Encoding": "gzip, deflate, br, zstd", "Cookie": cookies, **headers}
        self.line.open()
        begun = time.perf_counter()
        self.line.connection.request(method, address, body, headers)
        response = self.line.connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - begun
        self.line.used()
        for header in response.headers.get_all("Set-Cookie", ()):
            self.cookies |= {n: m.value for n, m in SimpleCookie(header).items()}
        return Answer(response.status, response.headers, content, seconds)


class Line:
    """A connection to a server, opened before anything is timed."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.used_at = 0

    def open(self):
        """Connect where the server, or an answer, has closed the connection or soon will."""
        if time.monotonic() - self.used_at > KEEP_ALIVE / 2:
            self.connection.close()
        if self.connection.sock is None:
            self.connection.connect()

    def used(self):
        """Note that an answer has just come."""
        self.used_at = time.monotonic()

"""What a browser does, by plain HTTP: cookies, forms, files sent piece by piece."""

import http.client
import uuid
from http.cookies import SimpleCookie
from urllib.parse import urlencode

PIECE = 65_536  # bytes


class Lost(Exception):
    """No answer came: nobody knows whether the request was done."""


class Browser:
    """One person's session; `heard` is told of what happens while a request runs."""

    def __init__(self, port, *, heard=lambda what: None):
        self.port = port
        self.cookies = {}
        self.heard = heard

    def sign_in(self, username, password):
        """Sign in by the form."""
        self.get("/anmelden/")
        status, _text = self.post("/anmelden/", {"username": username, "password": password})
        assert status == 302, f"{username} is not let in: {status}"

    def get(self, address):
        """Return status and text."""
        return self._ask("GET", address)

    def post(self, address, fields):
        """Send a form; return status and text."""
        data = urlencode({**fields, "csrfmiddlewaretoken": self.cookies["csrftoken"]})
        kind = "application/x-www-form-urlencoded"
        return self._ask("POST", address, [data.encode()], {"Content-Type": kind})

    def upload(self, address, name, content, *, wait=lambda: None, headers=()):
        """Send a file piece by piece and `wait` before each; return status and text."""
        border = uuid.uuid4().hex
        head = (
            f'--{border}\r\nContent-Disposition: form-data; name="dateien"; '
            f'filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode()
        tail = f"\r\n--{border}--\r\n".encode()
        size = len(head) + len(content) + len(tail)

        def pieces():
            yield head
            for start in range(0, len(content), PIECE):
                wait()
                yield content[start : start + PIECE]
                self.heard("sent a piece")
            yield tail

        headers = {
            "Content-Type": f"multipart/form-data; boundary={border}",
            "Content-Length": str(size),
            "X-CSRFToken": self.cookies["csrftoken"],
            **dict(headers),
        }
        return self._ask("POST", address, pieces(), headers)

    def _ask(self, method, address, body=(), headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, address)
            if body and "Content-Length" not in dict(headers):
                connection.putheader("Content-Length", str(sum(map(len, body))))
            for name, value in dict(headers).items():
                connection.putheader(name, value)
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.putheader("Cookie", cookies)
            connection.endheaders()
            for piece in body:
                connection.send(piece)
            if method == "POST":
                self.heard("sent")
            answer = connection.getresponse()
            status = answer.status
            assert status != 500, f"{method} {address} is an error of the server"
            place = answer.headers.get("Location", "")
            assert not place.startswith("/anmelden/"), f"{address}: the session is lost"
            for header in answer.headers.get_all("Set-Cookie", ()):
                self.cookies |= {n: m.value for n, m in SimpleCookie(header).items()}
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Lost from error
        try:
            return status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            # Of a change, the status says what was done; of a page, half is nothing.
            if method == "GET":
                raise Lost from error
            return status, ""
        finally:
            connection.close()

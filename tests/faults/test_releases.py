"""A new version comes into service while people work; see deploy/scripts/release."""

import re
import signal
import socket

import pytest

from .releases import HOST, Installation, Visitors
from .test_bodies import answer
from .waiting import until

pytestmark = pytest.mark.once

TOKEN = "a" * 32


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The first version, in service; on SQLite, as it is about processes."""
    installation = Installation(tmp_path_factory.mktemp("first") / "srv")
    installation.add("first")
    result = installation.release("first")
    assert result.returncode == 0, result.stderr
    return installation


@pytest.fixture
def installation(first, tmp_path):
    """One of each test's own, its server not yet started."""
    installation = Installation(tmp_path / "srv", like=first)
    yield installation
    installation.remove()


def style_of(installation):
    _status, page = installation.get("/anmelden/")
    return re.search(r'href="(/static/css/reset\.\w+\.css|/static/css/app\.\w+\.css)"', page)[
        1
    ]


def begin_to_sign_in(installation):
    """Send a request but for its last byte; return the connection and that byte."""
    body = f"csrfmiddlewaretoken={TOKEN}&username=niemand&password=x".encode()
    head = (
        f"POST /anmelden/ HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n"
        f"X-Forwarded-For: 192.0.2.2\r\nCookie: __Host-csrftoken={TOKEN}\r\n"
        f"Referer: https://{HOST}/anmelden/\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).encode()
    line = socket.create_connection(("127.0.0.1", installation.port), timeout=60)
    line.sendall(head + body[:-1])
    return line, body[-1:]


def test_a_new_version_loses_no_request(installation):
    installation.start()
    assert installation.version() == "first"
    old_style = style_of(installation)
    slow, rest = begin_to_sign_in(installation)
    installation.add("second")
    with Visitors(installation) as visitors:
        result = installation.release("second")
        assert result.returncode == 0, result.stderr
        until(lambda: installation.version() == "second", what="the new version answers")
        slow.sendall(rest)
        with slow:
            assert answer(slow)[0] == 422, "what had begun is finished by the version before"
        visitors.see(20)
    assert set(visitors.answers) == {200}
    assert {installation.version() for _request in range(6)} == {"second"}
    assert style_of(installation) != old_style
    assert installation.get(old_style)[0] == 200, "pages of before still find their style"


def is_refused(installation):
    try:
        socket.create_connection(("127.0.0.1", installation.port), timeout=60).close()
    except ConnectionRefusedError:
        return True
    return False


def test_figures_of_workers_that_ended_are_forgotten_at_the_start(installation):
    figures = installation.folder / "var" / "metrics" / "counter_1.db"
    figures.parent.mkdir(exist_ok=True)
    figures.touch()
    installation.start()
    assert not figures.exists()


def test_a_stop_refuses_who_comes_and_finishes_what_has_begun(installation):
    installation.start()
    slow, rest = begin_to_sign_in(installation)
    # Somebody is served after it, so it has arrived.
    assert installation.version() == "first"
    installation.process.send_signal(signal.SIGTERM)
    until(lambda: is_refused(installation), what="nobody new is let in")
    slow.sendall(rest)
    with slow:
        assert answer(slow)[0] == 422
    assert installation.process.wait(timeout=60) == 0


def test_a_version_that_cannot_start_is_not_put_into_service(installation):
    installation.start()
    broken = installation.add("broken")
    (broken / "leadbook" / "wsgi.py").write_text("import nothing_of_this_name\n")
    result = installation.release("broken")
    assert result.returncode != 0
    assert "nothing_of_this_name" in result.stderr
    assert installation.current.resolve().name == "first"
    assert installation.version() == "first"


def test_a_restart_at_a_socket_that_is_held_refuses_nobody(installation):
    """For a new Python, gunicorn or machine setting; as systemd restarts the service."""
    with socket.create_server(("127.0.0.1", installation.port), backlog=128) as listening:
        installation.start(listening=listening)
        with Visitors(installation) as visitors:
            assert installation.stop() == 0
            installation.start(listening=listening)
            visitors.see(20)
        assert set(visitors.answers) == {200}
        installation.stop()

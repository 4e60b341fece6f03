"""nginx in front of the workers: TLS, static files, limits, what is kept inside."""

import gzip
import json
import re

import pytest

from .conftest import ADDRESS


def test_all_is_ready(ask):
    answer, body = ask("/healthz/")
    assert answer.status == 200
    assert json.loads(body) == {"alive": True, "ready": True, "degraded": False}
    assert ask("/healthz/alive/")[0].status == 200


def test_plain_http_leads_to_https(ask):
    answer, _body = ask("/leads/?q=a", scheme="http")
    assert (answer.status, answer.headers["Location"]) == (301, f"{ADDRESS}/leads/?q=a")


def test_answers_say_who_they_are_from_and_no_version(ask):
    answer, _body = ask("/anmelden/")
    assert answer.headers["Server"] == "nginx"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookies = answer.headers.get_all("Set-Cookie")
    assert all(c.startswith("__Host-") and "Secure" in c for c in cookies)


def test_static_files_come_compressed_and_for_ever(ask):
    _answer, page = ask("/anmelden/")
    [style] = re.findall(r'href="(/static/css/app\.[0-9a-f]{12}\.css)"', page.decode())
    answer, body = ask(style, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "text/css"
    assert b"@layer" in gzip.decompress(body)
    assert "X-Request-ID" not in answer.headers, "the application is not asked"
    plain, _body = ask("/static/css/app.css")
    assert plain.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("path", ["/geschuetzt/", "/geschuetzt/ab/abcdef", "/static/../tmp"])
def test_nobody_asks_for_files_directly(ask, path):
    assert ask(path)[0].status == 404


def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(ask):
    headers = {"Content-Length": str(300_000_000)}
    answer, page = ask("/anmelden/", method="POST", headers=headers)
    assert answer.status == 413
    assert "Das ist zu viel auf einmal" in page.decode()
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_what_a_client_says_of_itself_does_not_count(ask):
    """Sign-ins are counted for the client that nginx sees, however it calls itself."""
    page, _body = ask("/anmelden/")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    name, _is, token = cookie.partition("=")
    assert name == "__Host-csrftoken"
    answers = []
    for number in range(6):
        answers.append(ask(
            "/anmelden/", method="POST",
            body=f"username=niemand&password=falsch&csrfmiddlewaretoken={token}",
            headers={
                "Cookie": cookie, "Referer": f"{ADDRESS}/anmelden/", "Origin": ADDRESS,
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": f"198.51.100.{number}", "X-Forwarded-Proto": "http",
            },
        )[0].status)  # fmt: skip
    assert answers == [422] * 4 + [429] * 2


def test_another_host_is_not_answered(ask):
    answer, _body = ask("/anmelden/", headers={"Host": "evil.example"})
    assert answer.status == 400

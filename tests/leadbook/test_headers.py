"""The headers of every answer, and which pages need no sign-in."""

import pytest
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver

from tests import factories

STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
WITHOUT_SIGN_IN = {
    "/anmelden/",
    "/abbestellen/<token>/",
    "/admin/login/",
    "/healthz/",
    "/healthz/alive/",
    "/kalender/<token>.ics",
    "/leads/rueckmeldung/<token>/",
    "/passwort/neu/<uidb64>/<token>/",
    "/passwort/neu/fertig/",
    "/passwort/vergessen/",
    "/passwort/vergessen/gesendet/",
}


def routes(patterns, prefix="/"):
    for entry in patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, entry.callback
        else:
            yield from routes(entry.url_patterns, address)


def test_pages_without_sign_in_are_these_and_no_others():
    found = {
        address
        for address, view in routes(get_resolver().url_patterns)
        if not getattr(view, "login_required", True)
    }
    assert found == WITHOUT_SIGN_IN


@pytest.mark.parametrize("address", ["/anmelden/", "/passwort/", "/nirgends/", "/healthz/"])
def test_headers(page_of_anna, db, address):
    client = page_of_anna if address == "/passwort/" else Client()
    headers = client.get(address).headers
    assert set(headers["Content-Security-Policy"].split("; ")) == STRICT
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert "HX-Request" in headers["Vary"]
    assert not {"Server", "Access-Control-Allow-Origin"} & set(headers)


@pytest.mark.parametrize(
    "address", ["/anmelden/", "/passwort/", "/passwort/vergessen/", "/nirgends/"]
)
def test_markup_has_nothing_inline(page_of_anna, db, address):
    client = page_of_anna if address == "/passwort/" else Client()
    text = client.get(address).text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert all(' src="/' in tag for tag in text.split("<script")[1:])


def test_cookies(db, client, anna):
    client.post("/anmelden/", {"username": "anna", "password": "korrekt-pferd-batterie"})
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    for cookie in (session, token):
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def test_names_of_cookies_in_production_bind_them_to_the_host(start_settings):
    shown = start_settings("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE")
    assert shown == "__Host-sessionid __Host-csrftoken True"


@pytest.fixture
def start_settings(tmp_path):
    """Return a function that shows settings as production has them."""
    import subprocess
    import sys

    from django.conf import settings

    def show(*names):
        code = (
            f"from leadbook import settings as s; print(*[getattr(s, n) for n in {names!r}])"
        )
        environment = {
            "SECRET_KEY": "0123456789" * 6,
            "ALLOWED_HOSTS": "leads.example",
            "VAR_DIR": str(tmp_path),
        }
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    return show


@pytest.mark.parametrize(
    "address", ["/healthz/", "/passwort/", "/leads/LEAD/anhaenge/FILE/", "/nirgends/"]
)
def test_head_is_answered_without_a_body(page_of_anna, lead, anna, address):
    """A server would take the body away itself, and complain of it in its log."""
    file = factories.attach(lead, anna, "Plan.txt", b"Ein Plan")
    address = address.replace("LEAD", str(lead.pk)).replace("FILE", str(file.pk))
    got = page_of_anna.get(address)
    cookies = "; ".join(f"{name}={c.value}" for name, c in page_of_anna.cookies.items())
    # Not by the test client, which takes it away as well.
    asked = RequestFactory(headers={"cookie": cookies}).head(address)
    response = page_of_anna.handler.get_response(asked)
    assert (response.status_code, response.getvalue()) == (got.status_code, b"")
    assert int(response.headers["Content-Length"]) > 0
    response.close()

"""The policy and the headers of every answer, whatever its status and whoever gave it."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client

from leadbook import errors
from leadbook.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.factories import attach
from tests.leads.samples import PDF, picture
from tests.markup import HTMX

from . import test_errors

__all__ = ["handler400", "handler403", "handler404", "handler500"]
urlpatterns = [*urlpatterns, *test_errors.urlpatterns]
pytestmark = pytest.mark.urls(__name__)

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
# Unfold's Alpine.js evaluates and sets styles.
ADMIN = STRICT.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
SANDBOX = "sandbox; default-src 'none'"
STRANGER, ANNA, OLAF = "stranger", "anna", "olaf"
TOO_BIG = {"text": "a" * 3_000_000}


def assert_headers(response, policy):
    headers = response.headers
    assert headers["Content-Security-Policy"] == policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(
        headers["Permissions-Policy"].split(", ")
    )
    assert not {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(headers)


def assert_not_kept(response):
    assert {"private", "no-store"} & set(response.headers["Cache-Control"].split(", "))
    assert "no-store" in response.headers["Cache-Control"]


@pytest.fixture
def ask(signed_in, anna, olaf, lead):
    """Return a function that asks as a person and gives the answer."""

    def ask(person, method, address, data=None, **extra):
        user = {ANNA: anna, OLAF: olaf}.get(person)
        client = signed_in(user) if user else Client()
        client.raise_request_exception = False
        address = address.replace("LEAD", str(lead.pk))
        return (
            client.generic(method, address, **extra)
            if data is None
            else client.post(address, data, **extra)
        )

    return ask


@pytest.mark.parametrize(
    ("status", "person", "method", "address", "extra"),
    [
        (200, STRANGER, "GET", "/anmelden/", {}),
        (200, STRANGER, "GET", "/healthz/", {}),
        (200, ANNA, "GET", "/leads/", {}),
        (200, ANNA, "GET", "/leads/", {"headers": HTMX}),
        (200, ANNA, "GET", "/leads/LEAD/", {}),
        (200, ANNA, "HEAD", "/leads/LEAD/", {}),
        (301, ANNA, "GET", "/leads", {}),
        (302, STRANGER, "GET", "/leads/LEAD/", {}),
        (302, STRANGER, "GET", "/admin/", {}),
        (303, ANNA, "POST", "/leads/LEAD/journal/", {"data": {"text": "Notiz"}}),
        (400, ANNA, "GET", "/anmelden/", {"HTTP_HOST": "evil.example"}),
        (401, STRANGER, "GET", "/leads/LEAD/", {"headers": HTMX}),
        (403, ANNA, "GET", "/test/forbidden/", {}),
        (404, ANNA, "GET", "/nirgends/", {}),
        (404, ANNA, "GET", "/leads/999999/", {}),
        (404, ANNA, "GET", "/static/nirgends.css", {}),
        (405, ANNA, "GET", "/leads/LEAD/journal/", {}),
        (405, ANNA, "TRACE", "/leads/", {}),
        (409, ANNA, "POST", "/leads/LEAD/phase/", {"data": {"von": 1, "nach": 1}}),
        (410, STRANGER, "GET", "/passwort/neu/MQ/falsch/", {}),
        (413, ANNA, "POST", "/test/reading/", {"data": TOO_BIG}),
        (422, ANNA, "POST", "/leads/LEAD/journal/", {"data": {"text": ""}}),
        (500, ANNA, "GET", "/test/broken/", {}),
        (503, ANNA, "GET", "/test/away/", {}),
    ],
)
def test_answer_of_each_status(ask, status, person, method, address, extra):
    response = ask(person, method, address, **extra)
    assert response.status_code == status
    assert_headers(response, STRICT)
    assert_not_kept(response)


def test_refused_form_and_limit(anna, client, rf):
    unprotected = Client(enforce_csrf_checks=True)
    refused = unprotected.post("/anmelden/")
    for _ in range(5):
        limited = client.post("/anmelden/", {"username": "anna", "password": "falsch"})
    assert (refused.status_code, limited.status_code) == (403, 429)
    for response in (refused, limited):
        assert_headers(response, STRICT)
        assert_not_kept(response)


def test_redirect_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/leads/")
    assert (response.status_code, response.url) == (301, "https://testserver/leads/")
    assert_headers(response, STRICT)


@pytest.mark.parametrize(
    ("status", "person", "address"),
    [
        (200, OLAF, "/admin/"),
        (200, OLAF, "/admin/leads/lead/LEAD/change/"),
        (404, OLAF, "/admin/leads/lead/999999/change/"),
        (404, ANNA, "/admin/"),
    ],
)
def test_admin_alone_has_exceptions(ask, status, person, address):
    response = ask(person, "GET", address)
    assert response.status_code == status
    policy = response.headers["Content-Security-Policy"]
    assert policy == ADMIN if status == 200 else policy in {ADMIN, STRICT}
    assert_headers(response, policy)
    assert_not_kept(response)


def test_exceptions_of_the_admin_are_these_two(ask):
    policy = ask(OLAF, "GET", "/admin/").headers["Content-Security-Policy"]
    added = set(policy.replace(";", " ").split()) - set(STRICT.replace(";", " ").split())
    assert added == {"'unsafe-eval'", "'unsafe-inline'"}
    assert "script-src 'self' 'unsafe-eval';" in policy


@pytest.mark.parametrize(
    ("name", "data", "inline"),
    [("Plan.pdf", PDF, False), ("Bild.png", picture("PNG"), True), ("Notiz.txt", b"a", False)],
)
def test_download_is_sandboxed(page_of_anna, anna, lead, name, data, inline):
    attachment = attach(lead, anna, name, data)
    response = page_of_anna.get(f"/leads/{lead.pk}/anhaenge/{attachment.pk}/")
    assert response.status_code == 200
    assert_headers(response, SANDBOX)
    assert_not_kept(response)
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("inline" if inline else "attachment")


@pytest.fixture
def static_file(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "a.css").write_text("a { color: red }")


@pytest.mark.usefixtures("static_file")
def test_static_file():
    response = Client().get("/static/a.css")
    assert response.status_code == 200
    assert_headers(response, STRICT)
    again = Client().get(
        "/static/a.css", HTTP_IF_MODIFIED_SINCE=response.headers["Last-Modified"]
    )
    assert again.status_code == 304
    assert again.headers["Content-Security-Policy"] == STRICT


def test_strict_transport_for_a_year(client, settings):
    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = client.get("/anmelden/", secure=True)
    assert "max-age=31536000" in response.headers["Strict-Transport-Security"]


def test_policy_comes_from_one_place():
    """No template or view adds to it; the admin and downloads have their own, above."""
    assert set(django_settings.SECURE_CSP) == {part.split()[0] for part in STRICT.split("; ")}


# What differs for htmx, and what a proxy may say ------------------------------------------


@pytest.mark.parametrize("address", ["/leads/", "/leads/LEAD/", "/anmelden/", "/leads/neu/"])
def test_answers_vary_by_htmx(ask, address):
    for headers in ({}, HTMX):
        assert "HX-Request" in ask(ANNA, "GET", address, headers=headers).headers["Vary"]


FORWARDED = {
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_PORT": "1",
    "HTTP_FORWARDED": "host=evil.example;proto=https",
}


def test_what_a_client_says_of_a_proxy_is_not_believed(anna, client, mailoutbox):
    response = client.post("/passwort/vergessen/", {"email": anna.email}, **FORWARDED)
    assert response.url == "/passwort/vergessen/gesendet/"
    response = client.get("/leads/", **FORWARDED)
    assert response.url == "/anmelden/?next=/leads/"
    assert not response.wsgi_request.is_secure()
    assert response.wsgi_request.get_host() == "testserver"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FROBNICATE", "PROPFIND"])
@pytest.mark.parametrize("address", ["/leads/", "/leads/LEAD/", "/admin/", "/healthz/"])
def test_unknown_verbs_are_405(ask, method, address):
    response = ask(ANNA, method, address)
    assert response.status_code == 405
    assert "TRACE" not in response.headers["Allow"]


def test_limits_say_when_to_come_back(rf):
    response = errors.too_many_requests(rf.get("/"), wait=timedelta(seconds=29.2))
    assert response.headers["Retry-After"] == "30"

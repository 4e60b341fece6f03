"""What is answered when something is wrong: the right number, in German, no internals."""

from urllib.parse import urljoin
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from leadbook.urls import handler400, handler403, handler404, handler500, urlpatterns
from leadbook.wsgi import application
from leads.models import NoLongerVisible
from leads.uploads import takes_files
from tests.markup import read

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def raising(exception):
    def view(request):
        raise exception

    return view


@takes_files
def reading(request):
    return HttpResponse(len(request.POST) + len(request.FILES))


class SentBackError(Exception):
    """What psycopg raises, as far as it counts here."""

    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


def sent_back(request, sqlstate, times):
    """Answer after the database has sent the request back so many times."""
    request.tries = getattr(request, "tries", 0) + 1
    if request.tries <= times:
        raise OperationalError("internal reason") from SentBackError(sqlstate)
    if times == 1 and "gone" in request.GET:
        raise NoLongerVisible
    return HttpResponse(f"Versuch {request.tries}")


urlpatterns = [
    *urlpatterns,
    path("test/back/<sqlstate>/<int:times>/", sent_back),
    path("test/forbidden/", raising(PermissionDenied("internal reason"))),
    path("test/broken/", raising(ValueError("internal reason"))),
    path("test/away/", raising(OperationalError("internal reason"))),
    path("test/gone/", raising(NoLongerVisible())),
    path("test/reading/", reading),
]

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client(page_of_anna):
    page_of_anna.raise_request_exception = False
    return page_of_anna


@pytest.fixture
def unprotected(anna):
    """A client whose forms are checked for their token, as in a browser."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(anna)
    client.cookies["csrftoken"] = "a" * 32
    return client


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/test/forbidden/", 403, "Das dürfen Sie nicht"),
        ("/test/broken/", 500, "Hier ist etwas schiefgegangen"),
        ("/test/away/", 503, "leadbook erreicht seine Datenbank nicht"),
        ("/test/gone/", 404, "Diese Seite gibt es nicht"),
        ("/nirgends/", 404, "Diese Seite gibt es nicht"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_pages(client, address, status, heading, headers):
    response = client.get(address, headers=headers)
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in response.text
    assert "internal reason" not in response.text
    assert 'lang="de"' in response.text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/leads/LEAD/journal/", "/leads/LEAD/"),
        ("/leads/LEAD/anhaenge/", "/leads/LEAD/"),
        ("/leads/ansichten/7/loeschung/", "/leads/ansichten/7/"),
        ("/leads/importe/7/start/", "/leads/importe/7/"),
        ("/abmelden/", ""),
    ],
)
def test_where_only_forms_are_sent_to_a_page_says_so(client, lead, address, page):
    address, page = (text.replace("LEAD", str(lead.pk)) for text in (address, page))
    response = client.get(address)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    shown = read(response)
    assert shown.one("h1").text == "Hier gibt es keine Seite"
    links = [urljoin(address, link["href"]) for link in shown.one("main").all("a")]
    assert links == [*filter(None, [page]), "/"]


def test_pages_ask_the_database_nothing(monkeypatch, rf):
    def refuse(*args, **kwargs):
        raise AssertionError("asked the database")

    request = rf.get("/")
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        for handler in (handler400, handler403, handler404):
            assert handler(request, exception=None).status_code >= 400
        assert handler500(request).status_code == 500


def test_page_keeps_the_chosen_theme_and_language(client):
    client.cookies["theme"] = "dark"
    client.cookies["django_language"] = "en"
    response = client.get("/nirgends/")
    assert '<html lang="en" data-theme="dark">' in response.text


def test_absent_and_gone_are_the_same_bytes(client):
    first, second = client.get("/test/gone/"), client.get("/leads/99999999/nirgends/")
    assert first.content == second.content


# Bodies that cannot be read ---------------------------------------------------------------


@pytest.mark.parametrize("address", ["/anmelden/", "/test/reading/", "/nirgends/"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=b"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=\xe9".encode("latin-1").decode("latin-1"), b"--"),
    ],
)
def test_unreadable_bodies_are_400(unprotected, address, content_type, body):
    response = unprotected.generic("POST", address, body, content_type=content_type)
    if address == "/nirgends/":
        assert response.status_code == 404
        return
    assert response.status_code == 400
    assert "<h1>Diese Anfrage verstehen wir nicht</h1>" in response.text


def test_too_many_fields_are_too_much_at_once(unprotected):
    body = b"&".join(b"f%d=1" % n for n in range(2000))
    form = "application/x-www-form-urlencoded"
    response = unprotected.generic("POST", "/test/reading/", body, content_type=form)
    assert response.status_code == 413
    assert "speichern Sie weniger Zeilen auf einmal" in response.text


@pytest.mark.parametrize("charset", ["hex", "zlib", "idna", "undefined", "utf-7", "utf-16"])
@pytest.mark.parametrize("kind", ["text/html", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_charset_than_utf_8_is_400(db, method, kind, charset):
    assert sent_as(method, f"{kind}; charset={charset}") == ("400", True)
    status, _is_ours = sent_as(method, f"{kind}; charset=UTF-8")
    assert status == ("200" if method == "GET" else "403")


@pytest.mark.parametrize(
    "content_type", ["text/html; charset*=bogus''x", "a/b; x*0=1; x*=rot13''q"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_content_type_that_cannot_be_read_is_400(db, method, content_type):
    assert sent_as(method, content_type) == ("400", True)


def sent_as(method, content_type):
    """Return the status of a request from the server on, and whether the 400 is ours."""
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": "/anmelden/", "HTTP_HOST": "testserver",
        "QUERY_STRING": "next=%2F%2B2AA-x", "CONTENT_TYPE": content_type,
    }  # fmt: skip
    setup_testing_defaults(environ)
    told = []
    body = b"".join(application(environ, lambda *head: told.extend(head)))
    assert "Content-Security-Policy" in dict(told[1])
    return told[0][:3], b"Diese Anfrage verstehen wir nicht" in body


def test_broken_multipart_is_no_500(unprotected):
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf'
    response = unprotected.generic(
        "POST", "/test/reading/", body, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code in {400, 403}


def test_too_much_text_is_413(client):
    response = client.post("/test/reading/", {"text": "a" * 3_000_000})
    assert response.status_code == 413
    assert "<h1>Das ist zu viel auf einmal</h1>" in response.text


def test_too_many_files_are_413(client):
    from django.core.files.uploadedfile import SimpleUploadedFile

    files = {f"f{number}": SimpleUploadedFile("a.txt", b"a") for number in range(21)}
    assert client.post("/test/reading/", files).status_code == 413


def test_unknown_host_is_400_with_all_headers(client):
    response = client.get("/anmelden/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "evil.example" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in response.headers


def test_unknown_host_with_https_is_400_with_all_headers(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = Client(raise_request_exception=False).get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("method", ["TRACE", "FROBNICATE"])
def test_unknown_verbs(client, method):
    assert client.generic(method, "/anmelden/").status_code in {302, 405, 501}


# Old forms --------------------------------------------------------------------------------


def test_old_form_gets_its_page_and_its_text_back(unprotected):
    response = unprotected.post(
        "/leads/1/journal/",
        {
            "text": "Ein langes <b>Gespräch</b>",
            "old_password": "ein geheimes wort",
            "csrfmiddlewaretoken": "a b",
        },
        HTTP_REFERER="http://testserver/leads/1/?tab=journal",
    )
    assert response.status_code == 403
    assert "<h1>Diese Seite ist zu alt</h1>" in response.text
    assert 'href="/leads/1/?tab=journal">Seite neu laden</a>' in response.text
    assert "Ein langes &lt;b&gt;Gespräch&lt;/b&gt;" in response.text
    assert "ein geheimes wort" not in response.text
    assert "a b" not in response.text


@pytest.mark.parametrize("referer", ["https://evil.example/x", "http://[", ""])
def test_text_of_another_site_is_not_shown(unprotected, referer):
    response = unprotected.post(
        "/darstellung/", {"text": "Rufen Sie uns an"}, HTTP_REFERER=referer
    )
    assert response.status_code == 403
    assert 'href="/">Seite neu laden</a>' in response.text
    assert "Rufen Sie uns an" not in response.text


def test_form_of_another_origin_is_refused(unprotected):
    unprotected.get("/anmelden/")
    response = unprotected.post("/darstellung/", HTTP_ORIGIN="https://evil.example")
    assert response.status_code == 403


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_who_is_sent_back_by_the_database_gets_a_second_try(client, sqlstate):
    response = client.post(f"/test/back/{sqlstate}/1/")
    assert (response.status_code, response.text) == (200, "Versuch 2")
    assert client.post(f"/test/back/{sqlstate}/1/?gone").status_code == 404


@pytest.mark.parametrize(("sqlstate", "times"), [("40P01", 2), ("40001", 9), ("57P01", 1)])
def test_but_no_third_one_and_none_for_other_reasons(client, sqlstate, times):
    client.raise_request_exception = False
    response = client.post(f"/test/back/{sqlstate}/{times}/")
    assert response.status_code == 503
    assert "internal reason" not in response.text

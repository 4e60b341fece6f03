"""The access log: what a line says of a request, and what it never does."""

import logging
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from leadbook import provenance
from leadbook.access_log import AccessLogMiddleware
from leadbook.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.factories import PASSWORD

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def talking(request, pk):
    logging.getLogger("leads.talking").warning("Lead %d is odd.", 7)
    return HttpResponse("done")


def broken(request):
    raise ValueError("Erika Mustermann")


urlpatterns = [
    *urlpatterns,
    path("test/talking/<int:pk>/", talking),
    path("test/broken/<name>/", broken, name="broken"),
]
pytestmark = pytest.mark.urls(__name__)
ACCESS = "leadbook.access"


def of_requests(written):
    return [line for line in written if line["logger"] == ACCESS]


# What a line says -------------------------------------------------------------------------


def test_a_line_says_what_was_asked_by_whom_and_what_it_took(
    page_of_anna, anna, lead, written
):
    response = page_of_anna.get(f"/leads/{lead.pk}/")
    (line,) = written
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == timedelta(0)
    assert line.pop("ms") >= line.pop("queries_ms") > 0
    assert line.pop("queries") > 2
    assert line == {
        "level": "INFO",
        "logger": ACCESS,
        "event": "request",
        "request_id": response.headers[provenance.HEADER],
        "user": anna.pk,
        "method": "GET",
        "route": "/leads/<int:lead_id>/",
        "name": "leads:detail",
        "ids": {"lead_id": lead.pk},
        "status": 200,
        "bytes": int(response.headers["Content-Length"]),
    }


def test_its_queries_are_counted(page_of_anna, written, django_assert_num_queries):
    for _before in range(2):  # the first one reads how the marketplaces are set up
        page_of_anna.get("/leads/")
    with django_assert_num_queries(written[1]["queries"]):
        page_of_anna.get("/leads/")
    assert written[2]["queries"] == written[1]["queries"]


@pytest.mark.parametrize(
    ("address", "status", "level"),
    [
        ("/leads/", 200, "INFO"),
        ("/leads/999999/", 404, "WARNING"),
        ("/nirgends/", 404, "WARNING"),
        ("/test/broken/x/", 500, "ERROR"),
    ],
)
def test_the_level_follows_the_status(page_of_anna, written, address, status, level):
    page_of_anna.raise_request_exception = False
    assert page_of_anna.get(address).status_code == status
    assert [line["level"] for line in of_requests(written)] == [level]


def test_an_answer_from_far_outside_has_its_line_too(client, written):
    client.generic("QUATSCH", "/leads/")
    client.get("/anmelden/", HTTP_HOST="evil.example")
    first, second = of_requests(written)
    assert (first["method"], first["status"], first["route"]) == ("OTHER", 405, None)
    assert second["status"] == 400


def test_watchers_leave_no_line_while_all_is_well(db, client, written, settings):
    client.get("/healthz/")
    assert written == []
    client.post("/healthz/")
    assert [line["status"] for line in written] == [405]


def test_of_static_files_only_the_missing_are_written(rf, client, db, written):
    answer = AccessLogMiddleware(lambda request: HttpResponse("body {}"))
    answer(rf.get("/static/css/app.css"))
    assert written == []
    client.get("/static/nirgends.css")
    assert [line["status"] for line in written] == [404]


def test_nobody_is_loaded_for_the_line(page_of_anna, written, django_assert_num_queries):
    access = logging.getLogger(ACCESS)
    access.setLevel("DEBUG")
    try:
        with django_assert_num_queries(0):
            page_of_anna.post("/healthz/")
    finally:
        access.setLevel("NOTSET")
    assert [line["user"] for line in written] == [None]


# Lines that are written on the way --------------------------------------------------------


def test_lines_on_the_way_carry_the_ids_of_their_request(page_of_anna, anna, written):
    response = page_of_anna.get("/test/talking/7/")
    spoken, answered = written
    assert spoken["message"] == "Lead 7 is odd."
    for line in (spoken, answered):
        assert line["request_id"] == response.headers[provenance.HEADER]
        assert (line["user"], line["route"]) == (anna.pk, "/test/talking/<int:pk>/")


def test_lines_outside_of_requests_carry_the_id_of_their_run(written):
    with provenance.of(request_id="7" * 32):
        logging.getLogger("leads").warning("alone")
    (line,) = written
    assert (line["request_id"], line["message"]) == ("7" * 32, "alone")
    assert not {"user", "route"} & set(line)


# What never stands in it ------------------------------------------------------------------


def test_nothing_that_was_typed_stands_in_it(anna, client, lead, written):
    client.raise_request_exception = False
    client.post("/anmelden/", {"username": "anna", "password": PASSWORD})
    secrets = [client.cookies[name].value for name in ("sessionid", "csrftoken", "browser")]
    client.get("/leads/?q=Mustermann&ort=Musterstadt")
    client.get(f"/leads/{lead.pk}/?q={lead.phone}", headers={"referer": "/?q=Mustermann"})
    client.post(f"/leads/{lead.pk}/journal/", {"text": "Mustermann rief an"})
    client.post(f"/leads/{lead.pk}/felder/Mustermann/", {"phone": "0171 99"})
    client.get("/test/broken/Mustermann/?q=Mustermann")
    client.get("/Mustermann/")
    client.get("/passwort/neu/MQ/cabc12-0123456789abcdef/")
    Client(enforce_csrf_checks=True).post(
        "/anmelden/",
        secure=True,
        headers={"referer": "https://evil.example/?q=Mustermann", "x-name": "Mustermann"},
    )
    text = str(written)
    assert len(of_requests(written)) == 9
    # None of them can stand by chance in a request id, which is hexadecimal.
    for secret in ("Mustermann", "Musterstadt", "0171 99", "-0123456789abcdef", *secrets):
        assert secret not in text
    for secret in (lead.name, lead.phone, PASSWORD):
        assert secret not in text


# What staff is told -----------------------------------------------------------------------


def test_staff_sees_what_a_page_took(signed_in, olaf, written):
    response = signed_in(olaf).get("/admin/")
    (line,) = written
    assert response.headers["Server-Timing"] == (
        f'total;dur={line["ms"]}, db;dur={line["queries_ms"]};desc="{line["queries"]} queries"'
    )


@pytest.mark.parametrize("address", ["/leads/", "/nirgends/", "/test/broken/x/"])
def test_nobody_else_does(page_of_anna, address):
    page_of_anna.raise_request_exception = False
    assert "Server-Timing" not in page_of_anna.get(address).headers


def test_a_stranger_does_not_and_neither_does_whoever_has_just_signed_out(
    client, signed_in, olaf
):
    assert "Server-Timing" not in client.get("/anmelden/").headers
    assert "Server-Timing" not in signed_in(olaf).post("/abmelden/").headers


def test_only_pages_carry_it(signed_in, olaf, admin_client):
    assert "Server-Timing" not in admin_client.get("/healthz/").headers
    assert "Server-Timing" not in signed_in(olaf).get("/admin/jsi18n/").headers
    assert "Server-Timing" in signed_in(olaf).get("/passwort/").headers

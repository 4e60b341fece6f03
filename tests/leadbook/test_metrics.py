"""Figures for Prometheus: who gets them, what is counted, and that all workers are."""

import importlib
import os
import signal
import urllib.error
import urllib.request

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import clear_url_caches
from prometheus_client import values
from prometheus_client.parser import text_string_to_metric_families

import leadbook
from leadbook import tasks, urls
from leadbook.access_log import AccessLogMiddleware
from tests.faults.server import Server
from tests.faults.waiting import until

TOKEN = "a-token-of-this-test-only"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def parsed(text):
    """Name and labels of each figure → its value."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def metrics(settings, tmp_path, monkeypatch):
    """Switch the figures on, in a folder of this test."""
    settings.METRICS_TOKEN = TOKEN
    settings.PROMETHEUS_MULTIPROC_DIR = str(tmp_path / "metrics")
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", settings.PROMETHEUS_MULTIPROC_DIR)
    with monkeypatch.context() as patch:
        patch.setattr(values, "ValueClass", values.MultiProcessValue())
        (tmp_path / "metrics").mkdir()
        module = importlib.reload(importlib.import_module("leadbook.metrics"))
        importlib.reload(urls)
        clear_url_caches()
        yield module
    settings.METRICS_TOKEN = ""
    importlib.reload(urls)
    clear_url_caches()


@pytest.fixture
def figures(metrics, client):
    """Return a function that gives the figures of now."""
    return lambda: parsed(client.get("/metrics/", headers=BEARER).text)


def requests(figures, route, method, status):
    labels = (("method", method), ("route", route), ("status", status))
    return figures.get(("leadbook_requests_total", *labels), 0)


# Who gets them ----------------------------------------------------------------------------


def test_without_a_token_there_is_no_such_address(client, admin_client):
    assert client.get("/metrics/").status_code == 404
    assert admin_client.get("/metrics/", headers=BEARER).status_code == 404
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ä"],
)
def test_without_the_token_nothing_is_told(metrics, db, admin_client, header):
    response = admin_client.get("/metrics/", headers={"Authorization": header})
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_whoever_sends_it_needs_no_session(metrics, db, client, django_assert_num_queries):
    with django_assert_num_queries(0):  # nor a query while tasks are done at once
        response = client.get("/metrics/", headers=BEARER)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "no-store" in response.headers["Cache-Control"]
    assert client.post("/metrics/", headers=BEARER).status_code == 405


# What is counted --------------------------------------------------------------------------


def test_answers_are_counted_by_route_verb_and_class_of_status(
    figures, page_of_anna, anna, lead
):
    page_of_anna.get(f"/leads/{lead.pk}/?q=Mustermann")
    page_of_anna.get(f"/leads/{lead.pk}/")
    page_of_anna.get("/leads/999999/")
    page_of_anna.post(f"/leads/{lead.pk}/journal/", {"text": "Mustermann"})
    now = figures()
    assert requests(now, "leads:detail", "GET", "2xx") == 2
    assert requests(now, "leads:detail", "GET", "4xx") == 1
    assert requests(now, "leads:journal", "POST", "3xx") == 1
    route = ("route", "leads:detail")
    assert now["leadbook_request_seconds_count", route] == 3
    assert now["leadbook_request_seconds_sum", route] > 0
    assert now["leadbook_queries_total", route] > 3
    assert now["leadbook_query_seconds_total", route] > 0
    assert now["leadbook_build_info", ("version", leadbook.__version__)] == 1


def test_labels_come_from_the_code_alone(figures, page_of_anna):
    for number in range(3):
        page_of_anna.get(f"/Mustermann/{number}/")
        page_of_anna.generic(f"VERB{number}", "/leads/")
    now = figures()
    assert requests(now, "none", "GET", "4xx") == 3
    assert requests(now, "none", "OTHER", "4xx") == 3
    assert "Mustermann" not in str(now)
    assert "VERB" not in str(now)


def test_static_files_are_not_counted(figures, metrics, rf):
    AccessLogMiddleware(lambda request: HttpResponse())(rf.get("/static/css/app.css"))
    assert not [name for name, *labels in figures() if name == "leadbook_requests_total"]


def test_waiting_tasks_are_counted_unless_the_database_is_away(figures, db, monkeypatch):
    assert figures()["leadbook_tasks_waiting",] == 0
    monkeypatch.setattr(tasks, "waiting", lambda: 3)
    assert figures()["leadbook_tasks_waiting",] == 3

    def refuse():
        raise OperationalError

    monkeypatch.setattr(tasks, "waiting", refuse)
    now = figures()
    assert ("leadbook_tasks_waiting",) not in now
    assert ("leadbook_build_info", ("version", leadbook.__version__)) in now


def test_bytes_of_uploads_are_counted_when_they_were_taken(figures, page_of_anna, lead):
    address = f"/leads/{lead.pk}/anhaenge/"
    page_of_anna.post(address, {"dateien": SimpleUploadedFile("a.txt", b"a" * 5000)})
    page_of_anna.post("/leads/999999/anhaenge/", {"dateien": SimpleUploadedFile("a", b"a")})
    assert 5000 < figures()["leadbook_upload_bytes_total",] < 6000


# In a real server -------------------------------------------------------------------------


@pytest.mark.once
def test_all_workers_are_counted_and_none_is_lost_that_dies(tmp_path):
    server = Server(tmp_path / "server", METRICS_TOKEN=TOKEN)
    server.prepare()
    old = server.var / "metrics" / "counter_1.db"
    old.write_bytes(b"of a process before")

    def ask(address):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{address}")
        for name, value in BEARER.items():
            request.add_header(name, value)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code

    def counted():
        return requests(parsed(ask("/metrics/")), "none", "GET", "4xx")

    try:
        server.start()
        assert {ask("/nirgends/") for _ in range(20)} == {404}
        assert counted() == 20
        assert not old.exists()
        before = server.workers
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(
            lambda: len(server.workers) == len(before) and not set(server.workers) & {*before},
            what="others take their places",
        )
        assert ask("/nirgends/") == 404
        assert counted() == 21
    finally:
        server.remove()

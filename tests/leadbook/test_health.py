"""What a watcher of the installation is told."""

import threading
from types import SimpleNamespace

import pytest
from django.core.files.storage import InMemoryStorage, storages
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from leadbook import health
from tests.buckets import mocked_bucket


def healthz(client, **kwargs):
    response = client.get("/healthz/", **kwargs)
    return response.status_code, response.json()


GOOD = {"alive": True, "ready": True, "degraded": False}


def test_all_is_well(db, client):
    assert healthz(client) == (200, GOOD)


def test_answer_is_never_kept(db, client):
    assert client.get("/healthz/").headers["Cache-Control"] == "no-store"
    assert client.post("/healthz/").status_code == 405
    assert client.head("/healthz/").status_code == 200


def test_no_session_is_looked_at(page_of_anna, monkeypatch):
    monkeypatch.setattr(health, "_is_database_ready", lambda: False)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        assert healthz(page_of_anna) == (503, GOOD | {"ready": False})


def refuse(*args, **kwargs):
    raise OperationalError("password of host 10.1.2.3")


@pytest.mark.parametrize("was_ready", [True, False])
def test_database_is_away(db, client, monkeypatch, caplog, was_ready):
    monkeypatch.setattr(health, "_needed", set())
    assert not was_ready or healthz(client) == (200, GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        assert healthz(client) == (503, GOOD | {"ready": False})
        assert client.get("/healthz/alive/").json() == {"alive": True}
    assert "10.1.2.3" in caplog.text


@pytest.mark.parametrize("was_ready", [True, False])
def test_migrations_are_pending(db, client, monkeypatch, was_ready):
    monkeypatch.setattr(health, "_needed", set())
    assert not was_ready or healthz(client) == (200, GOOD)
    [newest] = MigrationLoader(connection).graph.leaf_nodes("leads")
    MigrationRecorder(connection).record_unapplied(*newest)
    assert healthz(client) == (503, GOOD | {"ready": False})


def test_migrations_of_the_next_version_do_not_matter(db, client):
    MigrationRecorder(connection).record_applied("leads", "9999_of_the_next_version")
    assert healthz(client) == (200, GOOD)


def test_who_is_ready_asks_the_database_one_thing(db, client, django_assert_num_queries):
    assert healthz(client) == (200, GOOD)
    with django_assert_num_queries(1):
        assert healthz(client) == (200, GOOD)


@pytest.fixture
def folder(settings, tmp_path):
    return tmp_path / "attachments"


def test_folder_of_attachments_is_made_later(db, client, folder):
    assert not folder.exists()
    assert healthz(client) == (200, GOOD)


def test_folder_of_attachments_is_a_file(db, client, folder):
    folder.write_text("")
    assert healthz(client) == (200, GOOD | {"degraded": True})


def test_folder_of_attachments_cannot_be_written(db, client, folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(health.os, "access", lambda path, mode: path != folder)
    assert healthz(client) == (200, GOOD | {"degraded": True})


def test_disk_is_full(db, client, settings):
    settings.UPLOAD_MAX_BYTES = 10**18
    assert healthz(client) == (200, GOOD | {"degraded": True})


def test_uploads_find_no_room(db, client, settings):
    settings.UPLOAD_KEEP_FREE_BYTES = 10**18
    assert healthz(client) == (200, GOOD | {"degraded": True})


class Away(InMemoryStorage):
    def exists(self, name):
        raise TimeoutError("bucket secret-bucket")


def test_other_storage_is_away(db, client, settings):
    settings.STORAGES = {**settings.STORAGES, "attachments": {"BACKEND": f"{__name__}.Away"}}
    assert healthz(client) == (200, GOOD | {"degraded": True})


def test_bucket_answers(db, client, settings, monkeypatch):
    with mocked_bucket(settings, monkeypatch):
        assert healthz(client) == (200, GOOD)


class Counting(InMemoryStorage):
    """Counts how often it is asked; a test lets it wait, or be away."""

    def __init__(self):
        super().__init__()
        self.asked, self.is_away = 0, False
        self.is_asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    def exists(self, name):
        self.asked += 1
        self.is_asked.set()
        self.may_answer.wait(30)
        if self.is_away:
            raise TimeoutError
        return False


@pytest.fixture
def counting(settings):
    backend = {"BACKEND": f"{__name__}.Counting"}
    settings.STORAGES = {**settings.STORAGES, "attachments": backend}
    return storages["attachments"]


@pytest.fixture
def passing(monkeypatch):
    """The time as health reads it; a test moves its `now` on."""
    time = SimpleNamespace(now=1000)
    monkeypatch.setattr(health, "monotonic", lambda: time.now)
    # No thread may use the connection of the test.
    monkeypatch.setattr(health, "_is_database_ready", lambda: True)
    return time


@pytest.mark.parametrize("is_away", [True, False])
def test_storage_is_not_asked_at_each_request(client, counting, passing, is_away):
    counting.is_away = is_away
    for _request in range(3):
        assert healthz(client) == (200, GOOD | {"degraded": is_away})
    assert counting.asked == 1
    counting.is_away = not is_away
    passing.now += 11
    assert healthz(client) == (200, GOOD | {"degraded": not is_away})
    assert counting.asked == 2


@pytest.mark.parametrize("is_first", [True, False])
def test_while_one_asks_the_storage_no_other_does(client, counting, passing, is_first):
    if not is_first:
        assert healthz(client) == (200, GOOD)
        passing.now += 11
    before = counting.asked
    counting.is_asked.clear()
    counting.may_answer.clear()
    counting.is_away = True
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(healthz(Client()))) for _ in range(3)
    ]
    threads[0].start()
    assert counting.is_asked.wait(30)
    for thread in threads[1:]:
        thread.start()
    if not is_first:
        # They have an answer while the first has none yet.
        for thread in threads[1:]:
            thread.join(30)
        assert answers == [(200, GOOD)] * 2
    counting.may_answer.set()
    for thread in threads:
        thread.join(30)
    away = (200, GOOD | {"degraded": True})
    assert answers == ([away] * 3 if is_first else [(200, GOOD)] * 2 + [away])
    assert counting.asked == before + 1


def test_unknown_host_is_refused(db, client):
    assert client.get("/healthz/", HTTP_HOST="evil.example").status_code == 400

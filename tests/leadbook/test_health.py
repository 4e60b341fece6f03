"""What a watcher of the installation is told."""

import pytest
from django.core.files.storage import InMemoryStorage
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from leadbook import health


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


def test_unknown_host_is_refused(db, client):
    assert client.get("/healthz/", HTTP_HOST="evil.example").status_code == 400

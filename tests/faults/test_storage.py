"""Attachments away (SECURITY D4, U11, A48): it is said, and everything else works."""

import shutil
import socket
import threading
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from leadbook import buckets, health
from leadbook.settings import attachment_storage
from leads.models import Attachment
from tests.factories import attach
from tests.leads.samples import PDF
from tests.leads.test_attachments import file_address, named, refusals, upload
from tests.markup import HTMX, read
from tests.state import everything

SAYS_SO = (
    "Die Datei konnte nicht gespeichert werden. Bitte versuchen Sie es später noch einmal."
)


@pytest.fixture
def look(page_of_anna, lead):
    """Return a function that checks what must work, and what is refused and how."""

    def look():
        for page in ("/leads/", "/leads/neu/", f"/leads/{lead.pk}/"):
            assert page_of_anna.get(page).status_code == 200
        tab = page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"})
        assert (tab.status_code, "Alt.pdf" in tab.text) == (200, True)
        written = page_of_anna.post(f"/leads/{lead.pk}/journal/", {"text": "Eintrag"})
        assert written.status_code == 303
        before = everything()
        refused = upload(page_of_anna, lead, named("Neu.pdf", PDF + b"new"), headers=HTMX)
        assert refused.status_code == 507
        assert refusals(refused) == [("Neu.pdf", SAYS_SO)]
        handed_out = page_of_anna.get(file_address(lead.attachments.get()))
        assert handed_out.status_code == 503
        assert read(handed_out).one("h1").text == "leadbook erreicht seine Anhänge nicht"
        assert everything() == before
        health = page_of_anna.get("/healthz/")
        assert (health.status_code, health.json()["degraded"]) == (200, True)

    return look


@pytest.fixture
def works(page_of_anna, lead):
    """Return a function that checks that files come and go again."""

    def works():
        assert upload(page_of_anna, lead, named("Neu.pdf", PDF + b"new")).status_code == 303
        for attachment in lead.attachments.all():
            assert page_of_anna.get(file_address(attachment)).getvalue().startswith(PDF)
        assert page_of_anna.get("/healthz/").json()["degraded"] is False

    return works


def test_a_file_lies_where_the_folder_should_be(lead, anna, look, works, tmp_path):
    """As for a volume that is not mounted any more; root may write wherever it is."""
    attach(lead, anna, "Alt.pdf", PDF)
    folder = tmp_path / "attachments"
    folder.rename(tmp_path / "away")
    folder.write_text("")
    look()
    folder.unlink()
    (tmp_path / "away").rename(folder)
    works()


def test_the_folder_is_gone(lead, anna, page_of_anna, works, tmp_path):
    attach(lead, anna, "Alt.pdf", PDF)
    folder = tmp_path / "attachments"
    shutil.move(folder, tmp_path / "away")
    response = page_of_anna.get(file_address(lead.attachments.get()))
    assert response.status_code == 503
    shutil.move(tmp_path / "away", folder)
    works()


# A bucket -----------------------------------------------------------------------------


@pytest.fixture
def bucket(monkeypatch, settings):
    """Return a function that keeps attachments at an address; answers come soon."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def keep_at(port):
        address = f"s3://leads/files?endpoint_url=http://127.0.0.1:{port}&direct=0"
        setting = attachment_storage(address)
        limits = setting["OPTIONS"]["client_config"]
        assert (limits.connect_timeout, limits.read_timeout) == (5, 30)
        assert limits.retries == {"total_max_attempts": 2}
        soon = Config(connect_timeout=1, read_timeout=0.2, retries={"total_max_attempts": 2})
        setting["OPTIONS"]["client_config"] = limits.merge(soon)
        settings.STORAGES = {**settings.STORAGES, "attachments": setting}
        for name in ("file", "thumbnail"):
            field = Attachment._meta.get_field(name)
            monkeypatch.setattr(field, "storage", storages["attachments"])

    return keep_at


@pytest.fixture
def s3(bucket, monkeypatch):
    """A server of the protocol that can be stopped and started at its place."""
    # A watcher may hear of it later than the test goes on.
    monkeypatch.setattr(health, "KEPT_SECONDS", 0)

    class S3:
        def start(self, port=0):
            self.server = ThreadedMotoServer(port=port, verbose=False)
            self.server.start()
            self.port = self.server.get_host_and_port()[1]

        def stop(self):
            self.server.stop()

    server = S3()
    server.start()
    bucket(server.port)
    boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{server.port}", region_name="us-east-1"
    ).create_bucket(Bucket="leads")
    yield server
    server.stop()


def test_the_bucket_is_away_and_comes_back(lead, anna, s3, look, works):
    attach(lead, anna, "Alt.pdf", PDF)
    s3.stop()
    look()
    s3.start(s3.port)
    works()


@pytest.fixture
def silent():
    """A server that takes every request and never answers: its port and its calls."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        calls = []

        def take():
            while True:
                try:
                    calls.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield SimpleNamespace(port=listener.getsockname()[1], calls=calls)
        listener.shutdown(socket.SHUT_RDWR)
        for call in calls:
            call.close()


def test_the_bucket_does_not_answer(lead, anna, bucket, silent, look):
    attach(lead, anna, "Alt.pdf", PDF)
    bucket(silent.port)
    look()


def test_a_watcher_does_not_wait_for_the_bucket(client, db, bucket, silent, monkeypatch):
    limits = buckets.IMPATIENT
    # nginx gives up after 15 seconds.
    assert (limits.connect_timeout, limits.read_timeout) == (2, 2)
    soon = limits.merge(Config(read_timeout=0.2))
    monkeypatch.setattr(buckets, "IMPATIENT", soon)
    bucket(silent.port)
    for _request in range(3):
        answer = client.get("/healthz/")
        assert (answer.status_code, answer.json()["degraded"]) == (200, True)
    # Asked once, without a second attempt.
    assert len(silent.calls) <= 1

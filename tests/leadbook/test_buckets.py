"""Files in a bucket: read in pieces, copied within it, and addresses that are signed."""

import base64
import io
import json
import os
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ReadTimeoutError
from django.conf import settings as django_settings
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile

from leadbook.buckets import BucketAway, BucketReader
from tests.buckets import BUCKET, keys_in, mocked_bucket, put

CONTENT = bytes(range(256)) * 20_000


@pytest.fixture
def storage(settings, monkeypatch):
    with mocked_bucket(settings, monkeypatch) as storage:
        yield storage


@pytest.fixture
def asked(storage):
    """The ranges that the bucket is asked for."""
    found = []

    def note(params, **kwargs):
        found.append(params["headers"].get("Range"))

    storage._client.meta.events.register("before-call.s3.GetObject", note)
    return found


def test_a_file_is_what_was_put(storage):
    key = storage.save("ab/abc", ContentFile(CONTENT))
    with storage.open(key) as file:
        assert file.size == len(CONTENT)
        assert b"".join(file.chunks(100_000)) == CONTENT
        file.seek(-7, io.SEEK_END)
        assert file.read() == CONTENT[-7:]
        file.seek(1_000_000)
        assert file.read(5) == CONTENT[1_000_000:1_000_005]


def test_no_more_is_asked_for_than_from_the_place_that_is_read(storage, asked):
    put(storage, "k", CONTENT)
    with storage.open("k") as file:
        assert asked == []
        file.seek(5_000_000)
        assert file.read(10) == CONTENT[5_000_000:5_000_010]
    assert asked == ["bytes=5000000-"]


def test_a_connection_that_breaks_is_taken_up_where_it_was(storage, asked, monkeypatch):
    put(storage, "k", CONTENT)
    piece, breaks = BucketReader._piece, [1, 3]

    def breaking(self, size):
        breaking.calls += 1
        if breaking.calls in breaks:
            raise ReadTimeoutError(endpoint_url="bucket")
        return piece(self, size)

    breaking.calls = 0
    monkeypatch.setattr(BucketReader, "_piece", breaking)
    with storage.open("k") as file:
        assert file.read() == CONTENT
    assert asked[0] == "bytes=0-"
    assert len(asked) == 2


def test_a_bucket_that_stays_away_is_told(storage, monkeypatch):
    def broken(self, size):
        raise ReadTimeoutError(endpoint_url="bucket")

    put(storage, "k", CONTENT)
    monkeypatch.setattr(BucketReader, "_piece", broken)
    with storage.open("k") as file, pytest.raises(BucketAway):
        file.read()


def test_a_file_that_is_replaced_while_it_is_read_is_not_read_on(storage):
    put(storage, "k", CONTENT)
    with storage.open("k") as file:
        put(storage, "k", CONTENT[::-1])
        with pytest.raises(BucketAway):
            file.read()


def test_missing_is_missing_and_writing_is_refused(storage):
    with pytest.raises(FileNotFoundError):
        storage.open("gone")
    with pytest.raises(ValueError, match="opened for wb"):
        storage.open("k", "wb")


def test_what_lies_in_the_bucket_is_copied_there_and_only_as_it_was_opened(storage, asked):
    put(storage, "pending/k", CONTENT)
    conditions = []

    def note(params, **kwargs):
        conditions.append(params["headers"].get("x-amz-copy-source-if-match"))

    storage._client.meta.events.register("before-call.s3.CopyObject", note)
    with storage.open("pending/k") as file:
        upload = UploadedFile(file, "Plan.pdf", size=file.size)
        key = storage.save("ab/abc", File(upload))
        assert conditions == [file.file.raw.etag]
    assert asked == []
    assert keys_in(storage) == ["ab/abc", "pending/k"]
    with storage.open(key) as file:
        assert file.read() == CONTENT


def test_a_link_works_for_a_minute_and_says_how_the_file_is_answered(storage):
    link = storage.signed_address(
        "ab/abc", disposition="attachment; filename=x.pdf", content_type="application/pdf"
    )
    query = parse_qs(urlsplit(link).query)
    assert query["X-Amz-Expires"] == ["60"]
    assert query["response-content-disposition"] == ["attachment; filename=x.pdf"]
    assert query["response-content-type"] == ["application/pdf"]
    assert query["response-cache-control"] == ["private, no-store"]


def test_a_form_takes_one_file_of_one_size_at_one_place_for_its_time(storage):
    address, fields = storage.signed_form("pending/k", size=1234, seconds=3600)
    policy = json.loads(base64.b64decode(fields["policy"]))
    conditions = policy["conditions"]
    assert fields["key"] == "leadbook/pending/k"
    assert {"bucket": BUCKET} in conditions
    assert {"key": "leadbook/pending/k"} in conditions
    assert ["content-length-range", 1234, 1234] in conditions
    assert {"Content-Type": "application/octet-stream"} in conditions
    assert not [c for c in conditions if isinstance(c, list) and c[0] == "starts-with"]
    expires = datetime.fromisoformat(policy["expiration"])
    assert expires - datetime.now(UTC) <= timedelta(hours=1)
    assert BUCKET in address


# Making it ----------------------------------------------------------------------------


@pytest.fixture
def make_bucket(tmp_path):
    """Return a function that runs the script before a server that says a status of it."""

    def run(status, region):
        made = []

        class Server(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_PUT(self):
                length = int(self.headers.get("Content-Length") or 0)
                made.append(self.rfile.read(length).decode())
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """The suite's output is for its own lines."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        result = subprocess.run(
            [django_settings.BASE_DIR / "deploy/scripts/bucket"],
            capture_output=True, text=True, timeout=120,
            env={
                "PATH": os.environ["PATH"], "MODE": "development", "VAR_DIR": str(tmp_path),
                "ATTACHMENTS": f"s3://leads/p?endpoint_url={address}&addressing_style=path",
                "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": region,
            },
        )  # fmt: skip
        server.shutdown()
        server.server_close()
        return result.returncode, made

    return run


@pytest.mark.once
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_bucket_that_is_not_there_is_made_in_its_region(make_bucket, region):
    status, [said] = make_bucket(404, region)
    assert status == 0
    assert said.count("LocationConstraint>") == (0 if region == "us-east-1" else 2)
    assert said == "" or region in said


@pytest.mark.once
@pytest.mark.parametrize(("status", "is_fine"), [(200, True), (403, False), (500, False)])
def test_no_other_answer_makes_a_bucket(make_bucket, status, is_fine):
    result, made = make_bucket(status, "eu-central-1")
    assert ((result == 0), made) == (is_fine, [])

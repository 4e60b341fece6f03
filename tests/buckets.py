"""A bucket in which a test's attachments lie."""

from contextlib import contextmanager

import boto3
from django.core.files.storage import storages
from moto import mock_aws

from leadbook.settings import attachment_storage, origin_of_bucket
from leads.models import Attachment

BUCKET = "anhaenge"


def keep_in_bucket(settings, monkeypatch, query=""):
    """Let attachments lie in the bucket, as ATTACHMENTS would; return the storage."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    setting = attachment_storage(f"s3://{BUCKET}/leadbook?{query}")
    settings.STORAGES = {**settings.STORAGES, "attachments": setting}
    origin = origin_of_bucket(setting["OPTIONS"])
    if origin:
        csp = settings.SECURE_CSP
        settings.SECURE_CSP = {**csp, "connect-src": [*csp["connect-src"], origin]}
    storage = storages["attachments"]
    for name in ("file", "thumbnail"):
        monkeypatch.setattr(Attachment._meta.get_field(name), "storage", storage)
    return storage


@contextmanager
def mocked_bucket(settings, monkeypatch, query=""):
    """As `keep_in_bucket`, in a bucket that exists in this process alone."""
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        yield keep_in_bucket(settings, monkeypatch, query)


def keys_in(storage):
    """All keys that the bucket holds below the storage's prefix."""
    found = storage._client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
    return sorted(entry["Key"].removeprefix(f"{storage.location}/") for entry in found)


def put(storage, key, content):
    """Put what a browser would send by the signed form."""
    storage._client.put_object(Bucket=BUCKET, Key=f"{storage.location}/{key}", Body=content)

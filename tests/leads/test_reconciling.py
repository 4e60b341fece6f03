"""Rows and files that do not fit; what reconcile_attachments says and what it removes."""

import io
import os
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command
from django.utils import timezone
from moto import mock_aws

from leadbook import settings as project
from leads import reconciling
from leads.models import Attachment, StorageUse
from leads.reconciling import Finding, Kind, findings, remove_orphan
from tests import factories
from tests.state import everything

from .samples import PDF, picture

LATER = timezone.now() + timedelta(hours=25)
PHOTO = picture("PNG", size=(400, 300))


@pytest.fixture(params=["folder", "bucket"])
def storage(request, settings, monkeypatch):
    """The storage of attachments: a folder of this machine, or a bucket."""
    if request.param == "folder":
        yield storages["attachments"]
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="anhaenge")
        settings.STORAGES = {
            **settings.STORAGES,
            "attachments": project.attachment_storage("s3://anhaenge/leadbook"),
        }
        for name in ("file", "thumbnail"):
            field = Attachment._meta.get_field(name)
            monkeypatch.setattr(field, "storage", storages["attachments"])
        yield storages["attachments"]


@pytest.fixture
def photo(storage, lead, anna):
    return factories.attach(lead, anna, "Foto.png", PHOTO)


@pytest.fixture
def plan(storage, lead, anna):
    return factories.attach(lead, anna, "Plan.pdf", PDF)


def found(**kwargs):
    return sorted(findings(**kwargs), key=lambda finding: finding.kind)


def overwrite(storage, key, content):
    storage.delete(key)
    assert storage.save(key, ContentFile(content)) == key


def of(attachment, kind, key=None):
    key = key or attachment.file.name
    return Finding(kind, key, attachment.pk, attachment.lead_id)


def run(*options):
    """Output, errors and the last sentence of a command that fails."""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("reconcile_attachments", *options, stdout=out, stderr=errors)
    except CommandError as error:
        return out.getvalue(), errors.getvalue(), str(error)
    return out.getvalue(), errors.getvalue(), None


def test_what_fits_is_no_finding(photo, plan, anna, lead):
    lead.delete_file(plan.pk, by=anna)
    looked_at = []
    assert found(now=LATER, progress=looked_at.append) == []
    # Two rows, and the keys of two documents and one thumbnail.
    assert looked_at == [1, 2, 3, 4, 5]
    assert run() == ("Angesehene Anhänge und Dateien: 5\n", "", None)


def test_nothing_stored_yet_is_no_finding(storage, lead):
    assert found() == []


def test_a_missing_file_is_found(storage, photo, plan):
    storage.delete(photo.file.name)
    storage.delete(photo.thumbnail.name)
    assert set(findings()) == {
        of(photo, Kind.MISSING), of(photo, Kind.MISSING, photo.thumbnail.name),
    }  # fmt: skip
    before = everything()
    _out, errors, failure = run("--repair")
    assert f"Datei fehlt: Anhang {photo.pk} von Lead {photo.lead_id}" in errors
    assert failure == "Gefunden: 2"
    # Nothing that belongs to an attachment is ever removed.
    assert everything() == before
    assert storage.exists(plan.file.name)


def test_other_sizes_and_contents_are_found(storage, photo, plan):
    overwrite(storage, plan.file.name, PDF + b" ")
    overwrite(storage, photo.file.name, PHOTO[:-1] + b"x")
    thumbnail = photo.thumbnail.name
    with storage.open(thumbnail) as file:
        small = file.read()
    overwrite(storage, thumbnail, small[:-10])
    assert set(findings()) == {
        of(plan, Kind.SIZE), of(photo, Kind.CHECKSUM), of(photo, Kind.CHECKSUM, thumbnail),
    }  # fmt: skip
    overwrite(storage, thumbnail, b"x" * len(small))
    assert of(photo, Kind.CHECKSUM, thumbnail) in set(findings())
    assert run("--repair")[2] == "Gefunden: 3"
    assert storage.exists(plan.file.name)


def test_a_file_without_row_is_found_and_removed_when_it_is_old(
    storage, plan, photo, monkeypatch
):
    keys = [
        storage.save(name, ContentFile(b"x")) for name in ("ab/orphan", "top", "ab/c.part")
    ]
    assert found() == []
    assert run("--repair")[2] is None
    assert all(storage.exists(key) for key in keys)
    monkeypatch.setattr(reconciling, "GRACE", timedelta(hours=-1))
    assert {finding.key for finding in findings()} == set(keys)
    assert run()[2] == "Gefunden: 3"
    assert all(storage.exists(key) for key in keys)
    out, errors, failure = run("--repair")
    assert failure == "Gefunden: 3"
    assert "Entfernt: ab/orphan" in out
    assert "Datei ohne Anhang: ab/orphan" in errors
    assert run()[2] is None
    for attachment in (plan, photo):
        assert storage.exists(attachment.file.name)


@pytest.mark.parametrize(("hours", "is_found"), [(23, False), (25, True)])
def test_only_after_24_hours_a_file_is_an_orphan(db, hours, is_found):
    storage = storages["attachments"]
    path = Path(storage.path(storage.save("ab/orphan", ContentFile(b"x"))))
    age = timezone.now() - timedelta(hours=hours)
    os.utime(path, (age.timestamp(), age.timestamp()))
    assert bool(found()) == is_found


def test_what_belongs_to_an_attachment_is_not_removed(plan, storage):
    with pytest.raises(ValueError, match="belongs to an attachment"):
        remove_orphan(of(plan, Kind.CHECKSUM))
    assert storage.exists(plan.file.name)


def test_an_attachment_that_is_purged_meanwhile_is_no_finding(plan, monkeypatch):
    real = reconciling._read

    def purge_first(key, take):
        Attachment.objects.purge()
        plan.remove_files()
        return real(key, take)

    monkeypatch.setattr(reconciling, "_read", purge_first)
    assert found() == []


def test_a_file_that_cannot_be_read_is_found(lead, anna, monkeypatch):
    plan = factories.attach(lead, anna, "Plan.pdf", PDF)

    def broken(self, name, mode="rb"):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(FileSystemStorage, "_open", broken)
    assert found() == [of(plan, Kind.UNREADABLE)]


def test_a_storage_that_does_not_answer_is_said(lead, anna, monkeypatch):
    factories.attach(lead, anna, "Plan.pdf", PDF)

    def away(self, *args):
        raise RuntimeError

    for method in ("_open", "listdir"):
        with monkeypatch.context() as patch:
            patch.setattr(FileSystemStorage, method, away)
            assert run()[2] == "Der Speicher antwortet nicht: RuntimeError"


def test_repairing_counts_the_room_of_each_marketplace_afresh(plan, heatpumps, solar):
    StorageUse.objects.update(bytes=-5)
    StorageUse.objects.create(marketplace=solar, bytes=0)
    run()
    assert StorageUse.objects.get(marketplace=heatpumps).bytes == -5
    out, _errors, failure = run("--repair")
    assert failure is None
    assert "Neu gezählt: 1 Marktplatz" in out
    assert StorageUse.objects.get(marketplace=heatpumps).bytes == len(PDF)
    assert StorageUse.objects.get(marketplace=solar).bytes == 0

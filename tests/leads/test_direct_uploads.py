"""/leads/<id>/anhaenge/direkt/…: large files go to the bucket first, and then are checked."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from leadbook.buckets import AttachmentBucket, BucketAway
from leads.models import Attachment, DirectUpload, StorageUse
from leads.uploads import Document
from marketplaces.throttling import UPLOADS, wait_before
from tests import factories
from tests.buckets import keys_in, mocked_bucket, put
from tests.markup import HTMX, read
from tests.state import everything

from .samples import HTML, PDF, picture
from .scanner import EICAR, fake_clamd
from .test_attachments import refusals

PLAN = PDF + b" " * 100_000
SIZE = len(PLAN)


@pytest.fixture(autouse=True)
def bucket(settings, monkeypatch):
    with mocked_bucket(settings, monkeypatch) as storage:
        yield storage


def announce(client, lead, name="Plan.pdf", size=SIZE):
    data = {"name": name, "size": size}
    return client.post(f"/leads/{lead.pk}/anhaenge/direkt/", data, headers=HTMX)


@pytest.fixture
def announced(page_of_anna, lead):
    """Return a function that announces a file; gives the row and where it is finished."""

    def announced(name="Plan.pdf", size=SIZE):
        response = announce(page_of_anna, lead, name, size)
        assert response.status_code == 200, refusals(response)
        return DirectUpload.objects.latest("pk"), json.loads(response.content)["arrived"]

    return announced


@pytest.fixture
def sent(announced, bucket):
    """Return a function that announces a file and puts it into the bucket."""

    def sent(name="Plan.pdf", content=PLAN, size=None):
        arrival, address = announced(name, size or len(content))
        put(bucket, arrival.key, content)
        return arrival, address

    return sent


def finish(client, address):
    return client.post(address, headers=HTMX)


# Announcing ---------------------------------------------------------------------------


def test_the_form_is_for_this_file_at_a_random_place(page_of_anna, anna, lead, bucket):
    response = announce(page_of_anna, lead, "C:\\Pläne\\Büro.pdf", 12_345)
    arrival = lead.direct_uploads.get()
    assert (arrival.name, arrival.size, arrival.author) == ("Büro.pdf", 12_345, anna)
    answer = json.loads(response.content)
    assert answer["fields"]["key"] == f"leadbook/{arrival.key}"
    assert len(arrival.key.removeprefix("pending/")) == 32
    assert "Büro" not in response.text
    assert answer["arrived"] == f"/leads/{lead.pk}/anhaenge/direkt/{arrival.pk}/"
    assert response["Cache-Control"] == "private, no-store"
    assert keys_in(bucket) == []
    assert not lead.attachments.exists()


@pytest.mark.parametrize(
    ("name", "size", "status", "reason"),
    [
        ("Plan.pdf", 50_000_001, 413, "Zu groß"),
        ("Plan.exe", 1000, 422, "Dieser Dateityp wird nicht angenommen."),
        ("Plan.pdf", 0, 422, "Die Datei ist leer."),
        ("Plan.pdf", "", 422, "Die Datei ist leer."),
        ("Plan.pdf", "-5", 422, "Die Datei ist leer."),
        ("Plan.pdf", "1e3", 422, "Die Datei ist leer."),
        ("Plan.pdf", "٣", 422, "Die Datei ist leer."),
        ("Plan.pdf", "9" * 5000, 422, "Die Datei ist leer."),
        ("", 1000, 422, "Dieser Dateityp wird nicht angenommen."),
    ],
)
def test_what_would_be_refused_is_refused_before_it_is_sent(
    page_of_anna, lead, name, size, status, reason
):
    before = everything()
    response = announce(page_of_anna, lead, name, size)
    assert response.status_code == status
    assert reason in refusals(response)[0][1]
    assert everything() == before


def test_a_full_lead_and_a_full_marketplace_take_no_more(
    page_of_anna, lead, heatpumps, settings
):
    settings.UPLOAD_MAX_BYTES_PER_LEAD = 1000
    assert announce(page_of_anna, lead, size=1000).status_code == 200
    assert announce(page_of_anna, lead, size=1001).status_code == 422
    settings.UPLOAD_MAX_FILES_PER_LEAD = 0
    assert announce(page_of_anna, lead, size=1).status_code == 422
    settings.UPLOAD_MAX_FILES_PER_LEAD, settings.UPLOAD_MAX_BYTES_PER_LEAD = 9, 10**9
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = 500
    assert announce(page_of_anna, lead, size=500).status_code == 200
    refused = announce(page_of_anna, lead, size=501)
    assert refused.status_code == 422
    assert "Im Marktplatz ist kein Platz mehr" in refusals(refused)[0][1]
    assert lead.direct_uploads.count() == 2


def test_too_many_in_a_short_time_wait(page_of_anna, lead, anna):
    for _number in range(UPLOADS[0].count):
        wait_before("upload", anna.pk, *UPLOADS)
    response = announce(page_of_anna, lead)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert not lead.direct_uploads.exists()


def test_nobody_lets_many_forms_lie_about(page_of_anna, lead, anna):
    for _number in range(DirectUpload.AT_ONCE):
        assert announce(page_of_anna, lead).status_code == 200
    assert announce(page_of_anna, lead).status_code == 422
    long_ago = timezone.now() - timedelta(hours=2)
    DirectUpload.objects.update(created_at=long_ago)
    assert announce(page_of_anna, lead).status_code == 200


def test_where_browsers_do_not_reach_the_storage_there_is_no_form(
    page_of_anna, lead, settings, monkeypatch
):
    zone = read(page_of_anna.get(f"/leads/{lead.pk}/?tab=anhaenge")).one("drop-zone")
    assert zone["data-direct"] == f"/leads/{lead.pk}/anhaenge/direkt/"
    assert zone["data-direct-from"] == "16000000"
    with mocked_bucket(settings, monkeypatch, "direct=0"):
        assert announce(page_of_anna, lead).status_code == 404
        page = page_of_anna.get(f"/leads/{lead.pk}/?tab=anhaenge")
    assert not read(page).one("drop-zone").get("data-direct")


# Finishing ----------------------------------------------------------------------------


def test_what_has_arrived_becomes_an_attachment(
    page_of_anna, anna, lead, heatpumps, bucket, sent
):
    arrival, address = sent("Büro.pdf")
    response = finish(page_of_anna, address)
    assert response.status_code == 200
    attachment = lead.attachments.get()
    assert (attachment.name, attachment.size, attachment.author) == (
        "Büro.pdf", len(PLAN), anna,
    )  # fmt: skip
    assert attachment.sha256 == hashlib.sha256(PLAN).hexdigest()
    assert read(response).one("li", id=f"file-{attachment.pk}")
    assert lead.events.newest_first().first().kind == "file_added"
    assert StorageUse.objects.bytes_of(heatpumps) == len(PLAN)
    # At a new place, where the form cannot write any more.
    assert keys_in(bucket) == [attachment.file.name]
    assert attachment.file.name != arrival.key
    with bucket.open(attachment.file.name) as file:
        assert file.read() == PLAN


def test_a_picture_gets_its_thumbnail(page_of_anna, lead, sent):
    _arrival, address = sent("Foto.png", picture("PNG", size=(400, 300)))
    assert finish(page_of_anna, address).status_code == 200
    assert lead.attachments.get().thumbnail


def test_without_htmx_the_page_says_so(page_of_anna, lead, sent):
    _arrival, address = sent()
    response = page_of_anna.post(address)
    assert (response.status_code, response["Location"]) == (
        303, f"/leads/{lead.pk}/?tab=anhaenge",
    )  # fmt: skip


def test_who_did_not_hear_the_answer_asks_again(page_of_anna, anna, lead, bucket, sent):
    arrival, address = sent()
    first = finish(page_of_anna, address)
    attachment = lead.attachments.get()
    # The form still works for a while; what it brings now is looked at by nobody.
    put(bucket, arrival.key, PDF + b"!" * 100_000)
    before = everything()
    again = finish(page_of_anna, address)
    assert again.status_code == first.status_code == 200
    assert read(again).one("li", id=f"file-{attachment.pk}")
    assert everything() == before
    lead.delete_file(attachment.pk, by=anna)
    assert finish(page_of_anna, address).status_code == 404


def test_a_second_one_meanwhile_hears_that_it_is_looked_at(page_of_anna, lead, sent):
    arrival, address = sent()
    assert arrival.claim()
    response = finish(page_of_anna, address)
    assert (response.status_code, response["Retry-After"]) == (202, "3")
    assert not lead.attachments.exists()
    # Who was at it has died.
    long_ago = timezone.now() - timedelta(minutes=16)
    DirectUpload.objects.update(claimed_at=long_ago)
    assert finish(page_of_anna, address).status_code == 200


def test_of_two_who_look_at_once_one_files(page_of_anna, lead, bucket, sent, monkeypatch):
    """The form has brought other contents between the two."""
    arrival, address = sent()
    real = Document.check

    def overtaken(upload):
        document = real(upload)
        monkeypatch.setattr(Document, "check", real)
        put(bucket, arrival.key, PDF + b"!" * (len(PLAN) - len(PDF)))
        DirectUpload.objects.update(claimed_at=None)
        assert finish(page_of_anna, address).status_code == 200
        put(bucket, arrival.key, PLAN)
        return document

    monkeypatch.setattr(Document, "check", overtaken)
    assert finish(page_of_anna, address).status_code == 422
    assert keys_in(bucket) == [lead.attachments.get().file.name]


REFUSED = {
    "larger": (PLAN + b"x", "Plan.pdf", 422),
    "smaller": (PLAN[:-1], "Plan.pdf", 422),
    "empty": (b"", "Plan.pdf", 422),
    "html": (HTML + b" " * (len(PLAN) - len(HTML)), "Plan.pdf", 422),
    "wrong ending": (PLAN, "Plan.png", 422),
}


@pytest.mark.parametrize(("content", "name", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_as_announced_is_refused_and_removed(
    page_of_anna, lead, heatpumps, bucket, sent, content, name, status
):
    arrival, address = sent(name, content, size=len(PLAN))
    events = lead.events.count()
    response = finish(page_of_anna, address)
    assert response.status_code == status
    assert refusals(response)[0][0] == name
    assert keys_in(bucket) == []
    assert not lead.attachments.exists()
    assert lead.events.count() == events
    assert StorageUse.objects.bytes_of(heatpumps) == 0
    put(bucket, arrival.key, PLAN)
    assert finish(page_of_anna, address).status_code == 404


def test_a_limit_that_has_shrunk_meanwhile_counts(page_of_anna, lead, bucket, sent, settings):
    _arrival, address = sent()
    settings.UPLOAD_MAX_BYTES = len(PLAN) - 1
    assert finish(page_of_anna, address).status_code == 413
    assert keys_in(bucket) == []


def test_room_that_is_gone_meanwhile_is_not_there(page_of_anna, lead, bucket, sent, settings):
    settings.UPLOAD_MAX_BYTES_PER_MARKETPLACE = len(PLAN) + 10
    addresses = [sent(f"{n}.pdf", PDF + bytes([n]) * 99_999)[1] for n in (65, 66)]
    assert [finish(page_of_anna, address).status_code for address in addresses] == [200, 422]
    assert keys_in(bucket) == [lead.attachments.get().file.name]


def test_a_virus_is_refused_and_removed(page_of_anna, lead, bucket, sent, settings, caplog):
    _arrival, address = sent("brief.txt", EICAR)
    with fake_clamd() as scanner:
        settings.CLAMD = scanner.server_address
        response = finish(page_of_anna, address)
    assert response.status_code == 422
    assert "Virenprüfung" in refusals(response)[0][1]
    assert keys_in(bucket) == []
    assert not lead.attachments.exists()


def test_the_same_bytes_twice_are_kept_once(page_of_anna, lead, bucket, sent):
    finish(page_of_anna, sent()[1])
    response = finish(page_of_anna, sent("Kopie.pdf")[1])
    assert response.status_code == 200
    assert "war schon angehängt" in read(response).text
    assert keys_in(bucket) == [lead.attachments.get().file.name]


def test_nothing_has_arrived_yet(page_of_anna, lead, announced, bucket):
    arrival, address = announced()
    response = finish(page_of_anna, address)
    assert response.status_code == 422
    assert "unterbrochen" in refusals(response)[0][1]
    put(bucket, arrival.key, PLAN)
    assert finish(page_of_anna, address).status_code == 200


@pytest.mark.parametrize("method", ["_open", "_save"])
def test_while_the_bucket_is_away_nothing_is_lost(
    page_of_anna, lead, bucket, sent, monkeypatch, method
):
    arrival, address = sent()

    def away(self, *args, **kwargs):
        raise BucketAway

    with monkeypatch.context() as patch:
        patch.setattr(AttachmentBucket, method, away)
        assert finish(page_of_anna, address).status_code in {503, 507}
    assert keys_in(bucket) == [arrival.key]
    assert finish(page_of_anna, address).status_code == 200
    assert lead.attachments.get().size == len(PLAN)


# Whose --------------------------------------------------------------------------------


def test_only_who_announced_it_finishes_it_and_on_that_lead(
    page_of_anna, signed_in, anna, ben, clara, meike, lead, heatpumps, bucket, sent
):
    arrival, address = sent()
    other = factories.accepted(heatpumps, anna)
    # The manager may file documents here, but did not announce this one.
    others = [signed_in(person) for person in (ben, clara, meike)]
    before = everything(), keys_in(bucket)
    for client in others:
        assert finish(client, address).status_code == 404
    elsewhere = f"/leads/{other.pk}/anhaenge/direkt/{arrival.pk}/"
    assert finish(page_of_anna, elsewhere).status_code == 404
    for number in (arrival.pk + 1, 0, "99999999999999999999"):
        missing = f"/leads/{lead.pk}/anhaenge/direkt/{number}/"
        assert finish(page_of_anna, missing).status_code == 404
    assert page_of_anna.get(address).status_code == 405
    assert (everything(), keys_in(bucket)) == before
    assert finish(page_of_anna, address).status_code == 200


def test_what_is_sent_along_changes_nothing(page_of_anna, lead, bucket, sent):
    arrival, address = sent()
    forged = {"key": "ab/abc", "size": 1, "name": "x.exe", "author": 1, "lead": 1}
    assert page_of_anna.post(address, forged, headers=HTMX).status_code == 200
    attachment = lead.attachments.get()
    assert (attachment.name, attachment.size) == (arrival.name, arrival.size)


def test_a_right_that_ends_meanwhile_ends_here(page_of_anna, anna, lead, bucket, sent):
    arrival, address = sent()
    anna.memberships.all().delete()
    assert finish(page_of_anna, address).status_code == 404
    assert keys_in(bucket) == [arrival.key]
    assert not lead.attachments.exists()


# What is never finished ---------------------------------------------------------------


def test_what_is_never_finished_goes_after_a_day(page_of_anna, lead, bucket, sent):
    abandoned, _address = sent()
    young, _address = sent()
    finish(page_of_anna, sent("Fertig.pdf", PDF)[1])
    day = timezone.now() - timedelta(hours=25)
    DirectUpload.objects.exclude(pk=young.pk).update(created_at=day)
    call_command("reconcile_attachments")
    call_command("purge_attachments", "--dry-run")
    assert abandoned.key in keys_in(bucket)
    call_command("purge_attachments")
    assert keys_in(bucket) == sorted([young.key, Attachment.objects.get().file.name])
    assert [*DirectUpload.objects.all()] == [young]


def test_an_erasure_takes_along_what_is_on_its_way(
    lead, olaf, bucket, sent, django_capture_on_commit_callbacks
):
    sent("Max Mustermann.pdf")
    with django_capture_on_commit_callbacks(execute=True):
        lead.anonymise(by=olaf, reason="request", among=type(lead).objects.all())
    assert keys_in(bucket) == []
    assert not DirectUpload.objects.exists()

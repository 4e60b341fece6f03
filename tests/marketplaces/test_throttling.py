"""How often one may upload; signing in and passwords have their own tests."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from leads.models import Attachment
from marketplaces.models import Attempt
from marketplaces.throttling import UPLOADS, Limit, wait_before
from tests.markup import HTMX, read


def let_pass(**duration):
    Attempt.objects.update(at=F("at") - timedelta(**duration))


def upload(client, lead, name="Notiz.txt", **kwargs):
    data = {"dateien": SimpleUploadedFile(name, name.encode())}
    return client.post(f"/leads/{lead.pk}/anhaenge/", data, **kwargs)


@pytest.fixture
def at_the_limit(anna):
    """Anna has uploaded as much as one may in a minute."""
    limit, _of_an_hour = UPLOADS
    for _ in range(limit.count):
        assert wait_before("upload", anna.pk, *UPLOADS) is None


def test_limits_are_generous():
    """The form of a lead with 500 files, its limit, is filled in two minutes."""
    assert (Limit(300, timedelta(minutes=1)), Limit(3000, timedelta(hours=1))) == UPLOADS


@pytest.mark.usefixtures("at_the_limit")
def test_too_many_uploads_are_refused_at_their_row(page_of_anna, lead):
    answer = upload(page_of_anna, lead, headers=HTMX)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    row = read(answer).one("li", class_="file file--failed")
    assert row.one("span", class_="file__name").text == "Notiz.txt"
    reason = "Zu viele Uploads in kurzer Zeit; bitte warten Sie etwas."
    assert row.one(role="alert").text == reason
    page = upload(page_of_anna, lead)
    assert page.status_code == 429
    assert f"Notiz.txt: {reason}" in page.text
    assert not Attachment.objects.exists()


@pytest.mark.usefixtures("at_the_limit")
def test_uploads_go_on_after_a_minute(page_of_anna, lead):
    let_pass(seconds=61)
    assert upload(page_of_anna, lead).status_code == 303


@pytest.mark.usefixtures("at_the_limit")
def test_limit_is_each_persons_own(signed_in, meike, lead):
    assert upload(signed_in(meike), lead).status_code == 303


def test_limit_of_an_hour(page_of_anna, anna, lead):
    wait_before("upload", anna.pk)
    who = Attempt.objects.get().who
    Attempt.objects.bulk_create(Attempt(what="upload", who=who) for _ in range(2999))
    let_pass(minutes=2)
    answer = upload(page_of_anna, lead, headers=HTMX)
    assert answer.status_code == 429
    assert 3400 < int(answer.headers["Retry-After"]) <= 3600
    let_pass(minutes=59)
    assert upload(page_of_anna, lead).status_code == 303


def test_refused_attempt_does_not_count(anna):
    limit = Limit(2, timedelta(minutes=1))
    assert [wait_before("x", 1, limit) is None for _ in range(5)] == [True, True] + [False] * 3
    assert Attempt.objects.count() == 2


def test_too_large_files_count_too(page_of_anna, lead, settings):
    settings.UPLOAD_MAX_BYTES = 3
    assert upload(page_of_anna, lead).status_code == 413
    assert Attempt.objects.count() == 1


def test_foreign_lead_counts_nothing(signed_in, clara, lead):
    assert upload(signed_in(clara), lead).status_code == 404
    assert not Attempt.objects.exists()


def test_counters_of_long_ago_are_forgotten(anna):
    wait_before("x", 1)
    let_pass(minutes=61)
    wait_before("y", 2)
    assert [attempt.what for attempt in Attempt.objects.all()] == ["y"]

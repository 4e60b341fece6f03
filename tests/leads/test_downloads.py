"""/leads/<id>/anhaenge/<id>/: the file as a whole, a part of it, or who else sends it."""

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import FileSystemStorage

from leads.models import Attachment
from tests import factories
from tests.buckets import keys_in, mocked_bucket

from .samples import PDF, picture
from .test_attachments import file_address

PLAN = PDF + bytes(range(256)) * 2000
SIZE = len(PLAN)
PHOTO = picture("PNG", size=(400, 300))
HEADERS = {
    "Content-Type": "application/pdf",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture(params=["folder", "bucket"])
def storage(request, settings, monkeypatch):
    """A folder, or a bucket that browsers do not reach: both are sent from here."""
    if request.param == "folder":
        yield request.param
        return
    with mocked_bucket(settings, monkeypatch, "direct=0"):
        yield request.param


@pytest.fixture
def plan(storage, lead, anna):
    return factories.attach(lead, anna, "Plan.pdf", PLAN)


def ask(client, attachment, **headers):
    names = {"asked": "Range", "unless": "If-Range"}
    given = {names[name]: value for name, value in headers.items()}
    return client.get(file_address(attachment), headers=given)


def holds(response, headers):
    return {name: response[name] for name in headers} == headers


# From here ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1), ("bytes=100-299999", 100, 300_000),
        ("bytes=500000-", 500_000, SIZE), ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 9}", SIZE - 1, SIZE), ("bytes=0-", 0, SIZE),
    ],
)  # fmt: skip
def test_a_part_is_answered_with_all_headers(page_of_anna, plan, asked, start, stop):
    response = ask(page_of_anna, plan, asked=asked)
    assert response.status_code == 206
    assert response.getvalue() == PLAN[start:stop]
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response["Content-Length"] == str(stop - start)
    assert response["Content-Disposition"] == 'attachment; filename="Plan.pdf"'
    assert holds(response, HEADERS)


@pytest.mark.parametrize("asked", [None, "bytes=0-1,5-6", "bytes=9-1", "lines=1-2"])
def test_the_whole_file_says_that_parts_can_be_had(page_of_anna, plan, asked):
    response = ask(page_of_anna, plan, **({"asked": asked} if asked else {}))
    assert response.status_code == 200
    assert response.getvalue() == PLAN
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"] == f'"{plan.sha256}"'
    assert response["Content-Length"] == str(SIZE)
    assert "Content-Range" not in response
    assert holds(response, HEADERS)


def test_what_lies_behind_the_end_answers_416(page_of_anna, plan):
    response = ask(page_of_anna, plan, asked=f"bytes={SIZE}-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response.content == b""
    assert holds(response, HEADERS)


def test_a_download_is_taken_up_again_only_of_the_same_file(page_of_anna, plan):
    mine = f'"{plan.sha256}"'
    assert ask(page_of_anna, plan, asked="bytes=5-9", unless=mine).status_code == 206
    for other in ('"0123"', f"W/{mine}", "Tue, 24 Nov 2026 13:00:00 GMT"):
        response = ask(page_of_anna, plan, asked="bytes=5-9", unless=other)
        assert response.status_code == 200
        assert len(response.getvalue()) == SIZE


def test_only_the_head_is_asked_for(page_of_anna, plan):
    response = page_of_anna.head(file_address(plan), headers={"Range": "bytes=0-9"})
    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"
    assert holds(response, HEADERS)


def test_a_picture_opens_in_the_browser_and_has_parts_too(storage, page_of_anna, lead, anna):
    photo = factories.attach(lead, anna, "Foto.png", PHOTO)
    response = ask(page_of_anna, photo, asked="bytes=0-7")
    assert (response.status_code, response.getvalue()) == (206, PHOTO[:8])
    assert response["Content-Disposition"].startswith("inline")


def test_a_small_picture_is_asked_for_each_time_and_sent_once(page_of_anna, lead, anna):
    photo = factories.attach(lead, anna, "Foto.png", PHOTO)
    address = f"{file_address(photo)}vorschau/"
    small = page_of_anna.get(address)
    assert small["Content-Type"] == "image/webp"
    assert small["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": small["ETag"]}
    assert page_of_anna.get(address, headers=known).status_code == 304
    page_of_anna.logout()
    assert page_of_anna.get(address, headers=known).status_code == 302


def test_a_part_is_refused_to_whom_the_whole_is(signed_in, ben, clara, plan, page_of_anna):
    for person in (ben, clara):
        assert ask(signed_in(person), plan, asked="bytes=0-9").status_code == 404
    Attachment.objects.filter(pk=plan.pk).update(scan_state="blocked")
    assert ask(page_of_anna, plan, asked="bytes=0-9").status_code == 423


def test_a_file_that_is_gone_is_404(page_of_anna, plan):
    plan.remove_files()
    assert ask(page_of_anna, plan, asked="bytes=0-9").status_code == 404


def test_a_file_is_read_in_pieces(page_of_anna, lead, anna, monkeypatch):
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    sizes = []

    class Watched(io.BytesIO):
        def read(self, size=-1):
            sizes.append(size)
            return super().read(size)

    monkeypatch.setattr(FileSystemStorage, "_open", lambda *args: Watched(PLAN))
    monkeypatch.setattr(Watched, "size", SIZE, raising=False)
    assert page_of_anna.get(file_address(plan)).getvalue() == PLAN
    assert min(sizes) >= 0
    assert max(sizes) <= 1_000_000
    assert len(sizes) > 1


# By the web server --------------------------------------------------------------------


@pytest.fixture
def accel(settings):
    settings.ACCEL_REDIRECT = "/geschuetzt"


@pytest.mark.parametrize("verb", ["get", "head"])
def test_the_web_server_is_told_where_the_file_lies(page_of_anna, lead, anna, accel, verb):
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    response = getattr(page_of_anna, verb)(file_address(plan), headers={"Range": "bytes=0-9"})
    assert response.status_code == 200
    assert response["X-Accel-Redirect"] == f"/geschuetzt/{plan.file.name}"
    assert response.content == b""
    assert response["Content-Disposition"] == 'attachment; filename="Plan.pdf"'
    # The web server sets it for the range that it sends.
    assert "Content-Range" not in response
    assert holds(response, HEADERS)


# What nginx takes over from an answer with X-Accel-Redirect by itself, or replaces.
BY_NGINX = {
    "Content-Type", "Content-Disposition", "Content-Length", "Content-Language",
    "Cache-Control", "X-Accel-Redirect",
}  # fmt: skip


def test_the_web_server_passes_on_every_header(page_of_anna, lead, anna, accel, settings):
    settings.SECURE_HSTS_SECONDS = 1
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    response = page_of_anna.get(file_address(plan), secure=True)
    site = (settings.BASE_DIR / "deploy/nginx/leadbook.conf.template").read_text()
    location = site.partition("location ${ACCEL_REDIRECT}/ {")[2].partition("\n    }")[0]
    added = dict(re.findall(r"add_header (\S+) \$upstream_http_(\w+) always;", location))
    assert set(response.headers) - BY_NGINX <= set(added)
    assert all(name.lower().replace("-", "_") == value for name, value in added.items())


def test_the_web_server_sends_pictures_too(page_of_anna, lead, anna, accel):
    photo = factories.attach(lead, anna, "Foto.png", PHOTO)
    small = page_of_anna.get(f"{file_address(photo)}vorschau/")
    assert small["X-Accel-Redirect"] == f"/geschuetzt/{photo.thumbnail.name}"
    assert small["Cache-Control"] == "private, no-cache"
    assert page_of_anna.get(file_address(photo))["Content-Disposition"].startswith("inline")


def test_the_web_server_hears_of_no_file_that_is_not_theirs(
    page_of_anna, signed_in, ben, lead, anna, accel
):
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    assert "X-Accel-Redirect" not in signed_in(ben).get(file_address(plan))
    Path(plan.file.path).unlink()
    gone = page_of_anna.get(file_address(plan))
    assert (gone.status_code, gone.has_header("X-Accel-Redirect")) == (404, False)


# By the bucket ------------------------------------------------------------------------


@pytest.fixture
def bucket(settings, monkeypatch):
    with mocked_bucket(settings, monkeypatch) as storage:
        yield storage


@pytest.mark.parametrize("verb", ["get", "head"])
def test_the_bucket_sends_the_file_by_a_link_of_a_minute(
    page_of_anna, bucket, lead, anna, verb, caplog
):
    plan = factories.attach(lead, anna, "Büro.pdf", PLAN)
    response = getattr(page_of_anna, verb)(file_address(plan))
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    link = urlsplit(response["Location"])
    assert link.path.endswith(f"leadbook/{plan.file.name}")
    query = parse_qs(link.query)
    assert query["X-Amz-Expires"] == ["60"]
    assert query["response-content-type"] == ["application/pdf"]
    assert query["response-cache-control"] == ["private, no-store"]
    [disposition] = query["response-content-disposition"]
    assert disposition == "attachment; filename*=utf-8''B%C3%BCro.pdf"
    assert "X-Amz-Signature" not in caplog.text


def test_each_link_is_asked_for_anew_and_others_get_none(
    page_of_anna, signed_in, ben, clara, bucket, lead, anna
):
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    assert page_of_anna.get(file_address(plan)).status_code == 302
    for person in (ben, clara):
        answer = signed_in(person).get(file_address(plan))
        assert (answer.status_code, answer.has_header("Location")) == (404, False)
    Attachment.objects.filter(pk=plan.pk).update(scan_state="blocked")
    assert page_of_anna.get(file_address(plan)).status_code == 423


def test_what_opens_in_the_browser_comes_from_here_in_its_sandbox(
    page_of_anna, bucket, lead, anna
):
    photo = factories.attach(lead, anna, "Foto.png", PHOTO)
    response = page_of_anna.get(file_address(photo))
    assert response.getvalue() == PHOTO
    assert response["Content-Security-Policy"].startswith("sandbox")
    small = page_of_anna.get(f"{file_address(photo)}vorschau/")
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")


def test_a_file_that_is_not_in_the_bucket_is_said_here(page_of_anna, bucket, lead, anna):
    plan = factories.attach(lead, anna, "Plan.pdf", PLAN)
    plan.remove_files()
    assert keys_in(bucket) == []
    assert page_of_anna.get(file_address(plan)).status_code == 404

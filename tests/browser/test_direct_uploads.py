"""Large files go from the browser into a bucket, and are attached when they are there."""

from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import expect

from leads.models import DirectUpload
from tests.buckets import BUCKET, keep_in_bucket, keys_in

from .test_attachments import PDF, drop, names, row, rows, tab, text

# From here on files go to the bucket.
LARGE = 20_000


@pytest.fixture
def bucket(settings, monkeypatch):
    """A server of S3 that the browser reaches."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    # One memory for all of its servers in this process.
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
    storage = keep_in_bucket(settings, monkeypatch, f"endpoint_url={address}")
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
    settings.UPLOAD_DIRECT_FROM_BYTES = LARGE
    yield storage
    server.stop()


@pytest.fixture
def files_page(bucket, annas_page, lead):
    """The tab "Anhänge" of Anna's lead."""
    annas_page.goto(f"/leads/{lead.pk}/?tab=anhaenge")
    return annas_page


@pytest.fixture
def sent(files_page):
    """The paths that files were posted to, with the host where it is not ours."""
    found = []

    def note(request):
        if request.method == "POST":
            found.append(request.url.replace(files_page.url.partition("/leads")[0], ""))

    files_page.on("request", note)
    return found


def test_a_large_file_goes_to_the_bucket_and_a_small_one_to_us(files_page, lead, bucket, sent):
    drop(files_page, {"Lageplan.txt": text(LARGE), "Grundriss.pdf": PDF})
    for name in ("Lageplan.txt", "Grundriss.pdf"):
        expect(row(files_page, name).get_by_role("link", name=name)).to_be_visible()
    expect(tab(files_page)).to_have_accessible_name("Anhänge 2")
    assert names(lead) == {"Lageplan.txt", "Grundriss.pdf"}
    arrival = DirectUpload.objects.get()
    at = f"/leads/{lead.pk}/anhaenge/"
    assert sent == [
        f"{at}direkt/", f"{bucket.endpoint_url}/{BUCKET}", f"{at}direkt/{arrival.pk}/", at,
    ]  # fmt: skip
    assert keys_in(bucket) == sorted(lead.attachments.values_list("file", flat=True))
    with bucket.open(lead.attachments.get(name="Lageplan.txt").file.name) as file:
        assert file.read() == text(LARGE)


def test_what_is_refused_is_told_at_its_row_while_the_others_go_on(
    files_page, lead, bucket, sent
):
    disguised = b"<html><script>alert(1)</script></html>" + text(LARGE)
    files = {"angebot.exe": text(LARGE), "Getarnt.pdf": disguised, "Plan.txt": text(LARGE)}
    drop(files_page, files)
    for name, reason in {
        "angebot.exe": "Dieser Dateityp wird nicht angenommen.",
        "Getarnt.pdf": "Der Inhalt passt nicht zur Endung .pdf.",
    }.items():
        expect(row(files_page, name).get_by_role("alert")).to_have_text(reason)
    expect(row(files_page, "Plan.txt").get_by_role("link")).to_be_visible()
    assert names(lead) == {"Plan.txt"}
    # The program was not even sent, and the disguised file does not stay.
    assert len([address for address in sent if address.startswith(bucket.endpoint_url)]) == 2
    assert keys_in(bucket) == [lead.attachments.get().file.name]


def test_a_bucket_that_fails_is_told_at_its_row_while_the_others_go_on(
    files_page, lead, bucket, complaints
):
    answers = [lambda route: route.abort(), lambda route: route.fulfill(status=503)]
    files_page.route(
        f"{bucket.endpoint_url}/**",
        lambda route: answers.pop()(route) if answers else route.continue_(),
    )
    drop(files_page, {f"Plan {n}.txt": text(LARGE + n) for n in range(3)})
    interrupted = "Das Hochladen wurde unterbrochen. Bitte versuchen Sie es noch einmal."
    for name in ("Plan 0.txt", "Plan 1.txt"):
        expect(row(files_page, name).get_by_role("alert")).to_have_text(interrupted)
    expect(row(files_page, "Plan 2.txt").get_by_role("link")).to_be_visible()
    assert names(lead) == {"Plan 2.txt"}
    complaints.clear()


def test_an_upload_to_the_bucket_is_cancelled(files_page, lead, bucket):
    held = []
    files_page.route(f"{bucket.endpoint_url}/**", lambda route: held.append(route))
    drop(files_page, {"Lageplan.txt": text(LARGE), "Grundriss.pdf": PDF})
    going = row(files_page, "Lageplan.txt")
    expect(going.get_by_role("progressbar")).to_be_visible()
    going.get_by_role("button", name="Hochladen abbrechen").click()
    expect(going).to_have_count(0)
    expect(row(files_page, "Grundriss.pdf").get_by_role("link")).to_be_visible()
    expect(rows(files_page)).to_have_count(1)
    assert names(lead) == {"Grundriss.pdf"}


def test_an_answer_that_is_lost_is_asked_for_again(files_page, lead, bucket, complaints):
    lost = []

    def lose_the_first(route):
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    files_page.route("**/anhaenge/direkt/*/", lose_the_first)
    drop(files_page, {"Lageplan.txt": text(LARGE)})
    expect(row(files_page, "Lageplan.txt").get_by_role("link")).to_be_visible()
    assert len(lost) == 1
    assert lead.attachments.count() == 1
    complaints.clear()


def test_a_download_comes_from_the_bucket(files_page, lead, bucket):
    drop(files_page, {"Grundriss EG – Süd.pdf": PDF})
    with files_page.expect_download() as waiting:
        row(files_page, "Grundriss EG – Süd.pdf").get_by_role("link").click()
    download = waiting.value
    assert download.url.startswith(bucket.endpoint_url)
    with open(download.path(), "rb") as file:
        assert file.read() == PDF

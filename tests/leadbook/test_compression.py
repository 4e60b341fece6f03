"""Pages are compressed; attachments keep their length, and lengths do not betray."""

import gzip

import pytest
import zstandard
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.uploads import Document

GZIP = {"headers": {"Accept-Encoding": "br, gzip"}}
ZSTD = {"headers": {"Accept-Encoding": "gzip, deflate, br, zstd"}}


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "zstd", zstandard.decompress),
        ("zstd;q=0.5", "zstd", zstandard.decompress),
        ("br, gzip", "gzip", gzip.decompress),
        ("gzip, zstd;q=0, br", "gzip", gzip.decompress),
        ("zstd; q=0.00,gzip", "gzip", gzip.decompress),
    ],
)
def test_a_page_is_compressed_as_the_browser_understands_it(
    page_of_anna, lead, accepted, encoding, unpack
):
    plain = page_of_anna.get("/leads/")
    packed = page_of_anna.get("/leads/", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.content)
    assert len(packed.content) < len(plain.content) / 3
    assert "Familie Aigner" in unpack(packed.content).decode()


def test_parts_and_refusals_are_compressed_too(page_of_anna, lead):
    part = page_of_anna.get("/leads/", headers={**GZIP["headers"], "HX-Request": "true"})
    missing = page_of_anna.get("/leads/999999/", **GZIP)
    assert part.headers["Content-Encoding"] == "gzip"
    assert (missing.status_code, missing.headers["Content-Encoding"]) == (404, "gzip")
    assert "script-src 'self'" in missing.headers["Content-Security-Policy"]


@pytest.mark.parametrize("accepted", ["br, gzip", "gzip, deflate, br, zstd"])
def test_what_is_packed_has_a_weak_stamp(page_of_anna, lead, accepted):
    address = f"/leads/{lead.pk}/stand/"
    asking = {"HX-Request": "true", "Accept-Encoding": accepted}
    answer = page_of_anna.get(address, headers=asking)
    assert answer.headers["Content-Encoding"] == accepted.rpartition(", ")[2]
    assert answer.headers["ETag"].startswith('W/"')
    known = page_of_anna.get(
        address, headers={**asking, "If-None-Match": answer.headers["ETag"]}
    )
    assert known.status_code == 304


@pytest.mark.usefixtures("heatpumps")
def test_a_random_number_of_bytes_hides_the_length(page_of_anna):
    def of_gzip(packed):
        """The bytes between the header of ten and the end of the name in it."""
        return packed.index(b"\x00", 10) - 10

    def of_zstd(packed):
        """The bytes of the frame that is skipped, behind its eight of a head."""
        return len(packed) - packed.rindex(b"\x50\x2a\x4d\x18") - 8

    for asking, padding in ((GZIP, of_gzip), (ZSTD, of_zstd)):
        pages = [page_of_anna.get("/leads/", **asking).content for _try in range(8)]
        assert len({padding(page) for page in pages}) > 2


def test_a_download_keeps_its_length_and_bytes(page_of_anna, lead, anna):

    text = b"Kaum zu glauben. " * 500
    upload = SimpleUploadedFile("notiz.txt", text)
    attachment, _event = lead.attach(Document.check(upload), by=anna)
    answer = page_of_anna.get(f"/leads/{lead.pk}/anhaenge/{attachment.pk}/", **GZIP)
    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(text)
    assert b"".join(answer.streaming_content) == text

"""Pages are compressed; attachments keep their length, and lengths do not betray."""

import gzip

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.uploads import Document

GZIP = {"headers": {"Accept-Encoding": "br, gzip"}}


def test_a_page_is_compressed_for_who_understands_it(page_of_anna, lead):
    plain = page_of_anna.get("/leads/")
    packed = page_of_anna.get("/leads/", **GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.content)
    assert len(packed.content) < len(plain.content) / 3
    assert "Familie Aigner" in gzip.decompress(packed.content).decode()


def test_parts_and_refusals_are_compressed_too(page_of_anna, lead):
    part = page_of_anna.get("/leads/", headers={**GZIP["headers"], "HX-Request": "true"})
    missing = page_of_anna.get("/leads/999999/", **GZIP)
    assert part.headers["Content-Encoding"] == "gzip"
    assert (missing.status_code, missing.headers["Content-Encoding"]) == (404, "gzip")
    assert "script-src 'self'" in missing.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("heatpumps")
def test_a_random_number_of_bytes_hides_the_length(page_of_anna):
    def padding(packed):
        """The bytes between the header of ten and the end of the name in it."""
        return packed.index(b"\x00", 10) - 10

    pages = [page_of_anna.get("/leads/", **GZIP).content for _try in range(8)]
    assert len({padding(page) for page in pages}) > 2


def test_a_download_keeps_its_length_and_bytes(page_of_anna, lead, anna):

    text = b"Kaum zu glauben. " * 500
    upload = SimpleUploadedFile("notiz.txt", text)
    attachment, _event = lead.attach(Document.check(upload), by=anna)
    answer = page_of_anna.get(f"/leads/{lead.pk}/anhaenge/{attachment.pk}/", **GZIP)
    assert "Content-Encoding" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(text)
    assert b"".join(answer.streaming_content) == text

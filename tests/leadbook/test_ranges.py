"""Ranges of bytes: what a request asks for, and the part of a file that it gets."""

import io

import pytest

from leadbook.ranges import Part, Unsatisfiable, asked_range

ETAG = '"abc"'
WHOLE = None


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ("bytes=0-0", range(1)), ("bytes=0-9", range(10)), ("bytes=3-5", range(3, 6)),
        ("bytes=4-", range(4, 10)), ("bytes=-3", range(7, 10)), ("bytes=-99", range(10)),
        ("bytes=5-99", range(5, 10)), ("BYTES=1-2", range(1, 3)), (" bytes=1-2 ", range(1, 3)),
        ("bytes=9-", range(9, 10)),
        # What cannot be read, or asks for several parts, is not heeded.
        ("", WHOLE), ("bytes=", WHOLE), ("bytes=-", WHOLE), ("bytes=5-4", WHOLE),
        ("bytes=a-b", WHOLE), ("bytes=1-2,4-5", WHOLE), ("bytes=0-0,-1", WHOLE),
        ("items=0-1", WHOLE), ("bytes 0-1", WHOLE), ("bytes=1.5-2", WHOLE),
        ("bytes=+1-2", WHOLE), ("bytes=--1", WHOLE),
        ("bytes=٣-٤", WHOLE), ("bytes=0-" + "9" * 5000, WHOLE),
    ],
)  # fmt: skip
def test_which_bytes_are_asked_for(asked, positions):
    assert asked_range({"Range": asked}, size=10) == positions


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-11", "bytes=99-100", "bytes=-0"])
def test_what_lies_behind_the_end_is_told(asked):
    with pytest.raises(Unsatisfiable):
        asked_range({"Range": asked}, size=10)


@pytest.mark.parametrize(
    ("condition", "positions"),
    [
        (ETAG, range(3)), ('"other"', WHOLE), ('W/"abc"', WHOLE), ("abc", WHOLE), ("", WHOLE),
        ("Tue, 24 Nov 2026 13:00:00 GMT", WHOLE),
    ],
)  # fmt: skip
def test_a_part_of_another_file_is_no_part_of_this_one(condition, positions):
    headers = {"Range": "bytes=0-2", "If-Range": condition}
    assert asked_range(headers, size=10, etag=ETAG) == positions


def test_a_condition_without_a_tag_gets_the_whole_file():
    assert asked_range({"Range": "bytes=0-2", "If-Range": '""'}, size=10) == WHOLE


def test_a_part_ends_where_it_ends_and_closes_its_file():
    file = io.BytesIO(b"0123456789")
    part = Part(file, range(2, 7))
    assert (part.read(2), part.read(100), part.read(2)) == (b"23", b"456", b"")
    assert Part(file, range(8, 10)).read() == b"89"
    part.close()
    assert file.closed

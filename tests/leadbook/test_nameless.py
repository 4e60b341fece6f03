"""Files without a name."""

import os

import pytest

from leadbook.nameless import give_name, nameless_file


def test_it_is_found_nowhere_until_it_gets_a_name(tmp_path):
    with nameless_file(tmp_path) as file:
        file.write(b"whole")
        assert list(tmp_path.iterdir()) == []
        give_name(file, tmp_path / "named")
        named = os.stat(tmp_path / "named")
        assert (named.st_ino, named.st_mode & 0o777) == (os.fstat(file.fileno()).st_ino, 0o600)
    assert (tmp_path / "named").read_bytes() == b"whole"


def test_it_does_not_take_the_name_of_another_file(tmp_path):
    (tmp_path / "named").write_bytes(b"other")
    with nameless_file(tmp_path) as file, pytest.raises(FileExistsError):
        give_name(file, tmp_path / "named")
    assert (tmp_path / "named").read_bytes() == b"other"


def test_where_the_file_system_knows_none_a_temporary_file_does(tmp_path, monkeypatch):
    # What such file systems answer, EISDIR, is what the flag without its own bit gives.
    monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)
    with nameless_file(tmp_path) as file:
        file.write(b"x")
        with pytest.raises(OSError, match="No such file"):
            give_name(file, tmp_path / "named")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        nameless_file(tmp_path / "gone")

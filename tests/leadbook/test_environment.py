"""Reading one variable."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from leadbook.environment import Environment


@pytest.mark.parametrize(
    ("text", "is_on"),
    [("1", True), ("true", True), (" ON ", True), ("0", False), ("no", False), ("", True)],
)
def test_switch(text, is_on):
    assert Environment({"X": text}).switch("X", default=True) is is_on


def test_words_are_separated_by_commas():
    assert Environment({"X": " a, b ,,c"}).words("X") == ["a", "b", "c"]
    assert Environment({}).words("X", default=["a"]) == ["a"]


def test_file_comes_first_and_is_stripped(tmp_path):
    path = tmp_path / "secret"
    path.write_text("  from the file \n")
    assert Environment({"X": "direct", "X_FILE": str(path)})("X") == "from the file"


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty_file_is_no_wish_for_the_default(tmp_path, text):
    path = tmp_path / "database-url"
    path.write_text(text)
    read = Environment({"X": "direct", "X_FILE": str(path)}).database
    with pytest.raises(ImproperlyConfigured, match=r"^X_FILE must .*database-url' is empty"):
        read("X", default="sqlite:////data/l.sqlite3")


def test_secret_may_start_with_a_dollar_sign():
    assert Environment({"X": "$abc", "abc": "other"})("X") == "$abc"


@pytest.mark.parametrize("text", ["", "1.5", "1e3", "-1", "²", "0x10"])
def test_number_is_whole(text):
    if not text:
        assert Environment({"X": text}).number("X", default=7) == 7
        return
    with pytest.raises(ImproperlyConfigured):
        Environment({"X": text}).number("X", default=7)


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("smtp://localhost", {"host": "localhost", "port": 25, "use_tls": False}),
        (
            "smtp+tls://u%40x:p%2F@mail.example",
            {"port": 587, "username": "u@x", "password": "p/"},
        ),
        ("smtp+ssl://mail.example", {"port": 465, "use_ssl": True, "use_tls": False}),
        ("smtp://mail.example:2525", {"port": 2525, "timeout": 10}),
    ],
)
def test_mail_server(address, options):
    mailer = Environment({"X": address}).mailer("X", default="")
    assert options.items() <= mailer["OPTIONS"].items()


def test_mail_into_a_folder():
    mailer = Environment({"X": "filemail:///tmp/mails"}).mailer("X", default="")
    assert mailer["OPTIONS"] == {"file_path": "/tmp/mails"}


def test_databases():
    read = Environment({}).database
    assert read("X", default="sqlite:////data/l.sqlite3")["NAME"] == "/data/l.sqlite3"
    postgresql = read("X", default="postgresql://u:p%40@db.example:5433/leads")
    assert (postgresql["PASSWORD"], postgresql["PORT"]) == ("p@", 5433)


def test_database_in_a_file_has_one_place_wherever_it_is_started_from():
    with pytest.raises(ImproperlyConfigured, match="^X must name the file by its absolute"):
        Environment({"X": "sqlite:///l.sqlite3"}).database("X", default="")


@pytest.mark.parametrize("text", ["l@b.example", "leadbook <l@localhost>", '"L, b" <l@b.de>'])
def test_sender(text):
    assert Environment({"X": text}).sender("X", default="") == text


@pytest.mark.parametrize("text", ["foo", "l@", "@b.example", "leadbook <foo>"])
def test_sender_without_an_address(text):
    with pytest.raises(ImproperlyConfigured, match="^X must be an e-mail address"):
        Environment({"X": text}).sender("X", default="")

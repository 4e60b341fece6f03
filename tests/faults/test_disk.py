"""A disk that is full: what cannot be kept is refused in German, the rest works."""

import uuid

import pytest
from django.db import connection

from tests.leads.samples import PDF
from tests.markup import HTMX, read

pytestmark = pytest.mark.once

AWAY = "<h1>leadbook erreicht seine Datenbank nicht</h1>"


@pytest.fixture
def rep(server, crew):
    """A rep who is signed in."""
    server.start()
    rep = crew.reps[0]
    rep.browser.sign_in(rep.name, rep.password)
    return rep


def write(rep):
    """Write a journal entry; return status and text."""
    form = {"text": "Eintrag", "token": str(uuid.uuid4())}
    return rep.browser.post(f"/leads/{rep.leads[0]}/journal/", form)


def file(rep, content):
    """File a document as the drop zone does; return status and text."""
    address = f"/leads/{rep.leads[0]}/anhaenge/"
    return rep.browser.upload(address, "Plan.pdf", content, headers=HTMX)


def test_a_full_disk_is_told_and_nothing_is_half(server, rep, prove):
    """SECURITY D4, U11. SQLite lies on the same disk, so nothing can be worked on then."""
    lead = rep.leads[0]
    pages = ("/leads/", "/leads/neu/", f"/leads/{lead}/", f"/leads/{lead}/?tab=anhaenge")
    assert file(rep, PDF)[0] == 200
    server.fill_disk()
    answers = [file(rep, PDF + b"small")]
    read_pages, written = [rep.browser.get(page) for page in pages], write(rep)
    if connection.vendor == "sqlite":
        for status, text in [*answers, written]:
            assert (status, AWAY in text) == (503, True)
        for status, text in read_pages:
            assert status == 200 or (status, AWAY in text) == (503, True)
    else:
        answers.append(file(rep, PDF + bytes(5_000_000)))
        for status, text in answers:
            assert status == 507
            assert "Die Datei konnte nicht gespeichert werden." in read(text).text
        assert [status for status, _text in [*read_pages, written]] == [200] * 4 + [303]
    assert server.health()[1]["alive"]
    assert list(server.temporary.iterdir()) == []
    server.clear_disk()
    server.wait_until_ready()
    assert write(rep)[0] == 303
    assert file(rep, PDF + b"small")[0] == 200
    assert prove()["files without row"] == 0

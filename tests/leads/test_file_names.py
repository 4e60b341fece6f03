"""Names of files: text to read, never a path."""

import pytest
from django.utils import translation

from leads.file_names import clean_file_name, numbered, split_extension

NAMES = {
    "../../../tmp/x.txt": "x.txt",
    "..\\..\\windows\\win.ini": "win.ini",
    "C:\\Pläne\\Haus 1.pdf": "Haus 1.pdf",
    "/etc/passwd": "passwd",
    "rechnung\u202egpj.exe": "rechnunggpj.exe",
    "a\u2066b\u2069.pdf": "ab.pdf",
    "a\r\nSet-Cookie: x=1.pdf": "a Set-Cookie: x=1.pdf",
    "a\x00b.pdf": "ab.pdf",
    "a\x1b[31m.pdf": "a[31m.pdf",
    "Mu\u0308ller.pdf": "Müller.pdf",
    "  Plan   EG .pdf ": "Plan EG.pdf",
    "...": "Datei",
    ".": "Datei",
    "..": "Datei",
    "": "Datei",
    "\u200b": "Datei",
    "/": "Datei",
    ".htaccess": "htaccess",
    ".pdf": "pdf",
    "Plan.pdf...": "Plan.pdf",
    "CON": "CON_",
    "con.txt": "con_.txt",
    "NUL.tar.gz": "NUL_.tar.gz",
    "COM1.pdf": "COM1_.pdf",
    "com¹.pdf": "com¹_.pdf",
    "lpt9 .pdf": "lpt9 _.pdf",
    "Konto.pdf": "Konto.pdf",
    "COM10.pdf": "COM10.pdf",
    "\ud800x.pdf": "x.pdf",
    "<img src=x onerror=alert(1)>.pdf": "<img src=x onerror=alert(1)>.pdf",
    "Plan; rm -rf.pdf": "Plan; rm -rf.pdf",
    "Ünïcödé 😀.pdf": "Ünïcödé 😀.pdf",
}


@pytest.mark.parametrize(("given", "shown"), NAMES.items(), ids=map(ascii, NAMES))
def test_names_are_cleaned(given, shown):
    with translation.override("de"):
        assert clean_file_name(given) == shown
        assert clean_file_name(shown) == shown


@pytest.mark.parametrize("letter", ["x", "ü", "😀"])
@pytest.mark.parametrize("number", [None, 2, 499])
def test_long_names_are_cut_and_keep_their_ending(letter, number):
    name = clean_file_name(letter * 100_000 + ".jpeg")
    if number:
        name = numbered(name, number)
    assert len(name) <= 150
    assert len(name.encode()) <= 255
    assert name.endswith(f"{letter} ({number}).jpeg" if number else f"{letter}.jpeg")
    assert clean_file_name(name) == name


def test_numbered_names():
    assert numbered("Plan.pdf", 2) == "Plan (2).pdf"
    assert numbered("Plan", 3) == "Plan (3)"
    assert numbered("a.b.pdf", 2) == "a.b (2).pdf"


@pytest.mark.parametrize(
    ("name", "extension"),
    [("Plan.pdf", "pdf"), ("Plan.PDF", "PDF"), ("Plan", ""), ("a.tar.gz", "gz"),
     ("Nr. 12", ""), ("x.abcdefghijk", ""), ("x.", "")],
)  # fmt: skip
def test_the_ending_of_a_name(name, extension):
    assert split_extension(name)[1] == extension

"""Files that are two things at once, and pictures made to break who decodes them."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from leads import pictures, thumbnailer
from leads.models import Attachment
from tests.markup import HTMX

from .samples import HTML, PDF, archive, picture

pytestmark = pytest.mark.once

SCRIPT = b"<script>alert(1)</script>"
PNG = picture("PNG", size=(300, 200))
# Name → contents; what is taken is a download, or a picture that was decoded.
DISGUISES = {
    "pdf-html.pdf": b"%PDF-1.4\n" + HTML + PDF,
    "html-pdf.pdf": HTML + PDF,
    "pdf-zip.pdf": PDF + archive("x.exe"),
    "pdf-js.pdf": PDF + b"1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj",
    "gif-js.gif": b"GIF89a/*" + b"\x00" * 20 + b"*/=1;alert(1)//",
    "png-zip.png": PNG + archive("x.exe"),
    "png-html.png": PNG + HTML,
    "utf-16.txt": "\ufeff<script>alert(1)</script>".encode("utf-16-le"),
    "utf-7.txt": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "late.txt": b"a" * 5000 + HTML,
    "late.csv": b"a;b\n" * 2000 + SCRIPT,
    "mail.eml": b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + b"a" * 5000 + SCRIPT,
    "plan.html.pdf": PDF,
    "plan.pdf.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "bombe.zip": archive(*(f"{n}/../../x" for n in range(500))),
    "makro.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"VBA" * 3000,
}
HARMLESS = {"image/png", "image/gif"}


def file(client, lead, name, content, claimed="text/html"):
    upload = SimpleUploadedFile(name, content, claimed)
    return client.post(f"/leads/{lead.pk}/anhaenge/", {"dateien": upload}, headers=HTMX)


@pytest.mark.parametrize("asked", ["", "bytes=0-9", "bytes=99999999-", "bytes=x", "bytes=-1"])
@pytest.mark.parametrize(("name", "content"), DISGUISES.items(), ids=DISGUISES)
def test_nothing_in_disguise_runs_in_the_browser(page_of_anna, lead, name, content, asked):
    response = file(page_of_anna, lead, name, content)
    if name == "html-pdf.pdf":
        # Within the first kilobyte readers look for a PDF's beginning; it is a download.
        assert response.status_code in {200, 422}
    if response.status_code == 422:
        assert not lead.attachments.exists()
        return
    attachment = lead.attachments.get()
    address = f"/leads/{lead.pk}/anhaenge/{attachment.pk}/"
    answer = page_of_anna.get(address, headers={"Range": asked} if asked else None)
    parts = {"bytes=0-9": content[:10], "bytes=-1": content[-1:]}
    if asked == "bytes=99999999-":
        assert answer.status_code == 416
        assert not answer.content
    else:
        assert answer.status_code == (206 if asked in parts else 200)
        sent = parts.get(asked, content)
        assert b"".join(answer.streaming_content) == sent
        assert int(answer["Content-Length"]) == len(sent)
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "html" not in answer["Content-Type"]
    if answer["Content-Disposition"].startswith("inline"):
        assert answer["Content-Type"] in HARMLESS
        assert attachment.thumbnail


# Pictures -----------------------------------------------------------------------------


def chunk(kind, data):
    return (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    )


def png_with(*chunks):
    """A small PNG with these chunks behind its header."""
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def endless_gif():
    frames = [Image.new("P", (200, 200), n % 255) for n in range(400)]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], loop=0)
    return made.getvalue()


def lying_tiff():
    """A TIFF whose header claims 40,000 pixels a side."""
    made = picture("TIFF", size=(50, 50))
    width = struct.pack("<HHII", 256, 4, 1, 50)
    at = made.find(width)
    assert at > 0
    return made[: at + 8] + struct.pack("<I", 40_000) + made[at + 12 :]


ZEROS = zlib.compress(b"\x00" * 60_000_000, 9)
BOMBS = {
    "iccp.png": png_with(chunk(b"iCCP", b"x\x00\x00" + ZEROS)),
    "ztxt.png": png_with(*[chunk(b"zTXt", b"x\x00\x00" + ZEROS)] * 30),
    "frames.gif": endless_gif(),
    "lying.tif": lying_tiff(),
    "exif.jpg": picture("JPEG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + b"\xff" * 5000),
    "cut.jpg": picture("JPEG", size=(900, 900))[:900],
    "idat.png": PNG[:33] + chunk(b"IDAT", ZEROS) + chunk(b"IEND", b""),
}


@pytest.mark.parametrize(("name", "content"), BOMBS.items(), ids=BOMBS)
def test_a_bomb_is_a_document_like_any_other(page_of_anna, lead, name, content):
    assert file(page_of_anna, lead, name, content).status_code == 200
    attachment = lead.attachments.get()
    page = page_of_anna.get(f"/leads/{lead.pk}/", {"tab": "anhaenge"})
    assert page.status_code == 200
    assert name in page.text
    answer = page_of_anna.get(f"/leads/{lead.pk}/anhaenge/{attachment.pk}/")
    assert b"".join(answer.streaming_content) == content


@pytest.mark.parametrize(
    "program",
    [
        "x = bytearray(2_000_000_000)",
        "while True: pass",
        "import os\nwhile True: os.write(1, b'x' * 65536)",
        "import os; os.kill(os.getpid(), 11)",
        "import sys; sys.stdout.write('RIFF....WEBP'); sys.exit(0)",
    ],
    ids=["memory", "time", "output", "crash", "nonsense"],
)
def test_a_decoder_that_goes_wild_is_ended(monkeypatch, tmp_path, caplog, program):
    text = (
        f"import sys; sys.path.insert(0, {str(thumbnailer.__file__).rpartition('/')[0]!r})\n"
        f"import thumbnailer; thumbnailer.MAX_CPU_SECONDS = 1\n"
        f"thumbnailer.limit()\n{program}\n"
    )
    wild = tmp_path / "wild.py"
    wild.write_text(text)
    monkeypatch.setattr(pictures, "PROGRAM", [pictures.PROGRAM[0], "-I", str(wild)])
    monkeypatch.setattr(pictures, "DEADLINE_SECONDS", 15)
    with caplog.at_level("INFO"):
        assert pictures.make_thumbnail(io.BytesIO(PNG)) is None
    # By its own limits, not by the deadline.
    assert "the program ended with" in caplog.text


def test_a_decoder_that_only_waits_is_ended(monkeypatch):
    monkeypatch.setattr(pictures, "DEADLINE_SECONDS", 0.2)
    waiting = "import threading; threading.Event().wait()"
    monkeypatch.setattr(pictures, "PROGRAM", [pictures.PROGRAM[0], "-I", "-c", waiting])
    assert pictures.make_thumbnail(io.BytesIO(PNG)) is None


def test_the_pictures_of_a_request_take_some_seconds_and_no_more(
    page_of_anna, lead, monkeypatch
):
    begun, real = [], pictures._run

    def run(upload, *, seconds):
        begun.append(seconds)
        return real(upload, seconds=seconds)

    monkeypatch.setattr(pictures, "_run", run)
    waiting = "import threading; threading.Event().wait()"
    monkeypatch.setattr(pictures, "PROGRAM", [pictures.PROGRAM[0], "-I", "-c", waiting])
    monkeypatch.setattr(pictures, "SECONDS_OF_REQUEST", 0.2)
    files = [
        SimpleUploadedFile(f"{edge}.png", picture("PNG", size=(edge, 9))) for edge in (3, 4, 5)
    ]
    answer = page_of_anna.post(f"/leads/{lead.pk}/anhaenge/", {"dateien": files})
    assert answer.status_code == 303
    assert [file.thumbnail.name for file in lead.attachments.all()] == [""] * 3
    assert begun == [0.2]


def test_a_request_does_not_wait_until_the_pictures_of_others_are_made(
    page_of_anna, lead, monkeypatch
):
    monkeypatch.setattr(pictures, "WAIT_OF_REQUEST", 0)
    with pictures.AT_ONCE, pictures.AT_ONCE:
        assert file(page_of_anna, lead, "Foto.png", PNG).status_code == 200
    assert lead.attachments.get().thumbnail.name == ""


def test_the_decoder_sees_no_secret_of_the_installation(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "geheim")
    seen = tmp_path / "seen"
    program = f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setattr(pictures, "PROGRAM", [pictures.PROGRAM[0], "-I", "-c", program])
    pictures.make_thumbnail(io.BytesIO(PNG))
    assert "SECRET_KEY" not in seen.read_text()


def test_without_room_for_the_copy_the_picture_is_filed_without_a_small_one(
    page_of_anna, lead, monkeypatch
):
    def full(upload, *, seconds):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures, "_run", full)
    assert file(page_of_anna, lead, "Foto.png", PNG).status_code == 200
    assert not Attachment.objects.get().thumbnail

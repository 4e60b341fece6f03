"""Which documents are taken, and how their first bytes must look.

The table is the only source of content types; what a client claims is not used.
Signatures: the formats' own specifications, as collected by the file(1) magic database.
"""

import re
from dataclasses import dataclass

HEAD_BYTES = 4096
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
ACTIVE_TEXT = re.compile(
    rb"<\s*(!doctype\s+html|html|script|iframe|body|head|\?php|hta:)|#!\s*/", re.IGNORECASE
)
HEADER_LINE = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:From [^\n]+\n)?[!-9;-~]{1,76}:[ \t\r\n]")


def _starts(*signatures):
    return lambda head: head.startswith(signatures)


def _pdf(head):
    return b"%PDF-" in head[:1024]


def _webp(head):
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _heic(head):
    brands = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
    return head[4:8] == b"ftyp" and head[8:12] in brands


def _text(head):
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return (is_utf16 or b"\x00" not in head) and not ACTIVE_TEXT.search(head)


def _email(head):
    return b"\x00" not in head and bool(HEADER_LINE.match(head))


def _dxf(head):
    return head.startswith(b"AutoCAD Binary DXF") or (
        b"\x00" not in head and b"SECTION" in head
    )


def _svg(head):
    return b"\x00" not in head and b"<svg" in head


@dataclass(frozen=True)
class FileType:
    """One extension: its content type, the check of its first bytes, what it is."""

    content_type: str
    matches: object
    is_picture: bool = False
    opens_inline: bool = False


_WORD = "application/vnd.openxmlformats-officedocument"
_TIFF = _starts(b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
FILE_TYPES = {
    "pdf": FileType("application/pdf", _pdf),
    "png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n"), True, True),
    "jpg": FileType("image/jpeg", _starts(b"\xff\xd8\xff"), True, True),
    "jpeg": FileType("image/jpeg", _starts(b"\xff\xd8\xff"), True, True),
    "gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a"), True, True),
    "webp": FileType("image/webp", _webp, True, True),
    "tif": FileType("image/tiff", _TIFF, True),
    "tiff": FileType("image/tiff", _TIFF, True),
    "heic": FileType("image/heic", _heic),
    "svg": FileType("image/svg+xml", _svg),
    "dwg": FileType("image/vnd.dwg", _starts(b"AC10", b"AC1.", b"AC2.")),
    "dxf": FileType("image/vnd.dxf", _dxf),
    "ifc": FileType("application/x-step", _starts(b"ISO-10303-21")),
    "eml": FileType("message/rfc822", _email),
    "msg": FileType("application/vnd.ms-outlook", _starts(*OLE)),
    "txt": FileType("text/plain; charset=utf-8", _text),
    "csv": FileType("text/csv; charset=utf-8", _text),
    "rtf": FileType("application/rtf", _starts(b"{\\rtf")),
    "doc": FileType("application/msword", _starts(*OLE)),
    "xls": FileType("application/vnd.ms-excel", _starts(*OLE)),
    "ppt": FileType("application/vnd.ms-powerpoint", _starts(*OLE)),
    "docx": FileType(f"{_WORD}.wordprocessingml.document", _starts(*ZIP)),
    "xlsx": FileType(f"{_WORD}.spreadsheetml.sheet", _starts(*ZIP)),
    "pptx": FileType(f"{_WORD}.presentationml.presentation", _starts(*ZIP)),
    "odt": FileType("application/vnd.oasis.opendocument.text", _starts(*ZIP)),
    "ods": FileType("application/vnd.oasis.opendocument.spreadsheet", _starts(*ZIP)),
    "zip": FileType("application/zip", _starts(*ZIP)),
}
# What a browser or an operating system would run; settings cannot add these.
NEVER = frozenset(
    (
        *("html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml", "js", "mjs", "hta"),
        *("exe", "msi", "bat", "cmd", "com", "lnk", "scr", "vbs", "vbe", "wsf", "ps1"),
        *("iso", "img", "jar", "app", "dmg", "apk", "deb", "rpm", "sh", "php", "py"),
        *("reg", "url"),
    )
)
OTHER = FileType("application/octet-stream", lambda head: not ACTIVE_TEXT.search(head))


def file_type(extension, *, extra=()):
    """Return the FileType of `extension`, or None where it is not taken.

    `extra` are the extensions that the installation adds (UPLOAD_EXTRA_TYPES), in lower case.
    """
    extension = extension.lower()
    if extension in NEVER:
        return None
    if extension in FILE_TYPES:
        return FILE_TYPES[extension]
    return OTHER if extension in extra else None

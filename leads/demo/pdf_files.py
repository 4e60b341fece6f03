"""Small PDF files written by hand: text, lines and rectangles on A4 pages.

The format is ISO 32000-1: objects, a table of their offsets, a trailer. Text uses the
built-in Helvetica in WinAnsi, which has umlauts and the euro sign.
"""

import zlib

WIDTH, HEIGHT = 595, 842  # points


class Pdf:
    """A PDF document that is drawn page by page; coordinates are points from top left."""

    def __init__(self, title):
        self.title = title
        self.pages = [[]]

    def new_page(self):
        """Go on on a new page."""
        self.pages.append([])

    def text(self, x, y, text, *, size=10, bold=False, right=False):
        """Write one line; with `right` it ends at x instead of beginning there."""
        if right:
            # Digits of Helvetica are 0.556 of the size wide; good enough for amounts.
            x -= len(text) * size * 0.53
        font = "F2" if bold else "F1"
        self._draw(f"BT /{font} {size} Tf {x:.1f} {HEIGHT - y:.1f} Td ({_escape(text)}) Tj ET")

    def line(self, x1, y1, x2, y2, *, width=0.6):
        """Draw a line."""
        self._draw(f"{width} w {x1:.1f} {HEIGHT - y1:.1f} m {x2:.1f} {HEIGHT - y2:.1f} l S")

    def box(self, x, y, width, height):
        """Fill a rectangle with a light grey."""
        self._draw(f"0.93 g {x:.1f} {HEIGHT - y - height:.1f} {width} {height} re f 0 g")

    def to_bytes(self):
        """Return the whole file."""
        count = len(self.pages)
        kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(count))
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
            _font("Helvetica"),
            _font("Helvetica-Bold"),
        ]
        for number, drawing in enumerate(self.pages):
            content = zlib.compress("\n".join(drawing).encode("cp1252", "replace"))
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
                f"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
                f"/Contents {6 + 2 * number} 0 R >>".encode()
            )
            objects.append(
                f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
                + content
                + b"\nendstream"
            )
        title = _escape(self.title).encode("cp1252", "replace")
        objects.append(b"<< /Title (" + title + b") /Producer (leadbook demo) >>")
        return _file(objects)

    def _draw(self, operators):
        self.pages[-1].append(operators)


def _font(name):
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
    ).encode()


def _escape(text):
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects):
    """Join the objects; the last one is the document's information."""
    result = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(result))
        result += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = len(result)
    result += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        result += b"%010d 00000 n \n" % offset
    result += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, len(objects), table,
    )  # fmt: skip
    return bytes(result)

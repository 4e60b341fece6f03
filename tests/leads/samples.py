"""A minimal real document of each type that leadbook takes."""

import io
import zipfile

from PIL import Image

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>1</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
EML = b"From: s.aigner@beispiel.de\r\nSubject: Angebot\r\n\r\nGuten Tag\r\n"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def picture(kind, size=(40, 30), color=(200, 40, 40), **options):
    """An image file of this kind."""
    file = io.BytesIO()
    mode = "RGB" if isinstance(color, tuple) else "1"
    Image.new(mode, size, color).save(file, kind, **options)
    return file.getvalue()


def archive(*names):
    """A ZIP file that holds these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


def samples():
    """Extension → contents."""
    jpeg, tiff = picture("JPEG"), picture("TIFF")
    word = archive("[Content_Types].xml", "word/document.xml")
    return {
        "pdf": PDF,
        "png": picture("PNG"),
        "jpg": jpeg,
        "jpeg": jpeg,
        "gif": picture("GIF"),
        "webp": picture("WEBP"),
        "tif": tiff,
        "tiff": tiff,
        "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64,
        "svg": SVG,
        "dwg": b"AC1032" + b"\x00" * 64,
        "dxf": b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n  0\r\nENDSEC\r\n  0\r\nEOF\r\n",
        "ifc": b"ISO-10303-21;\nHEADER;\nENDSEC;\nEND-ISO-10303-21;\n",
        "eml": EML,
        "msg": OLE,
        "txt": "Grüße aus Köln\n".encode(),
        "csv": "Name;Ort\nÖttl;Köln\n".encode("cp1252"),
        "rtf": b"{\\rtf1\\ansi Guten Tag}",
        "doc": OLE,
        "xls": OLE,
        "ppt": OLE,
        "docx": word,
        "xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
        "pptx": archive("[Content_Types].xml", "ppt/presentation.xml"),
        "odt": archive("mimetype", "content.xml"),
        "ods": archive("mimetype", "content.xml"),
        "zip": archive("Plan.pdf"),
    }

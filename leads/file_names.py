"""Names of uploaded files: text to read, never a path."""

import re

from django.utils.translation import gettext as _

from .text import BIDI_CONTROLS, CONTROLS, SURROGATES, ZERO_WIDTH, composed

MAX_CHARACTERS = 150
MAX_BYTES = 255
# Not allowed in names on Windows, or parts of a path.
FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
# Names that Windows keeps for devices, whatever their extension.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def clean_file_name(name):
    """Return `name` as it may be shown and downloaded.

    Only the last part of a path, in NFC, without control and direction characters, at
    most 150 characters and 255 bytes with the extension kept; "Datei" for nothing.
    """
    name = re.split(r"[/\\]", composed(name))[-1]
    for invisible in (CONTROLS, BIDI_CONTROLS, ZERO_WIDTH, SURROGATES):
        name = invisible.sub("", name)
    name = " ".join(name.split()).strip(". ")
    stem, extension = split_extension(name)
    # Windows looks at what stands before the first dot.
    device, dot, rest = stem.partition(".")
    if RESERVED.fullmatch(device.strip()):
        stem = f"{device}_{dot}{rest}"
    ending = f".{extension}" if extension else ""
    return _fitting(stem.strip() or _("File"), ending)


def numbered(name, number):
    """Return the cleaned `name` for the second, third … file of it: Plan (2).pdf."""
    stem, extension = split_extension(name)
    return _fitting(stem, f" ({number}).{extension}" if extension else f" ({number})")


def _fitting(stem, ending):
    stem = stem[: MAX_CHARACTERS - len(ending)]
    while len((stem + ending).encode()) > MAX_BYTES:
        stem = stem[:-1]
    return stem.strip() + ending


def split_extension(name):
    """Return stem and extension; the extension is at most ten letters or digits."""
    match = re.fullmatch(r"(.*)\.([A-Za-z0-9]{1,10})", name, re.DOTALL)
    return (match[1], match[2]) if match else (name, "")

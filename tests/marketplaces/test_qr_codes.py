"""The QR code's path: the dark modules, and a quiet zone around them."""

import re

import segno

from marketplaces.qr_codes import QUIET, QRCode

ADDRESS = "otpauth://totp/leadbook%20leads.example%3Aolaf?secret=" + "ABCD2345" * 4


def test_path_draws_the_dark_modules_and_no_others():
    made = QRCode.of(ADDRESS)
    drawn = set()
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", made.path):
        assert width == back
        drawn |= {(int(x) + offset, int(y)) for offset in range(int(width))}
    rows = segno.make_qr(ADDRESS, error="m").matrix
    dark = {
        (x + QUIET, y + QUIET)
        for y, row in enumerate(rows)
        for x, module in enumerate(row)
        if module
    }
    assert drawn == dark
    assert made.side == len(rows) + 2 * QUIET
    assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", made.path)

"""Text as people type it, brought into one form before it is kept or compared."""

import re
import unicodedata
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Characters that turn the direction of the text around them and so disguise names:
# https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff]")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
SURROGATES = re.compile("[\ud800-\udfff]")
# PostgreSQL keeps neither in a text, nor escaped in JSON.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
NO_CONTROLS = _("Please remove the control characters.")
NO_PILES = _("Please remove the accents that are piled up.")
# Characters among which accents stand by themselves, more than a letter carries anywhere.
# Bringing them into order takes the square of their number.
# Source: UAX #15, Stream-Safe Text Format.
MOST_ACCENTS = 30
PILE = re.compile(f"[^\0-\u02ff]{{{MOST_ACCENTS + 1},}}")
# What starts a formula; the wide ones, too, which some programs read as these.
# Source: OWASP, CSV Injection.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")

# Characters of a heading that are remembered.
LONGEST_HEADING = 100
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def clean_text(text):
    """Return `text` in NFC with plain line breaks, without blanks at its ends.

    Raises ValidationError for control characters and for piles of accents. Text of
    invisible characters only is empty.
    """
    if without_piles(text) != text:
        raise ValidationError(NO_PILES, code="piled_accents")
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    if CONTROLS.search(text) or SURROGATES.search(text):
        raise ValidationError(NO_CONTROLS, code="control_characters")
    if not ZERO_WIDTH.sub("", text).strip():
        return ""
    return text.strip()


def clean_line(text):
    """Return `text` as one line: like `clean_text`, blanks folded, no bidi controls."""
    return " ".join(BIDI_CONTROLS.sub("", clean_text(text)).split())


def without_piles(text):
    """Return `text` with so few accents on each letter that normalising it takes no time."""
    return PILE.sub(_level, text)


def composed(text):
    """Return `text` in NFC, in a time that grows with its length whatever it holds."""
    return unicodedata.normalize("NFC", without_piles(text))


def fold(text):
    """Return `text` for searching: lower case, ä as ae, ß as ss, without accents.

    Müller and Mueller fold to the same.
    """
    text = composed(text).casefold().translate(UMLAUTS)
    return _without_accents(text)


def sort_key(text):
    """Return `text` for sorting as a German dictionary does: ä like a, ß like ss.

    Source: DIN 5007, variant 1.
    """
    return _without_accents(text.casefold())


def heading_key(heading):
    """Return a `heading` without case, blanks and punctuation, as it is remembered."""
    return "".join(char for char in fold(heading) if char.isalnum())[:LONGEST_HEADING]


def phone_digits(text):
    """Return a phone number's digits without its country or trunk prefix.

    "+49 8031 1234567", "+49 (0) 8031 1234567", "0049 8031/1234567" and "08031 1234567"
    give the same.
    """
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        digits = digits.removeprefix("49")
    elif digits.startswith("00"):
        digits = digits[2:].removeprefix("49")
    return digits.removeprefix("0")


def dial_address(number):
    """Return the `tel:` address of a phone number: what a telephone is to dial."""
    number = number.strip()
    if number.startswith(("+", "00")):
        number = number.replace("(0)", "")
    return "tel:" + re.sub(r"[^\d+]", "", number)


def mail_address(email):
    """Return the `mailto:` address of an e-mail address: its receiver and nothing else."""
    # A question mark is allowed in an address, and begins other headers in a mailto:.
    # Source: RFC 6068, section 2.
    return "mailto:" + quote(email, safe="@")


def _without_accents(text):
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", without_piles(text))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _level(match):
    kept, height = [], 0
    for char in match[0]:
        height = height + 1 if unicodedata.combining(char) else 0
        if height <= MOST_ACCENTS:
            kept.append(char)
    return "".join(kept)


def guarded(text):
    """Return `text` so that no spreadsheet calculates it; leads.csv_rows takes it back."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

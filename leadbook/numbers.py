"""Numbers and money as they are written in Germany: 1.234,50."""

import re
from decimal import Decimal
from string import digits

from django.core.exceptions import ValidationError
from django.utils.numberformat import format as format_number
from django.utils.translation import gettext_lazy as _

MAX_DIGITS = 12
# More decimals are not shown, however many somebody claims to have seen.
MAX_PLACES = 20
# Only at the ends: "12 Euro 50" is not 1250. A run of blanks is tried from its beginning
# alone, or a long one would take seconds.
EURO = re.compile(r"^(€|euro?)\s*|(?<!\s)\s*(€|euro?)$", re.IGNORECASE)
GERMAN = re.compile(r"(?P<sign>[-−]?)(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<part>\d*))?")


def parse_decimal(text, *, decimal_places=2):
    """Return the Decimal that the German spelling `text` means.

    "1.234,50", "1234,5" and "1.234" (= 1234) are understood. Raises ValidationError for
    anything else, for more than twelve digits before the comma and for more than
    `decimal_places` behind it.
    """
    compact = re.sub(r"[\s\u00a0\u202f']", "", text)
    match = GERMAN.fullmatch(compact)
    if match is None:
        raise ValidationError(_("Enter a number, for example 1.234,50."), code="not_a_number")
    whole = match["whole"].replace(".", "")
    part = (match["part"] or "").rstrip("0")
    if len(whole.lstrip("0")) > MAX_DIGITS:
        raise ValidationError(_("This number is too large."), code="too_large")
    if len(part) > decimal_places:
        raise ValidationError(
            _("At most %(places)d digits may follow the comma."),
            params={"places": decimal_places},
            code="too_precise",
        )
    number = Decimal(f"{whole}.{part or 0}")
    # Taken from zero, as a Decimal knows minus zero, which fits no field and no column.
    return 0 - number if match["sign"] else number


def without_euro(text):
    """Return `text` without the sign or the name of the euro before or behind it.

    Alone it stays: to take it for nothing would delete an amount.
    """
    return EURO.sub("", text.strip()) or text


def without_unit(text, unit):
    """Return `text` without the `unit` behind it, in capitals or not.

    Alone it stays, as in `without_euro`; and a unit of digits may be the number's own.
    """
    if not unit.strip(f"{digits}.,-"):
        return text
    number, end = text[: -len(unit)].rstrip(), text[-len(unit) :]
    return number if number and end.casefold() == unit.casefold() else text


def german(number, *, decimal_places=None):
    """Return `number` in German spelling, with as many decimals as it has or is asked."""
    number = Decimal(number)
    if decimal_places is None:
        # A database gives back 24800.00, whose zeros say nothing.
        whole = number.to_integral_value()
        number = whole if number == whole else number.normalize()
        decimal_places = min(max(0, -number.as_tuple().exponent), MAX_PLACES)
    is_short = number.is_finite() and number.adjusted() <= MAX_DIGITS
    if is_short and decimal_places == 0 and number == (whole := int(number)):
        # What nearly every number is; Django's way for all of them takes ten times as long.
        return f"{whole:,}".replace(",", ".")
    return format_number(
        number,
        ",",
        decimal_places,
        grouping=3,
        thousand_sep=".",
        force_grouping=True,
        use_l10n=False,
    )


def german_amount(amount):
    """Return `amount` as it is typed: 24.800 or 24.800,50, and with all decimals it has."""
    places = max(0, -amount.normalize().as_tuple().exponent)
    return german(amount, decimal_places=max(2, places) if places else 0)


def euro(amount):
    """Return `amount` in euro, with cents only where there are some: 24.800 €."""
    places = 0 if amount == amount.to_integral_value() else 2
    return f"{german(amount, decimal_places=places)} €"

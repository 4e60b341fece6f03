"""On which days people work, by the federal state of the marketplace."""

from datetime import date, timedelta

import pytest

from marketplaces.models import Marketplace
from marketplaces.working_days import (
    add_working_days,
    is_working_day,
    next_working_day,
    working_days_between,
)

from .admin_page import MarketplacePage

STATES = ["", *Marketplace.FederalState.values]


@pytest.mark.parametrize(
    ("day", "state", "works"),
    [
        (date(2026, 11, 24), "", True),
        (date(2026, 11, 28), "", False),
        (date(2026, 12, 25), "", False),
        (date(2026, 12, 24), "BY", True),
        # Corpus Christi and Epiphany in the south only, Reformation Day in the north.
        (date(2026, 6, 4), "", True),
        (date(2026, 6, 4), "BY", False),
        (date(2026, 6, 4), "HH", True),
        (date(2026, 1, 6), "BY", False),
        (date(2028, 10, 31), "HH", False),
        (date(2028, 10, 31), "BY", True),
        # Not in all of Bavaria.
        (date(2028, 8, 15), "BY", True),
    ],
)
def test_holidays_are_those_of_the_federal_state(day, state, works):
    assert is_working_day(day, state) is works


def test_counting_on_skips_weekends_holidays_and_the_end_of_the_year():
    assert next_working_day(date(2026, 11, 27)) == date(2026, 11, 30)
    # Good Friday and Easter Monday.
    assert next_working_day(date(2026, 4, 2)) == date(2026, 4, 7)
    # New Year and, in Bavaria, Epiphany.
    assert add_working_days(date(2026, 12, 30), 4) == date(2027, 1, 6)
    assert add_working_days(date(2026, 12, 30), 4, "BY") == date(2027, 1, 7)
    assert add_working_days(date(2026, 11, 28), 0) == date(2026, 11, 28)


@pytest.mark.parametrize("state", STATES)
def test_days_between_are_the_ones_that_counting_on_passes(state):
    start = date(2026, 10, 1)
    for first in range(9):
        begin, passed = start + timedelta(days=first), 0
        for ahead in range(1, 120):
            day = begin + timedelta(days=ahead)
            passed += is_working_day(day, state)
            assert working_days_between(begin, day, state) == passed
    assert working_days_between(start, start, state) == 0
    assert working_days_between(start, start - timedelta(days=9), state) == 0


def test_a_year_has_as_many_working_days_as_its_calendar_says():
    assert working_days_between(date(2025, 12, 31), date(2026, 12, 31)) == 254
    assert working_days_between(date(2025, 12, 31), date(2026, 12, 31), "BY") == 252


def test_an_operator_chooses_the_federal_state(signed_in, olaf, heatpumps):
    page = MarketplacePage(signed_in(olaf), heatpumps)
    page.data["federal_state"] = "BY"
    page.save()
    heatpumps.refresh_from_db()
    assert heatpumps.get_federal_state_display() in {"Bavaria", "Bayern"}

"""Working days: Monday to Friday without the public holidays of a federal state.

A state is the letters of `Marketplace.federal_state`; without one only the holidays of
all of Germany count. A holiday of some places of a state (Assumption Day in Bavaria, the
Peace Festival in Augsburg) is a working day, and so are 24 and 31 December.
"""

from bisect import bisect_right
from datetime import timedelta
from functools import lru_cache

WEEKEND = 5


def is_working_day(day, state=""):
    """Whether people work on this day."""
    return day.weekday() < WEEKEND and day not in _holidays(day.year, state)


def next_working_day(day, state=""):
    """Return the first working day after `day`."""
    return add_working_days(day, 1, state)


def add_working_days(day, count, state=""):
    """Return the working day that is the `count`-th (from 1) after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day, state)
    return day


@lru_cache(maxsize=10_000)
def working_days_between(start, end, state=""):
    """Return how many working days lie after `start`, up to and with `end`; 0 if none do.

    It counts the same days as `add_working_days`, but whatever lies between costs the same.
    """
    if end <= start:
        return 0
    holidays = sum(
        _up_to(end, year, state) - _up_to(start, year, state)
        for year in range(start.year, end.year + 1)
    )
    return _weekdays(end) - _weekdays(start) - holidays


def _weekdays(day):
    """Return the number of Mondays to Fridays up to `day`, from a day that all share."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * WEEKEND + min(rest + 1, WEEKEND)


def _up_to(day, year, state):
    """Return how many holidays of `year`, weekends left out, do not lie after `day`."""
    return bisect_right(_holidays(year, state), day)


@lru_cache(maxsize=512)
def _holidays(year, state):
    """Return the holidays of a year that fall on no weekend, in their order."""
    # Slow to import, and most processes never ask.
    from holidays.countries import Germany

    found = Germany(years=year, subdiv=state or None)
    return tuple(sorted(day for day in found if day.weekday() < WEEKEND))

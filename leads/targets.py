"""How long a lead lies in a phase, and until when it should: in working days.

A working day is one of the marketplace's federal state. The day on which a lead comes into
a phase does not count.
"""

from datetime import timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from marketplaces.working_days import (
    add_working_days,
    next_working_day,
    working_days_between,
)


def days_between(start, end, state):
    """Return the working days between two moments."""
    return working_days_between(
        timezone.localtime(start).date(), timezone.localtime(end).date(), state
    )


def last_day(entered_at, target_days, state):
    """Return the last day on which a lead does not lie too long; None without a target.

    The weekend or holiday behind the last working day belongs to it: whoever counts
    working days then has not yet counted more than the target.
    """
    if not target_days:
        return None
    entered = timezone.localtime(entered_at).date()
    due = add_working_days(entered, target_days, state)
    return next_working_day(due, state) - timedelta(days=1)


def working_days_before(day, count, state):
    """Return the last day after which `count` working days have come up to `day`."""
    earlier = day
    while working_days_between(earlier, day, state) < count:
        earlier -= timedelta(days=1)
    return earlier


def show_since(days):
    """Return for how many working days a lead is in its phase, at least one."""
    said = ngettext("for %(count)d working day", "for %(count)d working days", days)
    return said % {"count": days}


def show_lying(days, target_days):
    """Return for how long a lead lies and should: for 12 working days, target 5."""
    return _show_lying(days, target_days, get_language())


@lru_cache(maxsize=10_000)
def _show_lying(days, target_days, _language):
    said = {"since": show_since(days), "target": target_days}
    return _("%(since)s, target %(target)d") % said

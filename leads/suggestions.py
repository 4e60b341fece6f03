"""The days that a follow-up is offered for, each a working day where the lead is sold."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from marketplaces.working_days import add_working_days, is_working_day, next_working_day


@dataclass(frozen=True)
class Suggestion:
    """One day with what it is called: morgen · Mi, 25.11."""

    day: date
    name: str

    @property
    def value(self):
        """The day as a form sends it."""
        return self.day.isoformat()

    @property
    def label(self):
        """The name with the day that it means."""
        return f"{self.name} · {date_format(self.day, 'D')}, {self.day:%d.%m.}"


def suggestions(marketplace, *, today=None):
    """Return the Suggestions of a marketplace's leads, the nearest first.

    A name never says less than the day: where tomorrow is no working day, the next one is
    offered by that name.
    """
    today, state = today or timezone.localdate(), marketplace.federal_state
    soon = next_working_day(today, state)
    third = add_working_days(today, 3, state)
    # Around Easter the third working day may be as far as the week.
    week = max(today + timedelta(days=7), third + timedelta(days=1))
    if not is_working_day(week, state):
        week = next_working_day(week, state)
    return [
        Suggestion(soon, _("tomorrow") if (soon - today).days == 1 else _("next working day")),
        Suggestion(
            third, _("in 3 days") if (third - today).days == 3 else _("in 3 working days")
        ),
        Suggestion(week, _("next week") if (week - today).days == 7 else _("in a good week")),
    ]


def common_suggestions(marketplaces):
    """Return the Suggestions of several marketplaces' leads: of each the latest day."""
    of_each = [suggestions(marketplace) for marketplace in marketplaces]
    return [max(alike, key=lambda one: one.day) for alike in zip(*of_each, strict=True)]

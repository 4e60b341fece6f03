"""Moments: a day with or without a time, as follow-ups are set.

A day without a time is kept as its midnight in Europe/Berlin; it is due all day long
and overdue from the next day on. A day with a time is overdue from that time on.
"""

from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

FIRST_YEAR, LAST_YEAR = 1900, 2200


def start_of_day(moment=None):
    """Return the local midnight at which the day of `moment` (default: now) begins."""
    local = timezone.localtime(moment)
    return timezone.make_aware(datetime.combine(local.date(), time.min))


class Instant:
    """A moment (default: now) from which many others are told."""

    def __init__(self, moment=None):
        self.moment = moment or timezone.now()
        # Asked for once: a list tells two hundred moments.
        self.zone = timezone.get_current_timezone()
        self.local = self.local_of(self.moment)
        self.day = self.local.date()

    @classmethod
    def of(cls, now):
        """Return the Instant of `now`, which may be one already, or None for now."""
        return now if isinstance(now, cls) else cls(now)

    def local_of(self, moment):
        """Return `moment` in local time."""
        return moment.astimezone(self.zone)

    def due(self, moment):
        """Return what a list says of something that is due at `moment`, as a Due."""
        local = self.local_of(moment)
        day = local.date()
        days = (day - self.day).days
        is_day = _is_day(local)
        text = _day_of(local, self.local.year)
        if days < 0 if is_day else moment < self.moment:
            state = "overdue"
            text = f"{self._overdue} · {f'{local:%H:%M}' if days == 0 else text}"
        else:
            state = "later" if days else "today"
            if days < 2:
                text = _("tomorrow") if days else _("today")
            if not is_day:
                text = f"{text} · {local:%H:%M}"
        return Due(text, state, "overdue" if days < 0 else "later" if days else "today")

    @cached_property
    def _overdue(self):
        # Looked up once: it stands in every second row.
        return _("overdue")


class Due(NamedTuple):
    """When something is due, seen from an Instant."""

    # As short as a list wants it.
    text: str
    # overdue (its day, or where it has one its time, has passed), today or later
    state: str
    # The same by the day alone: a list stands in days.
    day_group: str


def has_time(moment):
    """Whether `moment` names a time and not only a day."""
    return not _is_day(timezone.localtime(moment))


def _is_day(local):
    return not (local.hour or local.minute or local.second or local.microsecond)


def _day_of(local, year=None):
    """Return the day to read, without its year where that is `year`."""
    day = f"{local.day:02}.{local.month:02}."
    return day if local.year == year else f"{day}{local.year}"


def show_moment(moment):
    """Return day and time to read: 27.11.2026, 14:30."""
    # Not by Django's date formats: the Verlauf shows fifty of them.
    local = timezone.localtime(moment)
    return _day_of(local) if _is_day(local) else f"{_day_of(local)}, {local:%H:%M}"


def show_since_when(moment):
    """Return the time of a moment of today, day and time of any other."""
    now = Instant()
    local = now.local_of(moment)
    return f"{local:%H:%M}" if local.date() == now.day else show_moment(moment)


def show_planned(moment):
    """Return day and time of something planned, and that it has passed where it has."""
    when = show_moment(moment)
    if Instant().due(moment).state != "overdue":
        return when
    return _("%(when)s (already past)") % {"when": when}


def show_past(moment, *, now=None):
    """Return how long ago `moment` was: just now, 2 hours ago, yesterday, a date."""
    now = Instant.of(now)
    minutes = int((now.moment - moment).total_seconds() // 60)
    local = now.local_of(moment)
    days = (now.day - local.date()).days
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(count)d min. ago") % {"count": minutes}
    if days == 0:
        hours = minutes // 60
        return ngettext("%(count)d hr. ago", "%(count)d hrs. ago", hours) % {"count": hours}
    if days == 1:
        return _("yesterday")
    if days < 14:
        return _("%(count)d days ago") % {"count": days}
    return _day_of(local)


def show_day(day, *, today):
    """Return a heading for `day`: today, yesterday, Thursday, 19 November.

    How a day is written in the language stands in the catalogue.
    """
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    # Translators: a day in Django's date format, for German "l, j. F".
    pattern = _("l, j F") if day.year == today.year else _("l, j F Y")
    return _written(day, pattern, get_language())


@lru_cache(maxsize=10_000)
def _written(day, pattern, _language):
    return date_format(day, pattern)


class MomentWidget(forms.MultiWidget):
    """Two inputs: the browser's calendar and an optional clock."""

    template_name = "forms/moment.html"

    def __init__(self, attrs=None):
        super().__init__(
            {
                "day": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
                "time": forms.TimeInput(
                    format="%H:%M",
                    attrs={"type": "time", "aria-label": gettext_lazy("Time (optional)")},
                ),
            },
            attrs,
        )

    def value_from_datadict(self, data, files, name):
        """Read both inputs, or one value under the plain name: 2026-12-01T09:30.

        An empty one is the choice to look at the inputs.
        """
        if data.get(name):
            day, _separator, clock = data[name].strip().replace("T", " ").partition(" ")
            return [day, clock]
        return super().value_from_datadict(data, files, name)

    def decompress(self, value):
        """Split a moment for the two inputs."""
        if not value:
            return [None, None]
        local = timezone.localtime(value)
        return [local.date(), local.time() if has_time(value) else None]


class MomentField(forms.MultiValueField):
    """A day and an optional time, in local time; gives an aware datetime or None."""

    widget = MomentWidget
    # The Suggestions that stand beside it.
    suggestions = ()

    def __init__(self, **kwargs):
        day = forms.DateField(
            input_formats=["%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y"],
            error_messages={"incomplete": gettext_lazy("Enter the day as well.")},
        )
        clock = forms.TimeField(required=False, input_formats=["%H:%M", "%H:%M:%S"])
        super().__init__(fields=[day, clock], require_all_fields=False, **kwargs)
        # Two inputs stand behind one label: the day carries it, the time has its own.
        self.widget.widgets[0].attrs["aria-label"] = self.label

    def compress(self, values):
        """Join both; raises ValidationError for times that the clock change skips."""
        if not values or not values[0]:
            return None
        day, clock = values[0], values[1] or time.min
        if not FIRST_YEAR <= day.year < LAST_YEAR:
            raise ValidationError(_("Enter a date between 1900 and 2200."), code="range")
        # In UTC, because Python takes no local time of the doubled hour in October for
        # equal to another zone's; its first one is meant. An hour of the last Sunday in
        # March does not exist.
        moment = timezone.make_aware(datetime.combine(day, clock)).astimezone(UTC)
        if timezone.localtime(moment).time() != clock:
            raise ValidationError(
                _("This hour is skipped when the clocks go forward."), code="skipped"
            )
        return moment

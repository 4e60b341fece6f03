"""Days with and without a time: entered, compared, shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from leads.moments import (
    Instant,
    MomentField,
    has_time,
    show_day,
    show_moment,
    show_past,
    start_of_day,
)


@pytest.fixture(autouse=True)
def _german():
    with translation.override("de"):
        yield


def local(*parts):
    return timezone.make_aware(datetime(*parts))


@pytest.mark.parametrize(
    ("day", "clock", "utc"),
    [
        ("2027-01-15", "09:30", datetime(2027, 1, 15, 8, 30, tzinfo=UTC)),
        ("15.01.2027", "9:30", datetime(2027, 1, 15, 8, 30, tzinfo=UTC)),
        ("15.01.27", "", datetime(2027, 1, 14, 23, 0, tzinfo=UTC)),
        ("2027-07-15", "09:30:00", datetime(2027, 7, 15, 7, 30, tzinfo=UTC)),
        # The hour around the change of the clocks.
        ("2027-03-28", "01:59", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28", "03:00", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        # 02:30 comes twice in October; the first one is meant.
        ("2027-10-31", "02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ("2027-10-31", "03:00", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
        ("", "", None),
    ],
)
def test_what_is_typed_means_local_time(day, clock, utc):
    assert MomentField(required=False).clean([day, clock]) == utc


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["2027-03-28", "02:00"], "Sommerzeit"),
        (["2027-03-28", "02:59"], "Sommerzeit"),
        (["", "09:30"], "auch den Tag"),
        (["2027-02-30", ""], "gültiges Datum"),
        (["1899-12-31", ""], "zwischen 1900 und 2200"),
        (["2200-01-01", ""], "zwischen 1900 und 2200"),
        (["9999-12-31", "23:59"], "zwischen 1900 und 2200"),
        (["0001-01-01", ""], "zwischen 1900 und 2200"),
        (["2027-01-15", "25:00"], "gültige Uhrzeit"),
        (["\x00", ""], "gültiges Datum"),
        (["9" * 5000, ""], "gültiges Datum"),
    ],
)
def test_what_is_no_moment_is_refused_in_german(typed, message):
    with pytest.raises(ValidationError) as refused:
        MomentField(required=False).clean(typed)
    assert message in " ".join(refused.value.messages)


def test_a_required_moment_is_asked_for():
    with pytest.raises(ValidationError):
        MomentField().clean(["", ""])


NOW = local(2026, 11, 23, 14, 30)


@pytest.mark.parametrize(
    ("moment", "overdue", "text"),
    [
        (local(2026, 11, 23), False, "heute"),
        (local(2026, 11, 23, 14, 0), True, "überfällig · 14:00"),
        (local(2026, 11, 23, 15, 0), False, "heute · 15:00"),
        (local(2026, 11, 22), True, "überfällig · 22.11."),
        (local(2026, 11, 22, 23, 59), True, "überfällig · 22.11."),
        (local(2025, 12, 31), True, "überfällig · 31.12.2025"),
        (local(2026, 11, 24), False, "morgen"),
        (local(2026, 11, 24, 9, 0), False, "morgen · 09:00"),
        (local(2026, 12, 5), False, "05.12."),
        (local(2027, 1, 5, 8, 0), False, "05.01.2027 · 08:00"),
    ],
)
def test_when_something_is_due(moment, overdue, text):
    due = Instant(NOW).due(moment)
    assert ((due.state == "overdue"), due.text) == (overdue, text)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW - timedelta(seconds=20), "gerade eben"),
        (NOW + timedelta(seconds=20), "gerade eben"),
        (NOW - timedelta(minutes=12), "vor 12 Min."),
        (NOW - timedelta(hours=3), "vor 3 Std."),
        (local(2026, 11, 22, 23, 0), "gestern"),
        (local(2026, 11, 20, 8, 0), "vor 3 Tagen"),
        (local(2026, 10, 1, 8, 0), "01.10.2026"),
    ],
)
def test_how_long_ago_something_was(moment, text):
    assert show_past(moment, now=NOW) == text


def test_a_day_begins_at_local_midnight():
    # 23:30 UTC is already the next day in Berlin.
    assert start_of_day(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == local(2026, 11, 24)
    assert not has_time(local(2026, 11, 24))
    assert has_time(local(2026, 11, 24, 0, 1))


def test_moments_and_days_to_read():
    assert show_moment(local(2026, 11, 27, 14, 30)) == "27.11.2026, 14:30"
    assert show_moment(local(2026, 11, 27)) == "27.11.2026"
    today = date(2026, 11, 23)
    assert show_day(today, today=today) == "Heute"
    assert show_day(date(2026, 11, 22), today=today) == "Gestern"
    assert show_day(date(2026, 11, 19), today=today) == "Donnerstag, 19. November"
    assert show_day(date(2025, 11, 19), today=today) == "Mittwoch, 19. November 2025"

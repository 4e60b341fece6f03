"""When things happened: working times counted back from now."""

from datetime import datetime, time, timedelta

from django.utils import timezone

FIRST_HOUR, LAST_HOUR = 8, 17
LAST_FOLLOW_UP_HOUR = 21
SATURDAY = 5


class Calendar:
    """Moments relative to `now` (an aware datetime), with chance from `chance`."""

    def __init__(self, now, chance):
        self.now = now
        self.chance = chance
        self.today = timezone.localtime(now).date()

    def at(self, day, clock=""):
        """Return the local moment of `day` at "14:30", or its midnight."""
        return timezone.make_aware(
            datetime.combine(day, time.fromisoformat(clock) if clock else time.min)
        )

    def working_day(self, ago):
        """Return the day that lies `ago` working days before today."""
        day = self.today
        while ago:
            day -= timedelta(days=1)
            ago -= day.weekday() < SATURDAY
        return day

    def minutes_later(self, moment):
        """Return some minutes after `moment`, never in the future."""
        later = moment + timedelta(minutes=self.chance.randint(2, 16))
        return min(later, max(moment, self.now - timedelta(minutes=1)))

    def spread(self, first, last, count):
        """Return `count` working moments in order, the last of them being `last`."""
        moments = sorted(
            min(self._in_working_time(first + (last - first) * self.chance.random()), last)
            for _ in range(count - 1)
        )
        moments.append(last)
        for index in reversed(range(count - 1)):
            gap = timedelta(minutes=self.chance.randint(2, 25))
            moments[index] = min(moments[index], moments[index + 1] - gap)
        return moments

    def some_days_ago(self, days):
        """Return a working moment about `days` ago, at the latest a quarter hour ago."""
        moment = self._in_working_time(self.now - timedelta(days=days))
        return min(moment, self.now - timedelta(minutes=15))

    def overdue(self, ago, clock=""):
        """Return a follow-up that was due `ago` working days ago."""
        return self.at(self.working_day(ago), clock)

    def follow_up(self, days, clock=""):
        """Return a follow-up in `days`, put off when it falls on a weekend.

        A clock of today that has passed is put off by some hours, or left out at night.
        """
        day = self.today + timedelta(days=days)
        while days and day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        moment = self.at(day, clock)
        if day == self.today and clock and moment < self.now + timedelta(minutes=30):
            this_hour = timezone.localtime(self.now).hour
            hour = min(this_hour + self.chance.randint(2, 4), LAST_FOLLOW_UP_HOUR)
            return self.at(day, f"{hour:02}:30") if hour > this_hour else self.at(day)
        return moment

    def _in_working_time(self, moment):
        local = timezone.localtime(moment)
        day = local.date()
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
        hour = min(max(local.hour, FIRST_HOUR), LAST_HOUR)
        minute = self.chance.randrange(60)
        return timezone.make_aware(datetime.combine(day, time(hour, minute)))

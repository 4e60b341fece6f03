"""Somebody's follow-ups as a calendar that Outlook, Google and others read."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Lead
from .moments import has_time

# How far back the calendar goes, and how many follow-ups stand in it at most.
DAYS_BACK = 30
MOST = 500
LENGTH = timedelta(minutes=30)
# On a day without a time the alarm rings at eight in the morning.
MORNING = timedelta(hours=8)


def calendar_of(user, *, site, host):
    """Return the calendar of the leads that `user` works on, as bytes.

    It tells the name, the company and the note of each, and no other contact data. `site`
    is the address of this installation, `host` its name in the ids.
    """
    # Slow to import, and only needed here.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//leadbook//follow-ups//DE")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("leadbook: follow-ups"))
    calendar.add("x-wr-timezone", timezone.get_default_timezone_name())
    since = timezone.now() - timedelta(days=DAYS_BACK)
    leads = Lead.objects.visible_to(user).in_progress().owned_by(user)
    for lead in leads.for_calendar(since)[:MOST]:
        calendar.add_component(_event(lead, site=site, host=host))
    return calendar.to_ical()


def _event(lead, *, site, host):
    from icalendar import Alarm, Event

    address = site + reverse("leads:detail", args=[lead.pk])
    is_told_apart = lead.company not in {"", lead.name}
    name = f"{lead.name} ({lead.company})" if is_told_apart else lead.name
    event, alarm = Event(), Alarm()
    event.add("uid", f"follow-up-{lead.pk}@{host}")
    event.add("dtstamp", lead.last_activity_at)
    event.add("summary", f"{name}: {lead.follow_up_note}" if lead.follow_up_note else name)
    event.add("description", "\n".join(filter(None, [lead.follow_up_note, address])))
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    if has_time(lead.follow_up_at):
        event.add("dtstart", lead.follow_up_at)
        event.add("dtend", lead.follow_up_at + LENGTH)
        alarm.add("trigger", timedelta())
    else:
        day = timezone.localdate(lead.follow_up_at)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        alarm.add("trigger", MORNING)
    alarm.add("action", "DISPLAY")
    alarm.add("description", name)
    event.add_component(alarm)
    return event

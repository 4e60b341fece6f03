"""Reminding reps of leads that nobody has touched: one mail on a working day at most."""

import logging
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from leadbook.tasks import try_later
from marketplaces.models import Marketplace, User
from marketplaces.tasks import MailNotSent
from marketplaces.working_days import is_working_day

from .models import Lead, Reminder
from .models.reminder import LINKS_LIVE
from .moments import start_of_day
from .targets import days_between, working_days_before

logger = logging.getLogger(__name__)

# Of more leads nobody reads the mail.
MOST_LEADS = 20
# Working days before the same lead is mentioned again.
AGAIN_AFTER = 3


def remind_everybody():
    """Let a worker remind everybody who may have forgotten a lead; can be done again."""
    today = timezone.localdate()
    marketplaces = [m for m in Marketplace.objects.reminding() if _works(m, today)]
    # Their links are dead for long.
    old = today - timedelta(days=30)
    Reminder.objects.created_before(old).delete()
    people = User.people.to_be_reminded(marketplaces, today)
    for user_id in people.values_list("pk", flat=True):
        remind.enqueue(user_id, today.isoformat())


@task(takes_context=True, priority=-30)
def remind(context, user_id, day, *, tries=0):
    """Send one person the mail of one day, unless it went out already.

    Who is being mailed is written down first: a worker that dies in between sends nothing
    that day rather than the same mail twice.
    """
    today = timezone.localdate()
    if day != today.isoformat():
        return
    with transaction.atomic():
        user = User.people.active().to_hold(user_id)
        if user is None or not user.wants_reminders or not user.email:
            return
        if user.reminded_on == today:
            return
        with translation.override(settings.LANGUAGE_CODE):
            mail = _mail(user, forgotten_leads(user, today), today)
        if mail is None:
            return
        user.remember_reminder(today)
    try:
        mail.send()
    except Exception as error:
        # Of what a mail server says only the kind: it repeats the address.
        logger.error("A reminder could not be sent: %s", type(error).__name__)
        Reminder.objects.of_day(user, today).delete()
        user.remember_reminder(None)
        if not try_later(context):
            raise MailNotSent from None


def forgotten_leads(user, today):
    """Return the user's own leads in which nothing happens and nothing is planned."""
    found = []
    visible = Lead.objects.visible_to(user)
    for marketplace in Marketplace.objects.reminding().worked_by(user).by_name():
        if not _works(marketplace, today):
            continue
        again = working_days_before(today, AGAIN_AFTER, marketplace.federal_state)
        found += visible.forgotten_by(
            user,
            marketplace,
            day=start_of_day(),
            idle_since=_end_of(_before(today, marketplace.remind_idle_days, marketplace)),
            late_since=_before(today, marketplace.remind_late_days, marketplace),
            reminded_since=again,
            most=MOST_LEADS + 1 - len(found),
        )
        if len(found) > MOST_LEADS:
            break
    return found


def _works(marketplace, day):
    return is_working_day(day, marketplace.federal_state)


def _before(today, count, marketplace):
    """Return the day from whose end on `count` working days are over; None for no count."""
    return count and working_days_before(today, count, marketplace.federal_state)


def _end_of(day):
    """Return the moment at which the day is over."""
    return day and timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _mail(user, leads, today):
    if not leads:
        return None
    more = len(leads) > MOST_LEADS
    lines = []
    for lead in leads[:MOST_LEADS]:
        reminder, _is_new = Reminder.objects.get_or_create(
            lead=lead, user=user, created_on=today
        )
        links = [
            (answer.label, _absolute("leads:reminder", reminder.token_for(answer)))
            for answer in Reminder.Answer
        ]
        days = days_between(
            lead.last_activity_at, timezone.now(), lead.marketplace.federal_state
        )
        idle = ngettext(
            "no activity for %(count)d working day",
            "no activity for %(count)d working days",
            days,
        ) % {"count": days}
        lines.append({"lead": lead, "idle": idle, "links": links})
    count = len(lines)
    subject = ngettext(
        "leadbook: %(count)d lead waits for you",
        "leadbook: %(count)d leads wait for you",
        count,
    ) % {"count": count}
    context = {
        "user": user,
        "lines": lines,
        "more": more,
        "days": LINKS_LIVE // (24 * 60 * 60),
        "list_address": _absolute("leads:list"),
        "off_address": _absolute("reminders"),
    }
    return EmailMessage(
        subject, render_to_string("leads/reminder/mail.txt", context), to=[user.email]
    )


def _absolute(name, *args):
    return settings.PUBLIC_URL + reverse(name, args=args)

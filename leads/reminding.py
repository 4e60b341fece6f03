"""Reminding reps of leads that nobody has touched: one mail on a working day at most."""

from datetime import datetime, time, timedelta

from django.tasks import task
from django.utils import timezone
from django.utils.translation import ngettext

from marketplaces.models import Marketplace
from marketplaces.models.daily_mail import REMINDER

from .daily_mails import absolute, mail_everybody, message_to, send_once, works
from .models import Lead, Reminder
from .models.reminder import LINKS_LIVE
from .moments import start_of_day
from .targets import days_between, show_lying, working_days_before

# Of more leads nobody reads the mail.
MOST_LEADS = 20
# Working days before the same lead is mentioned again.
AGAIN_AFTER = 3


def remind_everybody():
    """Let a worker remind everybody who may have forgotten a lead; can be done again."""
    # Their links are dead for long.
    old = timezone.localdate() - timedelta(days=30)
    Reminder.objects.created_before(old).delete()
    mail_everybody(REMINDER, Marketplace.objects.reminding(), remind)


@task(takes_context=True, priority=-30)
def remind(context, user_id, day, *, tries=0):
    """Send one person the mail of one day, unless it went out already."""
    today = timezone.localdate()
    send_once(
        context,
        REMINDER,
        user_id,
        day,
        write=lambda user: _mail(user, forgotten_leads(user, today), today),
        forget=lambda user: Reminder.objects.of_day(user, today).delete(),
    )


def forgotten_leads(user, today):
    """Return the user's own leads in which nothing happens and nothing is planned."""
    found = []
    visible = Lead.objects.visible_to(user)
    for marketplace in Marketplace.objects.reminding().worked_by(user).by_name():
        if not works(marketplace, today):
            continue
        again = working_days_before(today, AGAIN_AFTER, marketplace.federal_state)
        found += visible.forgotten_by(
            user,
            marketplace,
            day=start_of_day(),
            idle_since=_start_of(_since(today, marketplace.remind_idle_days, marketplace)),
            late_since=_since(today, marketplace.remind_late_days, marketplace),
            reminded_since=again,
            most=MOST_LEADS + 1 - len(found),
        )
        if len(found) > MOST_LEADS:
            break
    return found


def _since(today, count, marketplace):
    """Return the first day behind which fewer than `count` working days have come up.

    None for no count.
    """
    if not count:
        return None
    return working_days_before(today, count, marketplace.federal_state) + timedelta(days=1)


def _start_of(day):
    """Return the moment at which the day begins."""
    return day and timezone.make_aware(datetime.combine(day, time.min))


def _why(lead):
    """Return for how long the lead lies in its phase, and nobody has touched it."""
    said = []
    if lead.lies_too_long:
        said.append(show_lying(lead.days_in_phase, lead.phase.target_days or 0))
    state = lead.marketplace.federal_state
    if days := days_between(lead.last_activity_at, timezone.now(), state):
        idle = ngettext(
            "no activity for %(count)d working day",
            "no activity for %(count)d working days",
            days,
        )
        said.append(idle % {"count": days})
    return " · ".join(said)


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
            (answer.label, absolute("leads:reminder", reminder.token_for(answer)))
            for answer in Reminder.Answer
        ]
        lines.append({"lead": lead, "why": _why(lead), "links": links})
    count = len(lines)
    subject = ngettext(
        "leadbook: %(count)d lead waits for you",
        "leadbook: %(count)d leads wait for you",
        count,
    ) % {"count": count}
    return message_to(
        user,
        REMINDER,
        subject=subject,
        template="leads/reminder/mail.txt",
        lines=lines,
        more=more,
        days=LINKS_LIVE // (24 * 60 * 60),
    )

"""The mail of the morning: what is overdue and due today, one on a working day at most."""

from django.tasks import task
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplaces.models import Marketplace
from marketplaces.models.daily_mail import MORNING

from .daily_mails import absolute, mail_everybody, message_to, send_once
from .models import Lead
from .models.counting import MOST, Count
from .models.queryset import due_times
from .moments import show_moment

# After it nobody says so any more: a night's work may be made up for later in the day.
LAST_HOUR_OF_MORNING = 10
# Of each group: more nobody reads in a mail.
MOST_LEADS = 15


def mail_all():
    """Let a worker write to everybody who works today; can be done again."""
    mail_everybody(MORNING, Marketplace.objects.all(), send)


@task(takes_context=True, priority=-30)
def send(context, user_id, day, *, tries=0):
    """Send one person the mail of one day, unless it went out already."""
    send_once(context, MORNING, user_id, day, write=_mail)


def _mail(user):
    marketplaces = list(Marketplace.objects.worked_by(user).by_name())
    times = due_times()
    groups = [
        _group(_("Overdue"), user, marketplaces, "overdue", times),
        _group(_("Today"), user, marketplaces, "today", times),
    ]
    count = sum(group["count"].number for group in groups)
    if not count:
        return None
    subject = ngettext(
        "leadbook: %(shown)s follow-up is due",
        "leadbook: %(shown)s follow-ups are due",
        count,
    ) % {"shown": Count(count)}
    return message_to(
        user,
        MORNING,
        subject=subject,
        template="leads/morning/mail.txt",
        groups=groups,
        number=count,
        is_morning=timezone.localtime().hour <= LAST_HOUR_OF_MORNING,
    )


def _group(title, user, marketplaces, which, times):
    """Return the user's own open leads that are due so, a few of them and their number."""
    due = Lead.objects.visible_to(user).in_progress().owned_by(user).due(which, times)
    found, number = [], 0
    for marketplace in marketplaces:
        # Each of them along the index of the own leads that are due there.
        here = due.for_morning(marketplace)
        first = list(here[: MOST_LEADS + 1])
        is_all = len(first) <= MOST_LEADS
        number += len(first) if is_all else here.values("pk")[: MOST + 1].count()
        found += [(lead.follow_up_at, lead.pk, lead, marketplace) for lead in first]
    lines = [
        {
            "lead": lead,
            "marketplace": marketplace,
            "when": show_moment(at),
            "address": absolute("leads:detail", lead.pk),
        }
        for at, _pk, lead, marketplace in sorted(found, key=lambda one: one[:2])[:MOST_LEADS]
    ]
    more = number - len(lines)
    return {
        "title": title,
        "lines": lines,
        "count": Count(number),
        "more": more and Count(more),
    }

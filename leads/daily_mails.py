"""What the mails share of which a rep gets one on a working day at most.

A task claims the day of a person, sends the mail, and writes down that it went out. Only
the task that has claimed may send, however often the job runs and however many workers
there are. Begun again after its worker died in between, it sends: a mail may come twice
when the worker died in the moment after the server took it, but it is never missing.
"""

import logging
from datetime import datetime, time

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from leadbook.language import known_language
from leadbook.tasks import enqueue_not_before, try_later
from marketplaces.models import User
from marketplaces.tasks import MailNotSent
from marketplaces.working_days import is_working_day

logger = logging.getLogger(__name__)

# The job runs at night; its mails wait for the morning where there is a worker.
MORNING = time(6, 30)
# The longest that a line of a mail may be (RFC 5322, 2.1.1).
LONGEST_LINE = 998


class DailyMessage(EmailMessage):
    """A mail whose headers are not wrapped.

    By default a long address would be cut into encoded words, and a program that looks
    for the way out (RFC 8058) would find none.
    """

    def message(self, **options):
        """Return it as Django's EmailMessage does."""
        message = super().message(**options)
        message.policy = message.policy.clone(max_line_length=LONGEST_LINE)
        return message


def works(marketplace, day):
    """Whether people work in the marketplace on this day."""
    return is_working_day(day, marketplace.federal_state)


def absolute(name, *args):
    """Return a whole address of this installation."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def mail_everybody(mail, marketplaces, task):
    """Let `task` send the mail to all who work in these marketplaces today and want it.

    It is given a person's id and the day; can be done again.
    """
    today = timezone.localdate()
    morning = timezone.make_aware(datetime.combine(today, MORNING))
    working = [marketplace for marketplace in marketplaces if works(marketplace, today)]
    people = User.people.to_be_mailed(mail, working, today)
    for user_id in people.values_list("pk", flat=True):
        enqueue_not_before(morning, task, user_id, today.isoformat())


def send_once(context, mail, user_id, day, *, write, forget=None):
    """Send one person the mail of the day, unless another task has claimed it.

    `write` returns the message for a user, or None where there is nothing to say;
    `forget` undoes what it has written when the mail did not go out.
    """
    today = timezone.localdate()
    if day != today.isoformat():
        return
    with transaction.atomic():
        task = str(context.task_result.id)
        user = User.people.claim(user_id, mail, day=today, task=task)
        if user is None:
            return
        with translation.override(known_language(user.language)):
            message = write(user)
        if message is None:
            user.give_back(mail)
            return
    try:
        message.send()
    except Exception as error:
        # Of what a mail server says only the kind: it repeats the address.
        logger.error("A mail could not be sent: %s", type(error).__name__)
        if forget:
            forget(user)
        user.give_back(mail)
        if not try_later(context):
            raise MailNotSent from None
    else:
        user.has_got(mail)


def message_to(user, mail, *, subject, template, **context):
    """Return the message, with the way out of such mails for people and for programs."""
    off = absolute("mail_off", mail.token_for(user))
    context |= {"user": user, "list_address": absolute("leads:list"), "off_address": off}
    return DailyMessage(
        subject,
        render_to_string(template, context),
        to=[user.email],
        headers={
            "List-Unsubscribe": f"<{off}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )

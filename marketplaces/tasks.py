"""What is done for people behind the answers."""

import logging

from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from leadbook.tasks import try_later

from .models import User

logger = logging.getLogger(__name__)


class MailNotSent(Exception):
    """The mail server took a mail none of the times; it says in the log why."""


def reset_mail(context):
    """Return the e-mail to `user` of Django's `context`, with the link for a new password."""
    return EmailMessage(
        render_to_string("registration/reset_subject.txt", context).strip(),
        render_to_string("registration/reset_email.txt", context),
        to=[context["user"].email],
    )


@task(takes_context=True)
def send_reset_mail(context, user_id, *, domain, protocol, language, tries=0):
    """Write and send the mail; nobody has the id 0, for whom nothing is done.

    The link is made here, so that no row of a task ever holds one.
    """
    user = User.people.active().with_id(user_id)
    if user is None:
        return
    written = {
        "user": user,
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
        "domain": domain,
        "protocol": protocol,
    }
    try:
        with translation.override(language):
            reset_mail(written).send()
    except Exception as error:
        # Of what a mail server says only the kind: it repeats the address.
        logger.error("A mail could not be sent: %s", type(error).__name__)
        if not try_later(context):
            raise MailNotSent from None

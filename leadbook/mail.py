"""Sending mails without letting the reader of the page wait for the mail server."""

import logging
import threading

logger = logging.getLogger(__name__)


def send_behind(mail):
    """Send the EmailMessage `mail` in a thread of its own, once.

    The answer then takes as long when nothing is sent, so its time does not tell whether
    somebody has an account. The process waits for the thread when it stops; a mail server
    that does not answer holds it for as long as the mailer's timeout says.
    """
    threading.Thread(target=_send, args=[mail], name="mail").start()


def _send(mail):
    try:
        mail.send()
    except Exception:
        # Whatever a mail server can go wrong with; the reader can ask once more.
        logger.exception("A mail could not be sent.")

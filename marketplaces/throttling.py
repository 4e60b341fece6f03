"""How often somebody may try: to sign in, to give a code, to upload.

Each attempt is written down before it is looked at, in the database that all processes
share, so that a hundred at once get no further than a hundred one after the other: of
the attempts that arrive together at most as many pass as the limit allows.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import Attempt


@dataclass(frozen=True)
class Limit:
    """How many attempts there may be in a period, of at most an hour."""

    count: int
    period: timedelta

    def wait(self, attempts, now):
        """Return how long there is no room beside the queryset `attempts`, or None."""
        # In one query: between two, an attempt may go that must wait itself.
        last = attempts.later_than(now - self.period).time_before(self.count - 1)
        return last and last + self.period - now


HOUR = timedelta(hours=1)
SIGN_IN, CODE = "sign_in", "code"
# What a door counts: who guesses codes does so behind a password that was guessed before.
AT_THE_DOOR = (SIGN_IN, CODE)
FAILURES_OF_ACCOUNT_AND_CLIENT = Limit(5, timedelta(minutes=15))
FAILURES_OF_CLIENT = Limit(30, HOUR)
# From here on, unknown browsers try an account one at a time.
FAILURES_OF_ACCOUNT = Limit(20, HOUR)
WHEN_SLOWED = Limit(1, timedelta(seconds=30))
# A known browser with more failures is treated as an unknown one.
FAILURES_OF_BROWSER = Limit(10, HOUR)
RESETS_OF_CLIENT = Limit(10, HOUR)
RESETS_OF_EMAIL = Limit(3, HOUR)
REMINDERS_OF_CLIENT = Limit(120, HOUR)
PASSWORD_CHANGES = Limit(20, HOUR)
IMPORTS = (Limit(30, HOUR),)
# Each time that the file of an import is opened again: another sheet, other columns.
IMPORT_COLUMNS = (Limit(90, HOUR),)
UPLOADS = (Limit(300, timedelta(minutes=1)), Limit(3000, HOUR))


def wait_before(what, who, *limits):
    """Count an attempt of `who` at `what`; return how long it must wait, or None.

    `who` is a text or number that names a person, a client or an e-mail address. An
    attempt that must wait does not count.
    """
    mine = _count(what, who=hidden(who))
    others = Attempt.objects.of(what, who=mine.who).besides(mine)
    waits = [wait for limit in limits if (wait := limit.wait(others, mine.at))]
    if waits:
        mine.delete()
    return max(waits, default=None)


class SignInAttempt:
    """One try of a name and a password, from a client's address and a browser.

    A browser is known for an account when somebody signed in to it there before; see
    `remember_browser`. Who attacks an account from many addresses slows down the unknown
    browsers, also the person's own new one, but not the one that the person uses.
    """

    def __init__(self, name, *, client, cookie=""):
        who = hidden(name)
        browser = _known_browser(who, cookie)
        failures = Attempt.objects.of(SIGN_IN, browser=browser)
        if browser and FAILURES_OF_BROWSER.wait(failures, timezone.now()):
            browser = ""
        self._mine = _count(SIGN_IN, who=who, client=hidden(client), browser=browser)

    def wait(self):
        """Return how long the attempt must wait, or None; then it does not count."""
        mine = self._mine
        others = Attempt.objects.besides(mine)
        waits = [self._wait_for_door(others)]
        failures = others.of(mine.what, who=mine.who, browser="")
        if not mine.browser and FAILURES_OF_ACCOUNT.wait(failures, mine.at):
            waits.append(WHEN_SLOWED.wait(failures, mine.at))
        longest = max(filter(None, waits), default=None)
        if longest:
            mine.delete()
        return longest

    def wait_after_failure(self):
        """Return for how long this failure was the last one here, or None."""
        return self._wait_for_door(Attempt.objects.all())

    def succeed(self):
        """Forget the failures of the account at this address and in this browser.

        A right password forgets no wrong codes: else whoever knows it could go on guessing.
        """
        self._forget((SIGN_IN,))

    def _forget(self, kinds):
        mine = self._mine
        Attempt.objects.forget(kinds, who=mine.who, client=mine.client, browser=mine.browser)

    def _wait_for_door(self, attempts):
        mine = self._mine
        here = attempts.of_any(AT_THE_DOOR, client=mine.client)
        waits = (
            FAILURES_OF_ACCOUNT_AND_CLIENT.wait(here.filter(who=mine.who), mine.at),
            FAILURES_OF_CLIENT.wait(here, mine.at),
        )
        return max(filter(None, waits), default=None)


class CodeAttempt(SignInAttempt):
    """One try of a code, by somebody who gave the right password before.

    It counts at the same door. What slows the account down from many addresses are wrong
    codes alone, in whatever browser: one that knows the password signs in with as many
    browsers as it likes, and who does not know it cannot slow the person down here.
    """

    def __init__(self, name, *, client):
        self._mine = _count(CODE, who=hidden(name), client=hidden(client))

    def succeed(self):
        """Forget the failures of the account at this address, the passwords' too."""
        self._forget(AT_THE_DOOR)


def remember_browser(request, response, name):
    """Give the browser a cookie by which it is known for the account called `name`.

    It holds a random number, signed for this account, and tells nothing to anybody else.
    Source: OWASP, Slow Down Online Guessing Attacks with Device Cookies.
    """
    who = hidden(name)
    known = _known_browser(who, request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""))
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        _signer(who).sign(known or secrets.token_hex(16)),
        max_age=settings.BROWSER_COOKIE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def hidden(text):
    """Return a hash of `text` that nobody can recompute without the secret key."""
    value = str(text).encode(errors="replace")
    return salted_hmac(__name__, value, algorithm="sha256").hexdigest()[:32]


def forget_old_attempts():
    """Delete the attempts that count towards no limit any more."""
    Attempt.objects.earlier_than(timezone.now() - HOUR).delete()


def _known_browser(who, cookie):
    try:
        return _signer(who).unsign(cookie, max_age=settings.BROWSER_COOKIE_AGE)
    except signing.BadSignature:
        return ""


def _signer(who):
    return signing.TimestampSigner(salt=f"{__name__}.browser.{who}")


def _count(what, **columns):
    forget_old_attempts()
    return Attempt.objects.create(what=what, at=timezone.now(), **columns)

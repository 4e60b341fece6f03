"""How often somebody may try: to sign in, and to have a new password sent."""

import hashlib

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessFailureLog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone


class ThrottleHandler(AxesDatabaseHandler):
    """Adds a limit for each address to axes' limit for each account and address.

    axes' own counters all share one number and one period; each failure's row in its log
    lets this one count 30 in an hour beside its 5 in 15 minutes. The log is emptied as
    it grows older than that.
    """

    def is_locked(self, request, credentials=None):
        """Whether the account at this address, or the address, failed too often."""
        return super().is_locked(request, credentials) or (
            self._recent_failures().filter(ip_address=request.axes_ip_address).count()
            >= settings.SIGN_IN_FAILURES_PER_ADDRESS
        )

    def user_login_failed(self, sender, credentials, request=None, **kwargs):
        """Record the failure and forget those of long ago."""
        super().user_login_failed(sender, credentials, request, **kwargs)
        AccessFailureLog.objects.filter(attempt_time__lt=_threshold()).delete()

    def user_logged_in(self, sender, request, user, **kwargs):
        """Forget the failures of this account at this address, also in the log."""
        super().user_logged_in(sender, request, user, **kwargs)
        self._recent_failures().filter(
            ip_address=request.axes_ip_address, username=user.get_username()
        ).delete()

    def _recent_failures(self):
        return AccessFailureLog.objects.filter(attempt_time__gte=_threshold())


def _threshold():
    return timezone.now() - settings.SIGN_IN_FAILURES_PERIOD


def may_request(what, who, *, limit, period=3600):
    """Whether `who` may do `what` once more, at most `limit` times in `period` seconds.

    Each time takes a place in the cache that becomes free after the period. The name of
    the place is a hash: the cache holds no addresses.
    """
    name = hashlib.sha256(f"{what}:{who}".encode()).hexdigest()
    return any(cache.add(f"{name}:{place}", 1, timeout=period) for place in range(limit))

"""The secret address under which somebody's calendar reads the own follow-ups."""

import secrets

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone


def new_key():
    """Return 128 random bits as text."""
    return secrets.token_hex(16)


class CalendarAddressQuerySet(models.QuerySet):
    """Addresses of calendars."""

    def of_token(self, token):
        """Return the address that `token` names, of somebody who can sign in, or None."""
        try:
            key = _signer().unsign(token)
        except signing.BadSignature:
            return None
        return self.select_related("user").filter(key=key, user__is_active=True).first()

    def seen_by(self, user):
        """The address of `user`, if there is one: nobody sees another's."""
        return self.filter(user=user)


class CalendarAddress(models.Model):
    """The address of one person.

    What stands in it is the key with a signature of the installation: the person can read
    it again at any time, and whoever sees the database alone cannot open it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_address"
    )
    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CalendarAddressQuerySet.as_manager()

    def __str__(self):
        return str(self.user)

    @classmethod
    def renew(cls, user):
        """Give `user` an address that nobody knows; the one of before is gone."""
        renewed = {"key": new_key(), "created_at": timezone.now()}
        return cls.objects.update_or_create(user=user, defaults=renewed)[0]

    @property
    def token(self):
        """What of the address is secret."""
        return _signer().sign(self.key)


def _signer():
    return signing.Signer(sep="~", salt="leads.calendar")

"""The second factor: what somebody has beside the password, to enter the admin.

An app on the phone makes codes (TOTP, RFC 6238); recovery codes are for when the phone is
away. Tables and arithmetic are django-otp's. Its way to verify is not used: it compares
numbers one after the other until one fits, and throttles by counters of its own, beside
those of the sign-in.
"""

import hmac
import secrets
import time
from base64 import b32encode
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import cached_property
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from leadbook.sessions import SessionStore

from .models import User

CODE_LENGTH, RECOVERY_CODE_LENGTH = 6, 12
RECOVERY_CODES = 10
# Steps of 30 seconds by which the phone's clock may be wrong.
TOLERANCE = 1
# By what a code came, as the security log says it.
PHONE, RECOVERY = "phone", "recovery_code"
# In the session: that a code was given, and the key of the phone that is being set up.
GIVEN, BEGUN = "second_factor", "second_factor_begun"


class AlreadySetUp(Exception):
    """Another phone was set up since this one was begun."""


class SecondFactor:
    """The phone and the recovery codes of `user`.

    What changes them locks the person's row first, so that of two requests with one code
    only one is right.
    """

    def __init__(self, user):
        self.user = user

    @cached_property
    def phone(self):
        """The device that makes the codes, or None."""
        return TOTPDevice.objects.filter(user=self.user, confirmed=True).first()

    @property
    def recovery_codes_left(self):
        """How many recovery codes have not been used."""
        return self._recovery_codes.count()

    def take(self, code):
        """Use up `code`; return PHONE or RECOVERY, as it came, or None when it is wrong."""
        with self._held():
            if self.phone is None:
                return None
            if len(code) == RECOVERY_CODE_LENGTH:
                used, _details = self._recovery_codes.filter(token=self._digest(code)).delete()
                return RECOVERY if used else None
            if not _use_up(code, self.phone):
                return None
            self.phone.last_used_at = timezone.now()
            self.phone.save(update_fields=["last_t", "last_used_at"])
            return PHONE

    def set_up(self, key, code):
        """Let the phone that knows `key` make the codes, when `code` is one of its.

        Return new recovery codes, which nobody can read later on; None when the code is
        wrong. Whatever made the codes before makes them no longer. Raises AlreadySetUp.
        """
        before = self._phone_id
        with self._held():
            if self._phone_id != before:
                raise AlreadySetUp
            phone = TOTPDevice(user=self.user, name="app", key=key)
            if not _use_up(code, phone):
                return None
            self._delete()
            phone.save()
            self.phone = phone
            return self._new_recovery_codes()

    def renew_recovery_codes(self):
        """Replace the recovery codes by new ones, and return these."""
        with self._held():
            return self._new_recovery_codes() if self.phone else []

    def remove(self):
        """Take phone and recovery codes away; return whether there were any."""
        with self._held():
            return self._delete()

    def reset(self):
        """Take phone and codes away and end all sessions; return the number of these, or None.

        None when there was nothing to take away.
        """
        return SessionStore.end_all_of(self.user) if self.remove() else None

    # The session ------------------------------------------------------------------------

    def is_given_in(self, session):
        """Whether a code was given in this session, by what makes the codes now."""
        return self.phone is not None and constant_time_compare(
            session.get(GIVEN, ""), self._mark
        )

    def note_in(self, session):
        """Note that a code was given, under a new id of the session.

        A setup that was begun before ends: it was for a place that is taken by now, or
        begun without this code.
        """
        session.cycle_key()
        session.pop(BEGUN, None)
        session[GIVEN] = self._mark

    def address_of(self, key):
        """Return the address by which an app takes over `key`, for a QR code or a link."""
        return TOTPDevice(user=self.user, key=key).config_url

    @property
    def _mark(self):
        """What a session holds in which a code was given.

        It ends with the phone and with the password, however these are changed.
        """
        value = f"{self.phone.pk}:{self.phone.key}:{self.user.password}"
        return salted_hmac(__name__, value, algorithm="sha256").hexdigest()

    # The rows ---------------------------------------------------------------------------

    @contextmanager
    def _held(self):
        with transaction.atomic():
            User.people.hold(self.user.pk)
            self.__dict__.pop("phone", None)
            yield

    @property
    def _phone_id(self):
        return self.phone.pk if self.phone else None

    @property
    def _recovery_codes(self):
        return StaticToken.objects.filter(device__user=self.user)

    def _new_recovery_codes(self):
        StaticDevice.objects.filter(user=self.user).delete()
        device = StaticDevice.objects.create(user=self.user, name="recovery codes")
        most = 10**RECOVERY_CODE_LENGTH
        codes = [
            f"{secrets.randbelow(most):0{RECOVERY_CODE_LENGTH}}" for _ in range(RECOVERY_CODES)
        ]
        StaticToken.objects.bulk_create(
            StaticToken(device=device, token=self._digest(code)) for code in codes
        )
        return codes

    def _digest(self, code):
        """Return what is kept of a recovery code; it goes with the phone's key."""
        digest = hmac.digest(self.phone.bin_key, code.encode(), "sha256")
        return b32encode(digest).decode()[:16]

    def _delete(self):
        deleted = [
            devices.filter(user=self.user).delete()[0]
            for devices in (TOTPDevice.objects, StaticDevice.objects)
        ]
        self.__dict__.pop("phone", None)
        return any(deleted)


def begin_setup(session):
    """Draw the key of a phone that is to make the codes once one of its was typed."""
    session[BEGUN] = secrets.token_hex(20)
    return session[BEGUN]


def begun_setup(session):
    """Return the key that was drawn in this session, None when there is none.

    It lies in the session and not beside the person: who knew the password before could
    look at it there, and wait for the person to confirm it.
    """
    return session.get(BEGUN)


def readable(key):
    """Return a hexadecimal key as it is typed into an app: in groups of four letters."""
    return in_groups(b32encode(bytes.fromhex(key)).decode())


def in_groups(text):
    """Return `text` in groups of four characters."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _use_up(code, phone):
    """Whether `code` is one of the phone's that was not used before; then it is, unsaved.

    Looks at the codes of all steps, whichever it is.
    """
    totp = TOTP(phone.bin_key, phone.step, phone.t0, phone.digits)
    totp.time = time.time()
    right = []
    for totp.drift in range(-TOLERANCE, TOLERANCE + 1):
        is_same = constant_time_compare(f"{totp.token():0{phone.digits}}", code)
        if is_same and totp.t() > phone.last_t:
            right.append(totp.t())
    phone.last_t = max(right, default=phone.last_t)
    return bool(right)

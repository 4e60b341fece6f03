"""Sessions in the database that end: after idling, after a week, and all at once."""

import functools
import json
import time
import zlib

from django.conf import settings
from django.contrib.auth import SESSION_KEY, middleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import MessageDecoder, MessageEncoder
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.core import signing
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

BEGUN, SEEN = "begun", "seen"
MESSAGES = SessionStorage.session_key


class SessionStore(db.SessionStore):
    """Keeps in each session when somebody signed in and when they were last seen.

    Both are written whenever the session is, in seconds since 1970, so that signing in
    costs no further query.
    """

    def _validate_session_key(self, key):
        """Whether a browser's key can be one of ours; PostgreSQL cannot be asked for NUL."""
        return super()._validate_session_key(key) and key.isascii() and key.isalnum()

    def cycle_key(self):
        """Take a new id; what begins now lasts from now on."""
        self.pop(BEGUN, None)
        super().cycle_key()

    def create_model_instance(self, data):
        """Note the times in what is about to be written."""
        if SESSION_KEY in data:
            now = int(time.time())
            data.setdefault(BEGUN, now)
            data[SEEN] = now
        return super().create_model_instance(data)

    def save(self, must_create=False):
        """Write the session; a database that is away is not told as a session that is gone.

        Django takes any error for the latter and answers 400, also to a change that is
        committed already.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise

    def is_over(self, *, idle):
        """Whether the session idled for longer than `idle`, or lasted too long."""
        now = time.time()
        return (
            now - self.get(SEEN, now) > idle.total_seconds()
            or now - self.get(BEGUN, now) > settings.SESSION_LIFETIME.total_seconds()
        )

    def is_to_be_refreshed(self):
        """Whether the last request was noted long enough ago to note this one."""
        now = time.time()
        return now - self.get(SEEN, now) > settings.SESSION_REFRESH.total_seconds()

    @classmethod
    def end_all_of(cls, user):
        """End every session of `user`, the current one included; return their number.

        Reads all sessions that have not expired: their contents are encoded, so that the
        database cannot select by person.
        """
        sessions = cls.get_model_class().objects.filter(expire_date__gt=timezone.now())
        ended = [
            session.pk
            for session in sessions.iterator()
            if session.get_decoded().get(SESSION_KEY) == str(user.pk)
        ]
        sessions.filter(pk__in=ended).delete()
        return len(ended)

    @classmethod
    def forget_messages(cls, is_about):
        """Take away the waiting messages for which `is_about(message)`, in all sessions.

        Those of expired sessions, too: their rows lie there until they are cleared.
        """
        sessions = cls.get_model_class().objects
        for pk, data in sessions.values_list("pk", "session_data").iterator():
            if not (_may_hold_messages(data) and any(map(is_about, _messages(data)))):
                continue
            with transaction.atomic():
                fresh = sessions.filter(pk=pk).select_for_update().first()
                if fresh is None:
                    continue
                kept = [m for m in _messages(fresh.session_data) if not is_about(m)]
                data = fresh.get_decoded() | {MESSAGES: json.dumps(kept, cls=MessageEncoder)}
                fresh.session_data = cls().encode(data)
                fresh.save(update_fields=["session_data"])


def _may_hold_messages(session_data):
    """Whether messages may wait in an encoded session.

    Unpacked only: to check its signature, too, would take most of the time of an erasure.
    """
    payload = session_data.partition(":")[0]
    try:
        data = signing.b64_decode(payload.removeprefix(".").encode())
        data = zlib.decompress(data) if payload.startswith(".") else data
    except (ValueError, zlib.error):
        return True
    return MESSAGES.encode() in data


def _messages(session_data):
    waiting = SessionStore().decode(session_data).get(MESSAGES)
    return json.loads(waiting or "[]", cls=MessageDecoder)


def in_background(view):
    """Let the session grow old behind a `view` that pages ask by themselves."""

    @functools.wraps(view)
    def answer(request, *args, **kwargs):
        request.session.modified = False
        return view(request, *args, **kwargs)

    return answer


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Gives the request its user, as Django does, while the session is within its limits.

    The limits are looked at together with the user, so that an answer that needs neither
    does not ask the database.
    """

    def process_request(self, request):
        """Give the request a user that is loaded at the first look."""
        super().process_request(request)
        user = request.user
        request.user = SimpleLazyObject(lambda: _within_limits(request, user))


def _within_limits(request, user):
    if not user.is_authenticated:
        return user
    idle = settings.SESSION_IDLE_STAFF if user.is_staff else settings.SESSION_IDLE
    if request.session.is_over(idle=idle):
        request.session.flush()
        return AnonymousUser()
    if request.session.is_to_be_refreshed():
        request.session.modified = True
    return user

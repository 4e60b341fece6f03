"""Kinds of mail of which a person gets one a day at most, and the way out of them."""

from dataclasses import dataclass

from django.core import signing
from django.db import models
from django.db.models import Q

SALT = "marketplaces.daily_mail"
# Who finds an old mail again must still be able to switch it off.
LINKS_LIVE = 180 * 24 * 60 * 60


@dataclass(frozen=True)
class DailyMail:
    """A kind of mail, by the names of the columns of User that tell about it.

    `wanted` says whether the person wants it, `day` is that of the last one and `task`
    that which is sending it; empty when it went out.
    """

    name: str
    wanted: str
    day: str
    task: str

    def is_wanted_by(self, user):
        """Whether the person gets such mails."""
        return getattr(user, self.wanted)

    def token_for(self, user):
        """Return what the link carries that switches this mail off, and does nothing else."""
        return signing.dumps([user.pk, self.name], salt=SALT)


REMINDER = DailyMail("erinnerung", "wants_reminders", "reminded_on", "reminder_task")
MORNING = DailyMail("morgen", "wants_morning_mail", "morning_mailed_on", "morning_mail_task")
KINDS = {mail.name: mail for mail in (REMINDER, MORNING)}


class DailyMailQuerySet(models.QuerySet):
    """Who gets which mail; mixed into the people's queryset."""

    def of_token(self, token):
        """Return the person and the DailyMail that a link names, or None."""
        try:
            pk, name = signing.loads(token, salt=SALT, max_age=LINKS_LIVE)
        except signing.BadSignature:
            return None
        user = self.filter(pk=pk, is_active=True).first()
        return user and (user, KINDS[name])

    def wanting(self, mail):
        """People who can sign in and want the mail."""
        return self.filter(is_active=True, **{mail.wanted: True}).exclude(email="")

    def without(self, mail, day):
        """People to whom no task has sent the mail of this day, or is sending it."""
        return self.filter(Q(**{mail.day: None}) | ~Q(**{mail.day: day}))

    def claim(self, pk, mail, *, day, task):
        """Return the person to whom `task` may send the mail of this day, or None.

        One task has the day, in whatever process it runs. Begun again after its worker
        died while sending, it has it still.
        """
        free = Q(**{mail.day: None}) | ~Q(**{mail.day: day}) | Q(**{mail.task: task})
        person = self.wanting(mail).filter(pk=pk)
        is_mine = person.filter(free).update(**{mail.day: day, mail.task: task})
        return person.first() if is_mine else None


class Mailed:
    """What becomes of the mails of a person; mixed into User."""

    def choose_mail(self, mail, is_wanted):
        """Switch a kind of mail on or off."""
        self._write(**{mail.wanted: is_wanted})

    def has_got(self, mail):
        """Write down that the mail which was claimed went out."""
        self._write(**{mail.task: ""})

    def give_back(self, mail):
        """Write down that the mail which was claimed did not go out."""
        self._write(**{mail.day: None, mail.task: ""})

    def _write(self, **values):
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=list(values))

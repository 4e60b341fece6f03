"""A forgotten lead that its rep was reminded of, and what came of it."""

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SALT = "leads.reminder"
LINKS_LIVE = 7 * 24 * 60 * 60


class ReminderQuerySet(models.QuerySet):
    """Reminders."""

    def of_token(self, token):
        """Return the reminder and the answer that a link names, or None; see `token_for`."""
        try:
            pk, answer = signing.loads(token, salt=SALT, max_age=LINKS_LIVE)
        except signing.BadSignature:
            return None
        found = self.select_related("lead", "user").filter(pk=pk).first()
        return found and (found, answer)

    def of_day(self, user, day):
        """Those of one mail."""
        return self.filter(user=user, created_on=day)

    def created_before(self, day):
        """Those that were sent before this day."""
        return self.filter(created_on__lt=day)


class Reminder(models.Model):
    """One lead in one mail to one person.

    The links of the mail are bound to this row, and so to lead and person, and by their
    signature to the answer that they give and to the time.
    """

    class Answer(models.TextChoices):
        """What the links of the mail say."""

        REACHED = "erreicht", _("Reached")
        NOT_REACHED = "nicht-erreicht", _("Not reached")
        APPOINTMENT = "termin", _("Appointment on …")

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="reminders")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders"
    )
    created_on = models.DateField(default=timezone.localdate)
    answer = models.CharField(max_length=20, choices=Answer, blank=True, default="")
    appointment_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    entry_id = models.BigIntegerField(null=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "user", "created_on"], name="reminder_once_a_day"
            ),
        ]

    def __str__(self):
        return f"{self.lead_id} · {self.user_id}"

    def token_for(self, answer):
        """Return what the link for one of the Answers carries."""
        return signing.dumps([self.pk, answer], salt=SALT)

"""Take the second factor away from somebody who lost phone and recovery codes."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadbook import security_log
from marketplaces.models import User
from marketplaces.second_factor import SecondFactor


class Command(BaseCommand):
    """Parses the arguments; marketplaces.second_factor does the work."""

    help = (
        "Takes phone and recovery codes away from an account and ends its sessions. "
        "The person sets up a phone at the next visit of the administration: make sure "
        "that it is the person who asks."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("username")

    def handle(self, *, username, **options):
        """Reset it, and say what was there."""
        user = User.people.named(username)
        if user is None:
            raise CommandError(_("There is no account of this user name."))
        ended = SecondFactor(user).reset()
        if ended is None:
            self.stdout.write(_("This account has no second factor; nothing was changed."))
            return
        security_log.record("second_factor_reset", account=user.pk, sessions=ended)
        self.stdout.write(
            ngettext(
                "The second factor is reset; %(number)d session was ended.",
                "The second factor is reset; %(number)d sessions were ended.",
                ended,
            )
            % {"number": ended}
        )

"""Take the name of a former member out of the database."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import security_log
from leadbook.numbers import german
from leads.models import Erasure, LeadError
from leads.privacy.former_members import anonymise_user
from marketplaces.models import User


class Command(BaseCommand):
    """Parses the arguments; leads.privacy.former_members does the work."""

    help = (
        "Replaces name, user name and e-mail of a deactivated account, for good, also in "
        "the history. Asks before."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("username")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *, username, yes, **options):
        """Ask, then anonymise."""
        user = User.people.named(username)
        if user is None:
            raise CommandError(_("There is no account of this user name."))
        if not yes and not self._is_confirmed(user):
            raise CommandError(_("Nothing was erased."))
        try:
            erasure = anonymise_user(user, by=None, reason=Erasure.Reason.REQUEST)
        except LeadError as error:
            raise CommandError(str(error.message)) from error
        security_log.record("member_erased", account=user.pk)
        self.stdout.write(
            _("The account is now called %(username)s; events renamed: %(events)s")
            % {"username": erasure.user.username, "events": german(erasure.counts["events"])}
        )
        if erasure.left_undone:
            raise CommandError(" ".join(erasure.left_undone))

    def _is_confirmed(self, user):
        self.stdout.write(
            _("This cannot be undone. To erase the name of %(name)s, type the user name:")
            % {"name": user}
        )
        try:
            return input().strip() == user.username
        except EOFError:
            return False

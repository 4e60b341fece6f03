"""Repeat the erasures that a restored database has forgotten."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leads.privacy import replaying


class Command(BaseCommand):
    """Parses the arguments; leads.privacy.replaying does the work."""

    help = (
        "Repeats the erasures of the erasure list that the database does not have, to be "
        "run after each restore; and adds to ERASURE_LIST what could not be written into it "
        "and what another FILE names. Repeatable. Exits with 1 when something was passed "
        "over that should be looked at."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("file", nargs="?", help="another list (default: ERASURE_LIST)")

    def handle(self, *, file, **options):
        """Replay; sentences on what was passed over on stderr, numbers on stdout."""
        path, troubles = file or settings.ERASURE_LIST, []

        def tell(sentence):
            troubles.append(sentence)
            self.stderr.write(sentence)

        try:
            repeated = replaying.replay(path, tell=tell)
            added = replaying.catch_up(file)
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be used: %(reason)s")
                % {"file": error.filename or path, "reason": error.strerror}
            ) from error
        self.stdout.write(
            _("Erasures repeated: %(repeated)d · added to the list: %(added)d")
            % {"repeated": repeated, "added": added}
        )
        if troubles:
            raise CommandError(_("To be looked at: %(count)d") % {"count": len(troubles)})

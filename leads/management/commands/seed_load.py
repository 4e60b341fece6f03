"""Fill an empty database with a load for measuring."""

import secrets
import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads.load import cast
from leads.load.loading import LoadRefusedError, seed_load

WIDTH = 40


class Command(BaseCommand):
    """Parses the arguments; leads.load does the work."""

    help = (
        "Fills an empty database with any number of leads, skewed as in life: a few reps "
        "with tens of thousands, many with some dozens. Refused in production."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("--leads", type=int, required=True, help="how many leads")
        parser.add_argument(
            "--password", help="of all accounts; without it a random one is made and told"
        )

    def handle(self, *, leads, password, **options):
        """Load, show how far it is on stderr, and the sums on stdout."""
        password = password or secrets.token_urlsafe(12)
        try:
            summary = seed_load(leads=leads, password=password, progress=self._progress)
        except LoadRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("%(leads)s leads, %(events)s events, %(entries)s entries, %(files)s files")
            % {name: german(number) for name, number in vars(summary).items()}
        )
        names = (cast.MANY, cast.FEW, cast.MANAGER, cast.OPERATOR, cast.SUPERUSER)
        self.stdout.write(
            _("Sign in as %(names)s with the password %(password)s.")
            % {"names": ", ".join(names), "password": password}
        )

    def _progress(self, done, total):
        bar = "#" * (WIDTH * done // total)
        line = f"[{bar:<{WIDTH}}] {german(done)} / {german(total)}"
        if sys.stderr.isatty():
            self.stderr.write(f"\r{line}", ending="\n" if done == total else "")
        else:
            self.stderr.write(line)
        self.stderr.flush()

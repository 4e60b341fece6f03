"""Check the data after a restore; exit code 1 when something is not as it should be."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import restored
from leadbook.numbers import german


class Command(BaseCommand):
    """Prints what leadbook.restored finds."""

    help = (
        "Checks that no migration is pending, that the database is sound and that every "
        "attachment's file is there with its size and contents. Exits with 1 otherwise."
    )

    def handle(self, **options):
        """Print each finding on stderr."""
        number = 0
        for finding in restored.findings():
            self.stderr.write(finding)
            number += 1
        if number:
            raise CommandError(_("Found: %(count)s") % {"count": german(number)})
        self.stdout.write(_("Database and attachments are sound and fit together."))

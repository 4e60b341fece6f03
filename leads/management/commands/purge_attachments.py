"""Remove the files of attachments that were deleted, or never finished, long enough ago."""

import argparse
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads.models import Attachment, DirectUpload

MOST_DAYS = 36_500


class Command(BaseCommand):
    """Parse the arguments, call the queryset's verb, print the sums."""

    help = (
        "Remove the files of attachments that were deleted some days ago, and what was sent "
        "to the bucket a day ago without becoming an attachment."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--days", type=_days, default=30, help="days of grace (default: 30)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *, days, dry_run, **options):
        """Remove what is older than the days of grace, or only count it."""
        doomed = Attachment.objects.deleted_before(timezone.now() - timedelta(days=days))
        number = doomed.count() if dry_run else doomed.purge()
        text = _("Would be removed: %(count)s") if dry_run else _("Removed: %(count)s")
        self.stdout.write(text % {"count": german(number)})
        if not dry_run:
            DirectUpload.objects.past_grace().discard()


def _days(text):
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(
            _("a whole number from 0 to %(most)d is needed") % {"most": MOST_DAYS}
        )
    return int(text)

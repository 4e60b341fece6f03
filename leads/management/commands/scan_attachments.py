"""Have the virus scanner look at attachments that it has not seen; for a timer."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads.clamd import ScannerAway
from leads.models import Attachment, StorageAway, Unchangeable
from leads.scanning import scan

SCANS_PER_PROGRESS_LINE = 100
# Nobody waits for the answer about a file of 2 GB.
PATIENCE_SECONDS = 15 * 60


class Command(BaseCommand):
    """Parses the arguments; leads.scanning does the work."""

    help = (
        "Has the virus scanner (CLAMD) look at the attachments that it has not seen. Exits "
        "with 1 when it found something or is away."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--all", action="store_true", help="also those that it has seen, blocked or clean"
        )

    def handle(self, *, all, **options):
        """Scan, report what was found on stderr, progress and sums on stdout."""
        if settings.CLAMD is None:
            raise CommandError(_("No virus scanner is set (CLAMD)."))
        scanned, blocked, unread = 0, 0, 0
        attachments = Attachment.objects.with_files() if all else Attachment.objects.to_scan()
        for attachment in attachments.select_related("lead").iterator():
            try:
                scan(attachment, patience=PATIENCE_SECONDS)
            except ScannerAway as error:
                # One file can be over the scanner's limits; the others still get a look.
                unread += 1
                self.stderr.write(f"{self._name(attachment)}: {error}")
                continue
            except (FileNotFoundError, StorageAway):
                unread += 1
                self.stderr.write(
                    _("%(file)s: not readable") % {"file": self._name(attachment)}
                )
                continue
            except (Attachment.DoesNotExist, Unchangeable):
                continue  # purged meanwhile
            scanned += 1
            if attachment.scan_state == Attachment.ScanState.BLOCKED:
                blocked += 1
                self.stderr.write(f"{self._name(attachment)}: {attachment.scan_result}")
            if scanned % SCANS_PER_PROGRESS_LINE == 0:
                self._tell(scanned, blocked, unread)
        self._tell(scanned, blocked, unread)
        if blocked or unread:
            raise CommandError(_("Not all attachments are clean."))

    def _name(self, attachment):
        return _("Attachment %(attachment)d of lead %(lead)d") % {
            "attachment": attachment.pk,
            "lead": attachment.lead_id,
        }

    def _tell(self, scanned, blocked, unread):
        text = _("Scanned: %(scanned)s · blocked: %(blocked)s · not scanned: %(unread)s")
        self.stdout.write(
            text
            % {
                "scanned": german(scanned),
                "blocked": german(blocked),
                "unread": german(unread),
            }
        )
        self.stdout.flush()

"""Compare attachments with their files; exit code 1 when something does not fit."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadbook.numbers import german
from leads.models import StorageAway, StorageUse
from leads.reconciling import Kind, findings, remove_orphan

CHECKS_PER_PROGRESS_LINE = 1000


class Command(BaseCommand):
    """Parses the arguments; leads.reconciling does the work."""

    help = (
        "Reads every attachment's file and reports what is missing, differs or belongs to "
        "no attachment. Exits with 1 when something was found."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="remove files without attachment that are older than 24 hours, and count "
            "the room of each marketplace afresh; nothing else",
        )

    def handle(self, *, repair, **options):
        """Report each finding on stderr, progress and sums on stdout."""
        self.looked_at, number = 0, 0
        try:
            for finding in findings(progress=self._progress):
                number += 1
                self.stderr.write(self._line(finding))
                if repair and finding.kind == Kind.ORPHANED:
                    remove_orphan(finding)
                    self.stdout.write(_("Removed: %(key)s") % {"key": finding.key})
        except StorageAway as error:
            cause = type(error.__cause__).__name__
            raise CommandError(
                _("The storage does not answer: %(cause)s") % {"cause": cause}
            ) from error
        if repair and (wrong := StorageUse.objects.recount()):
            text = ngettext(
                "Counted afresh: %(count)d marketplace",
                "Counted afresh: %(count)d marketplaces",
                wrong,
            )
            self.stdout.write(text % {"count": wrong})
        self._tell_progress()
        if number:
            raise CommandError(_("Found: %(count)s") % {"count": german(number)})

    def _line(self, finding):
        if finding.attachment_id is None:
            return f"{finding.kind.label}: {finding.key}"
        return _("%(kind)s: attachment %(attachment)d of lead %(lead)d, %(key)s") % {
            "kind": finding.kind.label,
            "attachment": finding.attachment_id,
            "lead": finding.lead_id,
            "key": finding.key,
        }

    def _progress(self, looked_at):
        self.looked_at = looked_at
        if looked_at % CHECKS_PER_PROGRESS_LINE == 0:
            self._tell_progress()

    def _tell_progress(self):
        self.stdout.write(
            _("Attachments and files looked at: %(count)s") % {"count": german(self.looked_at)}
        )
        self.stdout.flush()

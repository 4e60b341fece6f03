"""Offer the leads of a file in a marketplace."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads.importing import ImportRefusedError, import_leads
from leads.text import CONTROLS
from marketplaces.models import Marketplace

ROWS_PER_PROGRESS_LINE = 1000


class Command(BaseCommand):
    """Parses the arguments; leads.importing does the work."""

    help = (
        "Offers the leads of a CSV or XLSX file in a marketplace. Repeatable: rows that are "
        "there already are left alone. Exits with 1 when a row was not imported."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("file", help="CSV or XLSX file with a line of headings")
        parser.add_argument("--marketplace", required=True, help="short name (slug)")
        parser.add_argument(
            "--dry-run", action="store_true", help="check everything, write nothing"
        )
        parser.add_argument(
            "--leave-out-duplicates",
            action="store_true",
            help="do not import rows that may be duplicates; they are told in any case",
        )
        parser.add_argument(
            "--encoding",
            help="of a CSV file: utf-8, cp1252 or utf-16-le, say; found out without it",
        )
        parser.add_argument("--sheet", help="of a workbook; the first one without it")

    def handle(
        self, *, file, marketplace, dry_run, leave_out_duplicates, encoding, sheet, **options
    ):
        """Import, report each bad row on stderr and the sums on stdout."""
        self.reported, self.next_line_at = 0, ROWS_PER_PROGRESS_LINE
        try:
            report = import_leads(
                file,
                marketplace=self._marketplace(marketplace),
                encoding=encoding,
                sheet=sheet,
                dry_run=dry_run,
                leave_out=leave_out_duplicates,
                progress=self._progress,
            )
        except ImportRefusedError as error:
            raise CommandError(_printable(str(error))) from error
        for heading in report.unknown_headings:
            message = _("The heading “%(heading)s” is not known; its column was left out.")
            self.stderr.write(_printable(message % {"heading": heading}))
        self.stdout.write(_sums(report))
        if report.alike:
            text = _("Possible duplicates: %(alike)s · left out: %(duplicate)s")
            counts = {"alike": report.alike, "duplicate": report.duplicate}
            self.stdout.write(text % {name: german(n) for name, n in counts.items()})
        if dry_run:
            self.stdout.write(_("Nothing was written (dry run)."))
        if report.failed:
            raise CommandError(
                _("Rows that were not imported: %(count)s") % {"count": german(report.failed)}
            )

    def _marketplace(self, slug):
        marketplaces = {m.slug: m for m in Marketplace.objects.by_name()}
        if slug not in marketplaces:
            raise CommandError(
                _("There is no marketplace “%(slug)s”. There are: %(slugs)s")
                % {"slug": slug, "slugs": ", ".join(marketplaces) or "–"}
            )
        return marketplaces[slug]

    def _progress(self, report):
        for problem in report.problems[self.reported :]:
            self.stderr.write(_printable(str(problem)))
        self.reported = len(report.problems)
        if report.rows >= self.next_line_at:
            self.stdout.write(_sums(report))
            self.stdout.flush()
            self.next_line_at = report.rows + ROWS_PER_PROGRESS_LINE


def _sums(report):
    return _(
        "Rows: %(rows)s · offered: %(created)s · already there: %(existing)s · "
        "not imported: %(failed)s"
    ) % {
        "rows": german(report.rows),
        "created": german(report.created),
        "existing": german(report.existing),
        "failed": german(report.failed),
    }


def _printable(text):
    """Return `text` without what would command a terminal; it came with the file."""
    return CONTROLS.sub("�", text).replace("\n", " ")

"""Back up the running installation into a new folder."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import backups
from leadbook.numbers import german
from leads.uploads import megabytes


class Command(BaseCommand):
    """Parses the arguments; leadbook.backups does the work."""

    help = (
        "Copies SQLite and the attachments, while the server runs, into a new folder below "
        "DIR, reads the copy again and says where it is. See docs/backup.md."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("dir", help="where backups are kept; made where it is missing")
        parser.add_argument(
            "--verify", action="store_true", help="make none, but read the backup DIR again"
        )

    def handle(self, *, dir, verify, **options):
        """Make or verify a backup; what is amiss goes to stderr, with exit code 1."""
        try:
            if verify:
                amiss, backup = backups.problems(dir), None
                manifest, folder = backups.read_manifest(dir), dir
            else:
                backup = backups.make(dir)
                amiss, manifest, folder = backup.amiss, backup.manifest, backup.folder
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        for problem in amiss:
            self.stderr.write(problem)
        self.stdout.write(
            _("%(folder)s · attachments: %(count)s · %(size)s")
            % {
                "folder": folder,
                "count": german(len(manifest["files"])),
                "size": megabytes(backups.size_of(manifest)),
            }
        )
        if amiss:
            raise CommandError(_("Found: %(count)s") % {"count": german(len(amiss))})
        self.stdout.write(_("Everything was read again and is as it was written."))

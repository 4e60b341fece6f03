"""Put a backup into an empty installation, and check what came of it."""

from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import backups


class Command(BaseCommand):
    """Parses the arguments; leadbook.backups does the work."""

    help = (
        "Puts the backup in DIR into this installation, which must be empty; verifies all "
        "of it before anything is written. Then migrates, ends all sessions, repeats the "
        "erasures of the erasure list and runs check_restore. See docs/backup.md."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument("dir", help="the folder of one backup")

    def handle(self, *, dir, **options):
        """Restore, then bring the data up to this day; exit code 1 on any finding."""
        try:
            manifest = backups.restore(dir)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Restored: the backup of %(time)s, made by leadbook %(version)s.")
            % {"time": manifest["made_at"], "version": manifest["version"]}
        )
        call_command("migrate", interactive=False, verbosity=0)
        # Who signed out after the backup was made must not be signed in again.
        Session.objects.all().delete()
        if Path(settings.ERASURE_LIST).exists():
            is_amiss = self._fails("replay_erasures")
        else:
            is_amiss = True
            self.stderr.write(
                _(
                    "There is no erasure list at %(path)s: what was erased since the backup "
                    "was made is not erased here. Run manage.py replay_erasures FILE; where "
                    "nothing has ever been erased there is no such list."
                )
                % {"path": settings.ERASURE_LIST}
            )
        if self._fails("check_restore") or is_amiss:
            raise CommandError(_("The data were put back, but see above."))

    def _fails(self, command):
        """Run `command`; tell and return whether it found something."""
        try:
            call_command(command, stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            self.stderr.write(str(error))
            return True
        return False

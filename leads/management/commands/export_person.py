"""Write everything that leads say about one person into a ZIP (Art. 15 GDPR)."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import security_log
from leadbook.numbers import german
from leads.models import Lead, NoLongerVisible
from leads.privacy.information import information


class Command(BaseCommand):
    """Parses the arguments; leads.privacy.information does the work."""

    help = (
        "Writes everything that one or more leads of a person say about that person into "
        "a ZIP file: readable, for machines, and all attachments."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument(
            "--lead", type=int, action="append", required=True, help="id; several times"
        )
        parser.add_argument("file", type=Path, help="the ZIP file, which must not exist")

    def handle(self, *, lead, file, **options):
        """Record that the information is given, then write it."""
        leads = {pk: Lead.objects.personal().with_id(pk) for pk in dict.fromkeys(lead)}
        missing = [pk for pk, found in leads.items() if found is None]
        if missing:
            raise self._no_such(missing)
        leads = list(leads.values())
        try:
            target = _private(file)
        except OSError as error:
            raise _unusable(file, error) from error
        try:
            with target:
                for found in leads:
                    found.record_information(by=None, among=Lead.objects.all())
                for piece in information(leads):
                    target.write(piece)
        except BaseException as error:
            # Half an archive would be taken for the whole one.
            file.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise _unusable(file, error) from error
            if isinstance(error, NoLongerVisible):
                raise self._no_such([found.pk for found in leads]) from error
            raise
        security_log.record("information_given", leads=[found.pk for found in leads])
        self.stdout.write(
            _("Written: %(file)s, %(size)s bytes")
            % {"file": file, "size": german(file.stat().st_size)}
        )

    def _no_such(self, ids):
        return CommandError(
            _("There is no such lead, or it is anonymised already: %(ids)s")
            % {"ids": ", ".join(map(str, ids))}
        )


def _unusable(file, error):
    reason = {"file": file, "reason": error.strerror}
    return CommandError(_("%(file)s cannot be used: %(reason)s") % reason)


def _private(path):
    """Open a new file that only its owner reads. Raises OSError where there is one."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

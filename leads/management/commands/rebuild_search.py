"""Make afresh what leads are found, filtered, sorted and recognised by."""

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads import field_values, match_keys, search_index
from leads.search_documents import rebuild

LEADS_PER_PROGRESS_LINE = 10_000


class Command(BaseCommand):
    """Parses the arguments; the modules whose rows they are do the work."""

    help = (
        "Makes the search documents, the values of own fields and the match keys afresh out "
        "of leads and journals and writes those that differ. Repeatable, and safe beside a "
        "running server. Needed after leads were "
        "written past the application, and after an update during which the version before "
        "went on running."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--index",
            action="store_true",
            help="on SQLite, also fill the index anew; nobody can write meanwhile",
        )

    def handle(self, *, index, **options):
        """Rebuild, and say how far it is."""
        outcome = rebuild(progress=self._tell_progress)
        self.stdout.write(
            _("Leads: %(seen)s · written: %(written)s · removed: %(removed)s")
            % {
                "seen": german(outcome.seen),
                "written": german(outcome.written),
                "removed": german(outcome.removed),
            }
        )
        outcome = field_values.rebuild(progress=self._tell_progress)
        self.stdout.write(
            _("Own fields: %(seen)s leads · written: %(written)s")
            % {"seen": german(outcome.seen), "written": german(outcome.written)}
        )
        outcome = match_keys.rebuild(progress=self._tell_progress)
        self.stdout.write(
            _("Match keys: %(seen)s leads · written: %(written)s")
            % {"seen": german(outcome.seen), "written": german(outcome.written)}
        )
        if index:
            search_index.make_afresh(connection)
            self.stdout.write(_("The index is filled anew."))

    def _tell_progress(self, outcome):
        if outcome.seen % LEADS_PER_PROGRESS_LINE == 0:
            self.stdout.write(german(outcome.seen))
            self.stdout.flush()

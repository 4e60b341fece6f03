"""Fill an empty database with the demo."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook.numbers import german
from leads.demo.loading import LEADS, DemoRefusedError, is_empty, load_demo
from leads.models import Lead
from leads.uploads import megabytes
from marketplaces.demo_accounts import DEMO_PASSWORD, DEMO_USERNAMES


class Command(BaseCommand):
    """Parses the arguments; leads.demo does the work."""

    help = (
        "Fills an empty database with three marketplaces, five people and some hundred "
        "leads with journals and real files. Refused in production."
    )

    def add_arguments(self, parser):
        """Declare the arguments."""
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing, successfully, where there is data already",
        )
        parser.add_argument(
            "--leads", type=int, default=LEADS, help=f"how many leads (default: {LEADS})"
        )

    def handle(self, *, if_empty, leads, **options):
        """Load the demo and tell what was made."""
        if if_empty and not is_empty():
            self.stdout.write(_("There is data already; the demo was not loaded."))
            return
        try:
            summary = load_demo(leads=leads)
        except DemoRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Demo loaded: %(marketplaces)d marketplaces, %(people)d people")
            % {"marketplaces": summary.marketplaces, "people": summary.people}
        )
        states = (
            f"{german(summary.leads[status])} {label}"
            for status, label in Lead.Status.choices
            if status in summary.leads
        )
        total = german(sum(summary.leads.values()))
        self.stdout.write(
            _("%(count)s leads: %(states)s") % {"count": total, "states": ", ".join(states)}
        )
        self.stdout.write(
            _("%(entries)s journal entries, %(events)s events, %(files)s files (%(size)s)")
            % {
                "entries": german(summary.entries),
                "events": german(summary.events),
                "files": german(summary.files),
                "size": megabytes(summary.bytes),
            }
        )
        self.stdout.write(
            _("Sign in as %(names)s with the password %(password)s.")
            % {"names": ", ".join(DEMO_USERNAMES), "password": DEMO_PASSWORD}
        )

"""Anonymise the leads whose time is over; for a daily timer."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from leadbook import security_log
from leadbook.numbers import german
from leads.privacy import replaying, retention

LEADS_PER_PROGRESS_LINE = 100


class Command(BaseCommand):
    """Parses the arguments; leads.privacy.retention does the work."""

    help = (
        "Anonymises closed leads and leads that nobody accepted after the time that their "
        "marketplace sets. Repeatable, and safe beside a running server. Exits with 1 when "
        "something could not be done; the next run tries again."
    )

    def add_arguments(self, parser):
        """Declare the options."""
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be anonymised"
        )

    def handle(self, *, dry_run, **options):
        """Say what is due for each marketplace, then do it."""
        plans = retention.plans()
        for plan in plans:
            self._tell_plan(plan)
        if not plans:
            self.stdout.write(_("No lead's time is over."))
        if dry_run:
            self.stdout.write(_("Nothing was written (dry run)."))
            return
        troubles = self._catch_up()
        for plan in plans:
            troubles += self._apply(plan)
        if troubles:
            raise CommandError(_("To be looked at: %(count)s") % {"count": german(troubles)})

    def _tell_plan(self, plan):
        for text, ids in (
            (_("closed and due: %(count)s · %(ids)s"), plan.closed),
            (_("never accepted and due: %(count)s · %(ids)s"), plan.offered),
        ):
            if ids:
                numbers = {"count": german(len(ids)), "ids": ", ".join(map(str, ids))}
                self.stdout.write(f"{plan.marketplace}: {text % numbers}")

    def _catch_up(self):
        """Put on the erasure list what is missing there; return the number of troubles."""
        try:
            replaying.catch_up()
        except OSError as error:
            reason = {"reason": error.strerror}
            self.stderr.write(_("The erasure list cannot be used: %(reason)s") % reason)
            return 1
        return 0

    def _apply(self, plan):
        def progress(outcome):
            if outcome.anonymised and outcome.anonymised % LEADS_PER_PROGRESS_LINE == 0:
                self.stdout.write(f"{plan.marketplace}: {german(outcome.anonymised)}")
                self.stdout.flush()

        outcome = retention.apply(plan, progress=progress)
        self.stdout.write(
            _("%(marketplace)s: anonymised %(done)s · spared %(spared)s · failed %(failed)s")
            % {
                "marketplace": plan.marketplace,
                "done": german(outcome.anonymised),
                "spared": german(outcome.spared),
                "failed": german(len(outcome.failed)),
            }
        )
        security_log.record(
            "retention_applied", marketplace=plan.marketplace.pk, leads=outcome.anonymised
        )
        for pk in outcome.failed:
            self.stderr.write(_("Lead %(id)d could not be anonymised.") % {"id": pk})
        for sentence in outcome.left_undone:
            self.stderr.write(sentence)
        return len(outcome.failed) + len(outcome.left_undone)

"""Do what must be done once a day; for a timer."""

from django.core.management.base import BaseCommand, CommandError
from django.tasks import TaskResultStatus
from django.utils.translation import gettext as _

from leadbook import nightly, tasks


class Command(BaseCommand):
    """Hands each job to the worker, or does it where there is none."""

    help = (
        "Does what must be done once a day: removes expired sessions, old attempts and "
        "deleted attachments, applies the periods of retention, scans what waits for it, "
        "makes small pictures that are missing, tidies the tasks, lets SQLite count for its "
        "plans, prepares the mails of the morning. With TASKS=database the worker does it. "
        "Exits with 1 when a job failed here; the others are done all the same."
    )

    def handle(self, **options):
        """Begin every job, say what became of each."""
        failed = []
        for name in nightly.JOBS:
            if tasks.is_waiting(nightly.run_job, name):
                self.stdout.write(_("%(job)s: waits for the worker already") % {"job": name})
                continue
            result = nightly.run_job.enqueue(name)
            if result.status == TaskResultStatus.FAILED:
                failed.append(name)
                error = result.errors[-1].traceback.strip().splitlines()[-1]
                self.stderr.write(f"{name}: {error}")
            elif tasks.are_durable():
                self.stdout.write(_("%(job)s: handed to the worker") % {"job": name})
            else:
                self.stdout.write(_("%(job)s: done") % {"job": name})
        if failed:
            raise CommandError(_("These failed: %(jobs)s") % {"jobs": ", ".join(failed)})

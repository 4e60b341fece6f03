"""Do the tasks that stand in the database, until the worker is stopped."""

import socket

from django.tasks.signals import task_started
from django_tasks_db.management.commands import db_worker

from leadbook import provenance, tasks


class Command(db_worker.Command):
    """The worker of django-tasks-db, which here also takes up what it left undone."""

    help = (
        "Does the tasks that stand in the database (TASKS=database), all queues, until "
        "SIGTERM; the one that runs is finished. What this worker left undone when it was "
        "killed is done again, so that --worker-id must be its own and stay the same "
        "(default: the name of the machine)."
    )

    def add_arguments(self, parser):
        """Declare the package's options with our defaults."""
        super().add_arguments(parser)
        parser.set_defaults(queue_name="*", worker_id=socket.gethostname()[:64], reload=False)

    def handle(self, *, worker_id, **options):
        """Take up what was left, then work."""
        tasks.put_back(worker_id=worker_id)
        task_started.connect(_name)
        try:
            with provenance.of():
                super().handle(worker_id=worker_id, **options)
        finally:
            task_started.disconnect(_name)


def _name(*, task_result, **kwargs):
    """Let the events and log lines of a task carry its id, until the next one begins."""
    provenance.go_on_as(request_id=task_result.id.replace("-", ""))

"""Work behind the answers: who does it, and what becomes of it when its worker dies."""

import logging
from datetime import timedelta

from django.tasks import task_backends
from django.utils import timezone
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)

# Before each further try of what a server elsewhere did not take.
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
# A task whose worker died as often as this is what kills it.
MAX_ATTEMPTS = 3
# No task takes so long; what says so has a worker that never came back.
LONGEST = timedelta(hours=12)


class WorkerLost(Exception):
    """What stands as the error of a task that was given up."""


def are_durable():
    """Whether a worker does the tasks, out of the database: TASKS=database."""
    return isinstance(task_backends["default"], DatabaseBackend)


def enqueue_not_before(moment, task, *args):
    """Let a worker do the task, but not before the moment; where there is none, do it now."""
    if are_durable() and moment > timezone.now():
        task = task.using(run_after=moment)
    task.enqueue(*args)


def try_later(context):
    """Let the task of `context` run once more after a while; return whether it will.

    Its function takes the number of tries before as `tries`.
    """
    result = context.task_result
    tries = result.kwargs.get("tries", 0)
    if not are_durable() or tries >= len(WAITS):
        return False
    later = result.task.using(run_after=timezone.now() + WAITS[tries])
    later.enqueue(*result.args, **{**result.kwargs, "tries": tries + 1})
    return True


def is_waiting(task, *args):
    """Whether `task` waits for a worker with the same arguments already."""
    return are_durable() and (
        DBTaskResult.objects.ready()
        .filter(task_path=task.module_path, args_kwargs={"args": list(args), "kwargs": {}})
        .exists()
    )


def waiting():
    """Return how many tasks wait for a worker, those that are to be done later left out."""
    return DBTaskResult.objects.ready().count() if are_durable() else 0


def put_back(*, worker_id=None):
    """Let tasks run again whose worker died in the middle; return how many.

    `worker_id` is a worker that begins: what it is said to be doing it did in a life
    before. Without one, everything that runs for longer than any task takes. All tasks can
    be done twice. One that was begun MAX_ATTEMPTS times is given up and stands as failed.
    """
    number = 0
    for lost in DBTaskResult.objects.running():  # one for each worker, and the lost ones
        is_of_worker = worker_id is not None and lost.worker_ids[-1:] == [worker_id]
        if not (is_of_worker or lost.started_at < timezone.now() - LONGEST):
            continue
        # Somebody else may be putting it back, too.
        same = DBTaskResult.objects.running().filter(pk=lost.pk, started_at=lost.started_at)
        if len(lost.worker_ids) < MAX_ATTEMPTS:
            number += same.update(status="READY", started_at=None)
            logger.warning("Task %s lost its worker and is put back.", lost.pk)
        else:
            same.update(
                status="FAILED",
                finished_at=timezone.now(),
                exception_class_path=f"{__name__}.{WorkerLost.__name__}",
            )
            logger.error("Task %s lost its worker once too often.", lost.pk)
    return number

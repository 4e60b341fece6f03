"""Liveness and readiness for whoever watches the installation."""

import logging
import os
import shutil
from functools import partial
from pathlib import Path
from threading import Lock
from time import monotonic

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import FileSystemStorage
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import JsonResponse
from django.views.decorators.http import require_safe

from leads.models.attachment import attachment_storage
from leads.uploads import room_on_arrival

log = logging.getLogger(__name__)

# The migrations of this version, once they are all applied: they stay the same for as long
# as the process lives.
_needed = set()

# For so long nobody asks a storage elsewhere again: it may take seconds, while each watcher
# and balancer comes every few.
KEPT_SECONDS = 10
_asking = Lock()
# The storage, when it was asked, and whether it answered.
_last = (None, 0, False)


@login_not_required
@require_safe
def alive(request):
    """Answer 200 while the process answers at all; whoever hears nothing may restart it.

    A database that is away is no reason to: a restart would not bring it back.
    """
    return JsonResponse({"alive": True}, headers={"Cache-Control": "no-store"})


@login_not_required
@require_safe
def healthz(request):
    """Answer 200 when leads can be worked on, 503 otherwise; why stands in the log only.

    `ready`: the database answers and has all migrations. `degraded`: attachments cannot
    be kept, while everything else works; of a bucket it may be some seconds old.
    """
    is_ready = _is_database_ready()
    return JsonResponse(
        {"alive": True, "ready": is_ready, "degraded": not _is_storage_ready()},
        status=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


def _is_database_ready():
    try:
        applied = MigrationRecorder.Migration.objects.using(connection.alias)
        if _needed and _needed <= set(applied.values_list("app", "name")):
            return True
        # The whole graph is only built by a process that has not been ready yet.
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        log.error("The database does not answer: %s", error)
        return False
    if pending:
        log.error("%d migrations are pending.", len(pending))
    else:
        _needed.update(executor.loader.graph.nodes)
    return not pending


def _is_storage_ready():
    # Whatever a storage raises (its client's errors, the network's, a wrong setting), the
    # answer is the same.
    try:
        if room_on_arrival() < 0:
            log.error("Uploads are refused: the disk on which they arrive is nearly full.")
            return False
        storage = attachment_storage()
        if isinstance(storage, FileSystemStorage):
            return _has_room(Path(storage.location))
        return _does_answer(storage)
    except Exception:
        log.exception("The storage of attachments does not answer.")
        return False


def _does_answer(storage):
    """Return whether a storage elsewhere answers, or did lately; raise what it raises.

    One thread asks. Meanwhile the others tell what was the last answer, or wait for the
    first.
    """
    global _last
    if (kept := _kept(storage)) is not None:
        return kept
    if not _asking.acquire(blocking=_last[0] is not storage):
        return _last[2]
    try:
        if (kept := _kept(storage)) is not None:
            return kept
        answers = False
        try:
            # A bucket's usual client would outlast the patience of whoever asks us.
            getattr(storage, "ask", partial(storage.exists, "healthz"))()
            answers = True
        finally:
            _last = (storage, monotonic(), answers)
        return answers
    finally:
        _asking.release()


def _kept(storage):
    known, asked_at, answered = _last
    is_fresh = known is storage and monotonic() - asked_at < KEPT_SECONDS
    return answered if is_fresh else None


def _has_room(folder):
    # The folder is made with the first attachment; until then its parent must allow it.
    while not folder.exists():
        folder = folder.parent
    is_writable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    has_room = shutil.disk_usage(folder).free > settings.UPLOAD_MAX_BYTES
    if not (is_writable and has_room):
        log.error("The folder of attachments is full or cannot be written.")
    return is_writable and has_room

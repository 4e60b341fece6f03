"""What is done behind the answers: pictures, imports, what lists are sorted by."""

import logging
from datetime import timedelta

from django.tasks import task
from django.utils import timezone

from leadbook.tasks import are_durable, is_waiting, try_later

from . import field_values, import_runs
from .import_runs import PIECE_OF_REQUEST, PIECE_OF_WORKER
from .models import StorageAway
from .models.attachment import Attachment
from .pictures import file_thumbnail

logger = logging.getLogger(__name__)

# How old pictures may be that are tried once more, and how many of them at most. Nothing
# says that one is broken: it is tried every night until it is older.
LATELY = timedelta(days=2)
MOST_PICTURES = 200


@task
def sort_anew(marketplace_id):
    """Write what the marketplace's leads are sorted by after a field has another kind."""
    field_values.rebuild(marketplace=marketplace_id)


@task(takes_context=True)
def add_thumbnail(context, attachment_id, *, tries=0):
    """Make the small picture of a stored attachment, unless it has one by now.

    Nothing is decoded that may not be opened: the scan that opens it makes the picture.
    """
    attachment = Attachment.objects.kept().filter(thumbnail="").with_id(attachment_id)
    if attachment is None or attachment.lock:
        return
    try:
        with attachment.file.open("rb") as file:
            is_done = file_thumbnail(attachment, file)
    except Exception:
        # Whatever a storage's own client raises.
        logger.exception("The storage of attachments gave no file for its thumbnail.")
        is_done = False
    if not is_done:
        try_later(context)


def add_missing_thumbnails():
    """Make the small pictures of late for which requests had no time."""
    lacking = Attachment.objects.without_thumbnail(since=timezone.now() - LATELY)
    for pk in lacking.values_list("pk", flat=True)[:MOST_PICTURES]:
        add_thumbnail.enqueue(pk)


# Whoever waits for a mail or a picture goes first.
@task(takes_context=True, priority=-10)
def go_on_with_import(context, import_id, *, tries=0):
    """Do a piece of what an import has to do; a worker does the rest behind others."""
    seconds = PIECE_OF_WORKER if are_durable() else PIECE_OF_REQUEST
    worker = context.task_result.id
    try:
        is_more = import_runs.go_on(import_id, worker=worker, seconds=seconds)
    except StorageAway:
        # Whoever looks at the import's page lets it be tried at once.
        try_later(context)
        return
    if is_more and are_durable():
        go_on_with_import.enqueue(import_id)


def push_import(lead_import):
    """Go on with an import that nobody is at: there is no worker, or it got lost."""
    if not (lead_import.is_claimed or is_waiting(go_on_with_import, lead_import.pk)):
        go_on_with_import.enqueue(lead_import.pk)

"""What is done with files behind the answers."""

import logging

from django.tasks import task

from leadbook.tasks import try_later

from . import field_values
from .models.attachment import Attachment
from .pictures import file_thumbnail

logger = logging.getLogger(__name__)


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

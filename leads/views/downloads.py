"""Handing attachments out."""

import logging

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from leads.clamd import ScannerAway
from leads.file_types import file_type
from leads.handing_out import hand_out
from leads.models import Attachment
from leads.scanning import scan
from leads.views.answers import kept_file, worked_lead

logger = logging.getLogger(__name__)


@require_safe
def download(request, lead_id, attachment_id):
    """Hand the document out. Only checked pictures open in the browser, sandboxed."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    if attachment.lock == Attachment.ScanState.PENDING and request.method == "GET":
        _scan_now(attachment)
    if attachment.lock:
        context = {"lead": lead, "attachment": attachment}
        return render(request, "leads/attachments/locked.html", context, status=423)
    kind = file_type(attachment.extension, extra=settings.UPLOAD_EXTRA_TYPES)
    return hand_out(
        request,
        attachment.file,
        name=attachment.name,
        content_type=kind.content_type if kind else "application/octet-stream",
        opens_inline=kind is not None and kind.opens_inline and bool(attachment.thumbnail),
        sha256=attachment.sha256,
    )


@require_safe
def thumbnail(request, lead_id, attachment_id):
    """Hand out the small picture of an image."""
    attachment = kept_file(worked_lead(request, lead_id), attachment_id)
    if attachment.lock or not attachment.thumbnail:
        raise Http404
    etag = f'"{attachment.sha256}"'
    response = get_conditional_response(request, etag=etag) or hand_out(
        request,
        attachment.thumbnail,
        name="vorschau.webp",
        content_type="image/webp",
        opens_inline=True,
        sha256=attachment.sha256,
    )
    # It never changes; whether the asker still may see it does.
    response["Cache-Control"] = "private, no-cache"
    return response


def _scan_now(attachment):
    """Let the scanner look while somebody waits; without it the file stays locked."""
    try:
        scan(attachment)
    except ScannerAway as error:
        logger.error("The virus scanner is away: %s", error)
    except FileNotFoundError:
        raise Http404 from None

"""The attachments: taking, handing out, renaming, deleting."""

import logging
import math
from itertools import chain

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from leadbook import security_log
from leadbook.htmx import page_or_part, wants_part
from leads.clamd import ScannerAway
from leads.file_names import clean_file_name
from leads.file_types import file_type
from leads.forms import FileNameForm
from leads.models import Attachment, FieldConflict, LeadError, StorageAway
from leads.scanning import scan
from leads.toasts import toast
from leads.uploads import Document, takes_files
from leads.views.answers import changed, kept_file, worked_lead
from marketplaces.throttling import UPLOADS, wait_before

logger = logging.getLogger(__name__)

SANDBOX = "sandbox; default-src 'none'"


@takes_files
@require_POST
def upload(request, lead_id):
    """File each of the sent documents; one that is refused does not stop the others."""
    lead = worked_lead(request, lead_id)
    files = list(chain.from_iterable(sent for _name, sent in request.FILES.lists()))
    # Only now the body is read; of a form without files no upload handler hears.
    filed, refused = [], [*getattr(request, "refused_uploads", ())]
    status = request.refused_status if refused else 422
    is_sent = bool(files or refused)
    wait = wait_before("upload", request.user.pk, *UPLOADS) if is_sent else None
    for sent in files:
        name = clean_file_name(sent.name)
        if wait:
            refused.append((name, _("Too many uploads in a short time; please wait.")))
            status = 429
            continue
        try:
            attachment, event = lead.attach(Document.check(sent), by=request.user)
        except ValidationError as error:
            refused.append((name, " ".join(error.messages)))
            if error.code == "virus":
                found = error.params["found"]
                security_log.record("virus_refused", request, lead=lead.pk, found=found)
            status = 413 if error.code == "too_large" else status
        except LeadError as error:
            refused.append((name, error.message))
            status = 507 if isinstance(error, StorageAway) else status
        else:
            filed.append({"attachment": attachment, "is_known": event is None})
    if not filed and not refused:
        refused.append((_("No file"), _("Please choose at least one file.")))
    if refused:
        security_log.record_often(
            "upload_refused", request, status=status, lead=lead.pk, files=len(refused)
        )
    if not wants_part(request):
        _tell(request, filed, refused)
    response = changed(
        request,
        lead,
        parts=("counts",),
        tab="anhaenge",
        main="leads/attachments/filed.html",
        filed=filed,
        refused=refused,
        status=200 if filed else status,
    )
    if wait:
        response.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return response


@require_safe
def download(request, lead_id, attachment_id):
    """Hand the document out. Only checked pictures open in the browser, sandboxed."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    if attachment.lock == Attachment.ScanState.PENDING:
        _scan_now(attachment)
    if attachment.lock:
        context = {"lead": lead, "attachment": attachment}
        return render(request, "leads/attachments/locked.html", context, status=423)
    kind = file_type(attachment.extension, extra=settings.UPLOAD_EXTRA_TYPES)
    opens_inline = kind is not None and kind.opens_inline and bool(attachment.thumbnail)
    content_type = kind.content_type if kind else "application/octet-stream"
    return _hand_out(
        attachment.file, attachment.name, content_type, as_attachment=not opens_inline
    )


@require_safe
def thumbnail(request, lead_id, attachment_id):
    """Hand out the small picture of an image."""
    attachment = kept_file(worked_lead(request, lead_id), attachment_id)
    if attachment.lock or not attachment.thumbnail:
        raise Http404
    response = _hand_out(attachment.thumbnail, "vorschau.webp", "image/webp")
    # It never changes, and the browser's own cache is the rep's.
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def rename(request, lead_id, attachment_id):
    """Show the editor of the name (GET), confirm it (POST)."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    context = {"lead": lead, "attachment": attachment}
    if request.method != "POST":
        if "ansicht" in request.GET:
            return render(request, "leads/attachments/_file.html", context)
        context["form"] = FileNameForm(attachment=attachment)
        template = page_or_part(request, "leads/attachments/rename.html", "editor")
        return render(request, template, context)
    form = FileNameForm(request.POST, attachment=attachment)
    template = page_or_part(request, "leads/attachments/rename.html", "editor")
    if not form.is_valid():
        return render(request, template, {**context, "form": form}, status=422)
    data = form.cleaned_data
    try:
        event = lead.rename_file(
            attachment_id, name=data["name"], seen=data["seen"] or None, by=request.user
        )
    except FieldConflict:
        form.see_again(kept_file(lead, attachment_id).name)
        return render(request, template, {**context, "form": form}, status=409)
    if event:
        toast(request, _("Renamed"), undo=[event])
    return changed(
        request,
        lead,
        tab="anhaenge",
        main="leads/attachments/_file.html",
        attachment=kept_file(lead, attachment_id),
    )


@require_POST
def delete(request, lead_id, attachment_id):
    """Take the document away; the toast brings it back."""
    lead = worked_lead(request, lead_id)
    attachment = kept_file(lead, attachment_id)
    event = lead.delete_file(attachment_id, by=request.user)
    toast(request, _("“%(name)s” deleted") % {"name": attachment.name}, undo=[event])
    return changed(request, lead, parts=("counts",), tab="anhaenge")


def _scan_now(attachment):
    """Let the scanner look while somebody waits; without it the file stays locked."""
    try:
        scan(attachment)
    except ScannerAway as error:
        logger.error("The virus scanner is away: %s", error)
    except FileNotFoundError:
        raise Http404 from None


def _hand_out(stored, name, content_type, *, as_attachment=False):
    try:
        file, size = stored.open("rb"), stored.size
    except FileNotFoundError:
        raise Http404 from None
    except Exception as error:
        # Whatever a storage's own client raises.
        raise StorageAway from error
    response = FileResponse(
        file, as_attachment=as_attachment, filename=name, content_type=content_type
    )
    response["Content-Length"] = size
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _tell(request, filed, refused):
    """Say after the redirect what became of the files, without JavaScript."""
    if filed:
        text = ngettext("%(count)d file filed", "%(count)d files filed", len(filed))
        toast(request, text % {"count": len(filed)})
    for name, reason in refused:
        messages.error(request, f"{name}: {reason}")

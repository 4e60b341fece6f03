"""Taking attachments: through the application, or past it through the bucket."""

import logging
import math
from itertools import chain

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadbook import security_log
from leadbook.htmx import wants_part
from leads.file_names import clean_file_name
from leads.models import DirectUpload, LeadError, StorageAway
from leads.models.attachment import attachment_storage
from leads.pictures import PictureTime
from leads.toasts import toast
from leads.uploads import (
    Document,
    check_announced,
    is_one_file,
    receive,
    takes_files,
    takes_files_directly,
)
from leads.views.answers import changed, posted_to, worked_lead
from marketplaces.throttling import UPLOADS, wait_before

logger = logging.getLogger(__name__)

# No file is larger; Python does not even read a number of thousands of digits.
MAX_DIGITS = 15
# After so many seconds a browser asks again what became of a file.
ASK_AGAIN = 3


class Outcome:
    """What became of the files of one request, and its answer."""

    def __init__(self, request, lead):
        self.request, self.lead = request, lead
        self.filed, self.refused = [], []
        self.status, self.wait = 422, None
        self.picture_time = PictureTime()

    def file(self, upload, check=Document.check):
        """File a document when `check` passes; return whether it is decided.

        It is not while the storage is away: then the same may be tried again.
        """
        name = clean_file_name(upload.name)
        try:
            document = check(upload)
            document.picture_time = self.picture_time
            attachment, event = self.lead.attach(document, by=self.request.user)
        except ValidationError as error:
            self.refuse_as(error, name)
        except (StorageAway, OSError) as error:
            logger.error("A file cannot be read or stored.", exc_info=error)
            self.refuse(name, StorageAway.message, 507)
            return False
        except LeadError as error:
            self.refuse(name, error.message)
        else:
            self.filed.append({"attachment": attachment, "is_known": event is None})
        return True

    def may_go_on(self):
        """Count this upload; return whether it must not wait."""
        self.wait = wait_before("upload", self.request.user.pk, *UPLOADS)
        return not self.wait

    def refuse(self, name, reason, status=422):
        """Say why a file is not filed."""
        self.refused.append((name, reason))
        self.status = self.status if status == 422 else status

    def refuse_for_now(self, name):
        """Say that there were too many."""
        self.refuse(name, _("Too many uploads in a short time; please wait."), 429)

    def refuse_as(self, error, name):
        """Say what a check has found."""
        if error.code == "virus":
            found = error.params["found"]
            security_log.record("virus_refused", self.request, lead=self.lead.pk, found=found)
        status = 413 if error.code == "too_large" else 422
        self.refuse(name, " ".join(error.messages), status)

    def answer(self):
        """Answer with a row for each file."""
        if self.refused:
            security_log.record_often(
                "upload_refused", self.request, status=self.status, lead=self.lead.pk,
                files=len(self.refused),
            )  # fmt: skip
        if not wants_part(self.request):
            self._tell()
        response = changed(
            self.request,
            self.lead,
            parts=("counts",),
            tab="anhaenge",
            main="leads/attachments/filed.html",
            filed=self.filed,
            refused=self.refused,
            status=200 if self.filed else self.status,
        )
        if self.wait:
            response.headers["Retry-After"] = str(math.ceil(self.wait.total_seconds()))
        return response

    def _tell(self):
        """Say after the redirect what became of the files, without JavaScript."""
        if self.filed:
            text = ngettext("%(count)d file filed", "%(count)d files filed", len(self.filed))
            toast(self.request, text % {"count": len(self.filed)})
        for name, reason in self.refused:
            messages.error(self.request, f"{name}: {reason}")


@takes_files
@posted_to(worked_lead)
def upload(request, lead_id):
    """File each of the sent documents; one that is refused does not stop the others."""
    outcome = Outcome(request, worked_lead(request, lead_id))
    files = _sent_files(request)
    # Only now the body is read; of a form without files no upload handler hears.
    for name, reason in getattr(request, "refused_uploads", ()):
        outcome.refuse(name, reason, request.refused_status)
    if not files and not outcome.refused:
        outcome.refuse(_("No file"), _("Please choose at least one file."))
    elif outcome.may_go_on():
        for sent in files:
            outcome.file(sent)
    else:
        for sent in files:
            outcome.refuse_for_now(clean_file_name(sent.name))
    return outcome.answer()


def _sent_files(request):
    """Return the files of a form, or the one file that the body is, also a second time.

    The body can be read only once, but who is sent back by the database tries once more.
    """
    if is_one_file(request):
        if not hasattr(request, "file_of_body"):
            request.file_of_body = receive(request)
        return [] if request.file_of_body is None else [request.file_of_body]
    return list(chain.from_iterable(sent for _name, sent in request.FILES.lists()))


@posted_to(worked_lead)
def announce(request, lead_id):
    """Answer the form by which a browser sends one file to the bucket, as JSON.

    What would be refused anyway is refused now, with its row as `upload` answers it.
    """
    lead = worked_lead(request, lead_id)
    if not takes_files_directly():
        raise Http404
    name, size = request.POST.get("name", ""), request.POST.get("size", "")
    outcome = Outcome(request, lead)
    if not outcome.may_go_on():
        outcome.refuse_for_now(clean_file_name(name))
        return outcome.answer()
    try:
        is_size = size.isascii() and size.isdecimal() and len(size) <= MAX_DIGITS
        clean, _extension, _kind = check_announced(name, int(size) if is_size else 0)
        arrival = lead.expect_file(name=clean, size=int(size), by=request.user)
    except ValidationError as error:
        outcome.refuse_as(error, clean_file_name(name))
        return outcome.answer()
    except LeadError as error:
        outcome.refuse(clean, error.message)
        return outcome.answer()
    address, fields = attachment_storage().signed_form(
        arrival.key, size=arrival.size, seconds=DirectUpload.FORM_LIFETIME.seconds
    )
    arrived = reverse("leads:direct_upload", args=[lead.pk, arrival.pk])
    return JsonResponse({"address": address, "fields": fields, "arrived": arrived})


def own_arrival(request, lead, upload_id):
    """Return the user's own announced file, or raise 404."""
    return get_object_or_404(lead.direct_uploads.of(request.user), pk=upload_id)


@posted_to(worked_lead, own_arrival)
def arrived(request, lead_id, upload_id):
    """File what has arrived in the bucket, or say why not; 202 while that is going on."""
    lead = worked_lead(request, lead_id)
    arrival = own_arrival(request, lead, upload_id)
    outcome = Outcome(request, lead)
    if arrival.attachment and arrival.attachment.deleted_at:
        raise Http404
    if arrival.attachment:
        outcome.filed.append({"attachment": arrival.attachment, "is_known": False})
        return outcome.answer()
    if not arrival.claim():
        return HttpResponse(status=202, headers={"Retry-After": str(ASK_AGAIN)})
    is_decided = False
    try:
        is_decided = _file_arrived(arrival, outcome)
    finally:
        if not is_decided:
            arrival.release()
    if arrival.attachment:
        arrival.try_to_remove_files()
    elif is_decided:
        arrival.discard()
    return outcome.answer()


def _file_arrived(arrival, outcome):
    """File the object of a DirectUpload; return whether that is decided."""
    storage = attachment_storage()
    try:
        file = storage.open(arrival.key)
    except FileNotFoundError:
        outcome.refuse(arrival.name, _("The upload was interrupted. Please try again."))
        return False
    except Exception as error:
        # Whatever a storage's own client raises.
        raise StorageAway from error
    with file:
        sent = UploadedFile(file, arrival.name, size=file.size)
        return outcome.file(sent, lambda one: Document.check_arrived(arrival, one))

"""Exports: a list as its filters show it, as a file for a spreadsheet."""

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from leadbook import provenance, security_log
from leads.exporting.export import EXTENTS, FORMATS, Busy, Export
from leads.listing import ClosedList, LeadList
from leads.sight import sight_of

# The filters whose values are names and ids of ours, not what somebody typed.
TOLD = ("marktplatz", "phase", "wiedervorlage", "ergebnis", "sort")


@require_safe
def in_progress(request):
    """Hand out "Leads in Bearbeitung"."""
    return _export(request, LeadList, _("Leads in progress"))


@require_safe
def closed(request):
    """Hand out the won and lost leads."""
    return _export(request, ClosedList, _("Closed leads"))


def _export(request, kind, title):
    extension = request.GET.get("format", "xlsx")
    extent = request.GET.get("umfang", "liste")
    if extension not in FORMATS or extent not in EXTENTS:
        raise Http404
    leads = kind(sight_of(request), request.GET, user=request.user)
    if leads.is_wider:
        return render(request, "leads/exports/refused.html", {"back": leads.link}, status=422)
    log = _log(request, leads, back=kind.address, format=extension, extent=extent)
    export = Export(
        leads,
        title=title,
        extent=extent,
        extension=extension,
        on_end=lambda ended: log(
            "leads_exported", rows=ended.rows, is_complete=ended.is_complete
        ),
    )
    if request.method == "HEAD":
        # How long it will be is not known, as for GET.
        response = StreamingHttpResponse((), content_type=export.content_type)
    else:
        try:
            export.begin()
        except Busy:
            return render(request, "leads/exports/busy.html", {"back": leads.link}, status=429)
        log("leads_export_begun")
        response = StreamingHttpResponse(export, content_type=export.content_type)
    response.headers["Content-Disposition"] = content_disposition_header(
        True, export.file_name
    )
    return response


def _log(request, leads, **details):
    """Return what writes a line about this export: which filters, never what was searched."""
    asked = leads.asked
    filters = {name: asked[name] if name in TOLD else True for name in asked}
    request_id = provenance.current().request_id

    def log(event, **more):
        # The end is reached when the request is over for everybody else.
        with provenance.of(request_id=request_id):
            security_log.record(event, request, filters=filters, **details, **more)

    return log

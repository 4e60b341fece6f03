"""The Leadakte: a lead to be printed."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook import security_log
from leads.dossier import SIZES, Dossier
from leads.neighbours import kept_query
from leads.views.answers import worked_lead


@require_safe
def show(request, lead_id):
    """Show the lead as it is printed, with pictures as large as `bilder` says."""
    lead = worked_lead(request, lead_id, reading="for_page")
    size = request.GET.get("bilder")
    dossier = Dossier(lead, size=size if size in SIZES else SIZES[0])
    if request.method == "GET":
        # On paper it leaves the application like an export.
        security_log.record("dossier_opened", request, lead=lead.pk)
    context = {"lead": lead, "dossier": dossier, "kept": kept_query(request)}
    return render(request, "leads/dossier/dossier.html", context)

"""The checklist of a lead's phase."""

from django.shortcuts import render
from django.urls import reverse

from leadbook.htmx import wants_part
from leads.forms import PlaceForm
from leads.models import StaleMove
from leads.requirements import RequirementsForm
from leads.views.answers import posted_to, worked_lead
from leads.views.phase import dialog_again, stale


@posted_to(worked_lead)
def tick(request, lead_id):
    """Tick what the dialog sends: the one entry named `nur`, or the whole list.

    Without htmx the dialog comes again, with what else was typed in it.
    """
    lead = worked_lead(request, lead_id, reading="for_process")
    form = PlaceForm(request.POST, lead=lead)
    if not form.is_valid():
        return _late(request, lead, form)
    asked = RequirementsForm(lead, request.POST)
    only = request.POST.get("nur")
    data = form.cleaned_data
    try:
        lead.tick(
            asked.ticks if only is None else asked.tick_of(only),
            seen=data["von"],
            since=data["seit"],
            by=request.user,
        )
    except StaleMove as error:
        return _late(request, lead, form, error)
    if not wants_part(request):
        return dialog_again(request, lead)
    entries = RequirementsForm(lead).entries
    drawn = [entry for entry in entries if only in {None, str(entry["item"].pk)}]
    return render(request, "leads/phase/_ticked.html", {"lead": lead, "entries": drawn})


def _late(request, lead, form, error=None):
    """Let the answer take the place of the whole dialog, not of the entry in it."""
    name = "leads:phase" if "nach" in request.POST else "leads:close"
    draft_address = reverse(name, args=[lead.pk])
    response = stale(request, lead, form, error, draft_address=draft_address)
    response["HX-Retarget"] = "#dialogs"
    response["HX-Reswap"] = "innerHTML"
    return response

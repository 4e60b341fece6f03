"""The page of one lead."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook.htmx import wants_part
from leads.neighbours import kept_query
from leads.offers import Offer
from leads.tabs import TAB_CONTENTS
from leads.views.answers import TABS, page_of_lead, seen_lead


@require_safe
def show(request, lead_id):
    """Show the lead; while it is offered, only what may be seen before acceptance."""
    lead = seen_lead(request, lead_id, "for_page")
    if lead.is_offered:
        return render(request, "leads/offer.html", {"offer": Offer(lead, request.user)})
    tab = request.GET.get("tab")
    tab = tab if tab in TABS else TABS[0]
    if not wants_part(request):
        return page_of_lead(request, lead, tab)
    part = "portion" if "vor" in request.GET else "panel"
    context = {"lead": lead, "tab": tab, "kept": kept_query(request)}
    context |= TAB_CONTENTS[tab](lead, request)
    return render(request, f"leads/detail.html#{part}", context)

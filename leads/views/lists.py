"""The lists: in Bearbeitung, offered, closed."""

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from leadbook.htmx import page_or_part, wants_part
from leads.context_processors import counters
from leads.listing import ClosedList, LeadList
from leads.models import SavedView
from leads.offers import OfferList
from leads.sight import sight_of


@require_safe
def in_progress(request):
    """Show "Leads in Bearbeitung"; without a query, the start view where there is one."""
    views = SavedView.shown_to(request.user, SavedView.List.IN_PROGRESS)
    if not (request.META["QUERY_STRING"] or wants_part(request)):
        start = next((view for view in views if view.is_start), None)
        if start:
            return HttpResponseRedirect(f"{request.path}?{start.query}")
    sight = sight_of(request)
    leads = LeadList(sight, request.GET, user=request.user)
    counts = counters(request, with_filters=leads.counted.all)
    entry_address = reverse("leads:enter") if sight.can_enter else None
    context = {
        "list": leads,
        "views": views,
        "counts": counts,
        "entry_address": entry_address,
    }
    return render(request, page_or_part(request, "leads/list.html", "answer"), context)


@require_safe
def closed(request):
    """Show the won and lost leads."""
    views = SavedView.shown_to(request.user, SavedView.List.CLOSED)
    leads = ClosedList(sight_of(request), request.GET, user=request.user)
    context = {"list": leads, "views": views}
    return render(request, page_or_part(request, "leads/closed.html", "answer"), context)


@require_safe
def offers(request):
    """Show "Neue Leads": what the own marketplaces offer, the contact hidden."""
    context = {"list": OfferList(sight_of(request), request.GET, user=request.user)}
    return render(request, page_or_part(request, "leads/offers.html", "list"), context)

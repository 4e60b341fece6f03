"""The lists: in Bearbeitung, offered, closed."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook.htmx import page_or_part
from leads.context_processors import counters, sight_of
from leads.listing import ClosedList, LeadList
from leads.offers import OfferList


@require_safe
def in_progress(request):
    """Show "Leads in Bearbeitung"."""
    leads = LeadList(sight_of(request), request.GET, user=request.user)
    context = {"list": leads, "counts": counters(request)}
    return render(request, page_or_part(request, "leads/list.html", "answer"), context)


@require_safe
def closed(request):
    """Show the won and lost leads."""
    context = {"list": ClosedList(sight_of(request), request.GET, user=request.user)}
    return render(request, page_or_part(request, "leads/closed.html", "answer"), context)


@require_safe
def offers(request):
    """Show "Neue Leads": what the own marketplaces offer, the contact hidden."""
    context = {"list": OfferList(sight_of(request), request.GET, user=request.user)}
    return render(request, page_or_part(request, "leads/offers.html", "list"), context)

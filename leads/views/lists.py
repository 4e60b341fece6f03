"""The lists: in Bearbeitung, offered, closed."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook.htmx import page_or_part
from leads.context_processors import counters
from leads.listing import ClosedList, LeadList
from leads.offers import OfferList


@require_safe
def in_progress(request):
    """Show "Leads in Bearbeitung"."""
    context = {"list": LeadList(request.user, request.GET), "counts": counters(request)}
    return render(request, page_or_part(request, "leads/list.html", "answer"), context)


@require_safe
def closed(request):
    """Show the won and lost leads."""
    context = {"list": ClosedList(request.user, request.GET)}
    return render(request, page_or_part(request, "leads/closed.html", "answer"), context)


@require_safe
def offers(request):
    """Show "Neue Leads": what the own marketplaces offer, the contact hidden."""
    context = {"list": OfferList(request.user, request.GET)}
    return render(request, page_or_part(request, "leads/offers.html", "list"), context)

"""Filtering a list by the own fields of a marketplace: the form, whose answer is the list."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from leadbook.htmx import page_or_part
from leads.context_processors import sight_of
from leads.listing import list_called
from leads.own_filters import OwnFilters

# What the form itself says, or what does not hold for another answer.
LEFT_OUT = {"liste", "seite", "marktplatz"}


@require_safe
def show(request):
    """Show what the list can be filtered by, or the marketplaces to choose one of first."""
    sight = sight_of(request)
    of_list = list_called(request.GET.get("liste"))
    sight.read_fields()
    chosen = request.GET.get("marktplatz")
    named = [m for m in sight.marketplaces if len(sight.marketplaces) == 1 or m.slug == chosen]
    marketplace = next(iter(named), None)
    kept = [
        (name, text)
        for name, texts in request.GET.lists()
        for text in texts
        if name not in LEFT_OUT and not OwnFilters.is_named(name)
    ]
    context = {
        "word": of_list.word,
        "address": reverse(of_list.address),
        "marketplace": marketplace,
        "marketplaces": sight.marketplaces,
        "filters": OwnFilters(marketplace, request.GET),
        "kept": kept,
    }
    template = page_or_part(request, "leads/filters/dialog.html", "dialog")
    return render(request, template, context)

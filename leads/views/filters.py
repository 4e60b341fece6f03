"""Filtering a list by the own fields of a marketplace: the form, which leads to the list."""

from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from leadbook.htmx import page_or_part, wants_part
from leads.forms import focus_first_invalid
from leads.list_address import without_foreign
from leads.list_query import told
from leads.listing import list_called
from leads.own_filters import OwnFilters
from leads.sight import sight_of

# Says that the form was sent, not opened.
SENT = "anwenden"
# What the form itself says, or what does not hold for another answer.
LEFT_OUT = {"liste", "seite", SENT}


@require_safe
def show(request):
    """Show what the list can be filtered by, or the marketplaces to choose one of first.

    Sent, the form leads to the list, or comes back where something cannot be read.
    """
    sight = sight_of(request)
    of_list = list_called(request.GET.get("liste"))
    sight.read_fields()
    params = without_foreign(request.GET, sight)
    chosen = params.get("marktplatz")
    named = [m for m in sight.marketplaces if len(sight.marketplaces) == 1 or m.slug == chosen]
    marketplace = next(iter(named), None)
    described = [
        (name, text)
        for name, texts in params.lists()
        for text in texts
        if name not in LEFT_OUT
    ]
    others = [(name, text) for name, text in described if not OwnFilters.is_named(name)]
    kept = [(name, text) for name, text in others if name != "marktplatz"]
    address = reverse(of_list.address)
    filters = OwnFilters(marketplace, params)
    is_sent = bool(marketplace) and SENT in params
    if is_sent and filters.is_valid():
        asked = [("marktplatz", marketplace.slug), *kept, *filters.kept]
        to = f"{address}?{urlencode(asked)}"
        is_part = wants_part(request)
        return HttpResponseClientRedirect(to) if is_part else HttpResponseRedirect(to)
    if is_sent:
        focus_first_invalid(filters)
    # Of what was sent only the rest is the list as it was.
    before = urlencode(others if is_sent else described)
    context = {
        "word": of_list.word,
        "back": f"{address}?{told(before)}",
        "marketplace": marketplace,
        "marketplaces": sight.marketplaces,
        "filters": filters,
        "kept": kept,
        "sent": SENT,
    }
    template = page_or_part(request, "leads/filters/dialog.html", "dialog")
    return render(request, template, context, status=422 if is_sent else 200)

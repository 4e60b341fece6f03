"""Which columns a list shows, and in which order: everybody's own choice."""

from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from leadbook.htmx import page_or_part, wants_part
from leadbook.redirects import path_sent
from leads.columns import ColumnChoice
from leads.list_query import told
from leads.listing import list_called
from leads.sight import sight_of

STEPS = {"hoch": -1, "runter": 1}


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request):
    """Show the columns to choose from (GET); move one or keep the choice (POST)."""
    sent = request.POST if request.method == "POST" else request.GET
    of_list = list_called(sent.get("liste"))
    sight = sight_of(request)
    registry = of_list.registry_of(sight)
    back = path_sent(request) or reverse(of_list.address)
    if request.method != "POST":
        # A saved view may show other columns than the ones that were chosen last.
        names = request.GET.get("spalten", "").split(",")
        names = names if any(names) else request.user.columns_of(of_list.name)
        shown = registry.chosen(names) if names else registry.default
        return _dialog(request, ColumnChoice(registry, shown), of_list, back)
    choice = ColumnChoice.sent(
        registry, request.POST.getlist("spalte"), request.POST.getlist("zeigen")
    )
    for button, step in STEPS.items():
        if button in request.POST:
            choice.move(request.POST[button], step)
            return _dialog(request, choice, of_list, back)
    names = None if "standard" in request.POST else choice.names
    request.user.choose_columns(of_list.name, names)
    back = _without_columns(back)
    if wants_part(request):
        return HttpResponseClientRedirect(back)
    return HttpResponseRedirect(back, status=303)


def _without_columns(address):
    """Return the address of a list without the columns that a view has written into it."""
    path, _mark, query = address.partition("?")
    asked = QueryDict(query, mutable=True)
    asked.pop("spalten", None)
    return f"{path}?{told(asked.urlencode())}" if query else path


def _dialog(request, choice, of_list, back):
    part = "form" if request.method == "POST" else "dialog"
    # Only after a move it is drawn again.
    is_moved = part == "form"
    context = {"choice": choice, "word": of_list.word, "back": back, "is_moved": is_moved}
    return render(request, page_or_part(request, "leads/columns/dialog.html", part), context)

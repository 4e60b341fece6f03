"""The keys: what they are, and whether single characters do something in this browser."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from leadbook.appearance import has_single_keys, set_single_keys
from leadbook.htmx import page_or_part, wants_part
from leadbook.redirects import see_other
from leads.shortcuts import GROUPS


@require_http_methods(["GET", "HEAD", "POST"])
def shortcuts(request):
    """Show the keys (GET), switch those of one character on or off (POST)."""
    if request.method != "POST":
        return _dialog(request, is_on=has_single_keys(request))
    is_on = request.POST.get("einzeln") != "aus"
    answer = _dialog(request, is_on=is_on) if wants_part(request) else see_other("shortcuts")
    set_single_keys(answer, is_on=is_on)
    return answer


def _dialog(request, *, is_on):
    template = page_or_part(request, "registration/shortcuts.html", "dialog")
    return render(request, template, {"groups": GROUPS, "has_single_keys": is_on})

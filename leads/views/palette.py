"""The palette: what is found by a few letters, wherever one is."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from leadbook.htmx import page_or_part
from leads.palette import Palette
from leads.sight import sight_of


@require_safe
def find(request):
    """Show what `q` finds; `lead` is the id of the lead whose page is open.

    To htmx it is the dialog, and as soon as there is a `q` what is found.
    """
    palette = Palette(
        sight_of(request),
        request.GET.get("q", ""),
        user=request.user,
        lead_id=request.GET.get("lead"),
    )
    part = "results" if "q" in request.GET else "dialog"
    template = page_or_part(request, "leads/palette/palette.html", part)
    return render(request, template, {"palette": palette})

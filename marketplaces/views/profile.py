"""What a person sets for the own screen: language, light or dark."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_http_methods, require_POST

from leadbook.appearance import THEMES, has_single_keys, set_single_keys, set_theme
from leadbook.htmx import page_or_part, wants_part
from leadbook.language import set_language
from leadbook.redirects import safe_path, see_other
from leads.shortcuts import GROUPS


@require_POST
def choose_language(request):
    """Keep the chosen language in a cookie and go back to `next`, a page of this site."""
    language = request.POST.get("language")
    if language not in dict(settings.LANGUAGES):
        raise BadRequest
    response = _back(request)
    set_language(response, language)
    return response


@require_POST
def choose_theme(request):
    """Keep the chosen theme in a cookie and go back to `next`, a page of this site."""
    theme = request.POST.get("theme")
    if theme not in THEMES:
        raise BadRequest
    response = _back(request)
    set_theme(response, theme)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request):
    """Show whether the person gets reminder mails (GET), switch them on or off (POST)."""
    if request.method == "POST":
        request.user.choose_reminders(request.POST.get("an") == "ja")
        return redirect("reminders")
    return render(request, "registration/reminders.html")


@require_http_methods(["GET", "HEAD", "POST"])
def shortcuts(request):
    """Show the keys (GET), switch those of one character on or off in this browser (POST)."""
    is_on = has_single_keys(request)
    if request.method == "POST":
        is_on = request.POST.get("einzeln") != "aus"
    if request.method == "POST" and not wants_part(request):
        response = see_other("shortcuts")
    else:
        template = page_or_part(request, "registration/shortcuts.html", "dialog")
        context = {"groups": GROUPS, "has_single_keys": is_on}
        response = render(request, template, context)
    if request.method == "POST":
        set_single_keys(response, is_on=is_on)
    return response


def _back(request):
    target = safe_path(request, request.POST.get("next")) or resolve_url("home")
    return HttpResponseRedirect(target, status=303)

"""What a person sets for the own screen: language, light or dark."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_http_methods, require_POST

from leadbook.appearance import THEMES, set_theme
from leadbook.language import set_language
from leadbook.redirects import safe_path


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


def _back(request):
    target = safe_path(request, request.POST.get("next")) or resolve_url("home")
    return HttpResponseRedirect(target, status=303)

"""What a person sets for oneself: language, light or dark, which mails."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from leadbook import security_log
from leadbook.appearance import THEMES, set_theme
from leadbook.language import set_language
from leadbook.redirects import page_behind, path_sent, see_other
from leadbook.signed_pages import keep_private
from marketplaces.models import User
from marketplaces.models.daily_mail import MORNING, REMINDER


@require_POST
def choose_language(request):
    """Keep the chosen language with the account and in a cookie; go back to `next`."""
    language = request.POST.get("language")
    if language not in dict(settings.LANGUAGES):
        raise BadRequest
    request.user.choose_language(language)
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
        return _switch(request, REMINDER, back="reminders")
    return render(request, "registration/reminders.html")


@require_POST
def morning_mail(request):
    """Switch the mail of the morning on or off; the page of settings shows which."""
    return _switch(request, MORNING, back="calendar_settings")


@csrf_exempt  # a mail program says it without cookie and form (RFC 8058); the token is all
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_off(request, token):
    """Ask whether a mail is to be switched off (GET), do it (POST): nothing else can be done.

    Not throttled: the servers of a mail provider ask for many people, and it costs one row.
    """
    found = User.people.of_token(token)
    if found is None:
        return keep_private(render(request, "registration/mail_off.html", status=410))
    user, mail = found
    if request.method == "POST" and mail.is_wanted_by(user):
        user.choose_mail(mail, is_wanted=False)
        security_log.record("mail_switched_off", request, user=user, mail=mail.name)
    context = {"mail": mail, "is_on": mail.is_wanted_by(user)}
    return keep_private(render(request, "registration/mail_off.html", context))


def _switch(request, mail, *, back):
    is_wanted = request.POST.get("an") == "ja"
    request.user.choose_mail(mail, is_wanted=is_wanted)
    messages.success(
        request, _("E-mails switched on") if is_wanted else _("E-mails switched off")
    )
    return see_other(back)


def _back(request):
    target = path_sent(request) or resolve_url("home")
    # The top bar stays while search, filters and tabs put another query into the address.
    behind = page_behind(request)
    if behind.partition("?")[0] == target.partition("?")[0]:
        target = behind
    return HttpResponseRedirect(target, status=303)

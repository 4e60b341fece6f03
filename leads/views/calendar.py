"""The calendar of the own follow-ups: the feed, and the page of its address."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from leadbook import security_log
from leadbook.language import known_language
from leadbook.redirects import see_other
from leads.calendar_feed import calendar_of
from leads.models import CalendarAddress


@login_not_required
@require_safe
def feed(request, token):
    """Answer the calendar of whose secret address this is, in that person's language."""
    found = CalendarAddress.objects.of_token(token)
    if found is None:
        raise Http404
    site = request.build_absolute_uri("/").rstrip("/")
    with override(known_language(found.user.language)):
        content = calendar_of(found.user, site=site, host=request.get_host().partition(":")[0])
    digest = salted_hmac("leads.calendar", content, algorithm="sha256").hexdigest()
    etag = f'"{digest}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        content, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = 'inline; filename="leadbook.ics"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request):
    """Show the address of the own calendar (GET), renew it or switch it off (POST)."""
    if request.method == "POST":
        is_renewal = request.POST.get("kalender") != "aus"
        if is_renewal:
            CalendarAddress.renew(request.user)
        else:
            CalendarAddress.objects.seen_by(request.user).delete()
        security_log.record("calendar_address_changed", request, is_on=is_renewal)
        return see_other("calendar_settings")
    found = CalendarAddress.objects.seen_by(request.user).first()
    path = found and reverse("calendar", args=[found.token])
    context = {"address": path and request.build_absolute_uri(path)}
    return render(request, "leads/calendar/settings.html", context)

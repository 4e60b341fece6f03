"""Who enters the admin gives a code first, where that is asked for (SECOND_FACTOR)."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import reverse

from leadbook import errors, security_log
from leadbook.htmx import page_in_browser
from leadbook.redirects import page_behind

from .second_factor import SecondFactor


class AdminGateMiddleware:
    """Stands before every address of the admin, also before those that come some day."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Ask for a code; only out of it everybody may go as they are."""
        match = request.resolver_match
        is_way_out = match.url_name == "logout"
        return None if "admin" not in match.namespaces or is_way_out else ask(request)


def ask(request):
    """Return the answer that asks for a code; None when none is needed, or one was given.

    Who looks at a page is led to where the code is typed, and back. What is sent is
    refused, since it could not be sent once more.
    """
    user = request.user
    if not (user.is_authenticated and user.needs_second_factor):
        return None
    factor = SecondFactor(user)
    if factor.is_given_in(request.session):
        return None
    page = reverse("second_factor_code" if factor.phone else "second_factor_setup")
    if request.method not in {"GET", "HEAD"}:
        security_log.record_often("second_factor_missing", request, status=403)
        way = redirect_to_login(page_behind(request), login_url=page).url
        return errors.code_missing(request, page=way)
    if request.htmx:
        way = redirect_to_login(page_in_browser(request), login_url=page).url
        return HttpResponse(status=401, headers={"HX-Redirect": way})
    return redirect_to_login(request.get_full_path(), login_url=page)

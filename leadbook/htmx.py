"""How pages and their parts answer htmx."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers

from leadbook.redirects import page_around, page_behind


def wants_part(request):
    """Whether the answer should be a part of the page only."""
    return bool(request.htmx) and not (
        request.htmx.boosted or request.htmx.history_restore_request
    )


def page_or_part(request, page, part):
    """Return the template's name: its `part` for htmx, the whole `page` otherwise."""
    return f"{page}#{part}" if wants_part(request) else page


def query_in_browser(request):
    """Return the query of the address that the browser shows, empty when unknown."""
    try:
        return urlsplit(request.htmx.current_url or "").query
    except ValueError:
        return ""


def page_in_browser(request):
    """Return the path of this site's page that the browser shows, empty when unknown."""
    try:
        return request.htmx.current_url_abs_path or ""
    except ValueError:
        return ""


class SignInRedirectMiddleware:
    """Sends an expired session's htmx request to the sign-in page as a whole.

    Otherwise htmx would follow the redirect and put the sign-in page into a table cell.
    After signing in one is back on the page that was open, not on the part that was
    asked for, nor where a form was sent to: most such addresses show nothing. Who signs
    out is not led back. Also says that answers differ for htmx.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Lead from the sign-in page back to a page; for htmx, make it an HX-Redirect."""
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not _leads_to_sign_in(response):
            return response
        is_led_back = bool(urlsplit(response.headers["Location"]).query)
        if is_led_back and (page := _page_asked_from(request)):
            response.headers["Location"] = redirect_to_login(page).headers["Location"]
        if not request.htmx:
            return response
        location = response.headers["Location"]
        answer = HttpResponse(status=401, headers={"HX-Redirect": location})
        answer.cookies = response.cookies
        return answer


def _page_asked_from(request):
    """Return the path of the page that is to be shown again; empty for what was asked for."""
    if request.htmx and (page := page_in_browser(request)):
        return page
    if request.method in {"GET", "HEAD"}:
        return ""
    return page_around(request) or page_behind(request) or resolve_url("home")


def _leads_to_sign_in(response):
    location = response.headers.get("Location")
    return bool(location) and urlsplit(location).path == resolve_url(settings.LOGIN_URL)

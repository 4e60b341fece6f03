"""How pages and their parts answer htmx."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers


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
    asked for. Also says that answers differ for htmx.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Turn the redirect to the sign-in page into an HX-Redirect."""
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not (request.htmx and _leads_to_sign_in(response)):
            return response
        location = response.headers["Location"]
        if page := page_in_browser(request):
            location = redirect_to_login(page).headers["Location"]
        answer = HttpResponse(status=401, headers={"HX-Redirect": location})
        answer.cookies = response.cookies
        return answer


def _leads_to_sign_in(response):
    path = urlsplit(response.headers.get("Location", "")).path
    return path == resolve_url(settings.LOGIN_URL)

"""Where a form may lead to after it was sent: pages of this site, nothing else."""

import unicodedata
from urllib.parse import urlsplit, urlunsplit

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

# The page that an address is a part of, by what it names.
PAGES = {"lead_id": "leads:detail", "import_id": "leads:import", "view_id": "leads:view"}


def see_other(to, *args):
    """Return what sends a browser on with a GET; `to` and `args` as `redirect` takes them."""
    response = redirect(to, *args)
    response.status_code = 303
    return response


def safe_path(request, target):
    """Return `target` when it is a path of this site, the empty string otherwise."""
    is_safe = (
        bool(target)
        and target.startswith("/")
        and not any(unicodedata.category(character) == "Cc" for character in target)
        and url_has_allowed_host_and_scheme(
            target, allowed_hosts=set(), require_https=request.is_secure()
        )
    )
    return target if is_safe else ""


def path_sent(request):
    """Return the path of this site that a form or an address names as `next`, or empty."""
    return safe_path(request, request.POST.get("next") or request.GET.get("next"))


def page_behind(request):
    """Return the path of this site's page that sent the request, empty when unknown.

    For links that the reader may follow, and the way back from the sign-in page; redirects to
    a page that is known otherwise may take its query from here: the browser says it.
    """
    try:
        referer = urlsplit(request.META.get("HTTP_REFERER", ""))
    except ValueError:
        return ""
    if referer.netloc != request.get_host():
        return ""
    return safe_path(request, urlunsplit(("", "", referer.path, referer.query, "")))


def page_around(request):
    """Return the path of the page that the request's address is a part of, or empty."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    pages = (
        reverse(page, args=[named[name]]) for name, page in PAGES.items() if name in named
    )
    # The admin names leads as well.
    return next((page for page in pages if request.path.startswith(page)), "")

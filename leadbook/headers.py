"""Headers that every answer carries, also one that an outer middleware gave."""

from django.conf import settings
from django.http import HttpResponseNotAllowed

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def forgetting(response):
    """Let the browser forget what it keeps of this site, now that somebody has signed out."""
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


class HeadersMiddleware:
    """Keeps answers out of caches, other origins and the reach of devices."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Add what nobody has set before. Nothing may be framed, whoever would like to."""
        response = self.get_response(request)
        response.headers["X-Frame-Options"] = settings.X_FRAME_OPTIONS
        for name, value in {
            "Cache-Control": "private, no-store",
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": PERMISSIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
        }.items():
            response.headers.setdefault(name, value)
        return response


class VerbsMiddleware:
    """Answers 405 to TRACE, which Django takes for harmless, and to verbs of no standard.

    To HEAD it answers without the body, of which servers complain in their logs.
    """

    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass on what a view may have an answer to."""
        if request.method not in self.known:
            return HttpResponseNotAllowed(self.known)
        response = self.get_response(request)
        if request.method == "HEAD":
            if response.streaming:
                response.streaming_content = ()
            else:
                response.headers.setdefault("Content-Length", str(len(response.content)))
                response.content = b""
        return response

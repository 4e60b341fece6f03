"""Bodies of requests that are refused before a byte of them is read."""

from django.conf import settings

from . import errors
from .charsets import FOREIGN

# What is a little too large is read to its end, so that a browser hears the answer.
FAR_TOO_LARGE = 2
MAX_DIGITS = 15


class BodyMiddleware:
    """Refuses a body whose length is not said, or that is far too long, or no UTF-8.

    Django takes a body without Content-Length for an empty one: what was sent in chunks
    would silently be lost. Browsers always send the length, and proxies add it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on, or answer 400, 411 or 413."""
        if FOREIGN in request.META:
            return errors.bad_request(request)
        length = request.META.get("CONTENT_LENGTH") or ""
        if request.META.get("HTTP_TRANSFER_ENCODING") and not length:
            return errors.length_required(request)
        if length.isdecimal() and _is_far_too_large(length):
            return errors.too_large(request)
        try:
            return self.get_response(request)
        finally:
            # The file that the connection broke off in would lie there until Python
            # happens to collect the circle of request and handler.
            if file := getattr(request, "arriving_file", None):
                file.close()


def _is_far_too_large(length):
    most = settings.UPLOAD_MAX_REQUEST_BYTES * FAR_TOO_LARGE
    return len(length) > MAX_DIGITS or int(length) > most

"""Texts come as UTF-8; a request that names another charset is refused."""

from django.utils.http import parse_header_parameters

FOREIGN = "leadbook.foreign_charset"


class Utf8Only:
    """A WSGI application that is told nothing of other charsets than UTF-8.

    Django would read each address and body by whatever codec of Python's a Content-Type
    names, before any middleware: some make bytes of bytes, others half characters. What
    named another has FOREIGN in its environ, and leadbook.bodies refuses it.
    """

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        """Pass the request on."""
        kind, charset = _parsed(environ.get("CONTENT_TYPE") or "")
        if charset != "utf-8":
            environ = environ | {FOREIGN: True, "CONTENT_TYPE": kind}
        return self.application(environ, start_response)


def _parsed(content_type):
    """Return type and charset that a Content-Type names; None where it cannot be read."""
    try:
        kind, params = parse_header_parameters(content_type)
        return kind, params.get("charset", "utf-8").lower()
    except Exception:
        # Python's parser of mails, which reads it, fails in many ways.
        return "", None

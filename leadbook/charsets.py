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
        kind, params = parse_header_parameters(environ.get("CONTENT_TYPE") or "")
        if params.get("charset", "utf-8").lower() != "utf-8":
            environ = environ | {FOREIGN: True, "CONTENT_TYPE": kind}
        return self.application(environ, start_response)

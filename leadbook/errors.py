"""Answers to what goes wrong, in the reader's language and without internals.

No answer asks the database or the session, and none but that to an old form reads the
request's body: they must work when just these have failed.
"""

import logging
import math
import sys
from pathlib import Path
from posixpath import relpath

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, override
from django.views.debug import SafeExceptionReporterFilter

from leadbook import security_log
from leadbook.appearance import theme_of
from leadbook.redirects import page_around, page_behind
from leads.models import NoLongerVisible, StorageAway, Unchangeable

logger = logging.getLogger(__name__)

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
DATABASE_AWAY = (OperationalError, InterfaceError)
# deadlock_detected, serialization_failure:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
SENT_BACK = {"40P01", "40001"}
# The pages of the web server in front, by the status that they are named for.
IN_FRONT = (400, 404, 413, 500, 502)


def bad_request(request, exception=None):
    """Answer 400, or 413 to what is too big. Not decorated: see the module's text."""
    return _answer(request, 413 if isinstance(exception, TOO_MUCH) else 400)


def not_allowed(request, allowed):
    """Answer 405 to a verb that is none of the `allowed`, and say where there is a page.

    The way there is a relative one: the answer is the same whatever the address names.
    """
    page = page_around(request)
    way = f"{relpath(page, request.path)}/" if page else ""
    response = _answer(request, 405, page=way)
    response.headers["Allow"] = allowed
    return response


def length_required(request):
    """Answer 411 to a body that does not say how long it is."""
    return _answer(request, 411)


def too_large(request):
    """Answer 413 to a body that is too long to be read at all."""
    return _answer(request, 413)


def forbidden(request, exception=None):
    """Answer 403."""
    return _answer(request, 403)


def csrf_failure(request, reason=""):
    """Answer 403 to a form whose token is old; say how to go on and show what was typed.

    What another site's form sent is not shown.
    """
    # Behind the dash the reason may quote a whole address.
    reason = reason.partition(" - ")[0]
    security_log.record_often("form_refused", request, status=403, reason=reason)
    page = page_behind(request)
    texts = _typed_texts(request.POST) if page else []
    return _answer(request, 403, "errors/403_csrf.html", page=page or "/", texts=texts)


def code_missing(request, *, page):
    """Answer 403 to what was sent before a code was given, which is done at `page`."""
    texts = _typed_texts(request.POST)
    return _answer(request, 403, "errors/403_code.html", page=page, texts=texts)


def not_found(request, exception=None):
    """Answer 404, the same for what is absent and for what may not be seen."""
    return _answer(request, 404)


def too_many_requests(request, *, wait):
    """Answer 429 to somebody who should come back after the timedelta `wait`."""
    seconds = math.ceil(wait.total_seconds())
    response = _answer(request, 429, minutes=math.ceil(seconds / 60))
    response.headers["Retry-After"] = str(seconds)
    return response


def server_error(request):
    """Answer 500, or 503 while the database is away."""
    if not isinstance(sys.exception(), DATABASE_AWAY):
        return _answer(request, 500)
    response = _answer(request, 503)
    response.headers["Retry-After"] = "10"
    return response


def storage_away(request):
    """Answer 503 while the storage of attachments is away; everything else works."""
    response = _answer(request, 503, "errors/503_storage.html")
    response.headers["Retry-After"] = "10"
    return response


def write_pages_in_front(folder):
    """Write into `folder` what the web server in front shows when it answers by itself.

    It knows neither who asks nor their cookies: in the installation's language.
    """
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    with override(settings.LANGUAGE_CODE):
        for status in IN_FRONT:
            (folder / f"{status}.html").write_text(_page(f"errors/{status}.html", "system"))


def _answer(request, status, template=None, **context):
    html = _page(template or f"errors/{status}.html", theme_of(request), **context)
    return HttpResponse(html, status=status)


def _page(template, theme, **context):
    return render_to_string(template, {"language": get_language(), "theme": theme, **context})


def _typed_texts(posted):
    """Return the longer texts of a form; no passwords, codes, tokens or hidden values."""
    secret = SafeExceptionReporterFilter.hidden_settings
    values = [
        (name, text) for name in posted if name != "code" for text in posted.getlist(name)
    ]
    return [text for name, text in values if " " in text.strip() and not secret.search(name)]


def _is_sent_back(exception):
    """Whether PostgreSQL has undone the transaction only because of others beside it."""
    sqlstate = getattr(exception.__cause__, "sqlstate", None)
    return isinstance(exception, OperationalError) and sqlstate in SENT_BACK


class FaultsMiddleware:
    """Answers what turned out only when a view was already at work.

    A verb that it does not take: 405. A right that was taken away, or a thing that was
    deleted, between looking and writing: 404, as a moment later. A storage that is away:
    503. Two that waited for each other, of which the database has sent one back: that one
    tries once more.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on; a verb that no view takes is refused with a page."""
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return not_allowed(request, response.headers["Allow"])
        return response

    def process_exception(self, request, exception):
        """Turn the models' errors into answers."""
        if _is_sent_back(exception) and not getattr(request, "is_second_try", False):
            request.is_second_try = True
            view, args, kwargs = request.resolver_match
            try:
                return view(request, *args, **kwargs)
            except Exception as error:
                if (answer := self.process_exception(request, error)) is not None:
                    return answer
                raise
        if isinstance(exception, NoLongerVisible | Unchangeable):
            return not_found(request)
        if isinstance(exception, StorageAway):
            logger.error("The storage of attachments is away.", exc_info=exception)
            return storage_away(request)
        return None

"""The language of the interface: German, unless the person chose another one.

Not Django's LocaleMiddleware: the browser's Accept-Language must not turn a German
rep's desk into an English one. The browser keeps the choice in a cookie, so that a page
knows it before it knows the person; the account keeps it, too, for mails and for the next
browser.
"""

from django.conf import settings
from django.utils import translation


class LanguageMiddleware:
    """Activates the language of the cookie that the language menu sets."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Activate it for this request only."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with translation.override(known_language(chosen)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response


def known_language(chosen):
    """Return the code that was chosen where it is a language of ours, German's otherwise."""
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def each_in(language, pieces):
    """Make each of `pieces` in this language, whoever asks for it and when.

    A file is sent when the request that it answers is over, and its language with it.
    """
    while True:
        with translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def set_language(response, language):
    """Keep `language`, a code of settings.LANGUAGES, in a cookie for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
    )

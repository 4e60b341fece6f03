"""The language of the interface: German, unless the person chose another one.

Not Django's LocaleMiddleware: the browser's Accept-Language must not turn a German
rep's desk into an English one.
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
        known = chosen in dict(settings.LANGUAGES)
        with translation.override(chosen if known else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response


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

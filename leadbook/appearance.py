"""Light or dark: what the person chose, or the system's setting."""

from django.conf import settings

THEMES = ("light", "dark", "system")
COOKIE = "theme"
COOKIE_AGE = 60 * 60 * 24 * 365  # seconds


def theme_of(request):
    """Return the theme that the request's cookie names, `system` without one."""
    chosen = request.COOKIES.get(COOKIE)
    return chosen if chosen in THEMES else "system"


def appearance(request):
    """Return `theme` for the page's root element."""
    return {"theme": theme_of(request)}


def set_theme(response, theme):
    """Keep `theme`, one of THEMES, in a cookie for a year."""
    response.set_cookie(
        COOKIE, theme, max_age=COOKIE_AGE, samesite="Lax", secure=settings.HTTPS, httponly=True
    )

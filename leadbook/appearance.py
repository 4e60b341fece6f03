"""What a person set for this browser: light or dark, and whether single keys do something."""

from django.conf import settings

THEMES = ("light", "dark", "system")
COOKIE = "theme"
KEYS_COOKIE = "keys"
COOKIE_AGE = 60 * 60 * 24 * 365  # seconds


def theme_of(request):
    """Return the theme that the request's cookie names, `system` without one."""
    chosen = request.COOKIES.get(COOKIE)
    return chosen if chosen in THEMES else "system"


def has_single_keys(request):
    """Whether one character alone is a shortcut; a cookie can switch that off."""
    return request.COOKIES.get(KEYS_COOKIE) != "off"


def appearance(request):
    """Return `theme` and `has_single_keys` for the page's root element."""
    return {"theme": theme_of(request), "has_single_keys": has_single_keys(request)}


def set_theme(response, theme):
    """Keep `theme`, one of THEMES, in a cookie for a year."""
    _keep(response, COOKIE, theme)


def set_single_keys(response, *, is_on):
    """Keep in a cookie for a year whether one character alone is a shortcut."""
    _keep(response, KEYS_COOKIE, "on" if is_on else "off")


def _keep(response, name, value):
    response.set_cookie(
        name, value, max_age=COOKIE_AGE, samesite="Lax", secure=settings.HTTPS, httponly=True
    )

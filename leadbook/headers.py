"""Headers that every answer carries, also one that an outer middleware gave."""

from django.conf import settings

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class HeadersMiddleware:
    """Keeps answers out of caches, other origins and the reach of devices."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Add what nobody has set before."""
        response = self.get_response(request)
        for name, value in {
            "Cache-Control": "private, no-store",
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": PERMISSIONS,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
        }.items():
            response.headers.setdefault(name, value)
        return response

"""Where the person who asks sees leads."""

from .models import Sight


def sight_of(request):
    """Return the user's Sight, asked once a request."""
    if not hasattr(request, "_sight"):
        request._sight = Sight.of(request.user)
    return request._sight

"""What the frame of every page shows."""

from .models import Lead, Sight
from .models.counting import Count


def navigation(request):
    """Return the counters of the navigation, computed once a request, when asked for."""
    return {"counters": Counters(request)}


class Counters:
    """The numbers in the navigation; asks the database at the first look."""

    def __init__(self, request):
        self._request = request

    def __getattr__(self, name):
        """Return the counter called `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return counters(self._request)[name]


def counters(request):
    """Return the user's counters, from the same query for view and templates."""
    if not hasattr(request, "_counters"):
        request._counters = counted = Lead.objects.counted_for(sight_of(request))
        counted["due"] = Count(counted["overdue"].number + counted["today"].number)
    return request._counters


def sight_of(request):
    """Return where the user sees leads, asked once a request."""
    if not hasattr(request, "_sight"):
        request._sight = Sight.of(request.user)
    return request._sight

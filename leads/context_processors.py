"""What the frame of every page shows."""

from .models import Lead
from .models.counting import Count
from .sight import sight_of

# What the list's filters count beside the navigation.
OF_FILTERS = {"none", "late"}


def navigation(request):
    """Return the counters of the navigation, computed once a request, when asked for."""
    return {"counters": Counters(request)}


class Counters:
    """The numbers in the navigation and, on lists, the filters; asks at the first look."""

    def __init__(self, request):
        self._request = request

    def __getattr__(self, name):
        """Return the counter called `name`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return counters(self._request, with_filters=name in OF_FILTERS)[name]


def counters(request, *, with_filters):
    """Return the user's counters, from the same query for view and templates."""
    counted = getattr(request, "_counters", {})
    if not counted or (with_filters and not set(counted) >= OF_FILTERS):
        counted = Lead.objects.counted_for(sight_of(request), with_filters=with_filters)
        counted["due"] = Count(counted["overdue"].number + counted["today"].number)
        request._counters = counted
    return counted

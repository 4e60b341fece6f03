"""What was drawn once and is shown again: kept in the memory of a worker, for a while."""

import time
from functools import lru_cache, wraps

from django.conf import settings

# In seconds. What an erasure has removed from everywhere else is gone from here, too.
AT_MOST = 3600


def kept(most):
    """Decorate a function so that `most` of its results are kept, each for AT_MOST at most.

    All on which a result depends must be among its hashable arguments: equal arguments have
    equal results, so that nothing kept is ever out of date. Not where templates are being
    written (DEBUG).
    """

    def decorate(draw):
        again = lru_cache(maxsize=most)(draw)
        ends = 0

        @wraps(draw)
        def drawn(*args, **kwargs):
            nonlocal ends
            if settings.DEBUG:
                return draw(*args, **kwargs)
            now = time.monotonic()
            if now >= ends:
                again.cache_clear()
                ends = now + AT_MOST
            return again(*args, **kwargs)

        return drawn

    return decorate

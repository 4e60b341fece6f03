"""What was drawn once and is shown again: kept in the memory of a worker, for a while."""

import sys
import time
from functools import lru_cache, wraps

from django.conf import settings

# In seconds. What an erasure has removed from everywhere else is gone from here, too.
AT_MOST = 3600
# In bytes. What is larger is of somebody who wrote a lot; a thousand of them would fill
# the memory of a worker.
LARGEST = 8192


def _size_of(result):
    inside = sum(map(_size_of, result)) if isinstance(result, tuple) else 0
    return sys.getsizeof(result) + inside


class _TooLarge(Exception):
    """Carries a result past the cache, which keeps no exceptions."""


def kept(most, *, largest=LARGEST):
    """Decorate a function so that `most` of its results are kept, each for AT_MOST at most.

    A result of `largest` bytes or more is given and not kept; tuples count with what is in
    them.

    All on which a result depends must be among its hashable arguments: equal arguments have
    equal results, so that nothing kept is ever out of date. Not where templates are being
    written (DEBUG).
    """

    def decorate(draw):
        @lru_cache(maxsize=most)
        def again(*args, **kwargs):
            result = draw(*args, **kwargs)
            if _size_of(result) >= largest:
                raise _TooLarge(result)
            return result

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
            try:
                return again(*args, **kwargs)
            except _TooLarge as large:
                return large.args[0]

        return drawn

    return decorate

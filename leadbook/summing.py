"""SHA-256 of what is written, made beside the writing."""

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor

# Pieces that wait; more would only lie in memory.
AT_MOST = 4


class Sha256:
    """The sum of pieces in their order.

    A second thread makes it from the second piece on: with the receiving, summing up
    would be half of the work of an upload, and the other processor would wait.
    """

    def __init__(self):
        self._digest = hashlib.sha256()
        self._thread = None
        self._is_first = True
        self._waiting = deque()

    def update(self, piece):
        """Take the next piece, which must not change any more."""
        if self._is_first:
            self._is_first = False
            self._digest.update(piece)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sha256")
        if len(self._waiting) == AT_MOST:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._digest.update, piece))

    def hexdigest(self):
        """Return the sum of all pieces, of which no more come."""
        while self._waiting:
            self._waiting.popleft().result()
        self.close()
        return self._digest.hexdigest()

    def close(self):
        """End the thread; what it has not summed up yet is not needed."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

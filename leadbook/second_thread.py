"""Work on pieces in their order, beside the receiving of the next ones."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

# Pieces that wait; more would only lie in memory.
AT_MOST = 4


class SecondThread:
    """Calls `take` with one piece after the other.

    From the second piece on in a thread of its own: summing up and writing what arrives
    would be more than half of the work of an upload, and the other processor would wait.
    What `take` raises comes out of a later `give`, or of `finish`.
    """

    def __init__(self, take):
        self._take = take
        self._thread = None
        self._is_first = True
        self._waiting = deque()

    def give(self, piece):
        """Hand over the next piece, which must not change any more."""
        if self._is_first:
            self._is_first = False
            self._take(piece)
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "pieces")
        if len(self._waiting) == AT_MOST:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._take, piece))

    def finish(self):
        """Return when all pieces are done, of which no more come."""
        while self._waiting:
            self._waiting.popleft().result()
        self.close()

    def close(self):
        """End the thread with the piece that it is at; the others are not needed."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None

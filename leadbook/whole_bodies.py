"""Bodies of requests that break off on the way."""

# No body is longer; Python does not even read a number of thousands of digits.
MAX_DIGITS = 15


class WholeBodies:
    """A WSGI application whose requests never mistake the half of a body for the whole.

    Of an upload that is cut off, the files that came before the cut would be filed, and
    the sender never hear of it.
    """

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        """Pass the request on."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and len(length) <= MAX_DIGITS:
            environ["wsgi.input"] = WholeInput(environ["wsgi.input"], int(length))
        return self.application(environ, start_response)


class WholeInput:
    """A body of `length` bytes; raises ConnectionError where it ends before."""

    def __init__(self, stream, length):
        self.stream = stream
        self.missing = length

    def read(self, size=-1):
        """Return at most `size` bytes."""
        return self._counted(self.stream.read(size), size)

    def readline(self, size=-1):
        """Return at most `size` bytes of a line."""
        return self._counted(self.stream.readline(size), size)

    def _counted(self, data, size):
        if not data and size and self.missing > 0:
            raise ConnectionAbortedError("The body ended before its length was reached.")
        self.missing -= len(data)
        return data

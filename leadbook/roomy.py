"""Room for the frames of a request, on interpreters that are short of it.

CPython keeps the frames of Python functions in chunks of 16 KB. Where a loop stands at the
end of one, as the rendering of nested templates does, each call of it maps a new chunk
into memory and unmaps it again (https://github.com/python/cpython/issues/142183, cured in
3.13 and 3.14 in March 2026): on 3.13.0 that was a third of the time of a lead's page.
"""

# Places of 8 bytes, a little more than half a megabyte: the chunk that holds this frame is
# the next power of two, and almost half of it is left for what is called from here. Pages
# of memory that nobody touches cost nothing.
PLACES = 2**16 + 64


class Roomy:
    """A WSGI application that is called out of a frame with room behind it."""

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        """Pass the request on."""
        return with_room(self.application, environ, start_response)


def with_room(call, *args, **kwargs):
    """Return what `call` returns of the rest, called out of a frame with room behind it."""
    return call(*args, **kwargs)


with_room.__code__ = with_room.__code__.replace(co_stacksize=PLACES)

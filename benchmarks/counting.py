"""What a request costs the server: statements to the database, and the processor's time."""

import time
from contextlib import ExitStack

from django.db import connections

QUERIES, CPU = "X-Queries", "X-CPU-Milliseconds"


class CostMiddleware:
    """Says in headers how many statements were sent, those of transactions included.

    And how long this thread had a processor; the database's own processes do not count.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on and count."""
        count, begun = 0, time.thread_time()

        def counted(execute, *args):
            nonlocal count
            count += 1
            return execute(*args)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(counted))
            response = self.get_response(request)
        response.headers[QUERIES] = str(count)
        response.headers[CPU] = f"{(time.thread_time() - begun) * 1000:.3f}"
        return response

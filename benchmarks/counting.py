"""How many statements a request sends to the database."""

from contextlib import ExitStack

from django.db import connections

HEADER = "X-Queries"


class QueriesMiddleware:
    """Says in a header how many statements were sent, those of transactions included."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on and count."""
        count = 0

        def counted(execute, *args):
            nonlocal count
            count += 1
            return execute(*args)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(counted))
            response = self.get_response(request)
        response.headers[HEADER] = str(count)
        return response

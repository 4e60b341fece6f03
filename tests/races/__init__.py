"""What happens in the same instant."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections


def at_once(*acts):
    """Run the functions in threads that start together; return their answers.

    An exception is an answer too.
    """
    gate = Barrier(len(acts))

    def run(act):
        try:
            gate.wait(timeout=20)
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [run.result() for run in [threads.submit(run, act) for act in acts]]


def kinds_of(answers):
    """Return the answers' types, sorted by name: which verb won, which were refused."""
    return sorted(type(answer).__name__ for answer in answers)

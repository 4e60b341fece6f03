"""What happens in the same instant."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, connections, transaction

PATIENCE = 20  # seconds until a race that does not come about fails its test


def at_once(*acts):
    """Run the functions in threads that start together; return their answers.

    An exception is an answer too.
    """
    gate = Barrier(len(acts))

    def run(act):
        gate.wait(timeout=PATIENCE)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [job.result() for job in [threads.submit(_answer, run, act) for act in acts]]


def while_others_wait(first, *acts, then=None):
    """Run `first` and end its transaction when each of `acts` waits for its locks.

    Whatever `acts` have read until then, they have read before `first` was done; `then`
    is run in the same transaction before its end. Returns the answers of all but `then`;
    on PostgreSQL, where it can be seen who waits.
    """
    with ThreadPoolExecutor(len(acts)) as threads:
        with transaction.atomic():
            done = first()
            jobs = [threads.submit(_answer, act) for act in acts]
            limit = time.monotonic() + PATIENCE
            while sum(job.done() for job in jobs) + _waiting() < len(acts):
                assert time.monotonic() < limit, "they neither wait nor answer"
            if then:
                then()
        return [done, *(job.result() for job in jobs)]


def kinds_of(answers):
    """Return the answers' types, sorted by name: which verb won, which were refused."""
    return sorted(type(answer).__name__ for answer in answers)


def address_of_the_database():
    """The tests' database as a process of its own finds it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    access = "{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**known)
    return f"postgresql://{access}"


def _answer(act, *args):
    try:
        return act(*args)
    except Exception as error:
        return error
    finally:
        connections.close_all()


def _waiting():
    """How many connections to the tests' database wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]

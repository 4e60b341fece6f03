"""Waiting for what must come, however slow the machine is."""

import threading
import time

DEADLINE = 120  # seconds; only a failure ever waits so long
_never = threading.Event()


def pause(seconds):
    """Give others the processor; nothing may depend on how long."""
    _never.wait(seconds)


def until(condition, *, what, pace=0.02):
    """Return the first true value of `condition`; fail when it never comes."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        pause(pace)
    return value

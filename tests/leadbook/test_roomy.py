"""Wherever a loop stands on the stack, its calls cost no new memory."""

import resource

import pytest

from leadbook.roomy import Roomy

# Frames of about 100 bytes: more than two chunks of 16 KB.
DEPTHS = 400
LOOPS = 200


def faults_at(depth):
    """The page faults of a loop that stands so deep."""
    if depth:
        return faults_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(LOOPS):
        nothing(1, 2, 3)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def nothing(a, b, c):
    return a


def test_no_depth_makes_a_loop_map_memory_with_each_call():
    def application(environ, start_response):
        return max(faults_at(depth) for depth in range(DEPTHS))

    assert Roomy(application)({}, None) < LOOPS


def test_what_is_called_and_said_is_passed_on():
    asked = []

    def application(environ, start_response):
        asked.append((environ, start_response))
        return [b"said"]

    assert Roomy(application)("environ", "start") == [b"said"]
    assert asked == [("environ", "start")]
    with pytest.raises(ZeroDivisionError):
        Roomy(lambda environ, start: 1 / 0)({}, None)

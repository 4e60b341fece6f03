"""Pieces that are worked on in their order, beside those that still come."""

import threading

import pytest

from leadbook.second_thread import AT_MOST, SecondThread


@pytest.mark.parametrize("number", [0, 1, 2, 5, 100])
def test_all_pieces_are_taken_in_their_order(number):
    taken = []
    pieces = SecondThread(taken.append)
    for piece in range(number):
        pieces.give(piece)
    pieces.finish()
    assert taken == list(range(number))
    pieces.finish()
    pieces.close()


@pytest.mark.parametrize("bad", [0, 1, 2, 9])
def test_what_goes_wrong_is_told_to_who_gives(bad):
    def take(piece):
        if piece == bad:
            raise OSError("full")

    pieces = SecondThread(take)

    def give_all():
        for piece in range(10):
            pieces.give(piece)
        pieces.finish()

    with pytest.raises(OSError, match="full"):
        give_all()
    pieces.close()


def test_few_pieces_wait_and_a_close_ends_with_the_one_that_is_worked_on():
    go_on, taken = threading.Event(), []

    def take(piece):
        if piece:
            go_on.wait(20)
        taken.append(piece)

    pieces = SecondThread(take)
    for piece in range(1 + AT_MOST):
        pieces.give(piece)
    giving = threading.Thread(target=pieces.give, args=[1 + AT_MOST])
    giving.start()
    # Whoever gives one more waits until the first is done.
    giving.join(0.2)
    assert giving.is_alive()
    go_on.set()
    giving.join(20)
    assert not giving.is_alive()
    pieces.close()
    done = len(taken)
    assert 2 <= done <= 2 + AT_MOST
    assert taken == list(range(done))
    assert not [t for t in threading.enumerate() if t.name.startswith("pieces")]

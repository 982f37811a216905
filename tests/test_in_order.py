"""Pieces of work that interrupt one another are done one after the other, whatever they raise."""

from __future__ import annotations

import contextlib
import threading
from contextvars import ContextVar

import pytest

from ag2obs.in_order import InOrder


def test_what_is_asked_for_inside_a_piece_is_done_after_it() -> None:
    in_order, done = InOrder(threading.RLock()), []

    def outer() -> None:
        in_order.run(lambda: done.append("inner"))
        done.append("outer")

    in_order.run(outer)
    in_order.run(lambda: done.append("next"))
    assert done == ["outer", "inner", "next"]


@pytest.mark.parametrize("fails", ["outer", "inner"])
def test_a_piece_that_fails_strands_none_behind_it(fails: str) -> None:
    in_order, done = InOrder(threading.RLock()), []

    def piece(name: str) -> None:
        done.append(name)
        if name == fails:
            raise OSError(name)

    def outer() -> None:
        in_order.run(lambda: piece("inner"))
        in_order.run(lambda: piece("last"))
        piece("outer")

    with pytest.raises(OSError, match=fails):
        in_order.run(outer)
    in_order.run(lambda: piece("next"))
    assert done == ["outer", "inner", "last", "next"]


def test_what_waits_is_done_in_the_context_in_which_it_was_asked_for() -> None:
    in_order, whose = InOrder(threading.RLock()), ContextVar("whose", default="nobody")
    told: list[str] = []

    def outer() -> None:
        token = whose.set("handler")
        in_order.run(lambda: told.append(whose.get()))
        whose.reset(token)
        told.append(whose.get())

    in_order.run(outer)
    assert told == ["nobody", "handler"]


def test_threads_do_not_meet_in_a_piece() -> None:
    in_order, inside, most = InOrder(threading.RLock()), [], []

    def piece() -> None:
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    def work() -> None:
        for _ in range(500):
            in_order.run(piece)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (max(most), len(most)) == (1, 2000)


def test_an_interrupted_piece_does_what_waits() -> None:
    in_order, done = InOrder(threading.RLock()), []

    def outer() -> None:
        in_order.run(lambda: done.append("waits"))
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        in_order.run(outer)
    assert done == ["waits"]

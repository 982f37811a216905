"""The thread that finishes sessions whose work may still go on."""

from __future__ import annotations

import threading
from typing import Any, cast

from ag2obs.process import Reaper


class SlowSession:
    """A session whose end takes until it is told to go on."""

    id = "slow"

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.began, self.goes_on = threading.Event(), threading.Event()
        self.finished = 0

    def finish(self) -> None:
        with self.lock:
            self.began.set()
            assert self.goes_on.wait(10)
            self.finished += 1


def test_whoever_finishes_all_waits_for_what_the_thread_has_begun() -> None:
    reaper, session = Reaper(), SlowSession()
    reaper.wait_for(cast(Any, session), 0)
    assert session.began.wait(10)
    at_exit = threading.Thread(target=reaper.finish_all)
    at_exit.start()
    at_exit.join(0.05)
    assert at_exit.is_alive()
    session.goes_on.set()
    at_exit.join(10)
    assert not at_exit.is_alive()
    assert session.finished

"""64 sessions at once: what is on file is what the server saw, each call in its own session."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ag2obs import ag2_logging_session
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.workflows import ENTRY_POINTS, Run, quiet

AT_ONCE = 16
"""Sessions that may build agents and call at the same moment on a small machine."""


class Job:
    """One session's workflow; agents are built before the session or inside it."""

    def __init__(self, number: int, server: ModelServer, log: Log, *, inside: bool, propagate: bool) -> None:
        self.tag = f"s{number}"
        self.kind = ENTRY_POINTS[number % len(ENTRY_POINTS)]
        self.url = server.base_url_for(self.tag)
        self.settings = log.settings(propagate_context=propagate)
        self.inside = inside
        self.before: Run | None = None if inside else self.kind(self.tag, self.url)

    @property
    def is_async(self) -> bool:
        return asyncio.iscoroutinefunction(self.before or self.kind("probe", "http://127.0.0.1:9/v1"))

    def session(self) -> Any:
        return ag2_logging_session(self.tag, self.kind.__name__, settings=self.settings)

    def run(self) -> None:
        """Run in a plain session; an async workflow gets an event loop of its own inside it."""
        with self.session():
            started = (self.before or self.kind(self.tag, self.url))()
            if started is not None and asyncio.iscoroutine(started):
                asyncio.run(started)

    async def a_run(self) -> None:
        """Run in an async session; a plain workflow goes to a thread, as in any async server."""
        async with self.session():
            run = self.before or self.kind(self.tag, self.url)
            if asyncio.iscoroutinefunction(run):
                await run()
            else:
                await asyncio.to_thread(run)


def in_threads(jobs: list[Job]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda job: job.run(), jobs))


def in_tasks(jobs: list[Job]) -> None:
    async def main() -> None:
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(job: Job) -> None:
            async with at_once:
                await job.a_run()

        await asyncio.gather(*(one(job) for job in jobs))

    asyncio.run(main())


def mixed(jobs: list[Job]) -> None:
    thread = threading.Thread(target=in_threads, args=(jobs[::2],))
    thread.start()
    in_tasks(jobs[1::2])
    thread.join()


@pytest.mark.timeout(2400)
@pytest.mark.parametrize(
    ("run", "sessions"),
    [(in_threads, len(ENTRY_POINTS)), (in_tasks, len(ENTRY_POINTS)), (mixed, 64)],
    ids=["threads", "tasks", "mixed"],
)
def test_every_request_is_on_file_in_its_own_session(
    run: Callable[[list[Job]], None], sessions: int, server: ModelServer, log: Log
) -> None:
    """Each entry point comes up, among 64 sessions with its agents built before the session and inside it."""
    with quiet():
        jobs = [
            Job(number, server, log, inside=number // len(ENTRY_POINTS) % 2 == 0, propagate=True)
            for number in range(sessions)
        ]
        run(jobs)
    finish()

    on_file: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for event in log.events("llm.call"):
        on_file[event["chat_id"]] += event["attempts"]
        calls[event["chat_id"]] += event["status"] == "ok"
    at_server = {job.tag: server.totals(job.tag).requests for job in jobs}
    assert {job.tag: on_file[job.tag] for job in jobs} == at_server
    assert sum(at_server.values()) == sum(on_file.values()) > sessions
    assert PROCESS.unattributed == 0
    _tokens_agree(server, log)
    _sessions_are_apart(log, sessions)


def _tokens_agree(server: ModelServer, log: Log) -> None:
    used = [event["usage"] for event in log.events("llm.call") if event["status"] == "ok"]
    assert sum(usage["input"] for usage in used) == server.totals().prompt_tokens
    assert sum(usage["output"] for usage in used) == server.totals().completion_tokens


def _sessions_are_apart(log: Log, sessions: int) -> None:
    """No event names a chat, or an agent that carries a tag, of another session."""
    chats = {event["session"]: event["chat_id"] for event in log.events("session.start")}
    assert len(chats) == sessions
    for event in log.events():
        assert chats[event["session"]] == event["chat_id"]
        name = event.get("agent") or ""
        if name.rpartition("_")[2].startswith("s") and name.rpartition("_")[2][1:].isdigit():
            assert name.rpartition("_")[2] == event["chat_id"], event
    last = dict.fromkeys(chats, 0)
    for event in log.events():
        assert event["seq"] == last[event["session"]] + 1
        last[event["session"]] += 1


def test_without_propagation_nothing_is_guessed(server: ModelServer, log: Log) -> None:
    """With the session kept out of threads, what cannot be known is counted, and never lands in another session."""
    with quiet():
        jobs = [Job(number, server, log, inside=True, propagate=False) for number in range(len(ENTRY_POINTS))]
        in_tasks(jobs)
    finish()
    on_file: Counter[str] = Counter()
    for event in log.events("llm.call"):
        on_file[event["chat_id"]] += event["attempts"]
    for job in jobs:
        assert on_file[job.tag] <= server.totals(job.tag).requests, job.kind.__name__
    missing = server.totals().requests - sum(on_file.values())
    assert (missing > 0) <= (PROCESS.unattributed > 0)

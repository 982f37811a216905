"""Whose context an event belongs to: tasks, threads, forks, sessions inside sessions, blocks that end out of order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ag2obs import Settings, ag2_logging_session, get_ag2_runtime_logger
from ag2obs.process import REAPER
from ag2obs.routing import CURRENT, UNBOUND_FIELDS
from ag2obs.trace import AgentLogger, measure_performance, milestone, phase, trace_agent_action, trace_context
from ag2obs.trace.block import UNBOUND_BLOCK, Block
from tests.trace.conftest import Log

agent = AgentLogger("a1", "tester")


def test_nested_blocks_are_child_spans(log: Log) -> None:
    with (
        log.session(),
        phase("outer", run=1) as _,
        agent.phase("middle"),
        measure_performance("inner", items=4, batch="b1"),
    ):
        milestone("reached", {"score": 1})
    start = log.one("session.start")
    reached, inner, middle, outer = log.events()
    assert [reached["parent"], inner["parent"], middle["parent"], outer["parent"]] == [
        inner["span"], middle["span"], outer["span"], start["span"],
    ]  # fmt: skip
    assert (outer["kind"], outer["attributes"], outer["status"]) == ("milestone", {"run": 1}, "ok")
    assert (reached["agent"], reached["content"]) == ("a1", {"score": 1})
    assert (inner["count"], inner["unit"], inner["attributes"]) == (4, "items/s", {"batch": "b1"})
    assert inner["value"] > 0


def test_interleaved_tasks_never_share_fields(log: Log) -> None:
    async def work(number: int) -> None:
        with trace_context(number=number, request_id=f"r{number}"):
            for _ in range(3):
                await asyncio.sleep(0)
                async with trace_context(agent, "step", inner=number):
                    await asyncio.sleep(0)
                    agent.info("inside")
        agent.info("outside", extra={"number": number})

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(8)))

    with log.session():
        asyncio.run(main())
    inside = log.events("log", content="inside")
    assert len(inside) == 24
    for event in inside:
        number = event["attributes"]["number"]
        assert event["attributes"] == {"number": number, "inner": number}
        assert event["tags"] == {"request_id": f"r{number}"}
    assert [sorted(event["attributes"]) for event in log.events("log", content="outside")] == [["number"]] * 8
    assert all("tags" not in event for event in log.events("log", content="outside"))


def test_concurrent_sessions_get_what_runs_in_them(log: Log) -> None:
    @trace_agent_action
    async def act(number: int) -> None:
        await asyncio.sleep(0)
        agent.info("inside", extra={"number": number})

    async def chat(number: int) -> None:
        async with log.session(f"chat_{number}"):
            await asyncio.gather(*(act(number) for _ in range(3)))

    async def main() -> None:
        await asyncio.gather(*(chat(number) for number in range(6)))

    asyncio.run(main())
    assert len(log.events("log")) == 18
    for event in log.events("log"):
        assert event["chat_id"] == f"chat_{event['attributes']['number']}"


def test_what_runs_outside_of_a_session_is_not_put_into_the_one_that_is_open_elsewhere(log: Log) -> None:
    async def main() -> None:
        opened, done = asyncio.Event(), asyncio.Event()

        async def chat() -> None:
            async with log.session():
                opened.set()
                await done.wait()

        task = asyncio.create_task(chat())
        await opened.wait()
        agent.log_action("of nobody")
        with measure_performance("of nobody"), trace_context(agent, "of nobody", x=1):
            pass
        done.set()
        await task

    asyncio.run(main())
    assert log.events() == []
    assert "process_unattributed" not in str(log.all())


def test_threads_and_executors(log: Log) -> None:
    def work(name: str) -> None:
        with measure_performance(name):
            agent.info(name)

    with log.session(), trace_context(agent, "block", job="j1", step_id=7):
        thread = threading.Thread(target=work, args=("thread",))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, ["pool"] * 5))
    block = log.one("milestone")
    assert len(log.events("log")) == 6
    for event in log.events("log"):
        assert (event["attributes"], event["tags"]) == ({"job": "j1"}, {"step_id": 7})
    assert {event["parent"] for event in log.events("metric")} == {block["span"]}


def test_many_threads_write_whole_events(log: Log) -> None:
    def work(number: int) -> None:
        for step in range(50):
            agent.log_action("step", {"thread": number, "step": step})

    with log.session():
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told = {(event["arguments"]["thread"], event["arguments"]["step"]) for event in log.events("action")}
    assert len(told) == 400
    assert [event["seq"] for event in log.all()] == list(range(1, 403))


def test_a_session_inside_a_session(log: Log) -> None:
    with log.session("outer"):
        with trace_context(level="outer", request_id="r1"), log.session("inner"):
            agent.info("inner")
        agent.info("outer")
    agent.info("nobody's")
    inner, outer = log.events()
    assert (inner["chat_id"], inner["attributes"], inner["tags"]) == ("inner", {"level": "outer"}, {"request_id": "r1"})
    assert (outer["chat_id"], "attributes" in outer) == ("outer", False)


def test_generators_that_alternate_leave_nothing_behind(log: Log) -> None:
    def steps(name: str) -> Iterator[None]:
        with trace_context(agent, name, of=name):
            yield

    with log.session():
        before = CURRENT.get()
        first, second = steps("first"), steps("second")
        next(first)
        next(second)
        assert list(first) == []
        assert list(second) == []
        assert CURRENT.get() is before
        agent.info("after")
    assert "attributes" not in log.one("log")
    assert {event["name"] for event in log.events("milestone")} == {"first", "second"}


def test_a_forked_process_records_nothing_into_the_parents_session(log: Log) -> None:
    with log.session():
        with trace_context(agent, "block"):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    agent.info("child")
                    with ag2_logging_session("child", "trace", settings=log.settings()):
                        agent.info("in its own session")
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
        agent.info("parent")
    assert [(event["chat_id"], event["content"]) for event in log.events("log")] == [
        ("child", "in its own session"), ("chat", "parent"),
    ]  # fmt: skip
    assert log.one("milestone")["status"] == "ok"


def test_without_a_session_nothing_happens(log: Log, caplog: object, capsys: object) -> None:
    with trace_context(agent, "block", x=1), measure_performance("m") as measured:
        measured.items = 3
        agent.log_action("nothing")
    with ag2_logging_session("chat", "off", settings=Settings()):
        agent.log_action("nothing")
    assert UNBOUND_FIELDS.get() is None
    assert os.listdir() == []


def test_late_work_is_recorded_as_late(log: Log) -> None:
    async def main() -> None:
        async def later() -> None:
            await asyncio.sleep(0.01)
            agent.info("late")

        with log.session():
            task = asyncio.create_task(later())
        await task

    asyncio.run(main())
    assert log.one("log")["late"] is True


def blocks() -> int:
    gc.collect()
    return sum(type(each) is Block for each in gc.get_objects())


def test_work_that_starts_its_own_successor_keeps_no_block_alive(log: Log) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        @trace_agent_action("tick")
        def tick(left: int) -> None:
            if left:
                loop.call_later(0, tick, left - 1)
            else:
                done.set_result(None)

        before = blocks()
        tick(200)
        await done
        assert blocks() <= before + 5

    with log.session():
        asyncio.run(main())
    assert len(log.events("action")) == 201


def test_one_object_may_be_used_by_two_tasks_at_once(log: Log) -> None:
    measured = measure_performance("shared")

    async def work(seconds: float) -> None:
        with measured:
            await asyncio.sleep(seconds)
        agent.info("after")

    async def main() -> None:
        await asyncio.gather(work(0.01), work(0.03))

    with log.session() as session:
        asyncio.run(main())
    short, long = sorted(event["ms"] for event in log.events("metric"))
    assert (short < 29, long >= 29) == (True, True)
    assert {event["parent"] for event in log.events("log")} == {session.span}


@pytest.mark.parametrize("is_open", [True, False])
def test_a_context_may_be_entered_again_inside_itself(log: Log, is_open: bool) -> None:
    context = trace_context(step_id="s1", who="x")
    with log.session() if is_open else contextlib.nullcontext():
        with context:
            with context:
                agent.info("inside")
            agent.info("between")
        agent.info("after")
        if not is_open:
            assert UNBOUND_FIELDS.get() is None
    if is_open:
        assert [event.get("attributes") for event in log.events("log")] == [{"who": "x"}, {"who": "x"}, None]
        assert log.events("log")[2].get("tags") is None


def test_what_a_context_gives_to_every_event_is_small(log: Log) -> None:
    with log.session(), trace_context(document="x" * 1_000_000):
        agent.info("one")
    assert len(str(log.one("log"))) < 20_000


def test_tags_around_a_session_are_in_its_start_and_end(log: Log) -> None:
    with trace_context(request_id="r1"), log.session(user_id="u7"):
        pass
    assert [event["tags"] for event in log.all()] == [{"request_id": "r1", "user_id": "u7"}] * 2


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that interrupt")
def test_what_a_signal_handler_records_waits_for_what_it_interrupts(log: Log) -> None:
    signals = []

    def handle(number: int, frame: object) -> None:
        signals.append(number)
        agent.info("interrupted")

    before = signal.signal(signal.SIGALRM, handle)
    try:
        with log.session():
            signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0003)
            while len(signals) < 200:
                agent.info("at work")
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    events = log.all()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert sum(event.get("content") == "interrupted" for event in events) == len(signals)
    assert {event["kind"] for event in events} == {"session.start", "log", "session.end"}


@pytest.mark.parametrize("is_open", [True, False])
def test_one_object_may_be_used_by_many_threads_at_once(log: Log, is_open: bool) -> None:
    shared, interval = trace_context(step_id="s1"), sys.getswitchinterval()

    def work(_: int) -> None:
        for _ in range(500):
            with shared:
                pass

    sys.setswitchinterval(1e-6)
    try:
        with log.session() if is_open else contextlib.nullcontext(), ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(8)))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no signals")
def test_what_a_signal_handler_ends_is_ended_when_it_exits(log: Log) -> None:
    program = """if True:
        import os, signal, sys, threading
        from ag2obs import get_ag2_runtime_logger
        from ag2obs.trace import AgentLogger
        agent, logger = AgentLogger("a1"), get_ag2_runtime_logger()

        def handle(*_):
            agent.critical("terminating")
            logger.stop_session()
            sys.exit(0)

        signal.signal(signal.SIGTERM, handle)
        logger.start_session("chat", "w")
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        while True:
            agent.info("at work")
    """
    environment = {**os.environ, "AG2_RUNTIME_LOGGING": "true", "AG2_RUNTIME_LOG_FILE": str(log.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    events = log.all()
    assert [event["kind"] for event in events][-2:] == ["log", "session.end"]
    assert events[-2]["content"] == "terminating"
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] - len(numbers) <= 1  # what the exit interrupts is lost like all else that it interrupts


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that interrupt")
@pytest.mark.parametrize("late_seconds", ["0", "30"])
def test_a_session_that_a_signal_handler_leaves_is_whole(log: Log, late_seconds: str) -> None:
    logger = get_ag2_runtime_logger()
    settings = log.settings(late_seconds=late_seconds)
    left = []

    def handle(number: int, frame: object) -> None:
        left.append(logger.stop_session())

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for _ in range(20):
            log.path.unlink(missing_ok=True)
            left.clear()
            logger.start_session("chat", "w", settings=settings)
            signal.setitimer(signal.ITIMER_REAL, 0.002)
            while not left:
                agent.info("at work")
            REAPER.finish_all()
            events = log.all()
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
            end = [event for event in events if event["kind"] == "session.end"][-1]
            assert end["totals"]["events"] == end["seq"]
            assert events[-1]["kind"] == "session.end"
    finally:
        signal.signal(signal.SIGALRM, before)


def test_contexts_that_are_left_in_another_thread_keep_nothing_alive() -> None:
    def left_elsewhere() -> None:
        context = trace_context(step_id="s1")
        context.__enter__()
        thread = threading.Thread(target=context.__exit__, args=(None, None, None))
        thread.start()
        thread.join()

    before = blocks()
    for _ in range(50):
        left_elsewhere()
    UNBOUND_FIELDS.set(None)
    UNBOUND_BLOCK.set(None)
    assert blocks() <= before + 2


def test_a_use_in_which_nothing_is_recorded_is_not_taken_for_one_that_is(log: Log) -> None:
    used, other = phase("p"), phase("q")
    used.__enter__()  # outside of every session
    with log.session():
        used.__enter__()
        other.__enter__()
        used.__exit__(None, None, None)
        other.__exit__(None, None, None)
    used.__exit__(None, None, None)
    assert [event["name"] for event in log.events("milestone")] == ["p", "q"]

"""What ``ag2obs.trace`` adds to a call, per kind of decorator: without a session, and with one that writes its log.

Beside the same call undecorated, an event that is put on file (redacted, counted, one write) without a decorator, and
one line of the standard ``logging`` to a file. The p10 is what the code itself takes where nothing else runs.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ag2obs import Settings, ag2_logging_session, current_session
from ag2obs.events import Event
from ag2obs.trace import (
    AgentLogger,
    measure_performance,
    trace_agent_action,
    trace_context,
    trace_errors,
    trace_learning_update,
    trace_performance,
)

CALLS = 3_000
BLOCK = 10
"""Calls that are timed together: a clock costs as much as an idle decorator."""

logger = AgentLogger("bench", "bench")


def work(x: int) -> int:
    """Do nothing, as every kind of function below."""
    return x


async def later(x: int) -> int:
    """Do nothing, in a coroutine."""
    return x


def _stream(x: int) -> Any:
    yield x


def _event_alone(x: int) -> None:
    """Write what a decorator writes: what is left of its cost is its own."""
    session = current_session()
    if session is not None:
        session.record(Event(kind="metric", name="bench", level="INFO", source="bench.py:1 work", ms=0.0, status="ok"))


def _with_measure(x: int) -> None:
    with measure_performance("bench"):
        pass


def _with_fields(x: int) -> None:
    with trace_context(content_id="c1"):
        pass


def _with_name(x: int) -> None:
    with trace_context(logger, "bench", content_id="c1"):
        pass


action, errors, update = trace_agent_action("bench")(work), trace_errors()(work), trace_learning_update("bench")(work)
performance, generator = trace_performance("bench")(work), trace_performance("bench")(_stream)
coroutine = trace_performance("bench")(later)

CASES: dict[str, Callable[[int], Any]] = {
    "undecorated": work,
    "@trace_errors": errors,
    "@trace_performance": performance,
    "@trace_agent_action": action,
    "@trace_learning_update": update,
    "@trace_performance, a generator": lambda x: list(generator(x)),
    "measure_performance": _with_measure,
    "trace_context(fields)": _with_fields,
    "trace_context(logger, name)": _with_name,
    "log_action": lambda x: logger.log_action("bench", {"number": x}),
    "an event alone, on file": _event_alone,
    "info": lambda x: logger.info("bench", extra={"number": x}),
}
COROUTINES: dict[str, Callable[[int], Awaitable[Any]]] = {
    "a coroutine, undecorated": later,
    "@trace_performance, a coroutine": coroutine,
}


def _time(function: Callable[[int], Any]) -> list[float]:
    """Return the microseconds of a call, block by block."""
    taken = []
    for _ in range(CALLS // BLOCK):
        started = time.perf_counter()
        for number in range(BLOCK):
            function(number)
        taken.append((time.perf_counter() - started) * 1e6 / BLOCK)
    return taken


async def _time_coroutine(function: Callable[[int], Awaitable[Any]]) -> list[float]:
    taken = []
    for _ in range(CALLS // BLOCK):
        started = time.perf_counter()
        for number in range(BLOCK):
            await function(number)
        taken.append((time.perf_counter() - started) * 1e6 / BLOCK)
    return taken


def _all() -> dict[str, list[float]]:
    taken = {name: _time(function) for name, function in CASES.items()}
    for name, function in COROUTINES.items():
        taken[name] = asyncio.run(_time_coroutine(function))
    return taken


def _standard(folder: str) -> list[float]:
    """Return what one line of the standard ``logging`` costs: neither redacted nor counted."""
    standard = logging.getLogger("benchmarks.standard")
    handler = logging.FileHandler(Path(folder, "standard.log"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    standard.addHandler(handler)
    standard.setLevel(logging.INFO)
    standard.propagate = False
    try:
        return _time(lambda x: standard.info("bench %s", x))
    finally:
        standard.removeHandler(handler)
        handler.close()


def main() -> None:
    """Print the medians per call, without and with a session."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(Path(folder, "ours.log")))
        results = {}
        for name, session in (
            ("none", nullcontext()),
            ("session", ag2_logging_session("bench", "bench", settings=settings)),
        ):
            with session:
                results[name] = _all()
        standard = _standard(folder)
    print(f"  {'us a call: median (p10)':34s} {'no session':>16s} {'in a session':>16s}")
    for name in (*CASES, *COROUTINES):
        print(f"  {name:34s} {_told(results['none'][name]):>16s} {_told(results['session'][name]):>16s}")
    print(f"  {'logging, one line to a file':34s} {_told(standard):>16s}")


def _told(taken: list[float]) -> str:
    return f"{statistics.median(taken):.2f} ({statistics.quantiles(taken, n=10)[0]:.2f})"


if __name__ == "__main__":
    main()

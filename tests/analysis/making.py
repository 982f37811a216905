"""Events for the tests of folds, and random sessions that are run for real."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ag2obs import Settings, ag2_logging_session
from ag2obs.events import ErrorInfo, Event, Usage, new_span_id
from ag2obs.readers import iter_events


def event(kind: str, second: float = 0, **fields: Any) -> Event:
    fields.setdefault("session", "s1")
    minutes, seconds = divmod(second, 60)
    return Event(v=1, ts=f"2026-11-21T08:{int(minutes):02}:{seconds:09.6f}Z", kind=kind, **fields)


def numbered(*events: Event) -> list[Event]:
    """Return the events with their numbers in their sessions."""
    counts: dict[str, Any] = {}
    for each in events:
        each.seq = each.seq or next(counts.setdefault(each.session, itertools.count(1)))
    return list(events)


def result_of(fold: Any, *events: Event) -> Any:
    for each in numbered(*events):
        fold.add(each)
    return fold.result()


def failure(text: str = "no such city", identity: str = "e1", kind: str = "ValueError", **fields: Any) -> ErrorInfo:
    return ErrorInfo(id=identity, type=kind, message=text, **fields)


names = st.sampled_from([None, "planner", "writer", "日本", "a\x1b[31mb"])
texts = st.sampled_from(["", "hello", "no such city 'Oslo'", "x" * 90, "two\nlines\x07"])
spans = st.sampled_from(["", "1" * 16, "2" * 16, "3" * 16])
errors = st.none() | st.builds(
    ErrorInfo, id=st.sampled_from(["e1", "e2"]), type=st.sampled_from(["ValueError", "x.KeyError"]), message=texts,
    repeat=st.booleans(),
)  # fmt: skip
values = st.none() | texts | st.integers(-3, 3) | st.dictionaries(st.sampled_from("abc"), texts, max_size=2)
common = {
    "agent": names,
    "ms": st.none() | st.integers(0, 5_000).map(float),
    "status": st.sampled_from([None, "ok", "error", "cancelled"]),
    "error": errors,
    "span": spans,
    "parent": spans,
}
any_events = st.one_of(
    st.builds(
        Event, kind=st.just("tool.call"), tool=st.sampled_from(["search", "mcp__files__read", ""]),
        call_id=st.sampled_from([None, "call_1", "call_2"]), success=st.sampled_from([None, True, False]),
        arguments=values, result=values, **common,
    ),
    st.builds(
        Event, kind=st.just("agent.message"), sender=names, target=names, message=st.sampled_from([None, "m1", "m2"]),
        **common,
    ),
    st.builds(
        Event,
        kind=st.sampled_from(["decision", "action", "state.change", "interaction", "learning", "log", "new.kind"]),
        name=texts, content=values, arguments=values, target=names, role=names, value=st.none() | st.floats(0, 5),
        level=st.sampled_from([None, "DEBUG", "ERROR"]), **common,
    ),
    st.builds(Event, kind=st.sampled_from(["agent.reply", "error", "human.input", "alert", "handoff"]), **common),
)  # fmt: skip
calls = st.tuples(
    st.builds(
        Event, kind=st.just("llm.call"), model=st.sampled_from(["gpt-4o", None]),
        usage=st.none() | st.builds(Usage, input=st.integers(0, 99)), cost_usd=st.none() | st.just(Decimal("0.01")),
        purpose=st.sampled_from([None, "summary"]), invocation=st.sampled_from([None, "i1"]), **common,
    ),
    st.lists(st.builds(lambda text: {"role": "user", "content": text}, texts), max_size=3),
    st.lists(st.builds(lambda text: {"role": "assistant", "content": text}, texts), max_size=2),
)  # fmt: skip
runs = st.lists(st.lists(any_events | calls, max_size=8), min_size=1, max_size=2)
"""What sessions record that are open at the same time."""


def run(folder: Path, recorded: list[list[Any]], *folds: Any) -> list[Event]:
    """Record into real sessions with ``folds`` attached to all of them; returns what is on file."""
    path = folder / f"{new_span_id()}.log"
    settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=str(path), late_seconds=0.0)
    if len(recorded) == 1:
        blocks = [ag2_logging_session("chat", "w", settings=settings)]
    else:
        blocks = [ag2_logging_session(f"chat{number}", "w", settings=settings) for number in range(len(recorded))]
    sessions = [block.__enter__() for block in blocks]
    try:
        for session in sessions:
            for fold in folds:
                session.attach(fold)
        for turn in itertools.zip_longest(*recorded):
            for session, item in zip(sessions, turn, strict=True):
                if isinstance(item, tuple):
                    session.record_call(*item)
                elif item is not None:
                    session.record(item)
    finally:
        for block in reversed(blocks):
            block.__exit__(None, None, None)
    return list(iter_events(path))

"""Random runs for tests of folds: events of a real session, on file and told to a fold that is attached to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from ag2obs import ag2_logging_session
from ag2obs.events import ErrorInfo, Event, Usage
from ag2obs.process import PROCESS
from ag2obs.readers.find import expand
from ag2obs.session import Session
from ag2obs.settings import Settings

Step = Callable[[Session], None]

_AGENTS = st.sampled_from(["alpha", "beta", None])
_TEXTS = st.text(max_size=30) | st.just("a long text " * 20)
_MONEY = st.none() | st.decimals(0, 5, allow_nan=False, places=7)


@st.composite
def _usages(draw: st.DrawFn) -> Usage | None:
    sent, answered = draw(st.integers(0, 5000)), draw(st.integers(0, 500))
    read = draw(st.integers(0, sent))
    return draw(st.sampled_from([None, Usage(input=sent, output=answered, cache_read=read)]))


@st.composite
def _calls(draw: st.DrawFn) -> Step:
    failed, cached = draw(st.booleans()), draw(st.booleans())
    event = Event(
        kind="llm.call",
        agent=draw(_AGENTS),
        provider=draw(st.sampled_from(["openai", "anthropic", None])),
        model=draw(st.sampled_from(["gpt-4o", "gpt-4o-mini", "mine", None])),
        usage=draw(_usages()),
        status="error" if failed else "ok",
        cached=cached and not failed,
        cost_usd=draw(_MONEY),
        saved_usd=draw(_MONEY) if cached and not failed else None,
        attempts=draw(st.sampled_from([None, 0, 1, 3])),
        invocation=draw(st.sampled_from([None, "i1", "i2"])),
        purpose=draw(st.sampled_from([None, "summary"])),
        ms=draw(st.floats(0.01, 1e5)),
        error=ErrorInfo(id="e1", type="TimeoutError") if failed else None,
    )
    sent = [{"role": "user", "content": text} for text in draw(st.lists(_TEXTS, max_size=9))]
    answers = [{"role": "assistant", "content": text} for text in draw(st.lists(_TEXTS, max_size=1))]
    return lambda session: session.record_call(event, sent, answers)


@st.composite
def _tool_calls(draw: st.DrawFn) -> Step:
    success = draw(st.sampled_from([True, False, None]))
    result = draw(_TEXTS)
    event = Event(
        kind="tool.call",
        agent=draw(_AGENTS),
        tool=draw(st.sampled_from(["search", "read"])),
        arguments={"q": draw(_TEXTS)},
        result=result,
        success=success,
        ms=draw(st.none() | st.floats(0.01, 1e5)),
    )
    return lambda session: session.record_carrying(event, result)


@st.composite
def _deliveries(draw: st.DrawFn) -> Step:
    sender, text = draw(st.sampled_from(["alpha", "beta"])), draw(_TEXTS)
    event = Event(kind="agent.message", agent=sender, sender=sender, target="alpha")
    return lambda session: session.record_delivery(event, {"content": text}, sender)


_OTHERS = st.sampled_from(["speaker.selected", "handoff", "human.input", "unknown.kind", "metric"]).map(
    lambda kind: lambda session: session.record(Event(kind=kind, agent="alpha", name="beta", target="beta"))
)

steps = st.lists(_calls() | _calls() | _tool_calls() | _deliveries() | _OTHERS, max_size=14)
"""What happens in one session."""


def run(
    path: Path, fold: Any, what: list[Step], *, content: str = "full", max_bytes: int = 0, chat: str = "chat"
) -> list[Path]:
    """Do the steps in a session that writes to ``path``, with ``fold`` attached; returns the files of the log."""
    settings = Settings.from_environment(
        {}, dotenv=False, enabled=True, patch=False, log_file=str(path), content=content, log_max_bytes=str(max_bytes),
        log_backups="1000", late_seconds="0",
    )  # fmt: skip
    with ag2_logging_session(chat, "random", settings=settings) as session:
        session.attach(fold)
        for step in what:
            step(session)
    PROCESS.upkeep.finish(60)  # it compresses segments, and would lock the log in a folder that is being deleted
    return expand([path])

"""Writes logs of many sessions as runs leave them: agents, models, tools, failures, decisions, several days."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ag2obs.events import ErrorInfo, Event, Usage, encode, timestamp

_BEGIN = datetime(2026, 10, 1, 8, tzinfo=UTC)
_MODELS = (("gpt-4o-2024-08-06", "gpt-4o", "2.5", "10"), ("gpt-4o-mini-2024-07-18", "gpt-4o-mini", "0.15", "0.6"))
_TOOLS = ("search", "read_file", "calculator", "send_mail")
_AGENTS = ("planner", "writer", "critic", "user")
_TEXT = 'The quick brown fox wrote:\nsome prose about tokens, and now and then a "quoted" word. '


def write_sessions(folder: Path, sessions: int, turns: int = 20, characters: int = 3000) -> None:
    """Write a log for each of ``sessions``, ``turns`` model calls long, over 50 days."""
    for number in range(sessions):
        lines = (encode(event) + b"\n" for event in session_events(number, turns, characters))
        (folder / f"{session_id(number)}.jsonl").write_bytes(b"".join(lines))


def write_one_log(path: Path, megabytes: float, turns: int = 20, characters: int = 3000) -> int:
    """Write sessions one after the other into one log until it has that size; returns how many there are."""
    written = number = 0
    with open(path, "wb") as file:
        while written < megabytes * 1_000_000:
            written += sum(file.write(encode(each) + b"\n") for each in session_events(number, turns, characters))
            number += 1
    return number


def session_id(number: int) -> str:
    """Return the id of a session."""
    return f"{_started(number):%Y%m%dT%H%M%S}-{number:010x}"


def session_events(number: int, turns: int, characters: int) -> Iterator[Event]:
    """Yield the events of a session; the same ones whenever it is asked for."""
    chance = random.Random(number)
    session = _SessionWriter(number)
    text = (_TEXT * (characters // len(_TEXT) + 1))[:characters]
    yield session.event("session.start", event_type="session_start", resource={"host": "elsewhere", "pid": 1})
    for turn in range(turns):
        agent = _AGENTS[turn % 3]
        yield session.event("message", id=f"m{2 * turn + 1}", role="user", content=f"{turn}. {text}")
        if turn % 5 == 0:
            yield session.event("decision", agent=agent, name="next_step", content="It is the cheapest way.")
        yield session.event("message", id=f"m{2 * turn + 2}", role="assistant", name=agent, content=f"{turn}: {text}")
        yield _call(session, chance, turn, agent)
        if turn % 3 == 0:
            yield _tool_call(session, chance, turn, agent)
    yield session.event("session.end", status="ok" if number % 10 else "error")


def _call(session: _SessionWriter, chance: random.Random, turn: int, agent: str) -> Event:
    answered, requested, price_in, price_out = _MODELS[turn % 2]
    common: dict[str, Any] = {
        "agent": agent, "provider": "openai", "request_model": requested, "input": [f"m1-m{2 * turn + 1}"],
        "ms": round(chance.lognormvariate(6.5, 0.5), 3), "invocation": f"i{turn}", "attempts": 1,
    }  # fmt: skip
    if chance.random() < 0.02:
        error = ErrorInfo(
            f"e{turn}", "openai.RateLimitError", f"Limit of {turn} requests reached", frame="openai:create"
        )
        return session.event("llm.call", status="error", error=error, cost_reason="failed", **common)
    usage = Usage(input=700 * (turn + 1), output=chance.randint(50, 700), cache_read=512 * (turn // 2))
    cost = (usage.input * Decimal(price_in) + usage.output * Decimal(price_out)) / 1_000_000
    return session.event(
        "llm.call", status="ok", model=answered, usage=usage, tokens_source="provider", cost_usd=cost,
        cost_source="genai-prices", cost_quality="exact", output=[f"m{2 * turn + 2}"], finish_reason="stop", **common,
    )  # fmt: skip


def _tool_call(session: _SessionWriter, chance: random.Random, turn: int, agent: str) -> Event:
    failed = chance.random() < 0.1
    arguments = {"query": f"number {turn}", "city": "" if failed else chance.choice(("Bern", "Graz"))}
    error = ErrorInfo(f"t{turn}", "ValueError", f"no city in {turn}", frame="tools:search") if failed else None
    return session.event(
        "tool.call", agent=agent, tool=_TOOLS[turn % 4], call_id=f"c{turn}", ms=round(chance.lognormvariate(3, 1), 3),
        success=not failed, status="error" if failed else "ok", error=error, arguments=arguments, result="found " * 50,
    )  # fmt: skip


class _SessionWriter:
    """Gives events of one session their envelope."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._sequence = 0

    def event(self, kind: str, **fields: Any) -> Event:
        self._sequence += 1
        moment = _started(self._number) + timedelta(seconds=self._sequence * 0.7)
        return Event(
            v=1, ts=timestamp(moment), seq=self._sequence, kind=kind, session=session_id(self._number),
            trace=f"{self._number:032x}", span=f"{self._sequence:016x}", chat_id=f"chat_{self._number}",
            workflow=("support", "research", "billing")[self._number % 3], **fields,
        )  # fmt: skip


def _started(number: int) -> datetime:
    return _BEGIN + timedelta(days=number % 50, seconds=number)

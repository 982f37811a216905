"""What a live view shows: sessions as the summary has them, the last events, and what the last minute used."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from ag2obs.analysis.cost.repricing import MONEY, known_cost
from ag2obs.analysis.moments import moment_of
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.summary_types import RuntimeSummary
from ag2obs.analysis.summary.totals import money_text
from ag2obs.events import Accounting

LIVE_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""

EVENTS_KEPT = 50
MINUTE = timedelta(seconds=60)


class LiveEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event on one line."""

    ts: str
    session: str
    kind: str
    agent: str | None
    what: str | None
    """The model, the tool, or whom it was for."""
    status: str | None
    tokens: int | None
    cost_usd: Decimal | None
    ms: float | None
    error: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON has it."""
        return {**msgspec.structs.asdict(self), "cost_usd": money_text(self.cost_usd)}


class LiveView(msgspec.Struct, frozen=True, kw_only=True):
    """The state of what is watched."""

    summary: RuntimeSummary
    events: list[LiveEvent]
    """The last ones, oldest first."""
    tokens_per_minute: int
    """Used by calls that ended in the last minute."""
    usd_per_minute: Decimal
    """The known part of what these calls cost."""

    def to_dict(self) -> dict[str, Any]:
        """Return one document of ``ag2obs watch --json``."""
        return {
            "schema": LIVE_SCHEMA,
            "summary": self.summary.to_dict(),
            "tokens_per_minute": self.tokens_per_minute,
            "usd_per_minute": money_text(self.usd_per_minute),
            "events": [event.to_dict() for event in self.events],
        }


class LiveFold:
    """Adds events and tells how things stand. Keeps the calls of the last minute and ``EVENTS_KEPT`` events."""

    def __init__(self) -> None:
        self._summary = SummaryFold()
        self._events: deque[LiveEvent] = deque(maxlen=EVENTS_KEPT)
        self._calls: deque[tuple[datetime, int, Decimal]] = deque()
        self._newest: datetime | None = None

    def add(self, event: Accounting) -> None:
        """Take one event in."""
        self._summary.add(event)
        moment = moment_of(event.ts)
        if moment is not None:
            self._newest = moment if self._newest is None else max(self._newest, moment)
            self._forget(self._newest)
        if event.kind == "llm.call" and moment is not None and not event.cached:
            tokens = 0 if event.usage is None else event.usage.total
            self._calls.append((moment, tokens, known_cost(event) or Decimal(0)))
        if event.kind != "message":
            self._events.append(live_event(event))

    def _forget(self, now: datetime) -> None:
        while self._calls and now - self._calls[0][0] >= MINUTE:
            self._calls.popleft()

    def result(self, now: datetime | None = None) -> LiveView:
        """Return how things stand ``now``; by default at the time of the newest event."""
        moment = now or self._newest
        recent = [call for call in self._calls if moment is None or call[0] > moment - MINUTE]
        usd = Decimal(0)
        for _, _, cost in recent:
            usd = MONEY.add(usd, cost)
        return LiveView(
            summary=self._summary.result(),
            events=list(self._events),
            tokens_per_minute=sum(tokens for _, tokens, _ in recent),
            usd_per_minute=usd,
        )


def live_event(event: Accounting) -> LiveEvent:
    """Return an event as a live view shows it."""
    what = event.model or event.request_model or event.tool or event.target or event.name or event.reason
    return LiveEvent(
        ts=event.ts,
        session=event.session,
        kind=event.kind,
        agent=event.agent,
        what=what or event.workflow if event.kind == "session.start" else what,
        status=event.status,
        tokens=None if event.usage is None else event.usage.total,
        cost_usd=event.cost_usd if event.kind == "llm.call" else None,
        ms=event.ms,
        error=None if event.error is None else event.error.type,
    )

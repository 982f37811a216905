"""What the summary keeps of one session while events are added, and how that becomes its summary."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ag2obs.analysis.liveness import still_running
from ag2obs.analysis.moments import moment_of
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.analysis.summary.sums import Sums, ToolTally, agent_summaries, model_summaries, seconds, tool_summaries
from ag2obs.analysis.summary.totals import UNKNOWN_MODEL, Tally
from ag2obs.encoding import plain
from ag2obs.events import Accounting, BudgetState

UNKNOWN_TOOL = "unknown"

TallyKey = tuple[str | None, str | None, str | None]
"""Agent, model and provider; None where a call has no agent, or an event is no call."""

_NEITHER: TallyKey = (None, None, None)

_LARGEST = (1 << 63) - 1
"""The largest number of a packed session."""

_MOST_DIGITS = 60
"""Of an amount of money."""


class SessionHead(msgspec.Struct, array_like=True, gc=False):
    """What a session is called and when it started, which packed sessions begin with."""

    id: str
    chat_id: str | None = None
    workflow: str | None = None
    question: str | None = None
    budget: BudgetState | None = None
    start: str | None = None
    first: str = ""

    @property
    def started(self) -> str:
        """When ``session.start`` was written; the first event's time where that is missing."""
        return self.start if self.start is not None else self.first


class SessionTally(SessionHead, array_like=True, gc=False):
    """What is kept of one session.

    Each event is added to one tally only, that of its agent and model (or of neither), because this runs in
    the user's chat; the sums of agents, models and the session are put together when they are asked for. It is
    plain data: ``pack`` makes it some hundred bytes, for when a session has ended and for the index.
    """

    last: str = ""
    newest_seq: int = 0
    continued: bool = False
    """Whether it goes on from an earlier segment of its log: its first event says so."""
    resource: dict[str, Any] = msgspec.field(default_factory=dict)
    end: str | None = None
    """When the newest ``session.end`` was written, and the status that it tells."""
    end_status: str | None = None
    end_error_told: bool = False
    tallies: dict[TallyKey, Tally] = msgspec.field(default_factory=dict)
    tools: dict[str, ToolTally] = msgspec.field(default_factory=dict)
    answered: dict[tuple[str, str | None], dict[str, int]] = msgspec.field(default_factory=dict)
    """By requested model and provider, how often each other name answered, as of a dated version."""

    def add(self, event: Accounting) -> None:
        """Count one event of this session."""
        kind, ts, seq = event.kind, event.ts, event.seq
        if seq > self.newest_seq:
            self.newest_seq = seq
        if ts > self.last:
            self.last = ts
            self.first = self.first or ts
        elif ts and ts < self.first:
            self.first = ts
        if kind == "llm.call":
            model, requested = event.model, event.request_model
            if model is not None and requested is not None and model != requested:
                names = self.answered.setdefault((requested, event.provider), {})
                names[model] = names.get(model, 0) + 1
            tally = self._tally((event.agent, model or requested or UNKNOWN_MODEL, event.provider))
            tally.add_call(event)
        elif kind == "tool.call":
            tally = self._tally((event.agent, None, None))
            tally.add_tool_call(event)
            self._tool(event.tool or event.name or UNKNOWN_TOOL).add(event)
        else:
            tally = self._tally(_NEITHER)
            if kind != "message":
                self._add_other(event, tally)
        tally.events += 1
        if event.budget is not None and _is_possible(event.budget):
            self.budget = event.budget
        if event.redactions:
            tally.redactions += event.redactions
        if event.error is not None and not event.error.repeat and kind != "session.end":
            tally.errors += 1

    def _add_other(self, event: Accounting, tally: Tally) -> None:
        if event.kind == "session.start":
            self._add_start(event)
        elif event.kind == "session.end":
            self._add_end(event, tally)
        elif event.kind == "drop":
            tally.dropped += 1 if event.count is None else event.count

    def _tally(self, key: TallyKey) -> Tally:
        tally = self.tallies.get(key)
        if tally is None:
            tally = self.tallies[key] = Tally()
        return tally

    def _tool(self, name: str) -> ToolTally:
        tool = self.tools.get(name)
        if tool is None:
            tool = self.tools[name] = ToolTally()
        return tool

    def name(self, chat_id: str | None, workflow: str | None) -> None:
        """Take over what the session is called, where that is not known yet."""
        self.chat_id = self.chat_id or chat_id
        self.workflow = self.workflow or workflow

    def _add_start(self, event: Accounting) -> None:
        self.name(event.chat_id, event.workflow)
        if not event.continued and (self.start is None or event.ts < self.start):
            self.start = event.ts
        if event.resource:
            self.resource = _process_named(event.resource)

    def _add_end(self, event: Accounting, tally: Tally) -> None:
        """Take the newest end; the exception that every one of them repeats counts once."""
        if self.end is None or event.ts >= self.end:
            self.end, self.end_status = event.ts, event.status
        if event.error is not None and not event.error.repeat and not self.end_error_told:
            self.end_error_told = True
            tally.errors += 1

    def merge(self, later: SessionTally) -> None:
        """Add what was kept of the same session in a later file."""
        self.name(later.chat_id, later.workflow)
        self.question = self.question or later.question
        self.budget = later.budget or self.budget
        self.resource = later.resource or self.resource
        self.start = min((start for start in (self.start, later.start) if start is not None), default=None)
        self.first = min(filter(None, (self.first, later.first)), default="")
        self.last = max(self.last, later.last)
        self.newest_seq = max(self.newest_seq, later.newest_seq)
        if self.end is None or (later.end is not None and later.end >= self.end):
            self.end, self.end_status = later.end, later.end_status
        for key, tally in later.tallies.items():
            self._tally(key).merge(tally)
        if self.end_error_told and later.end_error_told:
            self._tally(_NEITHER).errors -= 1
        self.end_error_told = self.end_error_told or later.end_error_told
        for name, tool in later.tools.items():
            self._tool(name).merge(tool)
        for asked, names in later.answered.items():
            mine = self.answered.setdefault(asked, {})
            for name, count in names.items():
                mine[name] = mine.get(name, 0) + count

    def status(self) -> str | None:
        """Return what the end tells; without one, whether the process may be at work."""
        if self.end is not None:
            return self.end_status
        return "running" if self.may_go_on() else "incomplete"

    def may_go_on(self) -> bool:
        """Tell whether the process of this session is at work, as far as the log tells which that is."""
        return still_running(self.resource, moment_of(self.started))

    def pack(self) -> bytes:
        """Return everything that is kept, for ``unpack``."""
        try:
            return _encoder.encode(self)
        except UnicodeEncodeError:
            return _encoder.encode(self._with_texts())

    def _with_texts(self) -> SessionTally:
        """Return this tally with names that are text: frameworks may hold what is none (a lone surrogate)."""
        whole = SessionTally(self.id)
        for name in ("chat_id", "workflow", "question"):
            setattr(whole, name, plain(getattr(self, name)))
        for (agent, model, provider), tally in self.tallies.items():
            renamed = msgspec.structs.replace(tally, unpriced_models=set(map(plain, tally.unpriced_models)))
            whole._tally((plain(agent), plain(model), plain(provider))).merge(renamed)
        for tool, calls in self.tools.items():
            whole._tool(plain(tool)).merge(calls)
        whole.answered = {
            (str(plain(asked)), plain(provider)): {str(plain(name)): count for name, count in names.items()}
            for (asked, provider), names in self.answered.items()
        }
        kept = ("chat_id", "workflow", "question", "tallies", "tools", "answered")
        return msgspec.structs.replace(self, **{name: getattr(whole, name) for name in kept})

    def sums(self) -> Sums:
        """Return the sums of this session: everything, by agent, by model and provider, and by tool.

        Calls that all failed tell the model that was asked for alone; they are with the version that answered most
        of the others.
        """
        sums = Sums()
        for (agent, model, provider), tally in self.tallies.items():
            sums.whole.merge(tally)
            if agent is not None:
                sums.agents.merge(agent, tally)
            if model is not None:
                names = self.answered.get((model, provider))
                if names and tally.failed_calls == tally.llm_calls:
                    model = max(names, key=names.__getitem__)
                sums.models.merge((model, provider or ""), tally)
        sums.tools.update(self.tools)
        return sums

    def missing(self, whole: Tally) -> int:
        """Return how many events were written, by the numbers of the others, and are not in the ``whole``."""
        return max(0, self.newest_seq - whole.events - whole.dropped)

    def summary(self, sums: Sums) -> SessionSummary:
        """Return the summary of this session, whose ``sums()`` are given."""
        whole = sums.whole
        began = moment_of(self.started)
        finished = moment_of(self.end if self.end is not None else self.last)
        return SessionSummary(
            session_id=self.id,
            chat_id=self.chat_id,
            workflow=self.workflow,
            status=self.status(),
            started=self.started or None,
            ended=self.end or None,
            wall_seconds=_seconds_between(began, finished),
            model_seconds=seconds(whole.model_ms),
            tool_seconds=seconds(whole.tool_ms),
            totals=whole.totals(),
            agents=agent_summaries(sums.agents),
            models=model_summaries(sums.models),
            tools=tool_summaries(sums.tools),
            budget=self.budget,
            missing=self.missing(whole),
            question=self.question,
        )


_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_decoder = msgspec.msgpack.Decoder(SessionTally)
_head_decoder = msgspec.msgpack.Decoder(SessionHead)


def unpack(packed: bytes) -> SessionTally:
    """Return what ``SessionTally.pack`` made bytes of; raises ``msgspec.DecodeError`` for anything else."""
    return _decoder.decode(packed)


def head_of(packed: bytes) -> SessionHead:
    """Return the head of a packed session, in a fraction of the time that ``unpack`` takes."""
    return _head_decoder.decode(packed)


def begun_with(event: Accounting) -> SessionTally:
    """Return the tally of a session whose first event this is, before that is added."""
    return SessionTally(
        event.session, event.chat_id, event.workflow, first=event.ts, last=event.ts, continued=event.continued
    )


def _process_named(resource: dict[str, Any]) -> dict[str, Any]:
    """Return of a resource what names the process, without what can be the name of none."""
    host, pid = resource.get("host"), resource.get("pid")
    return {
        "host": host if isinstance(host, str) else None,
        "pid": pid if isinstance(pid, int) and 0 < pid < _LARGEST else None,
    }


def _is_possible(budget: BudgetState) -> bool:
    """Tell whether a budget has numbers that can be kept and shown; a damaged log may tell any."""
    counts = (budget.tokens_limit or 0, budget.tokens_spent, budget.refused, budget.waited_seconds)
    amounts = (budget.usd_limit or Decimal(0), budget.usd_spent)
    return all(abs(count) <= _LARGEST for count in counts) and all(
        amount.is_finite() and abs(amount.adjusted()) <= _MOST_DIGITS for amount in amounts
    )


def _seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from ``start`` to ``end``, 0 where the clock was set back in between."""
    if start is None or end is None:
        return None
    return max(0.0, round((end - start).total_seconds(), 6))

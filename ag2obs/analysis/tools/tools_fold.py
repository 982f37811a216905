"""Tools: how often they were called, how long they took, how much they were given, and why they failed."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import Any, NamedTuple

from ag2obs.analysis.histogram import LogHistogram
from ag2obs.analysis.moments import rounded
from ag2obs.analysis.summary.totals import tool_failed
from ag2obs.analysis.telling import failure_text
from ag2obs.analysis.texts import characters, text_of
from ag2obs.analysis.tools.argument_patterns import ArgumentPatterns
from ag2obs.analysis.tools.tool_types import FailedCall, ToolsReport, ToolStats
from ag2obs.events import STATUS_CANCELLED, Event

__all__ = ["BY", "ToolsFold", "ToolsReport"]

BY = ("agent", "session")

UNKNOWN_TOOL = "unknown"

_MCP_NAME = re.compile(r"mcp__(?P<server>.+?)__(?P<tool>.+)", re.DOTALL)
"""How MCP clients name a tool to tell those of several servers apart; used where nothing else tells the server."""

_MOST_SERVERS = 10
"""That are named of one row."""

_LAST_FAILURES = 3
_ERROR_TYPES = 20
_REPLIES_REMEMBERED = 1_000
_TEXT = 200


class ToolsFold:
    """Adds up the tool calls of sessions, all together or ``by`` agent or session.

    What it keeps grows with the tools, agents or sessions that it shows; see ``argument_patterns`` for its bounds.
    """

    def __init__(self, by: str | None = None) -> None:
        if by is not None and by not in BY:
            raise ValueError(f"by is {by!r}; allowed are {', '.join(BY)}")
        self._by = by
        self._tools: dict[_Key, _Tool] = {}
        self._replies_in: dict[tuple[str, str], None] = {}
        """Sessions and parent spans of the newest agents' replies: a tool with such a span ran an agent."""

    def add(self, event: Event) -> None:
        """Count a tool call."""
        if event.kind == "tool.call":
            key = _Key(
                event.tool or event.name or UNKNOWN_TOOL,
                event.agent if self._by == "agent" else None,
                event.session if self._by == "session" else None,
            )
            tool = self._tools.get(key)
            if tool is None:
                tool = self._tools[key] = _Tool()
            tool.add(event)
            if event.span and not tool.runs_agents and (event.session, event.span) in self._replies_in:
                tool.runs_agents = True
        elif event.kind == "agent.reply" and event.parent:
            self._replies_in[event.session, event.parent] = None
            if len(self._replies_in) > _REPLIES_REMEMBERED:
                del self._replies_in[next(iter(self._replies_in))]

    def result(self) -> ToolsReport:
        """Return the report on everything added so far."""
        tools = [tool.stats(key) for key, tool in self._tools.items()]
        tools.sort(key=lambda tool: (-tool.seconds, -tool.calls, tool.name, tool.agent or "", tool.session or ""))
        return ToolsReport(
            self._by,
            tools,
            sum(tool.calls for tool in tools),
            sum(tool.failures for tool in tools),
            rounded(sum(tool.seconds for tool in tools)),
        )


class _Key(NamedTuple):
    name: str
    agent: str | None
    session: str | None


class _Tool:
    """The calls of one row."""

    def __init__(self) -> None:
        self.calls = self.failures = self.cancelled = self.timed = self.unknown_arguments = 0
        self.ms = 0.0
        self.durations = LogHistogram()
        self.input = self.output = 0
        self.errors: Counter[str] = Counter()
        self.patterns = ArgumentPatterns()
        self.last_failures: deque[FailedCall] = deque(maxlen=_LAST_FAILURES)
        self.is_provider_side = self.runs_agents = False
        self.servers: dict[str, None] = {}
        """MCP servers, in the order in which they were called first."""

    def add(self, event: Event) -> None:
        failed = tool_failed(event)
        self.calls += 1
        self.failures += failed
        self.cancelled += event.status == STATUS_CANCELLED
        if event.ms is not None:
            self.timed += 1
            self.ms += event.ms
            self.durations.add(event.ms)
        full = event.full_length or {}
        self.input += full.get("arguments", characters(event.arguments))
        self.output += full.get("result", characters(event.result))
        if "arguments" in full:
            self.unknown_arguments += 1
        else:
            self.patterns.add({} if event.arguments is None else event.arguments, failed=failed)
        if failed:
            self._add_failure(event)
        if event.detail is not None:
            self.is_provider_side = self.is_provider_side or bool(event.detail.get("provider_side"))
            server = event.detail.get("mcp_server")
            if isinstance(server, str) and len(self.servers) < _MOST_SERVERS:
                self.servers[server] = None

    def _add_failure(self, event: Event) -> None:
        kind = event.error.type if event.error is not None else event.reason or "not told"
        if kind in self.errors or len(self.errors) < _ERROR_TYPES:
            self.errors[kind] += 1
        else:
            self.errors["others"] += 1
        error = failure_text(event, _TEXT) or text_of(event.result, _TEXT) or kind
        arguments = text_of(event.arguments, _TEXT)
        self.last_failures.append(FailedCall(event.session, event.seq, event.ts, event.agent, arguments, error))

    def stats(self, key: _Key) -> ToolStats:
        named = _MCP_NAME.fullmatch(key.name)
        servers = list(self.servers) or ([named["server"]] if named is not None else [])
        return ToolStats(
            name=key.name,
            agent=key.agent,
            session=key.session,
            type=self._type(is_mcp=bool(servers)),
            server=", ".join(servers) or None,
            calls=self.calls,
            failures=self.failures,
            cancelled=self.cancelled,
            seconds=rounded(self.ms / 1000),
            average_ms=round(self.ms / self.timed, 3) if self.timed else None,
            p50_ms=self._percentile(0.5),
            p90_ms=self._percentile(0.9),
            p99_ms=self._percentile(0.99),
            input_characters=self.input,
            output_characters=self.output,
            error_types=dict(self.errors.most_common()),
            patterns=self.patterns.found(),
            unknown_arguments=self.unknown_arguments,
            last_failures=list(self.last_failures),
        )

    def _type(self, *, is_mcp: bool) -> str:
        if is_mcp:
            return "mcp"
        if self.is_provider_side:
            return "provider"
        return "agent" if self.runs_agents else "function"

    def _percentile(self, quantile: float) -> Any:
        value = self.durations.percentile(quantile)
        return None if value is None else round(value, 3)

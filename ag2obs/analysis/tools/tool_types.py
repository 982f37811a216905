"""What the report on tools holds."""

from __future__ import annotations

from typing import Any

import msgspec

from ag2obs.analysis.tools.argument_patterns import ArgumentPattern

TOOLS_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""


class FailedCall(msgspec.Struct, frozen=True):
    """One failing call."""

    session: str
    seq: int
    ts: str
    agent: str | None
    arguments: str
    """Their beginning, as text."""
    error: str
    """Type and text of what it failed with."""


class ToolStats(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one tool; of one agent or session where the report is divided so."""

    name: str
    agent: str | None
    session: str | None
    type: str
    """``function``, ``mcp``, ``provider`` (it ran there) or ``agent`` (calls ran another agent)."""
    server: str | None
    """Of an MCP tool: its address without secrets, its label at a provider, or what the tool's name tells; several are
    separated by commas."""
    calls: int
    failures: int
    cancelled: int
    seconds: float
    average_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    """Percentiles are within 2 %; None where no call told its duration."""
    input_characters: int
    output_characters: int
    error_types: dict[str, int]
    patterns: list[ArgumentPattern]
    """Which arguments lead to failures; empty where nothing stands out."""
    unknown_arguments: int
    """Calls whose arguments are not whole on file (``AG2OBS_CONTENT``); patterns leave them out."""
    last_failures: list[FailedCall]

    @property
    def average_input(self) -> float:
        """Characters of the arguments of a call, on average."""
        return self.input_characters / self.calls

    @property
    def average_output(self) -> float:
        """Characters of the result of a call, on average."""
        return self.output_characters / self.calls

    def to_dict(self) -> dict[str, Any]:
        """Return the tool as data."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


class ToolsReport(msgspec.Struct, frozen=True):
    """All tools, the longest at work first."""

    by: str | None
    tools: list[ToolStats]
    calls: int
    failures: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs tools --json`` prints, without ``missing``: what a log lacks."""
        return {
            "schema": TOOLS_SCHEMA,
            "by": self.by,
            "tools": [tool.to_dict() for tool in self.tools],
            "totals": {"calls": self.calls, "failures": self.failures, "seconds": self.seconds},
        }

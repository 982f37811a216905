"""What a timeline holds."""

from __future__ import annotations

from typing import Any

import msgspec

TIMELINE_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""

GAP, MISSING, CLOCK = "gap", "missing", "clock"
"""Kinds of the marks between events: silence, lost events, a clock that was set back."""


class TimelineRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event, or a mark between events."""

    session: str
    seq: int
    """Its number in the session; of a mark, that of the event behind it."""
    ts: str
    at_seconds: float | None
    """After the session's start; None where that is not known."""
    kind: str
    """Of a mark ``gap``, ``missing`` or ``clock``."""
    mark: bool = False
    agent: str | None = None
    did: str | None = None
    """In a journey: what the agent did or what befell it, in a word or two."""
    status: str | None = None
    ms: float | None = None
    error: str | None = None
    """``e1``, ...: the id of an error that this event tells or repeats."""
    message: str | None = None
    """``m1``, ...: the id of the message it is about."""
    count: int | None = None
    """Of ``missing`` and ``drop``: how many events."""
    text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as data."""
        return msgspec.structs.asdict(self)


class TimelineSession(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one session went."""

    session_id: str
    chat_id: str | None
    workflow: str | None
    status: str | None
    """None while no end is on file."""
    started: str | None
    wall_seconds: float | None
    """From the first to the last event that was read."""
    model_seconds: float
    """Sums over all calls: more than wall time where calls ran in parallel."""
    tool_seconds: float
    """With the time of what tools ran, such as other agents."""
    human_seconds: float
    waiting_seconds: float | None
    """Of the wall time, what is in no model call, tool or code."""
    events: int
    missing: int
    """Events that are lost: their numbers are not there."""
    dropped: int
    """Events that ag2obs itself tells it could not write."""

    def to_dict(self) -> dict[str, Any]:
        """Return the session as data."""
        return msgspec.structs.asdict(self)


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order in which they were written."""

    sessions: list[TimelineSession]
    agents: list[str]
    rows: list[TimelineRow]
    earlier_rows: int
    """Rows before those shown that fell out of the limit."""
    partial: bool
    """Only the end of the log was read, so there may be more before, and sums are of that part."""

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs timeline --json`` prints."""
        return {
            "schema": TIMELINE_SCHEMA,
            "sessions": [session.to_dict() for session in self.sessions],
            "agents": list(self.agents),
            "rows": [row.to_dict() for row in self.rows],
            "earlier_rows": self.earlier_rows,
            "partial": self.partial,
        }

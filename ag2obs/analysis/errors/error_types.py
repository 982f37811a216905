"""What the report on errors holds."""

from __future__ import annotations

from typing import Any

import msgspec

ERRORS_SCHEMA = 1
"""Version of the JSON documents, written as ``schema``."""

EXCEPTION, LOGGED, FAILED = "exception", "log", "status"
"""Where a failure is told: by an error of its own, by a line logged as ERROR or CRITICAL, by a status alone."""

INSIDE_OF = "it was inside of"
"""Relation of the work around a failure to it."""


class Link(msgspec.Struct, frozen=True):
    """Another event that has to do with a failure."""

    relation: str
    """What joins the two: ``tool call id``, ``message m6``, ``invocation``, ``inside it``, ``it was inside of``,
    ``around #7`` (the work in which event 7 happened), ``time window``."""
    guess: bool
    """Only near in time: nothing on file says that one led to the other."""
    session: str
    seq: int
    ts: str
    kind: str
    agent: str | None
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return the link as data."""
        return msgspec.structs.asdict(self)


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an agent at the moment of a failure; of each, the newest few."""

    agent: str | None
    state: dict[str, str]
    """Fields as they were last told, their values as text."""
    state_seq: int | None
    """Number of the event that told it last; None where no state was recorded."""
    decisions: list[Link]
    messages: list[Link]
    calls: list[Link]


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One failure, and what led to it."""

    error: str | None
    """``e1``, ...: its id in the session."""
    fingerprint: str
    source: str
    """``exception``, ``log`` or ``status``."""
    session: str
    chat_id: str | None
    workflow: str | None
    seq: int
    ts: str
    kind: str
    """Of the event that told it first."""
    agent: str | None
    tool: str | None
    type: str
    message: str
    frame: str | None
    stack: list[str]
    text: str
    """What the event says."""
    causes: list[Link]
    """What led to it, nearest first: what ids say came before it, then each piece of the work that it happened in,
    innermost first, with what asked for that; guesses last."""
    inside: list[Link]
    """The work that it happened in, innermost first, as far as that has ended."""
    background: Background

    def to_dict(self) -> dict[str, Any]:
        """Return the occurrence as data."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


class ErrorPattern(msgspec.Struct, frozen=True, kw_only=True):
    """Failures with one fingerprint."""

    fingerprint: str
    source: str
    type: str
    frame: str | None
    text: str
    """Masked."""
    count: int
    first: str
    last: str
    per_minute: float | None
    """Over the wall time of all sessions read; None where that is not known."""
    agents: dict[str, int]
    tools: dict[str, int]
    sessions: dict[str, int]
    first_occurrence: Occurrence
    last_occurrence: Occurrence

    def to_dict(self) -> dict[str, Any]:
        """Return the pattern as data."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


class ErrorsReport(msgspec.Struct, frozen=True, kw_only=True):
    """All failures, the most frequent first."""

    patterns: list[ErrorPattern]
    exceptions: int
    """Distinct exceptions: the ``errors`` of the summary."""
    others: int
    """Lines logged as errors and failed statuses without an exception."""
    not_grouped: int
    """Failures beyond the first 1,000 fingerprints."""
    explained: list[Occurrence]
    """Those that were asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs errors --json`` prints, without ``missing``: what a log lacks."""
        return {
            "schema": ERRORS_SCHEMA,
            "exceptions": self.exceptions,
            "others": self.others,
            "not_grouped": self.not_grouped,
            "errors": [pattern.to_dict() for pattern in self.patterns],
        }

"""Which events tell of a failure that no event before them told.

A failure is an exception (an event's ``error`` that does not repeat an earlier one), a line logged as ERROR or
CRITICAL, or an event that failed without telling more. ``session.end`` names the exception that ended its session,
which counts once although a later end repeats it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ag2obs.analysis.errors.error_types import EXCEPTION, FAILED, LOGGED
from ag2obs.analysis.errors.fingerprints import Fingerprint, fingerprint
from ag2obs.analysis.texts import cut, text_of
from ag2obs.analysis.timeline.event_filter import status_of
from ag2obs.events import STATUS_ERROR, Event

MOST_LISTED = 1_000

_TEXT = 1_000
_SEVERE = frozenset({"ERROR", "CRITICAL"})


class Failures:
    """Tells failures from other events; remembers which sessions have ended with an exception."""

    def __init__(self) -> None:
        self._ended_with: set[str] = set()

    def source(self, event: Event) -> str | None:
        """Return how an event tells a failure (``exception``, ``log``, ``status``); None where it tells none."""
        if event.error is not None:
            if event.error.repeat:
                return None
            if event.kind == "session.end":
                if event.session in self._ended_with:
                    return None
                self._ended_with.add(event.session)
            return EXCEPTION
        if event.level in _SEVERE:
            return LOGGED
        # That a session failed is told by what failed in it.
        return FAILED if status_of(event) == STATUS_ERROR and event.kind != "session.end" else None


def fingerprint_of(event: Event, source: str) -> Fingerprint:
    """Return the fingerprint of the failure that an event tells."""
    error = event.error
    if error is not None:
        code = error.status_code if error.status_code is not None else error.code
        return fingerprint(error.type, error.frame, error.message, code)
    named = event.name or event.tool or event.reason or ""
    kind = f"{event.level} of {named}" if source == LOGGED else f"failed {event.kind} {named}"
    return fingerprint(kind.strip(), None, failure_message(event))


def failure_message(event: Event) -> str:
    """Return what a failure says of itself."""
    if event.error is not None:
        return event.error.message
    return text_of(event.content if event.content is not None else event.result, _TEXT) or event.reason or ""


class FailureListFold:
    """Lists the newest 1,000 failures, oldest first, and counts all."""

    def __init__(self) -> None:
        self._failures = Failures()
        self._listed: deque[dict[str, Any]] = deque(maxlen=MOST_LISTED)

    def add(self, event: Event) -> None:
        """List a failure; other events are left out."""
        source = self._failures.source(event)
        if source is None:
            return
        made = fingerprint_of(event, source)
        error = event.error
        self._listed.append(
            {
                "timestamp": event.ts,
                "message": cut(failure_message(event), _TEXT),
                "type": made.type,
                "level": event.level or "ERROR",
                "agent_id": event.agent,
                "session_id": event.session,
                "seq": event.seq,
                "kind": event.kind,
                "error": error.id if error is not None else None,
                "fingerprint": made.id,
                "source": source,
                "frame": made.frame,
                "tool": event.tool,
            }
        )

    def result(self) -> list[dict[str, Any]]:
        """Return the failures, oldest first."""
        return list(self._listed)

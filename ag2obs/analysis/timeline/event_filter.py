"""Which events a timeline shows."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ag2obs.events import STATUS_ERROR, Event


class EventFilter(msgspec.Struct, frozen=True):
    """Conditions that all have to hold; an empty one always does."""

    agents: tuple[str, ...] = ()
    """Who acts, sends, receives or is chosen."""
    kinds: tuple[str, ...] = ()
    """``tool.call``, or ``agent`` for all kinds that begin with ``agent.``."""
    statuses: tuple[str, ...] = ()
    since: float | datetime | None = None
    """From this moment on, or from so many seconds after the start of the event's session on."""
    until: float | datetime | None = None
    text: str = ""
    """The event has this in it, upper and lower case alike: see ``TextSearch``, which looks for it."""
    sessions: tuple[str, ...] = ()
    """Ids of sessions."""

    def allows(self, event: Event) -> bool:
        """Tell whether the event itself is one of those wanted; its time and text are not looked at."""
        return (
            self.allows_session(event.session)
            and (not self.kinds or any(_is_of_kind(event.kind, kind) for kind in self.kinds))
            and (not self.statuses or status_of(event) in self.statuses)
            and (not self.agents or not agents_of(event).isdisjoint(self.agents))
        )

    def allows_session(self, session: str) -> bool:
        """Tell whether events of a session are wanted."""
        return not self.sessions or session in self.sessions

    def allows_time(self, moment: float | None, after: float | None) -> bool:
        """Tell whether an event is wanted that ended at ``moment``, ``after`` seconds after its session's start.

        One that tells no time is wanted only where none is asked for.
        """
        since = _seconds_from(self.since, moment, after)
        until = _seconds_from(self.until, moment, after)
        if (self.since is not None and since is None) or (self.until is not None and until is None):
            return False
        return (since is None or since >= 0) and (until is None or until <= 0)


def status_of(event: Event) -> str | None:
    """Return how the event went: what it says, ``error`` also where only an error or a failure is told."""
    if event.status is None and (event.error is not None or event.success is False):
        return STATUS_ERROR
    return event.status


def agents_of(event: Event) -> set[str]:
    """Return the agents that take part in an event."""
    names = {event.agent, event.sender, *receivers(event)}
    if event.kind == "speaker.selected":
        names.add(event.name)
    return {name for name in names if name}


def receivers(event: Event) -> list[str]:
    """Return to whom an event is directed by name."""
    return event.target.split(", ") if event.target else []


def _seconds_from(limit: float | datetime | None, moment: float | None, after: float | None) -> float | None:
    """Return how long after a limit a moment is; None where there is no limit, or no time is known."""
    if isinstance(limit, datetime):
        return None if moment is None else moment - limit.timestamp()
    return None if limit is None or after is None else after - limit


def _is_of_kind(kind: str, wanted: str) -> bool:
    return kind == wanted or (kind.startswith(wanted) and kind[len(wanted)] == ".")

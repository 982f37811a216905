"""Which events a timeline shows."""

from __future__ import annotations

import msgspec

from ag2obs.events import STATUS_ERROR, Event


class EventFilter(msgspec.Struct, frozen=True):
    """Conditions that all have to hold; an empty one always does."""

    agents: tuple[str, ...] = ()
    """Who acts, sends, receives or is chosen."""
    kinds: tuple[str, ...] = ()
    """``tool.call``, or ``agent`` for all kinds that begin with ``agent.``."""
    statuses: tuple[str, ...] = ()
    since: float | None = None
    """Seconds from the start of the event's session on."""
    until: float | None = None
    text: str = ""
    """The event has this in it, upper and lower case alike: see ``TextSearch``, which looks for it."""
    sessions: tuple[str, ...] = ()
    """Ids of sessions."""

    def allows(self, event: Event) -> bool:
        """Tell whether the event itself is one of those wanted; its time and text are not looked at."""
        return (
            (not self.sessions or event.session in self.sessions)
            and (not self.kinds or any(_is_of_kind(event.kind, kind) for kind in self.kinds))
            and (not self.statuses or status_of(event) in self.statuses)
            and (not self.agents or not agents_of(event).isdisjoint(self.agents))
        )

    def allows_time(self, at: float | None) -> bool:
        """Tell whether an event ``at`` seconds after its session's start is wanted; None is where none is told."""
        if at is None:
            return self.since is None and self.until is None
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


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


def _is_of_kind(kind: str, wanted: str) -> bool:
    return kind == wanted or (kind.startswith(wanted) and kind[len(wanted)] == ".")

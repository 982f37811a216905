"""Which events of a session are not there: each has a number, and a ``drop`` tells of those that were never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ag2obs.events import Accounting


class _Numbers:
    __slots__ = ("dropped", "newest", "there")

    def __init__(self) -> None:
        self.newest = self.there = self.dropped = 0

    @property
    def missing(self) -> int:
        return max(0, self.newest - self.there - self.dropped)


class SequenceNumbers:
    """Counts events that were lost; memory grows with sessions."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Numbers] = {}

    def add(self, event: Accounting) -> None:
        """Take one event in."""
        numbers = self._sessions.get(event.session)
        if numbers is None:
            numbers = self._sessions[event.session] = _Numbers()
        numbers.there += 1
        if event.seq > numbers.newest:
            numbers.newest = event.seq
        if event.kind == "drop":
            numbers.dropped += 1 if event.count is None else event.count

    @property
    def missing(self) -> int:
        """Events that were written and are not among those that were added."""
        return sum(numbers.missing for numbers in self._sessions.values())

    def told(self) -> Iterator[str]:
        """Yield a sentence for each kind of loss there is."""
        yield from missing_told({name: numbers.missing for name, numbers in self._sessions.items()})
        dropped = sum(numbers.dropped for numbers in self._sessions.values())
        if dropped:
            were = "was lost when it was" if dropped == 1 else "were lost when they were"
            yield f"{_events(dropped)} {were} recorded, and in no number here"


def missing_told(missing: Mapping[str, int]) -> Iterator[str]:
    """Yield the sentence about events that are missing, by session, where there are some."""
    lossy = [session for session, count in missing.items() if count]
    if lossy:
        count = sum(missing.values())
        whose = f"session {lossy[0]}" if len(lossy) == 1 else f"{len(lossy):,} sessions"
        are = "is" if count == 1 else "are"
        yield f"{_events(count)} of {whose} {are} not in the logs that were read, and in no number here"


def _events(count: int) -> str:
    return f"{count:,} event" + ("" if count == 1 else "s")

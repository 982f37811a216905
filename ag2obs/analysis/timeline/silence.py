"""Where nothing happened: the time between events in which nothing was at work either."""

from __future__ import annotations

from typing import NamedTuple

from ag2obs.analysis.moments import rounded
from ag2obs.analysis.session_track import CLOCK_TOLERANCE, Place
from ag2obs.analysis.timeline.timeline_types import GAP, TimelineRow
from ag2obs.events import Event

MOST_STRETCHES = 10_000

_NOT_WORK = frozenset({"agent.reply", "milestone", "budget", "session.end"})
"""Kinds whose duration is of what other events tell in full, or of waiting."""


class Gap(NamedTuple):
    """Silence, and the row that marks it."""

    position: int
    """How many rows were told before it."""
    shown: bool
    seconds: float
    row: TimelineRow


class _Stretch:
    """A time without silence, and the event that was written first in it."""

    __slots__ = ("end", "event", "position", "shown", "start")

    def __init__(self, start: float, end: float, event: _Written, position: int, *, shown: bool) -> None:
        self.start = start
        self.end = end
        self.event = event
        self.position = position
        self.shown = shown


class _Written(NamedTuple):
    session: str
    seq: int
    ts: str
    at: float | None


class Silence:
    """Finds silence of at least ``least`` seconds in one session, of which ``who`` is told.

    An event is written when its work ends, so it may turn out late that something was at work all the time: silence
    that it covers is none. Exact as long as no work reaches back behind 10,000 others: silence before them stays.
    """

    def __init__(self, least: float, who: str) -> None:
        self._least = least
        self._who = who
        self._stretches: list[_Stretch] = []
        """Oldest first."""
        self._newest = float("-inf")

    def add(self, event: Event, place: Place, position: int, *, shown: bool) -> list[Gap]:
        """Take an event in; returns gaps that are certain from now on and are forgotten."""
        end = place.moment
        if end is None:
            return []
        settled: list[Gap] = []
        if end < self._newest - CLOCK_TOLERANCE:  # the clock was set back: times before and after do not compare
            settled = self.settle()
            self._stretches.clear()
        elif len(self._stretches) > MOST_STRETCHES:
            settled = self._settle(MOST_STRETCHES // 2)
        self._newest = end
        work = 0.0 if event.ms is None or event.kind in _NOT_WORK else max(0.0, event.ms / 1000)
        made = _Written(event.session, event.seq, event.ts, place.at)
        self._insert(_Stretch(end - work, end, made, position, shown=shown))
        return settled

    def _insert(self, new: _Stretch) -> None:
        """Put a stretch in its place, as one with those from which no silence parts it."""
        after: list[_Stretch] = []
        stretches = self._stretches
        while stretches and not self._is_silence(new.start - stretches[-1].end):
            other = stretches.pop()
            if self._is_silence(other.start - new.end):  # this one came late
                after.append(other)
                continue
            if other.position <= new.position:
                new.event, new.position, new.shown = other.event, other.position, other.shown
            new.start, new.end = min(new.start, other.start), max(new.end, other.end)
        stretches.append(new)
        stretches.extend(reversed(after))

    def _is_silence(self, seconds: float) -> bool:
        return seconds > 0 and rounded(seconds) >= self._least

    def gaps(self) -> list[Gap]:
        """Return the silence that is not settled, oldest first."""
        return self._gaps(len(self._stretches))

    def _gaps(self, until: int) -> list[Gap]:
        found = []
        for index in range(1, until):
            before, behind = self._stretches[index - 1], self._stretches[index]
            seconds = behind.start - before.end
            session, seq, ts, at = behind.event
            row = TimelineRow(
                session=session, seq=seq, ts=ts, at_seconds=at, kind=GAP, mark=True,
                text=f"{self._who} for {seconds:.1f} s",
            )  # fmt: skip
            found.append(Gap(behind.position, behind.shown, seconds, row))
        return found

    def settle(self) -> list[Gap]:
        """Return the gaps, which are forgotten: little is expected to come."""
        return self._settle(len(self._stretches) - 1)

    def _settle(self, count: int) -> list[Gap]:
        """Return the oldest gaps and forget them, and what reaches behind them."""
        if count < 1:
            return []
        settled = self._gaps(count + 1)
        del self._stretches[:count]
        return settled

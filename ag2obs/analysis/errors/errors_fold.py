"""Errors: the same failure once, however often it happened, with what led to it."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from ag2obs.analysis.errors.causes import LOOKBACK_SECONDS, MOST_CAUSES, SessionCauses, Step
from ag2obs.analysis.errors.error_types import (
    EXCEPTION,
    ErrorPattern,
    ErrorsReport,
    Link,
    Occurrence,
)
from ag2obs.analysis.errors.failure_events import Failures, failure_message, fingerprint_of
from ag2obs.analysis.errors.fingerprints import Fingerprint
from ag2obs.analysis.moments import seconds_of
from ag2obs.analysis.texts import cut
from ag2obs.events import Event

MOST_FINGERPRINTS = 1_000

_SESSIONS = 100
_NAMES = 50
_WAITING = 1_000
_EXPLAINED = 20
_TEXT = 1_000
_ERROR_ID = re.compile(r"e\d+")


class ErrorsFold:
    """Groups failures by fingerprint; memory is bounded by 1,000 fingerprints and what ``causes`` remembers.

    Of each fingerprint the first and the last failure are kept with what led to them. ``explain`` names one to keep
    besides: an error id (``e3``; ``e3@2026`` in sessions whose ids begin so), the beginning of a fingerprint, or a
    session and the number of an event in it; of these the newest of each of 20 sessions are kept. ``lookback`` is how
    far back guesses by time go, in seconds.
    """

    def __init__(self, explain: str | tuple[str, int] | None = None, *, lookback: float = LOOKBACK_SECONDS) -> None:
        self._explain = explain
        self._lookback = lookback
        self._patterns: dict[str, _Pattern] = {}
        self._not_grouped = self._exceptions = self._others = 0
        self._sessions: dict[str, _Session] = {}
        self._failures = Failures()
        self._walls: dict[str, tuple[float, float]] = {}
        self._explained: dict[str, _Failure] = {}

    def add(self, event: Event) -> None:
        """Take one event in: a failure, or what may turn out to lead to one."""
        self._measure(event)
        session = self._session(event.session)
        step = session.causes.add(event)
        session.enclose(event, step)
        source = self._failures.source(event)
        if source is None:
            return
        if source == EXCEPTION:
            self._exceptions += 1
        else:
            self._others += 1
        made = fingerprint_of(event, source)
        pattern = self._patterns.get(made.id)
        if pattern is None:
            if len(self._patterns) >= MOST_FINGERPRINTS and not self._is_wanted(event, made):
                self._not_grouped += 1
                return
            pattern = self._patterns[made.id] = _Pattern(made, source)
        failure = _Failure(event, step, made, source, session.causes, self._lookback)
        pattern.add(event, failure)
        session.wait(event.parent, failure)
        if self._is_wanted(event, made):
            self._explained.pop(event.session, None)
            self._explained[event.session] = failure
            if len(self._explained) > _EXPLAINED:
                del self._explained[next(iter(self._explained))]

    def _is_wanted(self, event: Event, made: Fingerprint) -> bool:
        explain = self._explain
        if explain is None:
            return False
        if isinstance(explain, tuple):
            return (event.session, event.seq) == explain
        error_id, _, session = explain.partition("@")
        if _ERROR_ID.fullmatch(error_id):
            return event.error is not None and event.error.id == error_id and event.session.startswith(session)
        return made.id.startswith(explain)

    def _session(self, session: str) -> _Session:
        known = self._sessions.pop(session, None) or _Session(session)
        self._sessions[session] = known  # the newest is last
        if len(self._sessions) > _SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return known

    def _measure(self, event: Event) -> None:
        moment = seconds_of(event.ts)
        if moment is not None:
            first, last = self._walls.get(event.session, (moment, moment))
            self._walls[event.session] = (min(first, moment), max(last, moment))

    def result(self) -> ErrorsReport:
        """Return the report on everything added so far."""
        minutes = sum(last - first for first, last in self._walls.values()) / 60
        patterns = [pattern.told(minutes) for pattern in self._patterns.values()]
        patterns.sort(key=lambda pattern: (-pattern.count, pattern.first, pattern.fingerprint))
        return ErrorsReport(
            patterns=patterns,
            exceptions=self._exceptions,
            others=self._others,
            not_grouped=self._not_grouped,
            explained=[failure.told() for failure in self._wanted()],
        )

    def _wanted(self) -> list[_Failure]:
        """Return what is to be explained; a session that is named in full is not one of those that begin alike."""
        if isinstance(self._explain, str):
            session = self._explain.partition("@")[2]
            if session in self._explained:
                return [self._explained[session]]
        return list(self._explained.values())


class _Session:
    """What is remembered of a session: causes, and failures whose enclosing work has not ended yet."""

    def __init__(self, session: str) -> None:
        self.causes = SessionCauses(session)
        self._waiting: dict[str, list[_Failure]] = {}

    def wait(self, span: str, failure: _Failure) -> None:
        """Have ``failure`` told of the work with this span when that ends, which is after it."""
        if span:
            self._waiting[span] = [*self._waiting.get(span, [])[-9:], failure]
            if len(self._waiting) > _WAITING:
                del self._waiting[next(iter(self._waiting))]

    def enclose(self, event: Event, step: Step) -> None:
        """Tell the failures inside of an event that it has ended."""
        if not event.span or event.span not in self._waiting or event.kind in ("session.start", "session.end"):
            return
        for failure in self._waiting.pop(event.span):
            failure.enclose(self.causes.around(step))
            self.wait(event.parent, failure)


class _Failure:
    """One failure, before it is told: the work around it may still go on."""

    def __init__(
        self, event: Event, step: Step, made: Fingerprint, source: str, causes: SessionCauses, lookback: float
    ) -> None:
        error = event.error
        self._told = Occurrence(
            error=error.id if error is not None else None,
            fingerprint=made.id,
            source=source,
            session=event.session,
            chat_id=event.chat_id,
            workflow=event.workflow,
            seq=event.seq,
            ts=event.ts,
            kind=event.kind,
            agent=event.agent,
            tool=event.tool,
            type=made.type,
            message=cut(failure_message(event), _TEXT),
            frame=made.frame,
            stack=[cut(frame, _TEXT) for frame in event.stack or []],
            text=step.text,
            causes=[],
            inside=[],
            background=causes.background(event.agent),
        )
        self._led = causes.causes(step, event)
        self._guesses = causes.guesses(step, self._led, lookback)
        self._around: list[Link] = []
        self._inside: list[Link] = []

    def enclose(self, around: list[Link]) -> None:
        """Take work that the failure happened in, and what asked for that."""
        self._inside.append(around[0])
        self._around += around[: MOST_CAUSES - len(self._around)]

    def told(self) -> Occurrence:
        causes: dict[int, Link] = {}
        for link in (*self._led, *self._around, *self._guesses):
            if link.seq != self._told.seq:
                causes.setdefault(link.seq, link)
        return msgspec.structs.replace(self._told, causes=list(causes.values()), inside=list(self._inside))


class _Pattern:
    """The failures with one fingerprint."""

    def __init__(self, made: Fingerprint, source: str) -> None:
        self._made = made
        self._source = source
        self._count = 0
        self._first = self._last = ""
        self._agents: Counter[str] = Counter()
        self._tools: Counter[str] = Counter()
        self._sessions: Counter[str] = Counter()
        self._first_failure: _Failure | None = None
        self._last_failure: _Failure | None = None

    def add(self, event: Event, failure: _Failure) -> None:
        self._count += 1
        self._first = min(self._first, event.ts) if self._first else event.ts
        self._last = max(self._last, event.ts)
        for counter, name in ((self._agents, event.agent), (self._tools, event.tool), (self._sessions, event.session)):
            if name:
                counter[name if name in counter or len(counter) < _NAMES else "others"] += 1
        self._first_failure = self._first_failure or failure
        self._last_failure = failure

    def told(self, minutes: float) -> ErrorPattern:
        assert self._first_failure is not None
        assert self._last_failure is not None
        made = self._made
        return ErrorPattern(
            fingerprint=made.id,
            source=self._source,
            type=made.type,
            frame=made.frame,
            text=made.masked,
            count=self._count,
            first=self._first,
            last=self._last,
            per_minute=round(self._count / minutes, 6) if minutes > 0 else None,
            agents=dict(self._agents.most_common()),
            tools=dict(self._tools.most_common()),
            sessions=dict(self._sessions.most_common()),
            first_occurrence=self._first_failure.told(),
            last_occurrence=self._last_failure.told(),
        )

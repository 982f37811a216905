"""Finds the agents, errors and sessions that the description of an issue speaks of, and reports on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from ag2obs.analysis.agents.activity import ActivityFold, AgentActivity
from ag2obs.analysis.errors.debug_report import heading, report_lines
from ag2obs.analysis.errors.error_types import ErrorPattern, Occurrence
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.errors.issue_words import IssueWords
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.analysis.texts import cut, one_line, text_of
from ag2obs.events import Event

__all__ = ["IssueFold", "IssueReport"]

_T = TypeVar("_T")

_EXPLAINED = 3
_LISTED = 10
_QUESTION = 10_000
_NAMED = 3
"""What a name or an id weighs, of words that merely occur."""


class IssueReport(msgspec.Struct, frozen=True, kw_only=True):
    """What matches an issue; each list with the best match first."""

    issue: str
    words: list[str]
    """Those that were looked for."""
    sessions_read: int
    known_agents: list[str]
    agents: list[AgentActivity]
    errors: list[ErrorPattern]
    named_errors: list[Occurrence]
    """Those of ``errors`` that the issue names by their id in a session (``e1``)."""
    sessions: list[SessionSummary]

    @property
    def matches(self) -> bool:
        """Whether anything matches."""
        return bool(self.agents or self.errors or self.sessions)

    def text(self) -> str:
        """Return the report as readable text."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Issue: {one_line(self.issue)}"
        yield f"Looked at {self.sessions_read:,} {'session' if self.sessions_read == 1 else 'sessions'}."
        if not self.matches:
            yield f"Nothing there matches: {', '.join(map(one_line, self.words)) or 'there is no word to look for'}."
            names = ", ".join(map(one_line, self.known_agents[:_LISTED]))
            more = len(self.known_agents) - _LISTED
            yield f"Agents there are: {names or 'none'}{f' and {more:,} more' if more > 0 else ''}."
            return
        if self.agents:
            yield from ("", "Agents that match")
            for agent in self.agents[:_LISTED]:
                yield from _agent_lines(agent)
        else:
            yield from ("", "No agent matches.")
        yield from self._error_lines()
        if self.sessions:
            yield from ("", "Sessions that match")
            for session in self.sessions[:_LISTED]:
                named = ", ".join(one_line(part) for part in (session.workflow, session.chat_id) if part)
                yield f"  {one_line(session.session_id)} ({named}): {session.status or 'status not told'}"

    def _error_lines(self) -> Iterator[str]:
        if not self.errors:
            yield from ("", "No error matches.")
            return
        yield from ("", "Errors that match")
        for pattern in self.errors[:_LISTED]:
            yield f"  {pattern.fingerprint} {heading(pattern.type, pattern.text)} ({pattern.count:,} times)"
        more = len(self.errors) - _LISTED
        if more > 0:
            yield f"  and {more:,} more"
        named = {occurrence.fingerprint: occurrence for occurrence in self.named_errors}
        for pattern in self.errors[:_EXPLAINED]:
            yield ""
            yield from report_lines(named.get(pattern.fingerprint, pattern.last_occurrence), pattern)


def _agent_lines(agent: AgentActivity) -> Iterator[str]:
    events = f"{agent.total_logs:,} events in {len(agent.sessions):,} session{'' if len(agent.sessions) == 1 else 's'}"
    yield f"  {one_line(agent.agent)}: {events}, {agent.errors:,} errors, last at {one_line(agent.last or '?')}"
    for label, counts in (
        ("actions", agent.action_counts),
        ("decisions", agent.decision_counts),
        ("tools", agent.tool_counts),
        ("events", agent.kinds),
    ):
        if counts:
            told = ", ".join(f"{cut(name, 60)} {count:,}" for name, count in list(counts.items())[:_LISTED])
            yield f"    {label}: {told}{', ...' if len(counts) > _LISTED else ''}"


class IssueFold:
    """Collects what an issue may speak of; memory as of the folds for errors, activity and the summary."""

    def __init__(self, issue: str) -> None:
        self._issue = issue
        self._words = IssueWords(issue)
        self._errors = ErrorsFold(self._words.error_id())
        self._activity = ActivityFold()
        self._summary = SummaryFold()
        self._sessions: dict[str, _Session] = {}

    def add(self, event: Event) -> None:
        """Take one event in."""
        self._errors.add(event)
        self._activity.add(event)
        self._summary.add(event)
        session = self._sessions.get(event.session)
        if session is None:
            session = self._sessions[event.session] = _Session()
        session.add(event, self._words)

    def result(self) -> IssueReport:
        """Return what matches the issue."""
        activity, sessions, errors = self._activity.result(), self._summary.result().sessions, self._errors.result()
        agents = [name for name in activity if self._words.names(name)]
        scores = {session.session_id: self._score_of_session(session) for session in sessions}
        best = max(scores.values(), default=0)
        # Of what happened in many sessions, the one that the issue speaks of tells.
        meant = {name for name, score in scores.items() if best > 0 and score == best}
        named = sorted(errors.explained, key=lambda occurrence: (occurrence.session in meant, occurrence.ts))
        fingerprints = {occurrence.fingerprint for occurrence in named}
        return IssueReport(
            issue=self._issue,
            words=self._words.words,
            sessions_read=len(sessions),
            known_agents=list(activity),
            agents=[activity[name] for name in agents],
            errors=_best(
                errors.patterns,
                [
                    (
                        _NAMED * len(set(agents) & pattern.agents.keys())
                        + _NAMED * (pattern.fingerprint in fingerprints)
                        + _NAMED * self._words.names(pattern.fingerprint)
                        + (not meant.isdisjoint(pattern.sessions))
                        + self._words.score(_words_of_error(pattern)),
                        pattern.count,
                    )
                    for pattern in errors.patterns
                ],
            ),
            named_errors=named,
            sessions=_best(sessions, [(scores[one.session_id], index) for index, one in enumerate(sessions)]),
        )

    def _score_of_session(self, session: SessionSummary) -> int:
        known = self._sessions.get(session.session_id) or _Session()
        named = session.chat_id is not None and self._words.names(session.chat_id)
        told = " ".join(part for part in (session.session_id, session.chat_id, session.workflow) if part)
        return _NAMED * (named + len(known.ids)) + len(known.question | self._words.among(told))


_MOST_JUDGED = 1_000


class _Session:
    """What of an issue a session's tags and first question have."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.question: set[str] = set()
        self._asked = False
        self._judged: set[str] = set()
        """Values of tags; requests that alternate bring the same ones again and again."""

    def add(self, event: Event, words: IssueWords) -> None:
        if event.session_info is not None:
            self._take(event.session_info, words)
        if event.tags is not None:
            self._take(event.tags, words)
        if event.kind == "message" and event.role == "user" and not self._asked:
            self._asked = True
            self.question = words.among(text_of(event.content, _QUESTION))

    def _take(self, values: dict[str, Any], words: IssueWords) -> None:
        for value in values.values():
            if isinstance(value, dict):
                self._take(value, words)
            elif isinstance(value, str | int) and not isinstance(value, bool) and str(value) not in self._judged:
                if len(self._judged) < _MOST_JUDGED:
                    self._judged.add(str(value))
                if words.names(str(value)):
                    self.ids.add(str(value))


def _words_of_error(pattern: ErrorPattern) -> str:
    occurrence = pattern.last_occurrence
    parts = (
        pattern.type, pattern.frame, pattern.text, occurrence.message, occurrence.text, *pattern.agents, *pattern.tools
    )  # fmt: skip
    return " ".join(part for part in parts if part)


def _best(things: Sequence[_T], scores: Sequence[tuple[int, int]]) -> list[_T]:
    """Return the things that match at all, the best first; of equals the one with the greater second number."""
    matching = [(score, index) for index, score in enumerate(scores) if score[0]]
    return [things[index] for score, index in sorted(matching, key=lambda one: one[0], reverse=True)]

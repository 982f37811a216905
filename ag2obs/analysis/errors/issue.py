"""Finds the agents, errors and sessions that the description of an issue speaks of, and reports on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from ag2obs.analysis.agents.activity import ActivityFold, AgentActivity
from ag2obs.analysis.errors.debug_report import heading, report_lines
from ag2obs.analysis.errors.error_types import ErrorPattern
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.analysis.texts import cut, one_line
from ag2obs.events import Event

__all__ = ["IssueFold", "IssueReport"]

_T = TypeVar("_T")

_EXPLAINED = 3
_LISTED = 10

_WORD = re.compile(r"[^\W_][\w.-]*[^\W_]|[^\W_]")
_COMMON_WORDS = (
    "a about agent agents all an and any are as at be been but by can cannot could did do does doing error errors "
    "failed failing fails for from get gets getting had has have how in into is issue it its log logs never no not of "
    "off on one only or our problem run runs session should so some than that the their them then there these they "
    "this to too up was we were what when where which while who why will with without work works wrong"
)
"""Words that say nothing about which agent, error or session is meant."""
_COMMON = frozenset(_COMMON_WORDS.split())


class IssueReport(msgspec.Struct, frozen=True, kw_only=True):
    """What matches an issue; each list with the best match first."""

    issue: str
    words: list[str]
    """Those that were looked for."""
    sessions_read: int
    known_agents: list[str]
    agents: list[AgentActivity]
    errors: list[ErrorPattern]
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
        for pattern in self.errors[:_EXPLAINED]:
            yield ""
            yield from report_lines(pattern.last_occurrence, pattern)


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
        self._errors = ErrorsFold()
        self._activity = ActivityFold()
        self._summary = SummaryFold()

    def add(self, event: Event) -> None:
        """Take one event in."""
        self._errors.add(event)
        self._activity.add(event)
        self._summary.add(event)

    def result(self) -> IssueReport:
        """Return what matches the issue."""
        words = words_of(self._issue)
        activity, sessions = self._activity.result(), self._summary.result().sessions
        agents = [name for name in activity if _is_named(name, self._issue)]
        patterns = self._errors.result().patterns
        scores = [
            (3 * len(set(agents) & pattern.agents.keys()) + _score(words, _words_of_error(pattern)), pattern.count)
            for pattern in patterns
        ]
        errors = _best(patterns, scores)
        named = _best(
            sessions, [(_score(words, _words_of_session(session)), index) for index, session in enumerate(sessions)]
        )
        return IssueReport(
            issue=self._issue,
            words=words,
            sessions_read=len(sessions),
            known_agents=list(activity),
            agents=[activity[name] for name in agents],
            errors=errors,
            sessions=named,
        )


def words_of(text: str) -> list[str]:
    """Return the words of a text that can tell something apart, each once, in lower case."""
    words = dict.fromkeys(word.casefold() for word in _WORD.findall(text[:10_000]))
    return [word for word in words if len(word) > 2 and word not in _COMMON]


def _is_named(agent: str, issue: str) -> bool:
    """Tell whether an issue names an agent, as a word of its own."""
    return re.search(rf"(?<![\w]){re.escape(agent.casefold())}(?![\w])", issue.casefold()) is not None


def _score(words: Sequence[str], told: str) -> int:
    """Return how many of the words occur; of a longer one its stem is enough (generating, generated)."""
    told = told.casefold()
    return sum((word[: max(5, len(word) - 3)] if word.isalpha() else word) in told for word in words)


def _words_of_error(pattern: ErrorPattern) -> str:
    occurrence = pattern.last_occurrence
    parts = (pattern.type, pattern.frame, pattern.text, occurrence.message, *pattern.agents, *pattern.tools)
    return " ".join(part for part in parts if part)


def _words_of_session(session: SessionSummary) -> str:
    return " ".join(part for part in (session.session_id, session.chat_id, session.workflow) if part)


def _best(things: Sequence[_T], scores: Sequence[tuple[int, int]]) -> list[_T]:
    """Return the things that match at all, the best first; of equals the one with the greater second number."""
    matching = [(score, index) for index, score in enumerate(scores) if score[0]]
    return [things[index] for score, index in sorted(matching, key=lambda one: one[0], reverse=True)]

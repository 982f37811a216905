"""Questions to a log from a program: what agents did, learned and ran into, and what led to an error.

Every answer reads the log anew, so a session that is being written can be asked about; memory grows with what is
answered, never with the number of events (the folds in ``ag2obs.analysis`` say by what they are bounded).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ag2obs.analysis.agents.activity import ActivityFold
from ag2obs.analysis.agents.interactions import InteractionsFold
from ag2obs.analysis.agents.learning import LearningFold
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.analysis.errors.failure_events import FailureListFold
from ag2obs.analysis.errors.issue import IssueFold
from ag2obs.analysis.fold import Fold
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.timeline.journey import JourneyFold, JourneysFold
from ag2obs.analysis.timeline.timeline_fold import TimelineFold
from ag2obs.analysis.timeline.timeline_types import TimelineRow
from ag2obs.analysis.tools.tools_fold import ToolsFold
from ag2obs.events import Event
from ag2obs.files.replacement import new_version
from ag2obs.readers.find import LATEST, FoundSession, configured_logs, expand, find_session
from ag2obs.readers.sessions import events_of
from ag2obs.settings import Settings

_F = TypeVar("_F", bound=Fold)

ANALYSIS_SCHEMA = 1
"""Version of exported analyses, written as ``schema``."""


class LogAnalyzer:
    """Answers questions about one session, or about all sessions of a file or folder.

    ``session`` is a session id or the beginning of one, a chat id, a path, or ``latest``: the session of the
    configured log that began last. Raises ``LogFormatError`` where there is none.
    """

    def __init__(self, session: str | os.PathLike[str] = LATEST, *, settings: Settings | None = None) -> None:
        if isinstance(session, str):
            self._found = find_session(session, settings or Settings.from_environment())
        else:
            self._found = FoundSession(tuple(expand([session])), None)

    @property
    def session_id(self) -> str | None:
        """The session; None where all sessions of a path are meant."""
        return self._found.session_id

    def events(self) -> Iterator[Event]:
        """Yield the events, one by one, as they are on file."""
        return events_of(self._found)

    def analyze_session(self) -> dict[str, Any]:
        """Return what the session did and cost: summary, agents, tools, errors, learning and interactions."""
        analysis = _Analysis()
        feed(self.events(), *analysis.folds)
        return analysis.to_dict()

    def analyze_agent_activity(self, agent_id: str) -> dict[str, Any]:
        """Return how much an agent did: ``total_logs``, ``action_counts``, ``errors`` and more; 0 for a stranger."""
        known = self._feed(ActivityFold()).result().get(agent_id)
        if known is not None:
            return {"agent_id": agent_id, **known.to_dict()}
        return {"agent_id": agent_id, "total_logs": 0, "action_counts": {}, "errors": 0}

    def analyze_learning_progress(self, agent_id: str) -> dict[str, Any]:
        """Return what an agent learned: ``total_training_steps``, ``total_rewards`` (their sum) and more."""
        known = self._feed(LearningFold()).result().get(agent_id) or LearningFold.none(agent_id)
        return {"agent_id": agent_id, **known.to_dict()}

    def find_error_patterns(self) -> dict[str, Any]:
        """Return failures by fingerprint: ``total_errors``, ``most_common_messages`` (text and number) and more."""
        report = self._feed(ErrorsFold()).result()
        by_agent: dict[str, int] = {}
        by_type: dict[str, int] = {}
        for pattern in report.patterns:
            by_type[pattern.type] = by_type.get(pattern.type, 0) + pattern.count
            for name, count in pattern.agents.items():
                by_agent[name] = by_agent.get(name, 0) + count
        return {
            "total_errors": report.exceptions + report.others,
            "most_common_messages": [(pattern.text or pattern.type, pattern.count) for pattern in report.patterns[:10]],
            "errors_by_type": by_type,
            "errors_by_agent": by_agent,
            "patterns": [pattern.to_dict() for pattern in report.patterns],
        }

    def analyze_interactions(self) -> dict[str, Any]:
        """Return the interactions: ``total_interactions``, ``top_viral_content`` (by interactions) and more."""
        return self._feed(InteractionsFold()).result().to_dict()

    def trace_agent_journey(self, agent_id: str) -> list[dict[str, Any]]:
        """Return what an agent was told, said, decided and called, in order: the last 10,000 of it."""
        return [_entry(row) for row in self._feed(JourneyFold(agent_id)).result().rows]

    def get_errors(self) -> list[dict[str, Any]]:
        """Return the last 1,000 failures, oldest first, each once: exceptions and lines logged as ERROR or CRITICAL."""
        return self._feed(FailureListFold()).result()

    def find_causality_chain(
        self, error: Mapping[str, Any] | str, lookback_seconds: float = 60
    ) -> list[dict[str, Any]]:
        """Return what led to an error, nearest first, and never the error itself.

        ``error`` is one of ``get_errors()``, the id of an error (``e3``, ``e3@SESSION``) or a fingerprint. What ids
        join to it comes first: the calls and messages before it, then the work that it happened in, each with what
        asked for it. What the same agent did within ``lookback_seconds`` before it comes last, with ``guess`` true.
        """
        explain: str | tuple[str, int]
        explain = error if isinstance(error, str) else (str(error["session_id"]), int(error["seq"]))
        found = self._feed(ErrorsFold(explain, lookback=lookback_seconds)).result().explained
        if not found:
            return []
        newest = max(found, key=lambda occurrence: occurrence.ts)
        return [
            {**link.to_dict(), "timestamp": link.ts, "message": link.text, "agent_id": link.agent}
            for link in newest.causes
        ]

    def export_analysis(self, path: str | os.PathLike[str]) -> Path:
        """Write everything as one JSON document, which takes the place of an older one in one step.

        It holds the analysis of the session, every error with what led to it, the timeline and the journeys of all
        agents: the last 10,000 rows of each, and how many were before. Raises OSError where it cannot be written.
        """
        target = Path(path).absolute()
        analysis, failures, timeline, journeys = _Analysis(), FailureListFold(), TimelineFold(), JourneysFold()
        feed(self.events(), *analysis.folds, failures, timeline, journeys)
        document = {
            **analysis.to_dict(),
            "errors": analysis.errors.result().to_dict(),
            "failures": failures.result(),
            "timeline": timeline.result().to_dict(),
            "journeys": {name: journey.to_dict() for name, journey in journeys.result().items()},
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        with new_version(str(target), prefix=f".{target.name}.", suffix=".tmp") as (file, _):
            file.write(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
        return target

    def _feed(self, fold: _F) -> _F:
        """Give all events to a fold; returns it."""
        feed(self.events(), fold)
        return fold


class _Analysis:
    """The folds that one analysis consists of."""

    def __init__(self) -> None:
        self.errors = ErrorsFold()
        self._summary, self._activity, self._tools = SummaryFold(), ActivityFold(), ToolsFold()
        self._learning, self._interactions = LearningFold(), InteractionsFold()

    @property
    def folds(self) -> tuple[Fold, ...]:
        return (self.errors, self._summary, self._activity, self._tools, self._learning, self._interactions)

    def to_dict(self) -> dict[str, Any]:
        report = self.errors.result()
        return {
            "schema": ANALYSIS_SCHEMA,
            "summary": self._summary.result().to_dict(),
            "agents": {name: agent.to_dict() for name, agent in self._activity.result().items()},
            "tools": self._tools.result().to_dict(),
            "errors": {
                "total_errors": report.exceptions + report.others,
                "most_common_messages": [(one.text or one.type, one.count) for one in report.patterns[:10]],
            },
            "learning": {name: progress.to_dict() for name, progress in self._learning.result().items()},
            "interactions": self._interactions.result().to_dict(),
        }


def feed(events: Iterator[Event], *folds: Fold) -> None:
    """Give every event to every fold."""
    adds = [fold.add for fold in folds]
    for event in events:
        for add in adds:
            add(event)


def analyze_session(session: str | os.PathLike[str] = LATEST) -> dict[str, Any]:
    """Return what a session did and cost, by default the latest one; see ``LogAnalyzer.analyze_session``."""
    return LogAnalyzer(session).analyze_session()


def debug_issue(issue: str, session: str | os.PathLike[str] | None = None) -> str:
    """Return a report on the agents, errors and sessions that the words of ``issue`` match, as readable text.

    The issue may name agents, error ids (``e1``), fingerprints, session and chat ids and tags, such as a request or
    user id, and have words of errors and of a session's first question. An agent whose name is an ordinary word, such
    as ``user``, counts in quotes or beside the word "agent". All configured logs are looked at, or what ``session``
    names. Where nothing matches the report says so. Raises ``LogFormatError`` where there is no log.
    """
    fold = IssueFold(issue)
    if session is not None:
        feed(LogAnalyzer(session).events(), fold)
    else:
        logs = configured_logs(Settings.from_environment())
        if not logs:
            LogAnalyzer()  # it says that there is no log, and where
        feed(events_of(FoundSession(tuple(logs), None)), fold)
    return fold.result().text()


def _entry(row: TimelineRow) -> dict[str, Any]:
    did = f"{row.did}: " if row.did else ""
    return {
        "timestamp": row.ts,
        "message": f"{did}{row.text}" if row.text else (row.did or row.kind),
        "agent_id": row.agent,
        "event_type": row.kind,
        "session_id": row.session,
        **{key: getattr(row, key) for key in ("seq", "at_seconds", "did", "status", "ms", "error", "mark")},
    }

"""The summary of a run: calls, tokens, money, tools and errors, per session, agent and model.

``SummaryFold`` runs inside every live session and over log files alike, so the two cannot disagree. It adds
up events and never trusts a footer; what it keeps grows with sessions, agents, models and tools, not with
calls.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ag2obs.analysis.session_tally import SessionTally, Sums, agent_summaries, model_summaries, tool_summaries
from ag2obs.analysis.summary_types import RuntimeSummary
from ag2obs.events import Accounting, Event

__all__ = ["QUESTION_CHARACTERS", "RuntimeSummary", "SummaryFold"]

QUESTION_CHARACTERS = 200


class SummaryFold:
    """Adds events, of one session or of many in any order between sessions, and tells their summary.

    Not thread-safe: a live session calls it under its own lock. With ``questions`` it keeps the beginning of
    each session's first user message, where events have content; a live session must not ask for that,
    because it folds events before their text is redacted.
    """

    def __init__(self, *, questions: bool = False) -> None:
        self._questions = questions
        self._sessions: dict[str, SessionTally] = {}
        self._bad_lines = 0

    def add(self, event: Accounting) -> None:
        """Count one event. Unknown kinds count as events."""
        session = self._sessions.get(event.session)
        if session is None:
            session = self._sessions[event.session] = SessionTally(event)
        session.add(event)
        if self._questions and session.question is None and event.role == "user" and isinstance(event, Event):
            session.question = _beginning(event.content)

    def add_bad_lines(self, count: int) -> None:
        """Count lines of a file that hold no readable event."""
        self._bad_lines += count

    def result(self) -> RuntimeSummary:
        """Return the summary of everything added so far."""
        sessions = sorted(self._sessions.values(), key=lambda session: (session.started, session.id))
        whole, summaries = Sums(), []
        for session in sessions:
            sums = session.sums()
            summaries.append(session.summary(sums))
            whole.merge(sums)
        return RuntimeSummary(
            **msgspec.structs.asdict(whole.whole.totals(bad_lines=self._bad_lines)),
            sessions=summaries,
            agents=agent_summaries(whole.agents),
            models=model_summaries(whole.models),
            tools=tool_summaries(whole.tools),
        )


def _beginning(content: Any) -> str | None:
    """Return the beginning of a message's text on one line; of content in parts, that of its texts."""
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        content = " ".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str):
        return None
    text = " ".join(content[: QUESTION_CHARACTERS * 10].split())
    return text[:QUESTION_CHARACTERS] or None

"""The summary of a run: calls, tokens, money, tools and errors, per session, agent and model.

``SummaryFold`` runs inside every live session and over log files alike, so the two cannot disagree. It adds
up events and never trusts a footer; what it keeps grows with sessions, agents, models and tools, not with
calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ag2obs.analysis.summary.session_tally import SessionHead, SessionTally, begun_with, head_of, unpack
from ag2obs.analysis.summary.summary_types import RuntimeSummary, SessionSummary
from ag2obs.analysis.summary.sums import Sums, agent_summaries, model_summaries, tool_summaries
from ag2obs.events import Accounting, Event

__all__ = ["QUESTION_CHARACTERS", "RuntimeSummary", "SummaryFold"]

QUESTION_CHARACTERS = 200


_MOST_UNPACKED = 200
"""Sessions that are kept ready for their next event, the latest ones; the others are packed until it comes."""


class SummaryFold:
    """Adds events, of one session or of many in any order between sessions, and tells their summary.

    Not thread-safe: a live session calls it under its own lock. With ``questions`` it keeps the beginning of
    each session's first user message, where events have content; a live session must not ask for that,
    because it folds events before their text is redacted. Of many sessions most are packed, so that ten thousand of
    them take some MB.
    """

    def __init__(self, *, questions: bool = False) -> None:
        self._questions = questions
        self._open: dict[str, SessionTally] = {}
        self._packed: dict[str, bytes] = {}
        self._places: dict[str, tuple[str, str]] = {}
        """Start and id of the packed sessions: their order."""
        self._questioned: set[str] = set()
        """Sessions whose question is known."""
        self._bad_lines = 0

    def wants_content(self, event: Accounting) -> bool:
        """Tell whether this is a message whose content is wanted: the first of a user in its session."""
        return self._questions and event.role == "user" and event.session not in self._questioned

    def add(self, event: Accounting) -> None:
        """Count one event. Unknown kinds count as events."""
        session = self._open.get(event.session)
        if session is None:
            session = self._reopened(event.session) or begun_with(event)
            self._open[event.session] = session
        session.add(event)
        if event.role == "user" and isinstance(event, Event) and self.wants_content(event):
            session.question = session.question or _beginning(event.content)
            if session.question is not None:
                self._questioned.add(session.id)

    def add_packed(self, packed: bytes) -> None:
        """Count a packed session, or the part of one that stands in a later file than what was added of it before."""
        head = head_of(packed)
        if head.question is not None:
            self._questioned.add(head.id)
        known = self._open.get(head.id) or self._reopened(head.id)
        if known is None:
            self._keep(head, packed)
        else:
            known.merge(unpack(packed))
            self._pack(known)

    def add_bad_lines(self, count: int) -> None:
        """Count lines of a file that hold no readable event."""
        self._bad_lines += count

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return not self._open and not self._packed

    @property
    def session_count(self) -> int:
        """How many sessions there are."""
        return len(self._open) + len(self._packed)

    def sessions(self, *, newest_first: bool = False) -> Iterator[SessionTally]:
        """Yield what was kept of every session, by the time of its start."""
        places = {**self._places, **{session.id: (session.started, session.id) for session in self._open.values()}}
        for session_id in sorted(places, key=places.__getitem__, reverse=newest_first):
            yield self._open.get(session_id) or unpack(self._packed[session_id])

    def result(self) -> RuntimeSummary:
        """Return the summary of everything added so far."""
        summaries: list[SessionSummary] = []
        whole = self.whole(summaries.append)
        return msgspec.structs.replace(whole, sessions=summaries)

    def whole(self, tell: Callable[[SessionSummary], object]) -> RuntimeSummary:
        """Return the summary without its sessions, which ``tell`` is called with one after the other."""
        whole = Sums()
        for session in self.sessions():
            sums = session.sums()
            tell(session.summary(sums))
            whole.merge(sums)
        return RuntimeSummary(
            **msgspec.structs.asdict(whole.whole.totals(bad_lines=self._bad_lines)),
            sessions=[],
            agents=agent_summaries(whole.agents),
            models=model_summaries(whole.models),
            tools=tool_summaries(whole.tools),
        )

    def _reopened(self, session_id: str) -> SessionTally | None:
        if len(self._open) >= _MOST_UNPACKED:
            for session in list(self._open.values())[: _MOST_UNPACKED // 2]:
                self._pack(session)
        packed = self._packed.pop(session_id, None)
        if packed is None:
            return None
        del self._places[session_id]
        return unpack(packed)

    def _pack(self, session: SessionTally) -> None:
        self._open.pop(session.id, None)
        self._keep(session, session.pack())

    def _keep(self, head: SessionHead, packed: bytes) -> None:
        self._packed[head.id] = packed
        self._places[head.id] = (head.started, head.id)


def _beginning(content: Any) -> str | None:
    """Return the beginning of a message's text on one line; of content in parts, that of its texts."""
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        content = " ".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str):
        return None
    text = " ".join(content[: QUESTION_CHARACTERS * 10].split())
    return text[:QUESTION_CHARACTERS] or None

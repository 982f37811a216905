"""Questions to a human and their answers; the answer to a question for a password is one."""

from __future__ import annotations

from typing import Any

from ag2obs.adapters.work import Work
from ag2obs.events import Event
from ag2obs.session import Session
from ag2obs.session_texts import bounded

KIND = "human.input"


def question(session: Session | None, agent: str | None, request: Any) -> Work | None:
    """Observe a question to a human: how long the answer took, and what it was."""
    if session is None:
        return None
    event = Event(kind=KIND, agent=agent, detail={"prompt": bounded(request.content)})
    return Work(session, event, _record, subject=request)


def _record(work: Work) -> None:
    answer = getattr(work.result, "content", None)
    work.event.content = work.session.answer(work.subject.content, answer)  # type: ignore[attr-defined]
    work.session.record(work.event)

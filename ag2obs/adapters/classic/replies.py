"""Replies, human input, speaker selection, summaries and code execution of Classic agents."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ag2obs.adapters.classic.agents import is_internal, name_of, record_first_sight
from ag2obs.adapters.work import Work, begin, is_nested
from ag2obs.events import ErrorInfo, Event
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT
from ag2obs.session_texts import bounded

Start = Callable[..., Work | None]


def observed(start: Start) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a maker of replacements, plain or async like the original, that run inside ``start(self, ...)``'s work."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(original):

            async def asynchronous(self: Any, *args: Any, **kwargs: Any) -> Any:
                with begin(lambda: start(self, *args, **kwargs)) as work:
                    work.result = await original(self, *args, **kwargs)
                return work.result

            return asynchronous

        def plain(self: Any, *args: Any, **kwargs: Any) -> Any:
            with begin(lambda: start(self, *args, **kwargs)) as work:
                work.result = original(self, *args, **kwargs)
            return work.result

        return plain

    return make


def reply(agent: Any, messages: Any = None, sender: Any = None, *_: Any, **__: Any) -> Work | None:
    """Observe ``generate_reply`` and ``a_generate_reply``."""
    name = name_of(agent)
    if is_internal(name) or is_nested("agent.reply", agent):
        return None
    session = PROCESS.route(agent)
    if session is None:
        return None
    record_first_sight(session, agent)
    event = Event(kind="agent.reply", agent=name, sender=name_of(sender))
    return Work(session, event, _record, subject=agent)


def human_input(agent: Any, prompt: Any = "", *_: Any, **__: Any) -> Work | None:
    """Observe ``get_human_input`` and ``a_get_human_input``: how long the person took, and the answer."""
    if is_nested("human.input", agent):
        return None
    session = PROCESS.route(agent)
    if session is None:
        return None
    event = Event(kind="human.input", agent=name_of(agent), detail={"prompt": bounded(prompt)})
    return Work(session, event, lambda work: _record_answer(work, prompt), subject=agent)


def summary(agent: Any, *_: Any, **__: Any) -> Work | None:
    """Mark the model calls of a reflection summary; it is told by its calls alone."""
    session = PROCESS.route(agent)
    if session is None:
        return None
    return Work(session, Event(kind="llm.call"), _nothing, purpose="summary", own_span=False)


def code_execution(agent: Any, code_blocks: Any = None, *_: Any, **__: Any) -> Work | None:
    """Observe the legacy ``execute_code_blocks`` of an agent."""
    return execute_blocks(agent, name_of(agent), code_blocks)


def execute_blocks(owner: Any, agent: str | None, code_blocks: Any) -> Work | None:
    """Observe the execution of code blocks by ``owner``: an agent or a code executor."""
    if is_nested("code.execution", owner):
        return None
    session = PROCESS.route(owner)
    if session is None:
        return None
    event = Event(kind="code.execution", agent=agent, arguments=bounded(_blocks(code_blocks)))
    return Work(session, event, _record_code, subject=owner)


def executor_blocks(executor: Any, code_blocks: Any = None, *_: Any, **__: Any) -> Work | None:
    """Observe ``execute_code_blocks`` of a code executor; the agent is the one whose reply it is."""
    binding = CURRENT.get()
    return execute_blocks(executor, binding.agent if binding is not None else None, code_blocks)


def speaker_selection(group: Any, last_speaker: Any = None, selector: Any = None, *_: Any, **__: Any) -> Work | None:
    if is_nested("speaker.selected", group):
        return None
    session = PROCESS.route(selector)
    if session is None:
        return None
    manager = name_of(selector)
    method = getattr(group, "speaker_selection_method", None)
    event = Event(
        kind="speaker.selected",
        agent=manager,
        group=manager,
        sender=name_of(last_speaker),
        reason=method if isinstance(method, str) else "function",
    )
    return Work(session, event, _record_speaker, subject=group, purpose="speaker_selection", group=manager)


def _record(work: Work) -> None:
    work.session.record(work.event)


def _nothing(work: Work) -> None:
    del work


def _record_answer(work: Work, prompt: object) -> None:
    work.event.content = work.session.answer(prompt, work.result)
    work.session.record(work.event)


def _record_speaker(work: Work) -> None:
    work.event.name = name_of(work.result)
    work.session.record(work.event)


def _record_code(work: Work) -> None:
    event, result = work.event, work.result
    exit_code = result[0] if isinstance(result, tuple) and result else getattr(result, "exit_code", None)
    output = result[1] if isinstance(result, tuple) and len(result) > 1 else getattr(result, "output", None)
    if isinstance(exit_code, int):
        event.success = exit_code == 0
        event.detail = {"exit_code": exit_code}
        if exit_code != 0 and event.error is None:
            event.status = "error"
            event.error = ErrorInfo(
                id=work.session.next_failure_id(), type="CodeExecutionError", message=f"exit code {exit_code}"
            )
    event.result = bounded(output)
    work.session.record(event)


def _blocks(code_blocks: Any) -> Any:
    if not isinstance(code_blocks, list):
        return code_blocks
    return [
        {"language": block[0], "code": block[1]}
        if isinstance(block, tuple) and len(block) == 2
        else {"language": getattr(block, "language", None), "code": getattr(block, "code", None)}
        for block in code_blocks
    ]

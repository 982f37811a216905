"""Handoffs of group chat patterns, which AG2 tells only through its IOStream."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ag2obs.adapters.classic.agents import name_of
from ag2obs.adapters.patches import Patches
from ag2obs.adapters.work import binding_of
from ag2obs.events import Event
from ag2obs.process import PROCESS

_REASONS = {
    "AfterWorksTransitionEvent": "after_work",
    "OnContextConditionTransitionEvent": "context_condition",
    "OnConditionLLMTransitionEvent": "llm_condition",
    "ReplyResultTransitionEvent": "reply_result",
}
"""AG2's transition events (autogen.agentchat.group.events) and why the agent changed."""


_TOLD: ContextVar[object] = ContextVar("ag2obs_told_transition", default=None)


def install(patches: Patches) -> None:
    """See what is sent to any IOStream: the class of each stream that AG2 asks for is observed when first asked for."""
    from autogen.io.base import IOStream

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def get_default(*args: Any, **kwargs: Any) -> Any:
            stream = original(*args, **kwargs)
            with PROCESS.guard.protect("observing an IOStream"):
                patches.replace_where_defined(type(stream), "send", _seeing_send)
            return stream

        return get_default

    patches.replace_static(IOStream, "get_default", make)


def _seeing_send(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(stream: Any, message: Any, *args: Any, **kwargs: Any) -> Any:
        reason = _REASONS.get(type(message).__name__)
        if reason is None or not PROCESS.sessions or _TOLD.get() is message:
            return original(stream, message, *args, **kwargs)
        with PROCESS.guard.protect("recording a handoff"):
            _record(getattr(message, "content", message), reason)
        # A stream that hands on to others sends the same event again.
        token = _TOLD.set(message)
        try:
            return original(stream, message, *args, **kwargs)
        finally:
            _TOLD.reset(token)

    return send


def _record(transition: Any, reason: str) -> None:
    source = getattr(transition, "source_agent", None)
    session = PROCESS.route(source)
    if session is None:
        return
    binding = binding_of(session)
    target = getattr(transition, "transition_target", None)
    session.record(
        Event(
            kind="handoff",
            parent=binding.span if binding is not None else "",
            agent=name_of(source),
            target=_name_of_target(target),
            reason=reason,
            group=binding.group if binding is not None else None,
        )
    )


def _name_of_target(target: object) -> str | None:
    display = getattr(target, "display_name", None)
    name = display() if callable(display) else getattr(target, "agent_name", None)
    return name if isinstance(name, str) else type(target).__name__

"""What one event says, as a short line of text; a row of ``_TELLERS`` is a kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from ag2obs.analysis.message_texts import MessageTexts, last_ids
from ag2obs.analysis.summary.totals import money_text
from ag2obs.analysis.texts import cut, one_line, text_of
from ag2obs.events import Event

Teller = Callable[[Event, MessageTexts, int], str]


def told(event: Event, texts: MessageTexts, length: int) -> str:
    """Return what ``event`` says in about ``length`` characters, content of other events looked up in ``texts``."""
    text = _TELLERS.get(event.kind, _anything)(event, texts, length)
    if event.error is not None and event.kind not in ("tool.call", "error"):
        text = f"{text} {failure_text(event, length)}"
    return cut(text, length)


def failure_text(event: Event, length: int) -> str:
    """Return how an event's error reads: ``e1 ValueError: no such city``; a repeated one says so."""
    error = event.error
    if error is None:
        return ""
    again = " (told before)" if error.repeat else ""
    message = f": {text_of(error.message, length)}" if error.message else ""
    return f"{error.id} {one_line(error.type)}{message}{again}"


def _session_start(event: Event, texts: MessageTexts, length: int) -> str:
    resource = event.resource or {}
    known = [
        f"{key} {resource[key]}" for key in ("written_by", "ag2", "autogen", "python", "host", "pid") if key in resource
    ]
    return f"{'continued: ' if event.continued else ''}{event.workflow or ''} {event.chat_id or ''} {', '.join(known)}"


def _session_end(event: Event, texts: MessageTexts, length: int) -> str:
    totals = event.totals or {}
    calls, tools, cost = totals.get("llm_calls"), totals.get("tool_calls"), totals.get("cost_usd")
    return f"{calls} model calls, {tools} tool calls, ${cost}" if totals and cost is not None else ""


def _message(event: Event, texts: MessageTexts, length: int) -> str:
    author = " ".join(part for part in (event.role, event.name) if part)
    return f"{event.id} {author}: {texts.told(event.id) if event.id else text_of(event.content, length)}"


def _llm_call(event: Event, texts: MessageTexts, length: int) -> str:
    parts = [event.model or event.request_model or "unknown model"]
    if event.usage is not None:
        parts.append(f"{event.usage.input:,} + {event.usage.output:,} tokens")
    if event.cached:
        parts.append("cached")
    elif event.cost_usd is not None:
        parts.append(price(event.cost_usd))
    elif event.cost_reason is not None and event.error is None:
        parts.append(f"no price ({event.cost_reason})")
    if event.purpose is not None:
        parts.append(f"for {event.purpose}")
    if event.attempts is not None and event.attempts > 1:
        parts.append(f"{event.attempts} attempts")
    answers = [texts.told(identity) for identity in last_ids(event.output, 3)]
    return ", ".join(parts) + "".join(f" -> {answer}" for answer in answers)


def price(amount: Decimal) -> str:
    """Return dollars in full, without trailing zeros."""
    return f"${money_text(amount)}"


def _tool_call(event: Event, texts: MessageTexts, length: int) -> str:
    call = f"{event.tool or event.name or 'unknown tool'}({text_of(event.arguments, length // 2)})"
    outcome = failure_text(event, length) if event.error is not None else text_of(event.result, length)
    if not outcome and event.reason is not None:
        outcome = event.reason
    return f"{call} -> {outcome}" if outcome else call


def _agent_message(event: Event, texts: MessageTexts, length: int) -> str:
    receiver = event.target or (event.agent if event.agent != event.sender else None) or event.group or "?"
    said = texts.told(event.message) if event.message else text_of(event.content, length)
    return f"{event.sender or '?'} to {receiver}: {said}"


def _speaker_selected(event: Event, texts: MessageTexts, length: int) -> str:
    return f"{event.name or 'nobody'} after {event.sender or 'nobody'} ({event.reason or 'unknown method'})"


def _handoff(event: Event, texts: MessageTexts, length: int) -> str:
    return f"{event.agent or '?'} to {event.target or '?'} ({event.reason or 'no reason told'})"


def _reply(event: Event, texts: MessageTexts, length: int) -> str:
    return f"to {event.sender}" if event.sender else (event.name or "")


def _human_input(event: Event, texts: MessageTexts, length: int) -> str:
    prompt = (event.detail or {}).get("prompt")
    return f"{text_of(prompt, length // 2)} -> {text_of(event.content, length)}"


def _state_change(event: Event, texts: MessageTexts, length: int) -> str:
    content = event.content if isinstance(event.content, dict) else {}
    changed = content.get("changed")
    steps = [
        f"{field}: {text_of(values.get('old'), 60)} -> {text_of(values.get('new'), 60)}"
        for field, values in (changed.items() if isinstance(changed, dict) else ())
        if isinstance(values, dict)
    ]
    steps += [f"{word} {text_of(content[word], 100)}" for word in ("added", "removed") if content.get(word)]
    return f"{event.name or ''} {', '.join(steps)}"


def _drop(event: Event, texts: MessageTexts, length: int) -> str:
    return f"{1 if event.count is None else event.count} events lost: {event.reason or 'reason not told'}"


def _learning(event: Event, texts: MessageTexts, length: int) -> str:
    value = "" if event.value is None else f"{event.value:g}"
    return f"{event.name or ''} {value} {event.role or ''} {text_of(event.arguments, length)}"


def _error(event: Event, texts: MessageTexts, length: int) -> str:
    return f"{event.name or event.reason or ''} {failure_text(event, length)} {text_of(event.content, length)}"


def _log(event: Event, texts: MessageTexts, length: int) -> str:
    return f"{event.level or ''} {event.name or ''}: {text_of(event.content, length)}"


def _anything(event: Event, texts: MessageTexts, length: int) -> str:
    value = "" if event.value is None else f"{event.value:g} {event.unit or ''}"
    parts = (
        event.name, value, f"with {event.target}" if event.target else None, event.reason,
        *(text_of(part, length) for part in (event.content, event.arguments, event.result)),
    )  # fmt: skip
    told_parts = [part for part in parts if part]
    return " ".join(told_parts) or text_of(event.detail, length)


_TELLERS: Mapping[str, Teller] = MappingProxyType(
    {
        "session.start": _session_start,
        "session.end": _session_end,
        "message": _message,
        "llm.call": _llm_call,
        "tool.call": _tool_call,
        "agent.message": _agent_message,
        "agent.reply": _reply,
        "speaker.selected": _speaker_selected,
        "handoff": _handoff,
        "human.input": _human_input,
        "state.change": _state_change,
        "learning": _learning,
        "drop": _drop,
        "error": _error,
        "log": _log,
    }
)

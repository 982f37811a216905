"""Token usage from a provider's own JSON: what a wrapped HTTP transport sees, before any conversion.

Whole bodies: OpenAI Chat Completions and Responses, Anthropic, Gemini, Bedrock Converse, Mistral, Groq,
Cohere, Ollama, Together and what imitates OpenAI. Streams: server-sent events and JSON lines of the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ag2obs.events import Usage
from ag2obs.usage.shapes import read_usage

_USAGE_PATHS = (
    ("usage",),
    ("response", "usage"),  # Responses API: the event response.completed
    ("message", "usage"),  # Anthropic: the event message_start
    ("delta", "usage"),  # Cohere v2: the event message-end
    ("usageMetadata",),  # Gemini
    ("usage_metadata",),
    ("x_groq", "usage"),  # Groq: the last chunk of a stream
    ("meta",),  # Cohere v1
    ("response", "meta"),
    ("metadata", "usage"),  # Bedrock: the event metadata of ConverseStream
)
_OLLAMA_COUNTS = ("prompt_eval_count", "eval_count")
_LINE_MARKS = (b"usage", b"eval_count", b"billed_units")
"""A line of a stream without one of these has no usage and is not parsed."""


def usage_of_raw(payload: Mapping[str, Any], provider: str | None) -> Usage | None:
    """Return the tokens of one response body; None where it has no usage or only a part of it.

    ``provider`` (see ``usage.providers``) decides where field names alone do not: Gemini's imitation of OpenAI.
    """
    return _read(raw_usage_dict(payload), provider)


def raw_usage_dict(payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the provider's usage object as it stands in a response body or stream event."""
    for path in _USAGE_PATHS:
        found: Any = payload
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping) and found:
            return dict(found)
    ollama = {name: payload[name] for name in _OLLAMA_COUNTS if payload.get(name) is not None}
    return ollama or None


def usage_of_stream_tail(
    tail: bytes, provider: str | None, *, head: bytes = b""
) -> tuple[Usage | None, dict[str, Any] | None]:
    """Return the tokens that the last kilobytes of a stream tell, and the provider's usage object.

    The tail may begin in the middle of a line. The last event that has usage counts, except at Anthropic,
    where ``message_delta`` completes ``message_start``, which is looked for in the ``head`` of the stream too;
    where both no longer hold what is needed, the tokens are None and only the usage object is returned. A body
    that is one JSON document works too.
    """
    raw: dict[str, Any] | None = None
    for event in _events_from_the_end(tail):
        found = raw_usage_dict(event)
        if found is None:
            continue
        raw = _completed(found, raw)
        if event.get("type") != "message_delta":
            break
    else:
        if raw is not None:
            start = (event for event in _events_from_the_end(head) if event.get("type") == "message_start")
            raw = _completed(raw_usage_dict(next(start, {})), raw)
    return _read(raw, provider), raw


def _completed(earlier: dict[str, Any] | None, later: dict[str, Any] | None) -> dict[str, Any] | None:
    """Complete what came earlier by what came later, which wins over it, but for zeros."""
    if earlier is None or later is None:
        return later if earlier is None else earlier
    return earlier | {name: value for name, value in later.items() if value}


def _read(raw: dict[str, Any] | None, provider: str | None) -> Usage | None:
    if provider == "google" and raw is not None and raw.get("total_tokens"):
        # Gemini behind the OpenAI protocol counts thoughts in the total only, so the output is what is left.
        raw = {name: value for name, value in raw.items() if name != "completion_tokens"}
    return read_usage(raw)


def _events_from_the_end(tail: bytes) -> Iterator[Mapping[str, Any]]:
    whole = _parse(tail) if tail.lstrip()[:1] in (b"{", b"[") else None
    lines = (line for line in reversed(tail.splitlines()) if any(mark in line for mark in _LINE_MARKS))
    events = (_parse(line.strip().removeprefix(b"data:")) for line in lines) if whole is None else (whole,)
    for event in events:
        # Gemini streams an array of responses to clients that do not ask for server-sent events.
        for part in reversed(event) if isinstance(event, list) else (event,):
            if isinstance(part, Mapping):
                yield part


def _parse(text: bytes) -> Any:
    """Return decoded JSON, or None for a line that is cut or is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

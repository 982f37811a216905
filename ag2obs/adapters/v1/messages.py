"""What a model was sent and answered, as messages: AG2 v1 hands its clients prompts and a history of events.

Events that no client sends (usage, tasks, single tool calls) are none. Binary parts are told by size and digest.
Nothing here serialises: the session does, bounded, when it meets a message for the first time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

Message = dict[str, Any]

_DIGEST = "_ag2obs_digest"
"""Where a part keeps the digest of its data, so that a picture which is resent with every call is read once."""


def messages_sent(prompt: Iterable[str], events: Sequence[Any]) -> list[Message]:
    """Return the messages of a model call: its system prompts, then its history."""
    messages: list[Message] = [{"role": "system", "content": text} for text in prompt]
    for event in events:
        convert = _conversion_of(type(event))  # type: ignore[arg-type]  # a class is hashable
        if convert is not None:
            messages += convert(event)
    return messages


def messages_of_response(response: Any) -> list[Message]:
    """Return what a model answered, as it stands in the next call's history; empty where it said nothing."""
    message: Message = {"role": "assistant"}
    if response.message is not None:
        message["content"] = response.message.content
    if response.tool_calls.calls:
        message["tool_calls"] = [_tool_call(call) for call in response.tool_calls.calls]
    if response.files:
        message["files"] = [_binary("file", None, file.data, file) for file in response.files]
    return [message] if len(message) > 1 else []


def content_of(parts: Sequence[Any]) -> Any:
    """Return the parts of a request or of a tool's result: a text where there is one part and it is one."""
    if len(parts) == 1 and type(parts[0]).__name__ in ("TextInput", "DataInput"):
        return parts[0].content if type(parts[0]).__name__ == "TextInput" else parts[0].data
    return [_part(part) for part in parts]


def _request(event: Any) -> list[Message]:
    return [{"role": "user", "content": content_of(event.parts)}]


def _tool_results(event: Any) -> list[Message]:
    return [
        {"role": "tool", "tool_call_id": result.parent_id, "content": content_of(result.result.parts)}
        for result in event.results
    ]


def _summary(event: Any) -> list[Message]:
    return [{"role": "user", "content": event.summary}]


_CONVERSIONS: Mapping[str, Callable[[Any], list[Message]]] = MappingProxyType(
    {
        "ModelRequest": _request,
        "ModelResponse": messages_of_response,
        "ToolResultsEvent": _tool_results,
        "CompactionSummary": _summary,
    }
)
"""By the name of the class, or of one that it derives from: AG2 is not imported here."""


@lru_cache(maxsize=1024)
def _conversion_of(kind: type) -> Callable[[Any], list[Message]] | None:
    return next((_CONVERSIONS[base.__name__] for base in kind.__mro__ if base.__name__ in _CONVERSIONS), None)


def _tool_call(call: Any) -> Message:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _part(part: Any) -> Any:
    kind = type(part).__name__
    if kind == "TextInput":
        return {"type": "text", "text": part.content}
    if kind == "DataInput":
        return {"type": "data", "data": part.data}
    if kind == "BinaryInput":
        return _binary(_kind(part), part.media_type, part.data, part)
    if kind == "UrlInput":
        return {"type": _kind(part), "url": part.url}
    if kind == "FileIdInput":
        return {"type": "file", "file_id": part.file_id, "filename": part.filename}
    fields = {name: value for name, value in vars(part).items() if not name.startswith("_") and name != "created_at"}
    return {"type": kind, **fields}


def _kind(part: Any) -> str:
    return str(getattr(part.kind, "value", part.kind))


def _binary(kind: str, media_type: str | None, data: Any, holder: Any) -> Message:
    """Describe bytes; ``holder`` remembers their digest where it can."""
    told: Message = {"type": kind, "bytes": len(data), "sha256": _digest(data, holder)}
    return told if media_type is None else {**told, "media_type": media_type}


def _digest(data: Any, holder: Any) -> str:
    attributes = getattr(holder, "__dict__", None)
    known = attributes.get(_DIGEST) if attributes is not None else None
    if known is not None and known[0] is data:
        return str(known[1])
    digest = hashlib.sha256(data).hexdigest()
    if attributes is not None:
        attributes[_DIGEST] = (data, digest)
    return digest

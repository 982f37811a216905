"""The JSON of ``/v1/responses``, whole and as a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ag2obs.testing.chat_completions import pieces
from ag2obs.testing.reply import Reply, Request


def response(request: Request, reply: Reply, usage: dict[str, Any] | None) -> dict[str, Any]:
    """Return a whole response."""
    return _response(request, reply, "completed", _output(request, reply), usage)


def events(request: Request, reply: Reply, usage: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the events of a streamed response; the last one holds the whole of it."""
    for number, event in enumerate(_events(request, reply, usage)):
        yield {**event, "sequence_number": number}


def _events(request: Request, reply: Reply, usage: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    started = _response(request, reply, "in_progress", [], None)
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    for position, item in enumerate(_output(request, reply)):
        nothing: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
        begun = {**item, **nothing, "status": "in_progress"}
        yield {"type": "response.output_item.added", "output_index": position, "item": begun}
        at = {"item_id": item["id"], "output_index": position}
        yield from _text_events(item, at) if item["type"] == "message" else _argument_events(item, at)
        yield {"type": "response.output_item.done", "output_index": position, "item": item}
    yield {"type": "response.completed", "response": response(request, reply, usage)}


def _text_events(item: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    part = item["content"][0]
    at = {**at, "content_index": 0}
    yield {"type": "response.content_part.added", **at, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": part}


def _argument_events(item: dict[str, Any], at: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for piece in pieces(item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
    done = {"arguments": item["arguments"], "name": item["name"]}
    yield {"type": "response.function_call_arguments.done", **at, **done}


def _output(request: Request, reply: Reply) -> list[dict[str, Any]]:
    output: list[dict[str, Any]] = []
    if reply.text is not None:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        message = {
            "id": f"msg_{request.number}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
        }
        output.append({**message, "content": [part]})
    for position, call in enumerate(reply.tool_calls):
        name = f"{request.number}_{position}"
        ids = {"id": f"fc_{name}", "call_id": call.id or f"call_{name}"}
        function = {
            "type": "function_call",
            "status": "completed",
            "name": call.name,
            "arguments": call.arguments,
        }
        output.append({**ids, **function})
    return output


def _response(
    request: Request, reply: Reply, status: str, output: list[dict[str, Any]], usage: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "id": f"resp_{request.number}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": request.body.get("instructions"),
        "metadata": {},
        "model": reply.model or request.model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": request.body.get("tools") or [],
        "top_p": 1.0,
        "usage": usage,
    }

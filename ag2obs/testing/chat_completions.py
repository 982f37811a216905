"""The JSON of ``/v1/chat/completions``, whole and as a stream."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ag2obs.testing.reply import Reply, Request


def completion(request: Request, reply: Reply, usage: dict[str, Any] | None) -> dict[str, Any]:
    """Return a whole chat completion with ``n`` equal choices."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = _tool_calls(request, reply)
    result = {
        **_head(request, reply, "chat.completion"),
        "choices": [
            {"index": index, "message": message, "finish_reason": _finish_reason(reply), "logprobs": None}
            for index in range(_choices(request))
        ],
    }
    return result if usage is None else {**result, "usage": usage}


def chunks(request: Request, reply: Reply, usage: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the events of a streamed completion; the last one tells the usage where the request asked for it."""
    head = _head(request, reply, "chat.completion.chunk")
    for index in range(_choices(request)):

        def chunk(delta: dict[str, Any], finish_reason: str | None = None, index: int = index) -> dict[str, Any]:
            choice = {"index": index, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
            return {**head, "choices": [choice]}

        yield chunk({"role": "assistant", "content": None if reply.tool_calls else ""})
        for piece in pieces(reply.text or ""):
            yield chunk({"content": piece})
        for position, call in enumerate(_tool_calls(request, reply)):
            function = call["function"]
            start = {**call, "index": position, "function": {"name": function["name"], "arguments": ""}}
            yield chunk({"tool_calls": [start]})
            for piece in pieces(function["arguments"]):
                yield chunk({"tool_calls": [{"index": position, "function": {"arguments": piece}}]})
        yield chunk({}, _finish_reason(reply))
    if usage is not None:
        yield {**head, "choices": [], "usage": usage}


def pieces(text: str) -> list[str]:
    """Cut a text after each space, as models do more or less."""
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + ([words[-1]] if words[-1] else [])


def _head(request: Request, reply: Reply, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{request.number}",
        "object": kind,
        "created": int(time.time()),
        "model": reply.model or request.model,
        "system_fingerprint": None,
    }


def _tool_calls(request: Request, reply: Reply) -> list[dict[str, Any]]:
    return [
        {
            "id": call.id or f"call_{request.number}_{position}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for position, call in enumerate(reply.tool_calls)
    ]


def _finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def _choices(request: Request) -> int:
    return int(request.body.get("n") or 1)

"""What a model answered, as AG2's own loggers write it: a ``repr``, JSON, or a sentence about a failure."""

from __future__ import annotations

import re
from typing import Any

from ag2obs.readers.python_repr import CLASS, read_repr
from ag2obs.readers.stock_fields import decode, items, parsed, text

_FAILURE = re.compile(r"error_code:\s*(?P<code>[^\s,]*)")
"""How AG2 reports a failed call: ``error_code:rate_limit_exceeded, config 0 failed``."""

_UNIFIED = {"anthropic": "AnthropicV2Client", "bedrock": "BedrockV2Client"}
"""AG2's clients whose ``UnifiedResponse`` does not come from OpenAI, by what it calls its provider."""


def read_response(response: object) -> dict[str, Any]:
    """Return the fields of a response, empty where it tells none.

    A ``repr`` (the file logger's), JSON as text or object (the SQLite logger's) and dictionaries look alike.
    """
    if isinstance(response, str):
        response = decode(response) if response.startswith("{") and '"' in response[:3] else read_repr(response)
    return response if isinstance(response, dict) else {}


def reported_failure(response: object) -> tuple[str, str | None] | None:
    """Return AG2's sentence about a failed call and the provider's error code; None for a call that came back."""
    if isinstance(response, str) and response.startswith('{"response"'):
        response = decode(response)
    if isinstance(response, dict) and response.keys() == {"response"}:
        response = response["response"]
    match = _FAILURE.match(response) if isinstance(response, str) else None
    if match is None:
        return None
    code = match["code"]
    return match.string, None if code in ("", "None") else code


def client_of(response: dict[str, Any], client_class: str | None) -> str:
    """Return the AG2 client that made a response; the log names the SDK's class of those for OpenAI."""
    kind = text(response.get(CLASS)) or ""
    if kind.endswith("UnifiedResponse"):
        return _UNIFIED.get(str(response.get("provider")), "OpenAICompletionsClient")
    if kind == "Response":
        return "OpenAIResponsesClient"
    return "OpenAIClient" if client_class in (None, "OpenAI", "AzureOpenAI") else client_class


def messages_sent(request: dict[str, Any]) -> list[Any]:
    """Return the messages of a request; a prompt or an input counts as one."""
    for name in ("messages", "input", "prompt"):
        value = request.get(name)
        if isinstance(value, list):
            return value
        if value is not None and name != "messages":
            return [{"role": "user", "content": value}]
    return []


def messages_of(response: dict[str, Any], agent: str | None) -> list[dict[str, Any]]:
    """Return the messages of a response, with the name of the agent, as they are in the history sent next."""
    named = {"role": "assistant"} if agent is None else {"role": "assistant", "name": agent}
    choices = [item for item in items(response.get("choices")) if isinstance(item, dict)]
    found = [choice["message"] if choice.get("message") is not None else choice.get("text") for choice in choices]
    found = found or items(response.get("messages")) or items(response.get("output"))
    return [{**named, **_as_message(message)} for message in found if message is not None]


def tool_calls_of(message: dict[str, Any]) -> list[tuple[str | None, str, Any]]:
    """Return id, tool and decoded arguments of the calls that a message asks for."""
    asked = [call for call in items(message.get("tool_calls")) if isinstance(call, dict)]
    calls = [*((call.get("id"), call.get("function")) for call in asked), (None, message.get("function_call"))]
    return [
        (text(call_id), function["name"], parsed(function.get("arguments")))
        for call_id, function in calls
        if isinstance(function, dict) and text(function.get("name")) is not None
    ]


def _as_message(message: object) -> dict[str, Any]:
    if not isinstance(message, dict):
        return {"content": message}
    return {key: _plain(value) for key, value in message.items() if key != CLASS and value is not None and value != []}


def _plain(value: Any) -> Any:
    """Return data without the names of the classes that it was made of; ``read_repr`` bounds its depth."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key != CLASS}
    return [_plain(item) for item in value] if isinstance(value, list) else value

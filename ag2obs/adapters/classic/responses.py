"""What a Classic request sent and what its response says, whatever shape the model client gave it."""

from __future__ import annotations

from typing import Any

_DROPPING = frozenset(
    {
        "AnthropicClient",
        "BedrockClient",
        "GeminiClient",
        "GroqClient",
        "MistralAIClient",
        "CohereClient",
        "TogetherClient",
        "CerebrasClient",
        "OllamaClient",
        "OpenAIResponsesV2Client",
        "OpenAICompletionsClient",
        "AnthropicV2Client",
        "BedrockV2Client",
    }
)
"""Model clients that copy only part of the provider's usage into their response."""


def loses_usage(client_class: str, params: object) -> bool:
    """Whether AG2 drops cache or thinking tokens on the way, so that the provider's own body is worth reading."""
    return client_class in _DROPPING or (isinstance(params, dict) and bool(params.get("stream")))


def counts_itself(client_class: str, params: object) -> bool:
    """Whether the usage of a response is AG2's own count: ag2 0.9.10 does not ask a stream for its usage."""
    if client_class != "OpenAIClient" or not isinstance(params, dict):
        return False
    return bool(params.get("stream")) and "stream_options" not in params


def messages_sent(params: dict[str, Any]) -> list[Any]:
    """Return the messages of a request; a prompt or a Responses input counts as one."""
    messages = params.get("messages")
    if isinstance(messages, list | tuple):
        return list(messages)
    for name in ("input", "prompt"):
        value = params.get(name)
        if isinstance(value, list):
            return list(value)
        if value is not None:
            return [{"role": "user", "content": value}]
    return []


def messages_of(response: object, agent: str | None) -> list[dict[str, Any]]:
    """Return the messages of a response: chat choices, Responses output, unified messages, or its text.

    They carry the name of the agent, as they will in the history that is sent with its next call.
    """
    named = {"role": "assistant"} if agent is None else {"role": "assistant", "name": agent}
    return [{**named, **message} for message in _messages(response)]


def _messages(response: object) -> list[dict[str, Any]]:
    choices = getattr(response, "choices", None)
    if isinstance(choices, list):
        return [message for choice in choices if (message := _of_choice(choice)) is not None]
    for name in ("messages", "output"):
        items = getattr(response, name, None)
        if isinstance(items, list):
            return [_without_nulls(item) for item in items]
    return []


def _of_choice(choice: object) -> dict[str, Any] | None:
    message = getattr(choice, "message", None)
    if message is None:
        text = getattr(choice, "text", None)
        return None if text is None else {"content": text}
    if isinstance(message, str):
        return {"content": message}
    return _without_nulls(message)


def _without_nulls(item: object) -> dict[str, Any]:
    stored = item if isinstance(item, dict) else getattr(item, "__dict__", {})
    if any(not isinstance(value, str | None) for value in stored.values()) and hasattr(item, "model_dump"):
        # Tool calls and other nested models, as the dictionaries that AG2 makes of them.
        stored = item.model_dump()
    return {key: value for key, value in stored.items() if value is not None and value != []}


def reported_failure(response: object) -> str | None:
    """Return AG2's text for a failed call (it reports ``error_code:..., config 0 failed`` as the response)."""
    return response if isinstance(response, str) and response.startswith("error_code:") else None


def tool_names(tools: object) -> list[str]:
    """Return the names of the tools offered with a request."""
    names = []
    for tool in tools if isinstance(tools, list) else []:
        function = tool.get("function", tool) if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str):
            names.append(name)
    return names

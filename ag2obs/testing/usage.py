"""Tokens that the model server reports, and what it reported in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ag2obs.testing.reply import Reply, Request, Tokens, message_text


@dataclass
class Totals:
    """What a server has received and reported."""

    requests: int = 0
    """HTTP requests, retries and failures included."""
    calls: int = 0
    """Requests of model endpoints answered with status 200 and a whole body."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Part of ``prompt_tokens``."""
    reasoning_tokens: int = 0
    """Part of ``completion_tokens``."""
    models: dict[str, Totals] = field(default_factory=dict)
    """By the model that answered; a part of ``calls`` and tokens, without requests."""

    def add(self, other: Totals) -> None:
        """Add another one's numbers to these."""
        self.requests += other.requests
        self.calls += other.calls
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cached_tokens += other.cached_tokens
        self.reasoning_tokens += other.reasoning_tokens
        for model, totals in other.models.items():
            self.models.setdefault(model, Totals()).add(totals)

    def add_call(self, model: str, usage: Mapping[str, Any] | None) -> None:
        """Count one answered call and the usage that was sent with it, if any."""
        told = read_usage(usage or {})
        call = Totals(0, 1, told.prompt or 0, told.completion or 0, told.cached or 0, told.reasoning or 0)
        self.add(call)
        self.models.setdefault(model, Totals()).add(call)


def count(request: Request, reply: Reply, default: Tokens) -> Tokens:
    """Return the tokens of a call: those of the reply, else of the server, else words."""
    told = reply.usage if isinstance(reply.usage, Tokens) else Tokens()
    choices = int(request.body.get("n") or 1)
    words = len((reply.text or "").split()) + sum(len(call.arguments.split()) + 1 for call in reply.tool_calls)
    reasoning = _first(told.reasoning, default.reasoning, 0)
    prompt = _first(told.prompt, default.prompt, sum(_words(message) for message in request.messages))
    completion = _first(told.completion, default.completion, choices * words + reasoning)
    return Tokens(prompt, completion, min(_first(told.cached, default.cached, 0), prompt), min(reasoning, completion))


def chat_usage(tokens: Tokens) -> dict[str, Any]:
    """Return the ``usage`` of a chat completion."""
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": (tokens.prompt or 0) + (tokens.completion or 0),
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning, "audio_tokens": 0},
    }


def response_usage(tokens: Tokens) -> dict[str, Any]:
    """Return the ``usage`` of a response."""
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": (tokens.prompt or 0) + (tokens.completion or 0),
    }


def read_usage(usage: Mapping[str, Any]) -> Tokens:
    """Return the tokens that a ``usage`` of either kind tells."""
    inputs = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outputs = usage.get("completion_tokens_details") or usage.get("output_tokens_details") or {}
    return Tokens(
        usage.get("prompt_tokens", usage.get("input_tokens")),
        usage.get("completion_tokens", usage.get("output_tokens")),
        inputs.get("cached_tokens"),
        outputs.get("reasoning_tokens"),
    )


def _words(message: Mapping[str, Any]) -> int:
    return max(1, len(message_text(message).split()))


def _first(*numbers: int | None) -> int:
    return next(number for number in numbers if number is not None)

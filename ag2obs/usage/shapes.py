"""Reads one provider's usage object, a dictionary or an object with attributes, into ``Usage``.

Each provider names and nests its counts differently and includes or excludes cached and reasoning tokens;
``Usage`` always includes both. The shape is recognised by its field names. A count that is not a whole,
non-negative number counts as missing. Usage without a single token is no usage: providers that do not
report send zeros or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ag2obs.events import Usage

_LARGEST_COUNT = 10**15
"""Above this a number is no token count, and JSON readers with 53-bit numbers would round it."""


class _Attributes:
    """An object's attributes behind ``get``, as a dictionary has it."""

    __slots__ = ("_holder",)

    def __init__(self, holder: object) -> None:
        self._holder = holder

    def get(self, name: str) -> Any:
        return getattr(self._holder, name, None)


def fields(holder: Any) -> Any:
    """Return something with ``get(name)``, None for what is missing: a dictionary, a model's fields, attributes.

    To ask a pydantic model for an attribute it does not have costs more than all the rest.
    """
    if isinstance(holder, dict | _Attributes):
        return holder
    if holder is None:
        return {}
    if not hasattr(type(holder), "__pydantic_core_schema__"):
        return _Attributes(holder)
    extra = getattr(holder, "__pydantic_extra__", None)
    return {**holder.__dict__, **extra} if extra else holder.__dict__


def count(value: object) -> int | None:
    """Return a token count, or None for what is not one: negative, fractional, NaN, a truth value, prose."""
    if type(value) is int:
        return value if 0 <= value <= _LARGEST_COUNT else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value <= _LARGEST_COUNT else None


def read_usage(usage: Any) -> Usage | None:
    """Return the tokens of a provider's usage object; None where its shape is unknown or its input or
    output is missing."""
    if usage is None:
        return None
    usage = fields(usage)
    for marks, read in _SHAPES:
        if any(usage.get(mark) is not None for mark in marks):
            tokens = read(usage)
            return tokens if tokens is not None and tokens.total else None
    return None


def reports_cache(usage: Any) -> bool:
    """Tell whether the usage has a breakdown of its input, so that no cached token can be hidden in it."""
    return any(usage.get(name) is not None for name in ("prompt_tokens_details", "input_tokens_details"))


def _openai_chat(usage: Any) -> Usage | None:
    """Chat Completions and what imitates it: Mistral, Groq, Together, Cerebras, DeepSeek, xAI, vLLM.

    Cached tokens are part of the prompt; reasoning tokens are part of the completion, except at xAI, where
    only the total shows it.
    """
    prompt, completion = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    total = count(usage.get("total_tokens"))
    if completion is None and prompt is not None and total is not None and total >= prompt:
        completion = total - prompt
    if prompt is None and completion is not None and total is not None and total >= completion:
        prompt = total - completion
    if prompt is None or completion is None:
        return None
    sent = fields(usage.get("prompt_tokens_details"))
    answered = fields(usage.get("completion_tokens_details"))
    reasoning = _first(answered.get("reasoning_tokens"), usage.get("reasoning_tokens"))
    if reasoning and total == prompt + completion + reasoning:
        completion += reasoning
    return Usage(
        input=prompt,
        output=completion,
        # DeepSeek and Moonshot keep the cache hits beside the prompt's count, not in its details.
        cache_read=_first(
            sent.get("cached_tokens"),
            usage.get("prompt_cache_hit_tokens"),
            usage.get("cached_tokens"),
        ),
        cache_write=_first(sent.get("cache_write_tokens")),
        reasoning=reasoning,
        input_audio=_first(sent.get("audio_tokens")),
        output_audio=_first(answered.get("audio_tokens")),
        input_image=_first(sent.get("image_tokens")),
    )


def _openai_responses(usage: Any) -> Usage | None:
    """The Responses API: the same meanings as Chat Completions under other names."""
    sent = fields(usage.get("input_tokens_details"))
    answered = fields(usage.get("output_tokens_details"))
    read, written = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    if read is None or written is None:
        return None
    return Usage(
        input=read,
        output=written,
        cache_read=_first(sent.get("cached_tokens")),
        cache_write=_first(sent.get("cache_write_tokens")),
        reasoning=_first(answered.get("reasoning_tokens")),
        input_audio=_first(sent.get("audio_tokens")),
        output_audio=_first(answered.get("audio_tokens")),
        input_image=_first(sent.get("image_tokens")),
    )


def _anthropic(usage: Any) -> Usage | None:
    """Messages API: ``input_tokens`` excludes what was read from and written to the cache."""
    fresh, output = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    if fresh is None or output is None:
        return None
    by_lifetime = fields(usage.get("cache_creation"))
    hour = _first(by_lifetime.get("ephemeral_1h_input_tokens"))
    minutes = _first(by_lifetime.get("ephemeral_5m_input_tokens"))
    read = _first(usage.get("cache_read_input_tokens"))
    written = max(_first(usage.get("cache_creation_input_tokens")), hour + minutes)
    return Usage(input=fresh + read + written, output=output, cache_read=read, cache_write=written, cache_write_1h=hour)


def _input_output(usage: Any) -> Usage | None:
    """``input_tokens`` and ``output_tokens`` are Anthropic's where a cache field of its own is there."""
    marks = ("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")
    if any(usage.get(mark) is not None for mark in marks):
        return _anthropic(usage)
    return _openai_responses(usage)


def _gemini(usage: Any) -> Usage | None:
    """``usageMetadata``: the prompt includes the cache; thoughts and tool results are counted apart."""
    prompt = _either(usage, "promptTokenCount", "prompt_token_count")
    if prompt is None:
        return None
    tool_results = _either(usage, "toolUsePromptTokenCount", "tool_use_prompt_token_count") or 0
    thoughts = _either(usage, "thoughtsTokenCount", "thoughts_token_count") or 0
    # The answer's count is left out where there was no text: a blocked answer or thoughts alone.
    answer = _either(usage, "candidatesTokenCount", "candidates_token_count") or 0
    sent = _by_modality(usage.get("promptTokensDetails") or usage.get("prompt_tokens_details"))
    answered = _by_modality(usage.get("candidatesTokensDetails") or usage.get("candidates_tokens_details"))
    return Usage(
        input=prompt + tool_results,
        output=answer + thoughts,
        cache_read=_either(usage, "cachedContentTokenCount", "cached_content_token_count") or 0,
        reasoning=thoughts,
        input_audio=sent.get("AUDIO", 0),
        output_audio=answered.get("AUDIO", 0),
        input_image=sent.get("IMAGE", 0),
    )


def _bedrock(usage: Any) -> Usage | None:
    """Converse API: ``inputTokens`` excludes the cache."""
    fresh, output = count(usage.get("inputTokens")), count(usage.get("outputTokens"))
    if fresh is None or output is None:
        return None
    read = _first(usage.get("cacheReadInputTokens"))
    written = _first(usage.get("cacheWriteInputTokens"))
    hour = sum(
        _first(part.get("inputTokens"))
        for part in map(fields, _items(usage.get("cacheDetails")))
        if part.get("ttl") == "1h"
    )
    return Usage(
        input=fresh + read + written,
        output=output,
        cache_read=read,
        cache_write=written,
        cache_write_1h=min(hour, written),
    )


def _cohere(usage: Any) -> Usage | None:
    """Billed units are what Cohere charges; ``tokens`` adds what it does not."""
    for part in map(fields, (usage.get("billed_units"), usage.get("tokens"))):
        sent, answered = count(part.get("input_tokens")), count(part.get("output_tokens"))
        if sent is not None and answered is not None:
            return Usage(input=sent, output=answered)
    return None


def _ollama(usage: Any) -> Usage | None:
    """Ollama leaves out the prompt's count where the prompt was still in memory."""
    return Usage(input=count(usage.get("prompt_eval_count")) or 0, output=count(usage.get("eval_count")) or 0)


_SHAPES = (
    (("prompt_tokens", "completion_tokens"), _openai_chat),
    (("input_tokens", "output_tokens"), _input_output),
    (("promptTokenCount", "prompt_token_count"), _gemini),
    (("inputTokens", "outputTokens"), _bedrock),
    (("billed_units", "tokens"), _cohere),
    (("prompt_eval_count", "eval_count"), _ollama),
)
"""The fields that tell a shape, and its reader; the first that fits is taken."""


def _first(*values: object) -> int:
    """Return the first value that is a count; 0 where a provider reports none."""
    for value in values:
        number = count(value)
        if number is not None:
            return number
    return 0


def _either(usage: Any, json_name: str, attribute: str) -> int | None:
    """Return a count under its JSON or its Python name."""
    number = count(usage.get(json_name))
    return count(usage.get(attribute)) if number is None else number


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _by_modality(details: object) -> dict[str, int]:
    """Sum Gemini's ``[{"modality": "AUDIO", "tokenCount": 12}]`` by modality."""
    sums: dict[str, int] = {}
    for part in map(fields, _items(details)):
        modality = part.get("modality")
        name = str(getattr(modality, "value", modality))
        sums[name] = sums.get(name, 0) + (_either(part, "tokenCount", "token_count") or 0)
    return sums

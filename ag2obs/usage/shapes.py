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


def field(holder: object, name: str) -> Any:
    """Return a key of a dictionary or an attribute of an object; None where there is none."""
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def count(value: object) -> int | None:
    """Return a token count, or None for what is not one: negative, fractional, NaN, a truth value, prose."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value <= _LARGEST_COUNT else None


def read_usage(usage: object) -> Usage | None:
    """Return the tokens of a provider's usage object; None where its shape is unknown or its input or
    output is missing."""
    if usage is None:
        return None
    for marks, read in _SHAPES:
        if any(field(usage, mark) is not None for mark in marks):
            tokens = read(usage)
            return tokens if tokens is not None and tokens.total else None
    return None


def reports_cache(usage: object) -> bool:
    """Tell whether the usage has a breakdown of its input, so that no cached token can be hidden in it."""
    return any(field(usage, name) is not None for name in ("prompt_tokens_details", "input_tokens_details"))


def _openai_chat(usage: object) -> Usage | None:
    """Chat Completions and what imitates it: Mistral, Groq, Together, Cerebras, DeepSeek, xAI, vLLM.

    Cached tokens are part of the prompt; reasoning tokens are part of the completion, except at xAI, where
    only the total shows it.
    """
    prompt, completion = count(field(usage, "prompt_tokens")), count(field(usage, "completion_tokens"))
    total = count(field(usage, "total_tokens"))
    if completion is None and prompt is not None and total is not None and total >= prompt:
        completion = total - prompt
    if prompt is None and completion is not None and total is not None and total >= completion:
        prompt = total - completion
    if prompt is None or completion is None:
        return None
    sent, answered = field(usage, "prompt_tokens_details"), field(usage, "completion_tokens_details")
    reasoning = _first(field(answered, "reasoning_tokens"), field(usage, "reasoning_tokens"))
    if reasoning and total == prompt + completion + reasoning:
        completion += reasoning
    return Usage(
        input=prompt,
        output=completion,
        # DeepSeek and Moonshot keep the cache hits beside the prompt's count, not in its details.
        cache_read=_first(
            field(sent, "cached_tokens"),
            field(usage, "prompt_cache_hit_tokens"),
            field(usage, "cached_tokens"),
        ),
        cache_write=_first(field(sent, "cache_write_tokens")),
        reasoning=reasoning,
        input_audio=_first(field(sent, "audio_tokens")),
        output_audio=_first(field(answered, "audio_tokens")),
        input_image=_first(field(sent, "image_tokens")),
    )


def _openai_responses(usage: object) -> Usage | None:
    """The Responses API: the same meanings as Chat Completions under other names."""
    sent, answered = field(usage, "input_tokens_details"), field(usage, "output_tokens_details")
    read, written = count(field(usage, "input_tokens")), count(field(usage, "output_tokens"))
    if read is None or written is None:
        return None
    return Usage(
        input=read,
        output=written,
        cache_read=_first(field(sent, "cached_tokens")),
        cache_write=_first(field(sent, "cache_write_tokens")),
        reasoning=_first(field(answered, "reasoning_tokens")),
        input_audio=_first(field(sent, "audio_tokens")),
        output_audio=_first(field(answered, "audio_tokens")),
        input_image=_first(field(sent, "image_tokens")),
    )


def _anthropic(usage: object) -> Usage | None:
    """Messages API: ``input_tokens`` excludes what was read from and written to the cache."""
    fresh, output = count(field(usage, "input_tokens")), count(field(usage, "output_tokens"))
    if fresh is None or output is None:
        return None
    by_lifetime = field(usage, "cache_creation")
    hour = _first(field(by_lifetime, "ephemeral_1h_input_tokens"))
    minutes = _first(field(by_lifetime, "ephemeral_5m_input_tokens"))
    read = _first(field(usage, "cache_read_input_tokens"))
    written = max(_first(field(usage, "cache_creation_input_tokens")), hour + minutes)
    return Usage(
        input=fresh + read + written, output=output, cache_read=read, cache_write=written, cache_write_1h=hour
    )


def _input_output(usage: object) -> Usage | None:
    """``input_tokens`` and ``output_tokens`` are Anthropic's where a cache field of its own is there."""
    marks = ("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation")
    if any(field(usage, mark) is not None for mark in marks):
        return _anthropic(usage)
    return _openai_responses(usage)


def _gemini(usage: object) -> Usage | None:
    """``usageMetadata``: the prompt includes the cache; thoughts and tool results are counted apart."""
    prompt = _either(usage, "promptTokenCount", "prompt_token_count")
    if prompt is None:
        return None
    tool_results = _either(usage, "toolUsePromptTokenCount", "tool_use_prompt_token_count") or 0
    thoughts = _either(usage, "thoughtsTokenCount", "thoughts_token_count") or 0
    # The answer's count is left out where there was no text: a blocked answer or thoughts alone.
    answer = _either(usage, "candidatesTokenCount", "candidates_token_count") or 0
    sent = _by_modality(field(usage, "promptTokensDetails") or field(usage, "prompt_tokens_details"))
    answered = _by_modality(
        field(usage, "candidatesTokensDetails") or field(usage, "candidates_tokens_details")
    )
    return Usage(
        input=prompt + tool_results,
        output=answer + thoughts,
        cache_read=_either(usage, "cachedContentTokenCount", "cached_content_token_count") or 0,
        reasoning=thoughts,
        input_audio=sent.get("AUDIO", 0),
        output_audio=answered.get("AUDIO", 0),
        input_image=sent.get("IMAGE", 0),
    )


def _bedrock(usage: object) -> Usage | None:
    """Converse API: ``inputTokens`` excludes the cache."""
    fresh, output = count(field(usage, "inputTokens")), count(field(usage, "outputTokens"))
    if fresh is None or output is None:
        return None
    read = _first(field(usage, "cacheReadInputTokens"))
    written = _first(field(usage, "cacheWriteInputTokens"))
    hour = sum(
        _first(field(part, "inputTokens"))
        for part in _items(field(usage, "cacheDetails"))
        if field(part, "ttl") == "1h"
    )
    return Usage(
        input=fresh + read + written,
        output=output,
        cache_read=read,
        cache_write=written,
        cache_write_1h=min(hour, written),
    )


def _cohere(usage: object) -> Usage | None:
    """Billed units are what Cohere charges; ``tokens`` adds what it does not."""
    for part in (field(usage, "billed_units"), field(usage, "tokens")):
        sent, answered = count(field(part, "input_tokens")), count(field(part, "output_tokens"))
        if sent is not None and answered is not None:
            return Usage(input=sent, output=answered)
    return None


def _ollama(usage: object) -> Usage | None:
    """Ollama leaves out the prompt's count where the prompt was still in memory."""
    return Usage(
        input=count(field(usage, "prompt_eval_count")) or 0, output=count(field(usage, "eval_count")) or 0
    )


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
    return next((number for value in values if (number := count(value)) is not None), 0)


def _either(usage: object, json_name: str, attribute: str) -> int | None:
    """Return a count under its JSON or its Python name."""
    number = count(field(usage, json_name))
    return count(field(usage, attribute)) if number is None else number


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _by_modality(details: object) -> dict[str, int]:
    """Sum Gemini's ``[{"modality": "AUDIO", "tokenCount": 12}]`` by modality."""
    sums: dict[str, int] = {}
    for part in _items(details):
        modality = field(part, "modality")
        name = str(getattr(modality, "value", modality))
        sums[name] = sums.get(name, 0) + (_either(part, "tokenCount", "token_count") or 0)
    return sums

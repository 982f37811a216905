"""Tokens from AG2 v1's ``Usage``, whose fields mean what each provider means by them.

Read in ag2 1.2.1, in ``config/*/mappers.py``, ``dashscope_client.py`` and ``ollama_client.py``:

==========================  ==========================================  ===================================
provider                    ``prompt_tokens``                           ``completion_tokens``
==========================  ==========================================  ===================================
openai, zai, mistral        includes cache reads                        includes ``thinking_tokens``
anthropic                   excludes cache reads and writes             includes ``thinking_tokens``
bedrock                     excludes cache reads and writes             includes them, and tells no number
google                      includes cache reads and tool results       excludes ``thinking_tokens``
xai                         includes cache reads                        excludes them: the total shows it
dashscope, ollama           all there is                                all there is
==========================  ==========================================  ===================================
"""

from __future__ import annotations

from typing import Any

from ag2obs.events import Usage
from ag2obs.usage.quality import EXACT, LOWER_BOUND
from ag2obs.usage.shapes import count

_CACHE_APART = frozenset({"anthropic", "bedrock"})
_THINKING_APART = frozenset({"google", "gemini", "vertexai"})


def read_ag2_usage(usage: Any, provider: str | None) -> tuple[Usage | None, str]:
    """Return the tokens of an ``ag2.events.Usage`` and how far a cost on them can be trusted.

    ``provider`` is AG2's own name for it, as its responses carry it. None where there is not a single token, or only a
    part of the usage. ``lower_bound`` where the total shows more than the parts, or where the lifetime of cache writes,
    which decides their price, is not told.
    """
    prompt, completion = count(usage.prompt_tokens), count(usage.completion_tokens)
    total = count(usage.total_tokens)
    thinking = count(usage.thinking_tokens) or 0
    name = (provider or "").lower()
    if prompt is None or completion is None:
        prompt, completion = _completed(prompt, completion, total)
        if prompt is None or completion is None:
            return None, EXACT
    elif name in _THINKING_APART or (thinking and total == prompt + completion + thinking):
        completion += thinking
    read, written = count(usage.cache_read_input_tokens) or 0, count(usage.cache_creation_input_tokens) or 0
    if name in _CACHE_APART:
        prompt += read + written
    tokens = Usage(input=prompt, output=completion, cache_read=read, cache_write=written, reasoning=thinking)
    if not tokens.total:
        return None, EXACT
    return tokens, LOWER_BOUND if written or (total is not None and total > tokens.total) else EXACT


def _completed(prompt: int | None, completion: int | None, total: int | None) -> tuple[int | None, int | None]:
    """Work out the one count that is missing: a provider leaves out an answer without text."""
    if total is None:
        return (prompt, 0) if prompt else (prompt, completion)
    if completion is None and prompt is not None:
        return prompt, max(0, total - prompt)
    if prompt is None and completion is not None:
        return max(0, total - completion), completion
    return prompt, completion

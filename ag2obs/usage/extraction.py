"""Token usage from what AG2 Classic's model clients return, and how much of it the client kept.

Every client of AG2 Classic converts its provider's answer, and most conversions drop something that is
charged; ``extract`` knows what, by the name of the client's class. Read in autogen 0.14.1, in ``oai/*.py``
and ``llm_clients/*.py``:

====================================  ==================================================  =============
client                                what its response lost                              quality
====================================  ==================================================  =============
OpenAIClient                          nothing                                             exact
OpenAIClient, streamed                cached and reasoning split (totals stay right)      upper bound
OpenAIResponsesClient                 nothing; hosted tools are charged beside tokens     exact or lower
OpenAICompletionsClient               cached and reasoning split                          upper bound
OpenAIResponsesV2Client               cached split                                        upper bound
AnthropicClient, AnthropicV2Client    cache reads and writes, which input excludes        lower bound
BedrockClient, BedrockV2Client        cache reads and writes, which input excludes        lower bound
GeminiClient                          thoughts (and the cached split)                     lower bound
GroqClient                            cached split                                        upper bound
Mistral, Together, Cohere, Cerebras,  nothing that is charged apart                       exact
Ollama
====================================  ==================================================  =============
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ag2obs.events import Usage
from ag2obs.usage.quality import EXACT, LOWER_BOUND, UPPER_BOUND, combine
from ag2obs.usage.shapes import count, fields, read_usage, reports_cache

_DROPS_TOKENS = frozenset({"AnthropicClient", "AnthropicV2Client", "BedrockClient", "BedrockV2Client", "GeminiClient"})
_DROPS_DISCOUNT = frozenset({"OpenAICompletionsClient", "OpenAIResponsesV2Client", "GroqClient"})
_HOSTED_TOOLS = frozenset({"web_search_call", "file_search_call", "image_generation_call", "code_interpreter_call"})
"""Output items of the Responses API that OpenAI charges by call or by picture, not by token."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a response tells about itself. ``usage`` is None where the provider told no tokens."""

    usage: Usage | None
    model: str | None
    response_id: str | None
    finish_reason: str | None
    quality: str
    """``exact``, ``lower_bound`` or ``upper_bound`` for a cost on this usage; ``estimate`` where what is
    missing pulls both ways."""


NOTHING = Extracted(usage=None, model=None, response_id=None, finish_reason=None, quality=EXACT)
"""Of a response that tells nothing, or that cannot be read."""


def extract(response: object, *, client_class: str, streamed: bool) -> Extracted:
    """Return usage, model, id and finish reason of a response of AG2 Classic; never raises.

    ``response`` is what ``client.create`` returned: a ChatCompletion, a legacy Completion, a Response, a
    UnifiedResponse, a custom client's object, or any of them as a dictionary. A text (AG2's record of a
    failure) has none of it.
    """
    try:
        told = fields(response)
        usage = fields(told.get("usage"))
        tokens = read_usage(usage)
        return Extracted(
            usage=tokens,
            model=_text(told.get("model")),
            response_id=_text(told.get("id")),
            finish_reason=_finish_reason(told),
            quality=_quality(told, usage, tokens, client_class, streamed),
        )
    except Exception:  # noqa: BLE001 - a custom client's object may raise anything from a property
        return NOTHING


def _quality(response: Any, usage: Any, tokens: Usage | None, client_class: str, streamed: bool) -> str:
    quality = EXACT
    if client_class in _DROPS_TOKENS:
        quality = LOWER_BOUND
    elif client_class in _DROPS_DISCOUNT or (streamed and client_class == "OpenAIClient"):
        quality = EXACT if reports_cache(usage) else UPPER_BOUND
    if tokens is not None and _leaves_out(response, usage, tokens):
        quality = combine(quality, LOWER_BOUND)
    return quality


def _leaves_out(response: Any, usage: Any, tokens: Usage) -> bool:
    """Tell whether the response itself shows that more was charged than its input and output tokens."""
    total = count(usage.get("total_tokens"))
    if tokens.input == 0 or (total is not None and total > tokens.total):
        return True
    pictures = usage.get("image_cost")
    if isinstance(pictures, (int, float)) and pictures > 0:
        return True
    output = response.get("output")
    return isinstance(output, list) and any(fields(item).get("type") in _HOSTED_TOOLS for item in output)


def _finish_reason(response: Any) -> str | None:
    choices = response.get("choices")
    if isinstance(choices, Sequence) and choices:
        return _text(fields(choices[0]).get("finish_reason"))
    incomplete = fields(response.get("incomplete_details")).get("reason")
    return _text(response.get("finish_reason")) or _text(incomplete) or _text(response.get("status"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

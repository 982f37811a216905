"""AG2 v1's usage, which means what each provider means by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ag2obs.events import Usage
from ag2obs.usage.ag2_usage import read_ag2_usage

FIELDS = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "thinking_tokens",
)


def usage(*counts: float | None) -> Any:
    """Return a usage with these counts, in the order of ``FIELDS``; what is left out is None."""
    return SimpleNamespace(**dict(zip(FIELDS, [*counts, *[None] * len(FIELDS)], strict=False)))


@pytest.mark.parametrize(
    ("provider", "told", "expected", "quality"),
    [
        ("openai", usage(100, 20, 120, 40, None, 5), Usage(100, 20, 40, 0, 0, 5), "exact"),
        ("zai", usage(100.0, 20.0, 120.0, 40.0, None, 5.0), Usage(100, 20, 40, 0, 0, 5), "exact"),
        ("mistral", usage(100.0, 20.0, 120.0, 40.0), Usage(100, 20, 40), "exact"),
        ("anthropic", usage(100.0, 20.0, 120.0, 40.0, 0.0, 5.0), Usage(140, 20, 40, 0, 0, 5), "exact"),
        ("anthropic", usage(100.0, 20.0, 120.0, 40.0, 30.0), Usage(170, 20, 40, 30), "lower_bound"),
        ("bedrock", usage(100.0, 20.0, 190.0, 40.0, 30.0), Usage(170, 20, 40, 30), "lower_bound"),
        ("bedrock", usage(100.0, 20.0, 160.0, 40.0), Usage(140, 20, 40), "exact"),
        ("google", usage(100.0, 20.0, 125.0, 40.0, None, 5.0), Usage(100, 25, 40, 0, 0, 5), "exact"),
        ("gemini", usage(100.0, 20.0, None, None, None, 5.0), Usage(100, 25, 0, 0, 0, 5), "exact"),
        ("google", usage(100.0, None, 105.0, None, None, 5.0), Usage(100, 5, 0, 0, 0, 5), "exact"),
        ("google", usage(100.0, 20.0, 150.0, None, None, 5.0), Usage(100, 25, 0, 0, 0, 5), "lower_bound"),
        ("xai", usage(100.0, 20.0, 125.0, 40.0, None, 5.0), Usage(100, 25, 40, 0, 0, 5), "exact"),
        ("xai", usage(100.0, None, 105.0, None, None, 5.0), Usage(100, 5, 0, 0, 0, 5), "exact"),
        ("dashscope", usage(100.0, 20.0, 0.0), Usage(100, 20), "exact"),
        ("ollama", usage(100.0, 20.0, 120.0), Usage(100, 20), "exact"),
        (None, usage(100, 20), Usage(100, 20), "exact"),
        ("openai", usage(100), Usage(100, 0), "exact"),
    ],
)
def test_every_provider_is_read_as_it_counts(provider: str | None, told: Any, expected: Usage, quality: str) -> None:
    assert read_ag2_usage(told, provider) == (expected, quality)


@pytest.mark.parametrize("told", [usage(), usage(0, 0, 0), usage(None, 20), usage(-1, 2.5), usage(float("nan"), True)])
def test_what_is_no_usage_is_none(told: Any) -> None:
    assert read_ag2_usage(told, "openai")[0] is None

"""Tokens and dollars of other providers, through their own clients: ``make compat COMPAT=providers-ag2-1.2.1``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ag2 import Agent

from ag2obs import ag2_logging_session
from tests.integration.conftest import Log, finish
from tests.integration.v1.provider_server import ANSWER, provider_server
from tests.integration.v1.workflows import run

MILLION = 1_000_000
CACHED = {"input": 1230, "output": 40, "cache_read": 1000, "cache_write": 200}
THOUGHT = {"input": 1230, "output": 100, "cache_read": 1000, "reasoning": 60}
PLAIN = {"input": 1230, "output": 40}

# Dollars per million tokens, as the providers list them in November 2026: input, output, cache read, cache write.
SONNET = ("3", "15", "0.30", "3.75")
SONNET_ON_BEDROCK = ("3.30", "16.50", "0.33", "4.125")
FLASH = ("0.30", "2.50", "0.03", "0")


def cost(usage: dict[str, int], rates: tuple[str, str, str, str]) -> Decimal:
    """Return what the tokens cost, where those of the cache are among the input."""
    new = usage["input"] - usage.get("cache_read", 0) - usage.get("cache_write", 0)
    tokens = (new, usage["output"], usage.get("cache_read", 0), usage.get("cache_write", 0))
    return sum((count * Decimal(rate) for count, rate in zip(tokens, rates, strict=True)), Decimal(0)) / MILLION


def _config(name: str, client: str) -> Any:
    """Return a class of configurations; skips where the client of the provider is not installed."""
    pytest.importorskip(client)
    return getattr(importlib.import_module("ag2.config"), name)


def anthropic(address: str, *, streaming: bool) -> Any:
    config = _config("AnthropicConfig", "anthropic")
    return config(model="claude-sonnet-4-5", api_key="not-a-key", base_url=address, streaming=streaming)


def gemini(address: str, *, streaming: bool) -> Any:
    config = _config("GeminiConfig", "google.genai")
    return config(model="gemini-2.5-flash", api_key="not-a-key", streaming=streaming)


def ollama(address: str, *, streaming: bool) -> Any:
    return _config("OllamaConfig", "ollama")(model="llama3.2", host=address, streaming=streaming)


def bedrock(address: str, *, streaming: bool) -> Any:
    return _config("BedrockConfig", "aiobotocore")(
        model="anthropic.claude-sonnet-4-5-20250929-v1:0",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="not-a-key",
        aws_secret_access_key="not-a-key",
    )


@pytest.mark.parametrize(
    ("make", "streaming", "provider", "usage", "usd"),
    [
        (anthropic, False, "anthropic", CACHED, cost(CACHED, SONNET)),
        (anthropic, True, "anthropic", CACHED, cost(CACHED, SONNET)),
        (gemini, False, "google", THOUGHT, cost(THOUGHT, FLASH)),
        (gemini, True, "google", THOUGHT, cost(THOUGHT, FLASH)),
        (ollama, False, "ollama", PLAIN, None),
        (ollama, True, "ollama", PLAIN, None),
        (bedrock, False, "aws", CACHED, cost(CACHED, SONNET_ON_BEDROCK)),
    ],
    ids=lambda value: getattr(value, "__name__", None) or ("stream" if value is True else None),
)
def test_tokens_and_dollars_of_a_provider(
    make: Callable[..., Any],
    streaming: bool,
    provider: str,
    usage: dict[str, int],
    usd: Decimal | None,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with provider_server() as address:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", address)
        agent = Agent("helper", "You help.", config=make(address, streaming=streaming))
        with ag2_logging_session("chat", "providers", settings=log.settings()) as session:
            reply = run(agent.ask("Where is my order?"))
    finish()
    (called,) = log.events("llm.call")
    assert reply.body == ANSWER
    assert (called["provider"], called["usage"], called["tokens_source"]) == (provider, usage, "provider")
    assert (Decimal(called["cost_usd"]) if "cost_usd" in called else None) == usd
    assert session.summary().cost_complete is (usd is not None)

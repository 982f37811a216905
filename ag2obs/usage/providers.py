"""Which provider a call went to, under the ids that genai-prices uses.

``openai``, ``azure``, ``anthropic``, ``google`` (AI Studio and Vertex), ``aws`` (Bedrock), ``mistral``,
``groq``, ``together``, ``cohere``, ``cerebras``, ``deepseek``, ``openrouter``, ``x-ai``, ... and ``ollama``,
for which genai-prices has no prices.

Decision for OpenAI-shaped clients on a host that is not in the table below (a proxy on 127.0.0.1, a company's
gateway, a local model server): the model's name decides, where one provider alone can serve it. A proxy that
answers as ``gpt-4o-mini`` or ``openai/gpt-4o`` is taken for what it stands in front of and gets that
provider's list price; ``llama3``, ``gpt-oss-20b`` or ``mistral-small``, whose weights anyone can run, have
no provider and no price unless the user's price file gives one or declares them free.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import urlsplit

_BY_CLIENT = {
    "AnthropicClient": "anthropic",
    "AnthropicV2Client": "anthropic",
    "BedrockClient": "aws",
    "BedrockV2Client": "aws",
    "CerebrasClient": "cerebras",
    "CohereClient": "cohere",
    "GeminiClient": "google",
    "GroqClient": "groq",
    "MistralAIClient": "mistral",
    "MistralClient": "mistral",
    "OllamaClient": "ollama",
    "TogetherClient": "together",
    "XAIClient": "x-ai",
    "ZAIClient": "zai",
}
"""AG2's clients (Classic and v1) that speak to one provider; the OpenAI-shaped ones speak to anything."""

_BY_API_TYPE = {
    "anthropic": "anthropic",
    "azure": "azure",
    "bedrock": "aws",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "google": "google",
    "groq": "groq",
    "mistral": "mistral",
    "ollama": "ollama",
    "together": "together",
}
"""Beginnings of AG2's ``api_type``: ``anthropic_v2`` and ``bedrock_v2`` begin alike."""

_BY_HOST = {
    "api.anthropic.com": "anthropic",
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "azure-api.net": "azure",
    "api.cerebras.ai": "cerebras",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "githubcopilot.com": "github-copilot",
    "googleapis.com": "google",
    "api.groq.com": "groq",
    "api.minimax.io": "minimax",
    "api.mistral.ai": "mistral",
    "api.moonshot.ai": "moonshotai",
    "api.moonshot.cn": "moonshotai",
    "api.novita.ai": "novita",
    "ollama.com": "ollama",
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "api.perplexity.ai": "perplexity",
    "api.together.ai": "together",
    "api.together.xyz": "together",
    "api.x.ai": "x-ai",
    "api.z.ai": "zai",
    "open.bigmodel.cn": "zhipuai",
}
"""Hosts, their subdomains included, as the providers document them."""

_BEDROCK_HOST = re.compile(r"bedrock[a-z0-9.-]*\.amazonaws\.com(\.cn)?")
"""Other hosts under amazonaws.com are machines that may serve anything."""

_BY_PREFIX = {
    "anthropic": "anthropic",
    "azure": "azure",
    "bedrock": "aws",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "gemini": "google",
    "groq": "groq",
    "mistral": "mistral",
    "ollama": "ollama",
    "openrouter": "openrouter",
    "together_ai": "together",
    "vertex_ai": "google",
    "xai": "x-ai",
    "x-ai": "x-ai",
}
"""What stands before the slash in gateways' names such as ``azure/prod`` or ``groq/llama-3.3-70b``."""

_OTHER_SPELLINGS = {
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "mistral_ai": "mistral",
    "openai_responses": "openai",
    "x_ai": "x-ai",
}
"""How OpenTelemetry's GenAI conventions and AG2's own records spell providers."""

_MAKERS = frozenset({"deepseek", "google", "models", "openai"})
"""Prefixes that gateways and model hubs share: ``openai/gpt-4o`` is a gateway's, ``openai/gpt-oss-20b`` may
run on the user's own machine, so what follows decides."""

_CLOSED_MODELS = (
    (re.compile(r"(ft:)?(gpt-[3-9](?!\d)|chatgpt-|o[134](?=$|-))"), "openai"),
    (re.compile(r"claude-"), "anthropic"),
    (re.compile(r"gemini-"), "google"),
    (re.compile(r"deepseek-(chat|reasoner)$"), "deepseek"),
    (re.compile(r"grok-[3-9]"), "x-ai"),
)
"""Names of models that are served by their maker alone. Names that a local server may carry are not here."""

_OLLAMA_PORT = 11434
"""Where Ollama listens unless told otherwise."""


@functools.lru_cache(maxsize=1024)
def provider_of(*, client_class: str, api_type: str | None, base_url: str | None, model: str | None) -> str | None:
    """Return the provider's id, or None where nothing tells; see the module's docstring for the decision."""
    name = (model or "").lower()
    provider = _BY_CLIENT.get(client_class) or _of_api_type(api_type)
    if provider == "anthropic":
        return _seller_of_claude(name)
    if provider is not None:
        return provider
    if not base_url:
        return "openai" if client_class.startswith("OpenAI") else provider_of_model(name)
    return _of_url(base_url, name)


def provider_id(name: str) -> str:
    """Return the id for a provider's name as others spell it: ``aws`` for ``bedrock`` and ``aws.bedrock``."""
    spelled = name.lower()
    return _OTHER_SPELLINGS.get(spelled) or _BY_PREFIX.get(spelled, spelled)


def provider_of_model(model: str) -> str | None:
    """Return the provider that a model's name tells, or None: ``openai/gpt-4o``, ``claude-sonnet-4-5``."""
    name = model.lower()
    prefix, slash, rest = name.partition("/")
    if slash and prefix in _BY_PREFIX:
        return _BY_PREFIX[prefix]
    if slash and prefix in _MAKERS:
        name = rest
    return next((provider for pattern, provider in _CLOSED_MODELS if pattern.match(name)), None)


def without_prefix(model: str) -> str:
    """Return the model's own name: ``gpt-4o`` of ``openai/gpt-4o``, and ``llama/x`` as it is."""
    prefix, slash, rest = model.partition("/")
    return rest if slash and (prefix.lower() in _BY_PREFIX or prefix.lower() in _MAKERS) else model


def _of_api_type(api_type: str | None) -> str | None:
    kind = (api_type or "").lower()
    return next((provider for start, provider in _BY_API_TYPE.items() if kind.startswith(start)), None)


def _seller_of_claude(name: str) -> str:
    """AG2's Anthropic client also speaks to Bedrock and Vertex, which name Claude in their own ways."""
    if name.startswith("anthropic.") or ".anthropic." in name:
        return "aws"
    return "google" if "@" in name else "anthropic"


def _of_url(base_url: str, name: str) -> str | None:
    try:
        url = urlsplit(base_url if "//" in base_url else f"//{base_url}")
        host, port = (url.hostname or "").lower(), url.port
    except ValueError:
        return provider_of_model(name)
    if _BEDROCK_HOST.fullmatch(host):
        return "aws"
    labels = host.split(".")
    for start in range(len(labels) - 1):
        provider = _BY_HOST.get(".".join(labels[start:]))
        if provider is not None:
            return provider
    return provider_of_model(name) or ("ollama" if port == _OLLAMA_PORT else None)

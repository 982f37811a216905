"""What an ``OpenAIWrapper`` is made of: its configurations, their clients, and who is asked by them."""

from __future__ import annotations

from typing import Any

from ag2obs.usage.providers import provider_of


def requested_model(params: Any) -> str | None:
    """Return the model that a request names, or None."""
    model = params.get("model") if isinstance(params, dict) else None
    return model if isinstance(model, str) else None


def provider(client: object, configuration: dict[str, Any], model: str | None) -> str | None:
    """Return the provider that a client of this configuration asks, or None where nothing tells."""
    api_type = configuration.get("api_type")
    return provider_of(
        client_class=type(client).__name__,
        api_type=api_type if isinstance(api_type, str) else None,
        base_url=_base_url(client),
        model=model,
    )


def configuration(wrapper: Any, index: int | None) -> dict[str, Any]:
    """Return the wrapper's configuration of that index; empty where there is none."""
    configurations = getattr(wrapper, "_config_list", None)
    if index is None or not isinstance(configurations, list) or index >= len(configurations):
        return {}
    found = configurations[index]
    return found if isinstance(found, dict) else {}


def index_of(wrapper: Any, client: object) -> int | None:
    """Return which of the wrapper's configurations a client belongs to."""
    for index, known in enumerate(getattr(wrapper, "_clients", ())):
        if known is client:
            return index
    return None


def client_by_id(wrapper: Any, client_id: object) -> object:
    """Return the wrapper's client of that ``id()``, which is how runtime logging names it."""
    return next((client for client in getattr(wrapper, "_clients", ()) if id(client) == client_id), None)


def _base_url(client: object) -> str | None:
    sdk_client = getattr(client, "_oai_client", None) or getattr(client, "client", None)
    url = getattr(sdk_client, "base_url", None)
    return None if url is None else str(url)

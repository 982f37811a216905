"""Makes the credentials of model clients known to the redaction engine before their first call is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ag2obs.session import Session

_SDK_FIELDS = (
    "api_key",
    "admin_api_key",
    "auth_token",
    "organization",
    "webhook_secret",
    "_azure_ad_token",
    "_custom_headers",
    "_custom_query",
    "base_url",
)
"""Where SDK clients keep what they were configured with."""

_CLIENT_FIELDS = (
    "api_key",
    "_api_key",
    "_aws_access_key",
    "_aws_secret_key",
    "_aws_session_token",
    "_gcp_auth_token",
)
"""Where AG2's own clients keep it."""


def learn_wrapper(session: Session, wrapper: Any) -> None:
    """Learn the secrets of every configuration and client of an ``OpenAIWrapper``."""
    for configuration in getattr(wrapper, "_config_list", ()):
        session.learn(configuration)
    for client in getattr(wrapper, "_clients", ()):
        session.learn(dict(_credentials(client)))


def learn_client(session: Session, client: object, configuration: object) -> None:
    """Learn the secrets of one client as runtime logging reports it."""
    session.learn(configuration)
    session.learn(dict(_credentials(client)))


def _credentials(client: object) -> Iterator[tuple[str, Any]]:
    for holder, fields in (
        (client, _CLIENT_FIELDS),
        (client, _SDK_FIELDS),
        (_sdk_client(client), _SDK_FIELDS),
    ):
        for field in fields:
            value = vars(holder).get(field) if hasattr(holder, "__dict__") else None
            if value is not None:
                yield field.strip("_"), str(value) if field == "base_url" else value


def _sdk_client(client: object) -> object:
    return next(
        (found for name in ("_oai_client", "client", "_client") if (found := getattr(client, name, None)) is not None),
        None,
    )

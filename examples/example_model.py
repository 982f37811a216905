"""The model behind the examples: OpenAI's where OPENAI_API_KEY is set, else a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ag2obs.testing import ModelServer, Reply, Request

if TYPE_CHECKING:
    from ag2.config import OpenAIConfig

MODEL = "gpt-4o-mini"


@contextmanager
def model_server(
    replies: Sequence[Reply | str] | Callable[[Request], Reply | str | None],
) -> Iterator[ModelServer | None]:
    """Yield a server that answers with ``replies``, or None where OpenAI is to answer."""
    if os.environ.get("OPENAI_API_KEY"):
        yield None
        return
    os.environ.setdefault("NO_PROXY", "127.0.0.1")  # a proxy could not reach this machine
    with ModelServer(replies) as server:
        yield server


def llm_config(server: ModelServer | None, chat: str = "example") -> dict[str, Any]:
    """Return an ``llm_config`` for agents of AG2 Classic; the server counts the requests of each ``chat`` apart."""
    entry = {"model": MODEL}
    if server is not None:
        entry |= {"api_key": "unused", "base_url": server.base_url_for(chat)}
    return {"config_list": [entry], "cache_seed": None}


def openai_config(server: ModelServer | None, *, streaming: bool = False) -> OpenAIConfig:
    """Return a configuration for agents of AG2 v1."""
    from ag2.config import OpenAIConfig

    if server is None:
        return OpenAIConfig(MODEL, streaming=streaming)
    return OpenAIConfig(MODEL, streaming=streaming, api_key="unused", base_url=server.base_url)

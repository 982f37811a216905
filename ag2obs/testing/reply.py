"""What the model server receives and what it is told to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One HTTP request that reached the server."""

    number: int
    """1 for the first request of a server."""
    tag: str | None
    """The ``<tag>`` of a ``/t/<tag>/v1`` base URL."""
    path: str
    """Without the tag: ``/v1/chat/completions``."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: Mapping[str, Any]
    """The JSON sent; empty where there was none."""

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model") or "gpt-4o-mini")

    @property
    def messages(self) -> list[Mapping[str, Any]]:
        """The messages sent, also for ``/v1/responses``, whose ``input`` may be one string."""
        sent = self.body.get("messages", self.body.get("input", []))
        if isinstance(sent, str):
            return [{"role": "user", "content": sent}]
        return [message for message in sent if isinstance(message, Mapping)]

    @property
    def last_text(self) -> str:
        """The text of the last message."""
        return message_text(self.messages[-1]) if self.messages else ""


def message_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content may be a string, a list of parts or null."""
    content = message.get("content", message.get("output"))
    if isinstance(content, list):
        return " ".join(str(part["text"]) for part in content if isinstance(part, Mapping) and "text" in part)
    return content if isinstance(content, str) else ""


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool that a reply asks for."""

    name: str
    arguments: str = "{}"
    """JSON text, or anything else to see what a client does with it."""
    id: str | None = None


@dataclass(frozen=True)
class Tokens:
    """The usage to report; what is None is counted in words."""

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None
    """Part of ``prompt``."""
    reasoning: int | None = None
    """Part of ``completion``."""


@dataclass(frozen=True)
class Reply:
    """One answer of the server. The default is 200 with ``text``."""

    text: str | None = None
    tool_calls: Sequence[ToolCall] = ()
    usage: Tokens | Mapping[str, Any] | None = field(default_factory=Tokens)
    """A mapping is sent as it is; None leaves ``usage`` out, as some servers do."""
    status: int = 200
    """From 400 on, ``text`` is the message and ``code`` the code of an OpenAI error."""
    code: str | None = None
    delay: float = 0.0
    """Seconds to wait before answering."""
    body: bytes | None = None
    """Sent instead of everything above it, whatever it is."""
    drop: bool = False
    """Close the connection without an answer."""
    drop_after: int | None = None
    """Close the connection after so many events of a stream."""
    retry_after: float | None = None
    """Seconds for the ``retry-after`` header; errors that are retried suggest 10 ms unless it is given."""
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    """The model that claims to have answered, if not the one asked for."""
    finish_reason: str | None = None


Script = Sequence[Reply | str] | Callable[[Request], Reply | str | None]
"""Replies in their order, or a function of the request; where they end or it returns None, steering decides."""

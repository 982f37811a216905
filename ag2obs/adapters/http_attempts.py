"""HTTP requests of a model call, counted where the SDKs send them; SDK retries are seen nowhere else.

``openai`` and most provider SDKs send through the ``send`` of httpx's clients (``httpx2`` under openai 3): AG2 Classic
through the plain one, AG2 v1 through the async one. Where AG2 drops a part of the usage, the provider's own figure is
read from the body that passes here.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from ag2obs.adapters.patches import Patches
from ag2obs.adapters.work import milliseconds_since
from ag2obs.events import Usage
from ag2obs.process import PROCESS
from ag2obs.usage.raw import raw_usage_dict, usage_of_raw, usage_of_stream_tail

_HEAD = 4_096
"""Bytes kept of the beginning of a stream, where Anthropic tells the input tokens."""

_TAIL = 16_384
"""Bytes kept of the end of a stream, where its usage stands."""

_LARGEST_BODY = 8 << 20
"""Bytes up to which a body is parsed for its usage."""

_RETRY_HEADER = "x-stainless-retry-count"
"""Set by SDKs that Stainless generates (openai, anthropic, groq, together): retries before this request."""


class StreamEnds:
    """The beginning and the end of a stream of any length; in a short one they overlap."""

    __slots__ = ("head", "tail")

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        self.tail += chunk
        if len(self.tail) > 2 * _TAIL:
            del self.tail[:-_TAIL]


class HttpCall:
    """The HTTP requests of one model call."""

    __slots__ = ("attempts", "body", "ends", "first_byte_ms", "started", "wants_usage")

    def __init__(self, *, wants_usage: bool) -> None:
        self.attempts: int | None = None
        self.wants_usage = wants_usage
        self.started = time.perf_counter()
        self.first_byte_ms: float | None = None
        self.body: bytes | None = None
        self.ends: StreamEnds | None = None

    def sent(self, headers: Any) -> None:
        """Count one request."""
        retries = headers.get(_RETRY_HEADER)
        told = int(retries) + 1 if isinstance(retries, str) and retries.isdigit() else 0
        self.attempts = max((self.attempts or 0) + 1, told)

    def usage(self, provider: str | None) -> tuple[Usage | None, dict[str, Any] | None]:
        """Return tokens and the provider's own usage from the last body seen; (None, None) where there is none."""
        if self.ends is not None:
            return usage_of_stream_tail(bytes(self.ends.tail), provider, head=bytes(self.ends.head))
        if self.body is None:
            return None, None
        try:
            payload = json.loads(self.body)
        except ValueError:
            return None, None
        if not isinstance(payload, dict):
            return None, None
        return usage_of_raw(payload, provider), raw_usage_dict(payload)


HTTP_CALL: ContextVar[HttpCall | None] = ContextVar("ag2obs_http_call", default=None)


def install(patches: Patches) -> None:
    """Count requests of the HTTP libraries that are imported; called again when a model call begins."""
    for library in ("httpx", "httpx2"):
        module = sys.modules.get(library)
        for name, replacement in (("Client", _counting_send), ("AsyncClient", _counting_async_send)):
            client = getattr(module, name, None)
            if isinstance(client, type):
                patches.replace_where_defined(client, "send", replacement)


def _counting_send(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(client: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = HTTP_CALL.get()
        if call is None:
            return original(client, request, *args, **kwargs)
        _count(call, request)
        response = original(client, request, *args, **kwargs)
        _look_at(call, response, "SyncByteStream" if kwargs.get("stream") else None)
        return response

    return send


def _counting_async_send(original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(client: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = HTTP_CALL.get()
        if call is None:
            return await original(client, request, *args, **kwargs)
        _count(call, request)
        response = await original(client, request, *args, **kwargs)
        _look_at(call, response, "AsyncByteStream" if kwargs.get("stream") else None)
        return response

    return send


def _count(call: HttpCall, request: Any) -> None:
    with PROCESS.guard.protect("counting an HTTP request"):
        call.sent(request.headers)


def _look_at(call: HttpCall, response: Any, stream: str | None) -> None:
    """Look at a response that is read whole, or watch its ``stream``: the class that the client reads it as."""
    with PROCESS.guard.protect("reading a response's usage"):
        # Each response stands for itself: what came before it was an error, and the SDK tried again.
        call.body = call.ends = call.first_byte_ms = None
        if stream is not None:
            # A compressed stream cannot be read from its end.
            call.ends = StreamEnds() if call.wants_usage and "content-encoding" not in response.headers else None
            response.stream = _watched(response.stream, stream, call)
        elif call.wants_usage and len(response.content) <= _LARGEST_BODY:
            call.body = response.content


def _watched(stream: Any, kind: str, call: HttpCall) -> Any:
    """Return a stream that notes its first byte and keeps its ends; the same stream where that is impossible."""
    base = next((base for base in type(stream).__mro__ if base.__name__ == kind), None)
    return stream if base is None else _watched_class(base)(stream, call)


class _Watched:
    """What a watching stream does with each chunk that passes."""

    def __init__(self, stream: Any, call: HttpCall) -> None:
        self._stream = stream
        self._call = call
        self._ends = call.ends

    def _see(self, chunk: bytes) -> None:
        if self._call.first_byte_ms is None:
            self._call.first_byte_ms = milliseconds_since(self._call.started)
        if self._ends is not None:
            self._ends.add(chunk)


class _WatchedPlain(_Watched):
    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            self._see(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()


class _WatchedAsync(_Watched):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._see(chunk)
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


_WATCHED = MappingProxyType({"SyncByteStream": _WatchedPlain, "AsyncByteStream": _WatchedAsync})
"""By the base class of a stream in either HTTP library, which checks that streams are of it."""


@functools.cache
def _watched_class(base: type) -> Any:
    """Return the watching stream for one HTTP library."""
    return type("WatchedStream", (_WATCHED[base.__name__], base), {})

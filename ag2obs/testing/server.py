"""A model server on 127.0.0.1 that speaks the OpenAI protocol, for tests without a network.

    with ModelServer(["Hello!"]) as server:
        client = OpenAI(base_url=server.base_url, api_key="unused")

Replies come from a script; where there is none, the last message steers (see ``steering``).
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote

from ag2obs.testing import chat_completions, responses
from ag2obs.testing.http_server import Exchange, HttpServer
from ag2obs.testing.reply import Reply, Request, Script, Tokens
from ag2obs.testing.steering import Steering
from ag2obs.testing.usage import Totals, chat_usage, count, response_usage

MODELS = ("gpt-4o-mini", "gpt-4o", "text-embedding-3-small")
EMBEDDING_DIMENSIONS = 8
ERROR_CODES = {
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
    500: "server_error",
}
RETRY_SOON = {"retry-after-ms": "10"}
"""Sent with errors so that a test does not wait for the back-off of the SDK (0.5 s and more)."""


class ModelServer:
    """The server, as a context manager; it may be asked from any number of threads and event loops.

    ``replies`` is a script (see ``script``). ``tokens`` are the numbers to report where a reply tells none,
    words being counted for those that are None. Serves ``chat/completions``, ``responses``, ``embeddings``
    and ``models`` under any prefix.
    """

    def __init__(self, replies: Script = (), *, tokens: Tokens | None = None) -> None:
        self.requests: list[Request] = []
        """Every request, in the order of arrival."""
        self._tokens = tokens or Tokens()
        self._steering = Steering()
        self._totals: dict[str | None, Totals] = {}
        self._lock = threading.Lock()
        self._http: HttpServer | None = None
        self.script(replies)

    def __enter__(self) -> Self:
        self._http = HttpServer(self._serve)
        self._http.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http:
            self._http.stop()

    @property
    def base_url(self) -> str:
        """The ``base_url`` of a client."""
        return f"{self._origin()}/v1"

    def base_url_for(self, tag: str) -> str:
        """Return a ``base_url`` whose requests are counted under ``tag``."""
        return f"{self._origin()}/t/{quote(tag, safe='')}/v1"

    def script(self, replies: Script) -> None:
        """Replace the script: replies in their order (a string is its text), or a function of the request."""
        with self._lock:
            self._function = replies if callable(replies) else None
            self._replies: Iterator[Reply | str] = iter(() if callable(replies) else replies)

    def totals(self, tag: str | None = None) -> Totals:
        """Return what was received and reported so far, in all or under one tag."""
        result = Totals()
        with self._lock:
            for one in [self._totals.get(tag, Totals())] if tag is not None else list(self._totals.values()):
                result.add(one)
        return result

    def _origin(self) -> str:
        if self._http is None:
            raise RuntimeError("the model server is not running; use it in a with block")
        return f"http://127.0.0.1:{self._http.server_port}"

    def _serve(self, exchange: Exchange) -> None:
        try:
            request = self._record(exchange)
        except ValueError:
            exchange.send_json(400, _error(400, "the body is no JSON object", None))
            return
        endpoint = request.path.removesuffix("/").rpartition("/v1")[2].strip("/")
        if endpoint == "models":
            exchange.send_json(200, {"object": "list", "data": [_model(name) for name in MODELS]})
        elif endpoint.endswith("chat/completions") or endpoint in ("responses", "embeddings"):
            self._answer(exchange, request, endpoint, self._reply(request))
        else:
            exchange.send_json(404, _error(404, f"there is no {request.path}", None))

    def _record(self, exchange: Exchange) -> Request:
        tag, path = None, exchange.path
        if path.startswith("/t/"):
            quoted, _, rest = path.removeprefix("/t/").partition("/")
            tag, path = unquote(quoted), f"/{rest}"
        body = json.loads(exchange.content or b"{}")
        if not isinstance(body, dict):
            raise ValueError
        with self._lock:
            request = Request(len(self.requests) + 1, tag, path, exchange.headers, body)
            self.requests.append(request)
            self._totals.setdefault(tag, Totals()).requests += 1
        return request

    def _reply(self, request: Request) -> Reply:
        with self._lock:
            function = self._function
            scripted = None if function else next(self._replies, None)
        if function:
            try:
                scripted = function(request)
            except Exception as error:  # noqa: BLE001 - told to the client, whose test fails with it
                return Reply(f"the script failed: {type(error).__name__}: {error}", status=400)
        if isinstance(scripted, str):
            return Reply(scripted)
        return scripted or self._steering.reply(request)

    def _answer(self, exchange: Exchange, request: Request, endpoint: str, reply: Reply) -> None:
        headers = dict(reply.headers)
        if reply.retry_after is not None:
            headers["retry-after"] = f"{reply.retry_after:g}"
        if (reply.delay and not exchange.wait(reply.delay)) or reply.drop:
            exchange.drop()
        elif reply.status >= 400:
            error = _error(reply.status, reply.text or "told to fail", reply.code)
            headers = headers if "retry-after" in headers else {**RETRY_SOON, **headers}
            exchange.send_json(reply.status, error, headers)
        elif reply.body is not None:
            exchange.send(reply.status, reply.body, headers)
        elif endpoint == "embeddings":
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            self._count(request, reply, usage)
            exchange.send_json(200, _embeddings(request, reply, usage), headers)
        else:
            self._answer_model(exchange, request, reply, headers, chat=endpoint != "responses")

    def _answer_model(
        self, exchange: Exchange, request: Request, reply: Reply, headers: Mapping[str, str], *, chat: bool
    ) -> None:
        """Count first, then send, so that a client that has its answer finds it counted."""
        stream = bool(request.body.get("stream"))
        wanted = not (chat and stream) or (request.body.get("stream_options") or {}).get("include_usage")
        usage = self._usage(request, reply, chat=chat) if wanted else None
        if not stream:
            self._count(request, reply, usage)
            whole = chat_completions.completion if chat else responses.response
            exchange.send_json(reply.status, whole(request, reply, usage), headers)
            return
        streamed = chat_completions.chunks if chat else responses.events
        events = list(streamed(request, reply, usage))
        if reply.drop_after is None:
            self._count(request, reply, usage)
            exchange.send_events(_event_texts(events, done=chat), headers)
        else:
            exchange.drop()
            exchange.send_events(_event_texts(events[: reply.drop_after], done=False), headers)

    def _usage(self, request: Request, reply: Reply, *, chat: bool) -> dict[str, Any] | None:
        if reply.usage is None:
            return None
        if isinstance(reply.usage, Mapping):
            return dict(reply.usage)
        tokens = count(request, reply, self._tokens)
        return chat_usage(tokens) if chat else response_usage(tokens)

    def _count(self, request: Request, reply: Reply, usage: Mapping[str, Any] | None) -> None:
        with self._lock:
            self._totals[request.tag].add_call(reply.model or request.model, usage)


def _event_texts(events: Iterable[dict[str, Any]], *, done: bool) -> Iterator[str]:
    for event in events:
        name = f"event: {event['type']}\n" if "type" in event else ""
        yield f"{name}data: {json.dumps(event)}\n\n"
    if done:
        yield "data: [DONE]\n\n"


def _error(status: int, message: str, code: str | None) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": kind, "param": None, "code": code or ERROR_CODES.get(status)}
    return {"error": error}


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1700000000, "owned_by": "ag2obs"}


def _embeddings(request: Request, reply: Reply, usage: dict[str, Any]) -> dict[str, Any]:
    """Return vectors that depend on the text only."""
    given = request.body.get("input", "")
    data = []
    for index, text in enumerate(given if isinstance(given, list) else [given]):
        digest = hashlib.sha256(str(text).encode()).digest()
        vector: list[float] | str = [byte / 255 for byte in digest[:EMBEDDING_DIMENSIONS]]
        if request.body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{EMBEDDING_DIMENSIONS}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    return {"object": "list", "data": data, "model": reply.model or request.model, "usage": usage}

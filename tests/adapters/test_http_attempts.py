"""The requests of a model call, as a real HTTP client sends them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from ag2obs.adapters import http_attempts
from ag2obs.adapters.http_attempts import HTTP_CALL, HttpCall
from ag2obs.adapters.patches import Patches
from ag2obs.events import Usage

START = {
    "type": "message_start",
    "message": {"usage": {"input_tokens": 10, "cache_read_input_tokens": 2000, "output_tokens": 1}},
}
END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 90}}
DELTA = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "the usage of words " * 4}}

Answer = Callable[[httpx.Request], httpx.Response]


class Chunks(httpx.SyncByteStream):
    """A body that arrives in pieces; ``on_read`` is called before the first one."""

    def __init__(self, body: bytes, size: int, on_read: Callable[[], None] = lambda: None) -> None:
        self._body, self._size, self._on_read = body, size, on_read

    def __iter__(self) -> Iterator[bytes]:
        self._on_read()
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


@pytest.fixture(autouse=True)
def patched() -> Iterator[None]:
    patches = Patches()
    http_attempts.install(patches)
    yield
    patches.restore()


@contextmanager
def observed(answer: Answer, *, wants_usage: bool = True) -> Iterator[tuple[HttpCall, httpx.Client]]:
    call = HttpCall(wants_usage=wants_usage)
    token = HTTP_CALL.set(call)
    try:
        with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://model.test") as client:
            yield call, client
    finally:
        HTTP_CALL.reset(token)


def read_stream(client: httpx.Client) -> bytes:
    with client.stream("POST", "/v1") as response:
        return b"".join(response.iter_raw())


@pytest.mark.parametrize("deltas", [0, 20, 2_000], ids=["short", "between", "far longer than the tail"])
@pytest.mark.parametrize("chunk", [97, 1 << 20])
def test_an_anthropic_stream_of_any_length_tells_its_whole_usage(deltas: int, chunk: int) -> None:
    body = sse(START, *[DELTA] * deltas, END, {"type": "message_stop"})
    with observed(lambda _: httpx.Response(200, stream=Chunks(body, chunk))) as (call, client):
        assert read_stream(client) == body
    usage, raw = call.usage("anthropic")
    assert usage == Usage(input=2010, output=90, cache_read=2000)
    assert raw == {"input_tokens": 10, "cache_read_input_tokens": 2000, "output_tokens": 90}
    assert call.ends is not None
    assert len(call.ends.head) <= http_attempts._HEAD
    assert len(call.ends.tail) <= 2 * http_attempts._TAIL


def test_the_first_of_running_totals_is_not_taken_for_the_last() -> None:
    first = {"candidates": [], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1}}
    last = {"candidates": ["x" * 40_000], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 900}}
    body = sse(first, last)
    with observed(lambda _: httpx.Response(200, stream=Chunks(body, 1_000))) as (call, client):
        read_stream(client)
    assert call.usage("google") == (None, None)


def test_the_first_byte_after_a_retry_is_that_of_the_answer() -> None:
    seen: list[float | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        failed = "x-stainless-retry-count" not in request.headers
        before = Chunks(b"overloaded" if failed else sse(START, END), 8, lambda: seen.append(call.first_byte_ms))
        return httpx.Response(529 if failed else 200, stream=before)

    with observed(answer) as (call, client):
        with client.stream("POST", "/v1") as response:
            response.read()
        failed_ms = call.first_byte_ms
        with client.stream("POST", "/v1", headers={"x-stainless-retry-count": "1"}) as response:
            response.read()
    assert seen == [None, None]
    assert failed_ms is not None
    assert call.first_byte_ms is not None
    assert call.first_byte_ms > failed_ms
    assert call.attempts == 2
    assert call.usage("anthropic")[0] == Usage(input=2010, output=90, cache_read=2000)


def test_a_whole_body_after_a_failed_stream_tells_its_own_usage() -> None:
    body = {"usage": {"prompt_tokens": 7, "completion_tokens": 3}}

    with observed(lambda _: httpx.Response(200, stream=Chunks(json.dumps(body).encode(), 9))) as (call, client):
        read_stream(client)
        client.post("/v1")
    assert call.usage("openai") == (Usage(input=7, output=3), body["usage"])
    assert call.first_byte_ms is None


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compressed_stream_is_not_read(encoding: str) -> None:
    response = httpx.Response(200, headers={"content-encoding": encoding}, stream=Chunks(sse(START, END), 64))
    with observed(lambda _: response) as (call, client):
        assert read_stream(client) == sse(START, END)
    assert call.usage("anthropic") == (None, None)
    assert call.first_byte_ms is not None


def test_requests_outside_of_a_model_call_are_left_alone() -> None:
    with observed(lambda _: httpx.Response(200, stream=Chunks(b"abc", 2)), wants_usage=False) as (call, client):
        HTTP_CALL.set(None)
        assert read_stream(client) == b"abc"
    assert (call.attempts, call.first_byte_ms, call.usage(None)) == (None, None, (None, None))

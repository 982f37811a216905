"""A server on the loopback that answers as the providers do which do not speak OpenAI's protocol."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "It left."

_ANTHROPIC_USAGE = {
    "input_tokens": 30,
    "cache_creation_input_tokens": 200,
    "cache_read_input_tokens": 1000,
    "output_tokens": 40,
}
_GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": ANSWER}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {
        "promptTokenCount": 1230,
        "cachedContentTokenCount": 1000,
        "candidatesTokenCount": 40,
        "thoughtsTokenCount": 60,
        "totalTokenCount": 1330,
    },
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r1",
}
_BEDROCK = {
    "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
    "stopReason": "end_turn",
    "usage": {
        "inputTokens": 30,
        "outputTokens": 40,
        "totalTokens": 1270,
        "cacheReadInputTokens": 1000,
        "cacheWriteInputTokens": 200,
    },
    "metrics": {"latencyMs": 5},
}


@contextlib.contextmanager
def provider_server() -> Iterator[str]:
    """Yield the address of a server for Anthropic, Gemini, Ollama and Bedrock, plain and streaming."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "/messages" in self.path:
            self._anthropic(body)
        elif "streamGenerateContent" in self.path:
            self._send(f"data: {json.dumps(_GEMINI)}\n\n", "text/event-stream")
        elif "generateContent" in self.path:
            self._send(json.dumps(_GEMINI))
        elif self.path == "/api/chat":
            self._send(json.dumps(_ollama(body["model"])) + "\n", "application/x-ndjson")
        elif self.path.endswith("/converse"):
            self._send(json.dumps(_BEDROCK))
        else:
            self.send_error(404)

    def _anthropic(self, body: dict[str, Any]) -> None:
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
        if not body.get("stream"):
            content = [{"type": "text", "text": ANSWER}]
            told = {**message, "content": content, "stop_reason": "end_turn", "usage": _ANTHROPIC_USAGE}
            self._send(json.dumps(told))
            return
        begun = {**message, "content": [], "stop_reason": None, "usage": {**_ANTHROPIC_USAGE, "output_tokens": 1}}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ANSWER}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 40}},
            {"type": "message_stop"},
        ]
        lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self._send("".join(lines), "text/event-stream")

    def _send(self, text: str, kind: str = "application/json") -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _ollama(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "created_at": "2026-11-22T00:00:00Z",
        "message": {"role": "assistant", "content": ANSWER},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 1230,
        "eval_count": 40,
    }

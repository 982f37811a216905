"""The HTTP side of the model server: one thread a connection, kept alive, closed when the server stops."""

from __future__ import annotations

import json
import selectors
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STOP_SECONDS = 5.0
"""How long ``stop()`` waits for handlers to notice that their connection is closed."""


class Exchange:
    """One request and the ways to answer it."""

    def __init__(self, handler: _Handler, content: bytes) -> None:
        self.method = handler.command
        self.path = handler.path.partition("?")[0]
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.content = content
        self._handler = handler

    def wait(self, seconds: float) -> bool:
        """Wait, as long as the client does; return whether it is still there to be answered."""
        connection = self._handler.connection
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            return not selector.select(seconds) or bool(connection.recv(1, socket.MSG_PEEK))

    def send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Answer with a whole body."""
        self._head(status, {"content-type": "application/json", **headers, "content-length": str(len(body))})
        self._handler.wfile.write(body)

    def send_json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        """Answer with ``value`` as JSON."""
        self.send(status, json.dumps(value).encode(), headers or {})

    def send_events(self, events: Iterable[str], headers: Mapping[str, str]) -> None:
        """Answer with server-sent events, each already in its text form, one HTTP chunk an event."""
        self._head(200, {"content-type": "text/event-stream", **headers, "transfer-encoding": "chunked"})
        for event in events:
            data = event.encode()
            self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self._handler.wfile.flush()
        if not self._handler.close_connection:
            self._handler.wfile.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """Close the connection after what was sent so far."""
        self._handler.close_connection = True

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()


class HttpServer(ThreadingHTTPServer):
    """Serves ``answer`` on a free port of 127.0.0.1."""

    request_queue_size = 512  # many chats connect at once
    daemon_threads = True

    def __init__(self, answer: Callable[[Exchange], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="model-server", daemon=True)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would look its own name up
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and wait until the threads have ended."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                connections = list(self._connections)
            if not connections:
                break
            for connection in connections:
                _hang_up(connection)
            time.sleep(0.005)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._lock:
            self._connections.discard(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: HttpServer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.answer(Exchange(self, content))

    do_GET = do_POST  # noqa: N815 - the name that http.server calls

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, ValueError) as error:
            # The client went away, or stop() closed the connection under us ("I/O on closed file").
            if isinstance(error, ValueError) and not self.server.stopping.is_set():
                raise
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Write no access log."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # its handler was faster

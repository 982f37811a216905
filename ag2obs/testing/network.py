"""A block in which nothing reaches beyond this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


class NetworkBlockedError(RuntimeError):
    """Code inside ``block_network()`` tried to reach another machine.

    It is no ``OSError``, which clients would retry.
    """


@contextmanager
def block_network() -> Iterator[None]:
    """Make every connection and name look-up that is not for this machine raise ``NetworkBlockedError``.

    Covers the standard library's sockets in all threads of the process, hence every pure Python client.
    Unix sockets and listening stay as they are. Blocks may be nested.
    """
    connections = ("connect", "connect_ex", "sendto")
    lookups = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
    patches = [
        *(mock.patch.object(socket.socket, name, _checked_connection(name)) for name in connections),
        *(mock.patch.object(socket, name, _checked_lookup(name)) for name in lookups),
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()


def _checked_connection(name: str) -> Callable[..., Any]:
    original = getattr(socket.socket, name)

    def checked(sock: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]  # sendto(data, address) and sendto(data, flags, address) end with it too
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            _require_local(address[0])
        return original(sock, *arguments)

    return checked


def _checked_lookup(name: str) -> Callable[..., Any]:
    original = getattr(socket, name)

    def checked(host: object = None, *arguments: Any, **options: Any) -> Any:
        _require_local(host)
        return original(host, *arguments, **options)

    return checked


def _require_local(host: object) -> None:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text is None or text in ("", "localhost"):
        return
    try:
        address = ipaddress.ip_address(str(text))
    except ValueError:
        address = None
    if address is None or not (address.is_loopback or address.is_unspecified):
        raise NetworkBlockedError(f"the network is blocked here; something tried to reach {text}")

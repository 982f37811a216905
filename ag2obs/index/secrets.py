"""Keeps secrets out of the index: the log of another program may hold anything, in any name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


def holds_a_secret(packed: bytes) -> bool:
    """Tell whether redaction would change any text of a packed session."""
    from ag2obs.redaction import redact  # what only reads the index does without

    return any(redact(text) != text for text in set(_texts(msgspec.msgpack.decode(packed))))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)

"""Masks secrets in a range of a file, in place and at the same length, in bounded chunks."""

from __future__ import annotations

import os
from collections.abc import Callable

_CHUNK = 1 << 20
"""Bytes read at a time."""

FindSecrets = Callable[[bytes], list[tuple[int, int]]]
"""Returns the spans of the secrets in a chunk."""

Mask = Callable[[bytes, list[tuple[int, int]]], bytes]
"""Returns a chunk with these spans masked, as long as before."""


def mask_range(descriptor: int, start: int, end: int, find: FindSecrets, mask: Mask, overlap: int) -> int:
    """Mask the secrets between two positions of a file; returns how many.

    ``overlap`` is the length of the longest secret, which a chunk carries over into the next one. The descriptor
    must not be in append mode: ``pwrite`` on an appending one appends on Linux. Raises OSError.
    """
    masked = 0
    position = start
    while position < end:
        chunk = _read_at(descriptor, min(_CHUNK + overlap, end - position), position)
        if not chunk:
            break
        spans = find(chunk)
        if spans:
            clean = mask(chunk, spans)
            for first, last in spans:
                _write_at(descriptor, clean[first:last], position + first)
            masked += len(spans)
        position += _CHUNK if len(chunk) > _CHUNK else len(chunk)
    return masked


def _read_at(descriptor: int, length: int, position: int) -> bytes:
    os.lseek(descriptor, position, os.SEEK_SET)
    return os.read(descriptor, length)


def _write_at(descriptor: int, data: bytes, position: int) -> None:
    os.lseek(descriptor, position, os.SEEK_SET)
    os.write(descriptor, data)

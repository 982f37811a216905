"""Masking of bytes that are already in a file, without moving what comes after them."""

from __future__ import annotations

from collections.abc import Iterable

_MARKER = b"[REDACTED]"


def mask_in_place(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Return ``data`` with each span masked by as many bytes; strict JSON stays strict JSON.

    A span of digits may be a bare JSON number and is filled with nines, for a number it must remain.
    """
    masked = bytearray(data)
    for start, end in spans:
        length = end - start
        if data[start:end].isdigit():
            masked[start:end] = b"9" * length
        elif length >= len(_MARKER):
            masked[start:end] = _MARKER + b"*" * (length - len(_MARKER))
        else:
            masked[start:end] = b"*" * length
    return bytes(masked)

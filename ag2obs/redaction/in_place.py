"""Masking of bytes that are already in a file, without moving what comes after them."""

from __future__ import annotations

from collections.abc import Iterable

_MARKER = b"[REDACTED]"
_NUMBER_BYTES = b"0123456789.+-eE"
_ALL_ONES = bytes.maketrans(b"0123456789", b"1111111111")


def mask_in_place(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Return ``data`` with each span masked by as many bytes; strict JSON stays strict JSON.

    What reads as a number may be a bare JSON number and must remain one: its digits become ones.
    """
    masked = bytearray(data)
    for start, end in spans:
        length = end - start
        if not data[start:end].strip(_NUMBER_BYTES):
            masked[start:end] = data[start:end].translate(_ALL_ONES)
        elif length >= len(_MARKER):
            masked[start:end] = _MARKER + b"*" * (length - len(_MARKER))
        else:
            masked[start:end] = b"*" * length
    return bytes(masked)

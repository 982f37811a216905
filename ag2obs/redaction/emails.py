"""E-mail addresses, also in URLs and in JSON that escapes their sign; not what else has an @ in it."""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import backslashes_before
from ag2obs.redaction.rule import Span

_LONGEST_LOCAL = 64
"""Octets before the sign (RFC 5321, 4.5.3.1.1)."""
_LOCAL = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-'") | frozenset(range(0x80, 256))
_NOT_LOCAL = bytes(byte if byte in _LOCAL else 0x20 for byte in range(256))
_ESCAPED = re.compile(rb"[nrtbf]|u[0-9a-fA-F]{4}")
_DOMAIN = re.compile(
    rb"(?:[A-Za-z0-9\x80-\xff](?:[A-Za-z0-9\x80-\xff-]{0,61}[A-Za-z0-9\x80-\xff])?\.){1,8}(?:[A-Za-z]{2,24}|xn--[a-z0-9-]{2,40})"
    rb"(?![A-Za-z0-9-])"
)
_RETINA = re.compile(rb"[0-9]x\.")
# git@host:owner/repository, host@network:/folder, a @ b.T(...)
_GOES_ON = re.compile(rb"[(\[]|:[\w.~-]*/")
_USER_OF_A_URL = re.compile(rb"(?://|\\/\\/|(?:%2[Ff]){2})[^\s/?#\"'<>\\%]*+\Z")
_LONGEST_USER = 80
_ACCOUNTS = frozenset({b"git", b"hg", b"svn"})


def find_email(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the address around the sign at ``data[start:end]``."""
    sign = start - backslashes_before(data, start) if data[start] == 0x5C else start
    first = _local_start(data, sign)
    if first == sign or data[first:sign].lower() in _ACCOUNTS:
        return []
    domain = _DOMAIN.match(data, end)
    if domain is None or _RETINA.match(data, end) or _GOES_ON.match(data, domain.end()):
        return []
    if _USER_OF_A_URL.search(data, max(0, first - _LONGEST_USER), first):
        return []
    return [Span(first, domain.end())]


def _local_start(data: bytes, sign: int) -> int:
    """Return where the part before the sign begins, without the letters of an escape; ``sign`` where there is none."""
    window = data[max(0, sign - _LONGEST_LOCAL - 1) : sign]
    local = window.translate(_NOT_LOCAL).rpartition(b" ")[2]
    if len(local) > _LONGEST_LOCAL:
        return sign
    first = sign - len(local)
    before = data[first - 1 : first]
    if before == b"\\":
        escape = _ESCAPED.match(data, first, sign)
        first = escape.end() if escape is not None else first
    elif before == b"%":
        first = min(first + 2, sign)
    while first < sign and data[first] in b"._+-'":
        first += 1
    return first

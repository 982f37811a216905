"""Telephone numbers: with a country code, and as they are written at home. What counts or tells the time is none."""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import token_may_start
from ag2obs.redaction.rule import Left, Span

_GAP = rb"[ .()/\-]{0,2}+"
_INTERNATIONAL = re.compile(
    rb"[ ]?\(?(?:1" + _GAP + rb"[2-9](?:" + _GAP + rb"[0-9]){9}|[2-9](?:" + _GAP + rb"[0-9]){7,14})(?![0-9])"
)
_AMOUNT = re.compile(rb"[0-9]+\.[0-9]+")
_SHORTEST_UNBROKEN = 10
"""Digits without a gap between them; fewer are a number with a sign (E.164 allows 7 to 15)."""

_NATIONAL = re.compile(
    rb"""
      (?:1[ .-])?\([2-9][0-9]{2}\)[ ]?[2-9][0-9]{2}[ .-][0-9]{4}  # North America: (415) 555-2671
    | (?:1[ .-])?[2-9][0-9]{2}([.-])[2-9][0-9]{2}\1[0-9]{4}  # 415-555-2671
    | 1[ ][2-9][0-9]{2}[ ][2-9][0-9]{2}[ ][0-9]{4}
    | \([1-9][0-9]\)[ ]?9?[0-9]{4}[ -][0-9]{4}  # Brazil: (11) 98765-4321
    | 0[1-9](?:([ .-])[0-9]{2})(?:\2[0-9]{2}){3}  # France: 06 12 34 56 78
    | \(0[1-9][0-9]{1,3}\)[ ]?[0-9]{3,8}(?:[ -][0-9]{2,4}){0,2}  # (030) 1234567, (020) 7946 0958
    | 0[1-9][0-9]{1,4}[ /-][ ]?[0-9]{3,8}(?:[ -][0-9]{2,4}){0,2}  # 030 1234567, 020 7946 0958, 0412 345 678
    """,
    re.VERBOSE,
)
_EQUAL_GROUPS = re.compile(rb"[0-9]{4}(?:[ -][0-9]{4}){2}|[0-9]{3}(?:[ -][0-9]{3}){2}")
_FEWEST_DIGITS = 9
_MOST_DIGITS = 12


def find_international_phone(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the number behind the plus sign at ``data[start:end]``."""
    if not token_may_start(data, start, Left.WORD) or data[start - 1 : start] == b")":
        return []
    match = _INTERNATIONAL.match(data, end)
    if match is None or _AMOUNT.fullmatch(match[0]):
        return []
    if match[0].isdigit() and len(match[0]) < _SHORTEST_UNBROKEN:
        return []
    # Of an escaped sign only the number is masked: half an escape must not stay.
    return [Span(start if end - start == 1 else match.start(), match.end())]


def find_national_phone(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the number that begins at ``data[start]``."""
    if not token_may_start(data, start, Left.WORD) or data[start - 1 : start] in (b".", b"+", b"/", b":"):
        return []
    match = _NATIONAL.match(data, start)
    if match is None or _is_amid_digits(data, match.end()) or _EQUAL_GROUPS.fullmatch(match[0]):
        return []
    if not _FEWEST_DIGITS <= sum(0x30 <= byte <= 0x39 for byte in match[0]) <= _MOST_DIGITS:
        return []
    return [Span(*match.span())]


def _is_amid_digits(data: bytes, end: int) -> bool:
    following = data[end : end + 2]
    return following[:1].isalnum() or (following[:1] in (b".", b"-", b"_", b"/") and following[1:].isalnum())

"""Fingerprints of errors: what is the same failure, although numbers, ids and names in its text differ.

A fingerprint is made of the type, the innermost frame, the status code and the text with what varies masked. Only
the first 2,000 characters of a text count.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

_COMPARED_CHARACTERS = 2_000
_SHOWN_CHARACTERS = 300

_VARIABLE = re.compile(
    r"""(?P<url>[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s'"<>]+)
    |(?P<time>\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
    |(?<!\w)(?P<quoted>'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)(?!\w)
    |(?P<path>(?<![\w/\\])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@%+~-]+){2,}[/\\]?)
    |(?P<duration>(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?\s?(?:ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?|h|days?)\b)
    |(?P<number>(?<![\w.-])[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?(?![\w-]))
    |(?P<word>[\w-]+)""",
    re.VERBOSE,
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]{6,}")


class Fingerprint(NamedTuple):
    """What a failure is recognised by."""

    id: str
    """``f`` and ten hexadecimal digits, the same for the same failure in every log."""
    type: str
    frame: str | None
    masked: str
    """The text with what varies masked, cut."""


def fingerprint(kind: str, frame: str | None, text: str, code: object = None) -> Fingerprint:
    """Return the fingerprint of a failure; ``code`` is a status or error code that its provider told."""
    masked = masked_text(text)
    told = "\0".join((kind, frame or "", "" if code is None else str(code), masked))
    digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return Fingerprint(f"f{digest}", kind, frame, masked[:_SHOWN_CHARACTERS])


def masked_text(text: str) -> str:
    """Return ``text`` on one line with numbers, ids, paths, URLs, times and quoted values replaced by what they are."""
    return " ".join(_VARIABLE.sub(_mask, text[:_COMPARED_CHARACTERS]).split())


def _mask(match: re.Match[str]) -> str:
    kind = match.lastgroup
    found = match[0]
    if kind != "word":
        return "<text>" if kind == "quoted" else f"<{kind}>"
    if _UUID.fullmatch(found):
        return "<uuid>"
    digits = sum(character.isdigit() for character in found)
    if not digits:
        return found
    if digits == len(found):
        return "<number>"
    if _HEX.fullmatch(found):
        return "<hex>"
    return "<id>" if len(found) > 1 else found

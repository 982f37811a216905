"""Credentials after a scheme word, wherever they stand: ``Bearer ...``, ``Basic ...``."""

from __future__ import annotations

import base64
import binascii
import re

from ag2obs.redaction.placeholders import is_placeholder
from ag2obs.redaction.rule import Span

_BEARER = re.compile(rb"(?:[ +]|%20)*+(?P<secret>[A-Za-z0-9+/_.~%-]{16,}+={0,2})")
_BASIC = re.compile(rb"(?P<secret>[A-Za-z0-9+/]{8,}+={0,2})(?![\w-])")


def find_bearer(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the token after ``Bearer``; a word of a sentence is none."""
    match = _BEARER.match(data, end)
    if match is None:
        return []
    secret = match["secret"].rstrip(b".")
    if is_placeholder(secret) or (secret[:512].isalpha() and (secret.islower() or secret.istitle())):
        return []
    if not any(0x30 <= byte <= 0x39 for byte in secret[:256]) and secret.replace(b"-", b"").islower():
        return []
    return [Span(match.start("secret"), match.start("secret") + len(secret))]


def find_basic(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the credentials after ``Basic``: base64 of ``user:password``."""
    match = _BASIC.match(data, end)
    if match is None:
        return []
    text = match["secret"][:512]
    try:
        decoded = base64.b64decode(text[: len(text) // 4 * 4], validate=True)
    except binascii.Error:
        return []
    user, colon, _ = decoded.partition(b":")
    is_credentials = colon and all(0x20 <= byte < 0x7F for byte in user)
    return [Span(*match.span("secret"))] if is_credentials else []

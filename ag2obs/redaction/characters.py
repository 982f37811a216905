"""Sets of characters that the rows of several tables share."""

from __future__ import annotations

DIGITS = frozenset(b"0123456789")
HEX = frozenset(b"0123456789abcdef")
ALPHANUMERICS = DIGITS | frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")

BASE64 = r"(?:[A-Za-z0-9+/_-]|\\+/|\\+u002[BbFf]|%2[BbFf])"
"""One character of either alphabet of base64, for a pattern; also escaped as in JSON and in URLs."""

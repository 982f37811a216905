"""Values that have the form of a secret and are known to be none: those of documentations, and obvious fillings."""

from __future__ import annotations

import re

from ag2obs.redaction.placeholders import LONGEST_JUDGED

_FEWEST_CHARACTERS = 5
"""A key of 16 and more characters has more different ones than this, except with a chance of one in a billion."""

_LETTERS_ARE_TEXT = 60
"""A key of so many letters and digits has a digit, except once in 40,000."""

_TELLING = re.compile(
    rb"""
      example(?:key)?\Z | \Aexample | [-_]example[-_]
    | placeholder | redacted | dummy | changeme | your[-_] | [-_]here\b | x{6,} | \*{4,} | \.{3} | <[^<>]{1,40}>
    | \{[a-z_][\w.]*\} | ["']\ ?\+ | \+\ ?["']  # code that puts a value together
    | 123456789 | 987654321 | abcdefghij
    """,
    re.VERBOSE | re.IGNORECASE,
)

_DOCUMENTED = (
    b"4eC39HqLyjWDarjtT1zdp7dc",  # Stripe's documentation
    b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",  # jwt.io
    b"TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",  # jwt.io, before
)


def is_example(secret: bytes) -> bool:
    """Return whether a value stands for a secret: AWS's ``...EXAMPLE``, ``sk-xxxxxx``, ``0123456789``."""
    if len(secret) > LONGEST_JUDGED:
        return False
    if _TELLING.search(secret) or any(value in secret for value in _DOCUMENTED):
        return True
    if len(secret) >= _LETTERS_ARE_TEXT and secret.isalpha():
        return True
    return len(secret) >= 16 and len(set(secret[-16:])) < _FEWEST_CHARACTERS

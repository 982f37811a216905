"""Lists of secrets under a name without quotation marks: ``passwords:`` over its items in YAML, ``api_keys=[a, b]``."""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import name_before
from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.notations import is_secret_under_name
from ag2obs.redaction.rule import Span

_MOST_ITEMS = 1000
_MOST_IN_VAIN = 8

_BREAK = rb"(?:\r?\n|(?:\\+r)?+\\+n)"
_BLANK = rb"(?:[ \t]|\\+[nrt]|\r?\n){0,64}+"
# One line of a list; what goes on behind a space is no value but a name with one, or a sentence.
_ITEM = re.compile(
    _BREAK + rb"(?:[ ]|\\+t|\t){0,40}+-[ ]{1,8}+(?:\\*[\"'])?+(?P<secret>[^\s\"'\\<>{}\[\],]{1,512}+)(?:\\*[\"'])?+"
    rb"[ ]{0,8}+(?:(?=\#|\r?\n|\\+[rn]|\\*[\"'])|(?P<last>\Z))"
)
_ELEMENT = re.compile(
    _BLANK
    + rb"(?:[bBuU]?(?P<quote>\\*[\"']))?+(?P<secret>[^\s\"'\\<>{}\[\],]{1,512}+)(?(quote)(?P=quote))"
    + _BLANK
    + rb"(?:,|(?P<last>))"
)

_WORDS = ("password", "passwd", "passphrase", "secret", "apikey", "_key", "-key")
NAMES_OF_LISTS = (
    *(form for word in _WORDS for form in (f"{word}:", f"{word}s:", f"{word.upper()}:", f"{word.upper()}S:")),
    *("Keys:", "Passwords:", "Secrets:"),
)
"""How a name ends below which there may be a list of secrets, as anchors."""


def find_items(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the items below the name that ends with the colon of the anchor ``data[start:end]``."""
    name = name_before(data, start) + data[start : end - 1]
    if bytes_sensitivity(name) is not Sensitivity.SECRET:
        return []
    return _secrets_among(data, end, _ITEM, name)


def find_elements(data: bytes, position: int, name: bytes) -> list[Span]:
    """Return the elements of the list that was opened before ``position``."""
    return _secrets_among(data, position, _ELEMENT, name)


def _secrets_among(data: bytes, position: int, pattern: re.Pattern[bytes], name: bytes) -> list[Span]:
    spans: list[Span] = []
    in_vain = 0
    for _ in range(_MOST_ITEMS):
        item = pattern.match(data, position)
        if item is None or in_vain == _MOST_IN_VAIN:
            break
        position = item.end()
        in_vain += 1
        if is_secret_under_name(item["secret"], name):
            spans.append(Span(*item.span("secret")))
            in_vain = 0
        if item["last"] is not None:
            break
    return spans

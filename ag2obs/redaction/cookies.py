"""The members of an object of cookies, any of which may be the one that logs somebody in."""

from __future__ import annotations

import re

from ag2obs.redaction.placeholders import is_placeholder, is_uuid, looks_random
from ag2obs.redaction.rule import Span

_MOST_COOKIES = 50
_BLANK = rb"(?:[ \t\r\n]|\\+[nrt]){0,64}+"
_COOKIE = re.compile(
    _BLANK
    + rb"[bBuU]?(?P<quote>\\*[\"'])[\w.$:\-]{1,80}+(?P=quote)[ ]?:[ ]?"
    + rb"[bBuU]?(?P=quote)(?P<value>[^\s\"'\\<>]{0,4096}+)(?P=quote)"
    + _BLANK
    + rb"(?P<more>,?)"
)


def find_cookies(data: bytes, position: int) -> list[Span]:
    """Return the random values of the object of cookies that was opened before ``position``."""
    spans: list[Span] = []
    for _ in range(_MOST_COOKIES):
        cookie = _COOKIE.match(data, position)
        if cookie is None:
            break
        position = cookie.end()
        value = cookie["value"]
        if not is_placeholder(value) and (looks_random(value) or is_uuid(value)):
            spans.append(Span(*cookie.span("value")))
        if not cookie["more"]:
            break
    return spans

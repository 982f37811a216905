"""Secrets in an object: cookies, ``api_keys={'openai': '...'}``, ``"client_secret": {"value": "..."}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ag2obs.redaction.notations import is_secret_under_name
from ag2obs.redaction.placeholders import is_placeholder, is_uuid, looks_random
from ag2obs.redaction.rule import Span

_MOST_MEMBERS = 50
_BLANK = rb"(?:[ \t\r\n]|\\+[nrt]){0,64}+"
_MEMBER = re.compile(
    _BLANK
    + rb"[bBuU]?(?P<quote>\\*[\"'])(?P<name>[\w.$:\-]{1,80}+)(?P=quote)[ ]?:[ ]?"
    + rb"(?:[bBuU]?(?P=quote)(?P<value>[^\"'\\<>]{0,4096}+)(?P=quote)|[\w.+-]{1,40}+)"
    + _BLANK
    + rb"(?P<more>,?)"
)
_NAMES_OF_THE_VALUE = frozenset((b"value", b"stringvalue", b"string_value", b"secretstring", b"plaintext", b"current"))
# As the last word of a name: "key_id" and "keyId", not "plaid".
_DESCRIBES = re.compile(
    rb"(?:.*[_.$:-])?"
    rb"(?i:id|hash|sha\d+|digest|fingerprint|checksum|etag|pattern|regex|ref|arn|name|version|format|path|url|uri)"
    rb"|.*[a-z](?:I[dD]|Hash|Digest|Fingerprint|Checksum|Pattern|Ref|Arn|Name|Version|Format|Path|U[rR][lL]|U[rR][iI])"
)


def find_cookies(data: bytes, position: int) -> list[Span]:
    """Return the random values of the object of cookies that was opened before ``position``."""
    return [
        Span(*member.span("value"))
        for member in _members(data, position)
        if not is_placeholder(member["value"]) and (looks_random(member["value"]) or is_uuid(member["value"]))
    ]


def find_members(data: bytes, position: int, name: bytes) -> list[Span]:
    """Return the secrets of the object that was opened before ``position`` under ``name``, that of a secret."""
    return [
        Span(*member.span("value"))
        for member in _members(data, position)
        if _is_secret(member["name"], member["value"], name)
    ]


def _is_secret(member: bytes, value: bytes, name: bytes) -> bool:
    if b" " in value or is_placeholder(value):
        return False
    if member.lower() in _NAMES_OF_THE_VALUE:
        return is_secret_under_name(value, name)
    return looks_random(value) and _DESCRIBES.fullmatch(member) is None


def _members(data: bytes, position: int) -> Iterator[re.Match[bytes]]:
    """Yield the members that are texts, up to the first one that holds others."""
    for _ in range(_MOST_MEMBERS):
        member = _MEMBER.match(data, position)
        if member is None:
            return
        position = member.end()
        if member["value"] is not None:
            yield member
        if not member["more"]:
            return

"""Passwords in the arguments of programs: ``mysql -p...``, ``curl -u user:...``, ``IDENTIFIED BY '...'``."""

from __future__ import annotations

import re

from ag2obs.redaction.placeholders import is_placeholder
from ag2obs.redaction.rule import Check, Span

VALUE = rb"""\\*["']?(?P<secret>(?![-<$\[{(*:=])[^\s"'\\`<>]{4,256}+)"""
"""The value of an option, quoted or not, for a pattern."""

ATTACHED_VALUE = rb"""(?P<secret>(?![<$\[{(*:=])[^\s"'\\`<>]{4,256}+)"""
"""A value that its option is written together with, which may begin with a hyphen."""

_SPACE = rb"(?:[ \t]|\\+[nt]|\\?\n){1,128}+"  # bounded: many commands may stand before the same run of blanks


def up_to(options: bytes) -> bytes:
    """Return a pattern of a command's arguments up to the first of ``options``; bounded, for work must be linear."""
    # No argument in the loop begins with an option, so there is nothing to come back for.
    return rb"(?:%b(?!%b)\S{1,128}+){0,16}+%b(?:%b)" % (_SPACE, options, _SPACE, options)


def argument(pattern: bytes) -> Check:
    """Return a check of ``pattern``, matched at the anchor: its group ``secret``, unless that is a placeholder."""
    compiled = re.compile(pattern)

    def check(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
        match = compiled.match(data, start)
        if match is None or match["secret"].isdigit() or is_placeholder(match["secret"].rstrip(b".,;)]}")):
            return []
        start, finish = match.span("secret")
        if b"[REDACTED" in match["secret"] or data.endswith(b"[REDACTED:", 0, start):
            return []
        is_quoted = data[finish : finish + 1] in (b"'", b'"', b"\\")
        return [Span(start, finish if is_quoted else start + len(match["secret"].rstrip(b".,;)]}")))]

    return check

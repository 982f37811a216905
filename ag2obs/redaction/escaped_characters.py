"""Tokens of which every character is written as an escape: ``\\u0073\\u006b\\u002d...``.

Encoders escape what is not ASCII, quotation marks and markup, never letters and digits; a long run of these hides
something, and prose in such a run has spaces.
"""

from __future__ import annotations

import re

from ag2obs.redaction.boundaries import backslashes_before
from ag2obs.redaction.placeholders import LONGEST_JUDGED, looks_random
from ag2obs.redaction.rule import Span

_RUN = re.compile(rb"u00[2-7][0-9a-fA-F](?:\\+u00[2-7][0-9a-fA-F]){11,}+")
_CODE = re.compile(rb"u00([2-7][0-9a-fA-F])")
_END_OF_AN_ESCAPE = re.compile(rb"\\u00[2-7][0-9a-fA-F]\Z")
_ESCAPE_BYTES = 6


def find_escaped_token(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the run of escapes that begins here, if what it spells looks random."""
    first = start - backslashes_before(data, start)
    if _END_OF_AN_ESCAPE.search(data, max(0, first - _ESCAPE_BYTES), first):
        return []  # a part of a run that was judged where it began
    run = _RUN.match(data, start + 1)
    if run is None:
        return []
    spelled = bytes(int(code, 16) for code in _CODE.findall(run[0][: LONGEST_JUDGED * 8]))
    return [Span(first, run.end())] if looks_random(spelled) else []

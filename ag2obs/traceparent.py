"""The W3C ``traceparent`` header: which trace a session continues, and which span it is a child of."""

from __future__ import annotations

import re

from ag2obs.events import new_trace_id

_HEADER = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
"""W3C Trace Context, level 1, version 00."""


def parse_traceparent(header: str | None) -> tuple[str, str | None]:
    """Return trace and parent span of a header; a new trace and None where it is missing or not valid."""
    match = _HEADER.fullmatch(header.strip().lower()) if header else None
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return new_trace_id(), None
    return match[1], match[2]


def format_traceparent(trace: str, span: str) -> str:
    """Return the header that hands ``trace`` on, with ``span`` as the parent."""
    return f"00-{trace}-{span}-01"

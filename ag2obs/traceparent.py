"""The W3C ``traceparent`` header: which trace a session continues, and which span it is a child of."""

from __future__ import annotations

import re

from ag2obs.events import new_trace_id

_HEADER = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")
"""W3C Trace Context, level 1. Later versions begin like version 00, and may go on after it."""


def is_traceparent(header: object) -> bool:
    """Whether ``header`` is a valid ``traceparent``."""
    return _match(header) is not None


def parse_traceparent(header: object) -> tuple[str, str | None]:
    """Return trace and parent span of a header; a new trace and None where it is missing or not valid."""
    match = _match(header)
    return (new_trace_id(), None) if match is None else (match[1], match[2])


def _match(header: object) -> re.Match[str] | None:
    if not isinstance(header, str):
        return None
    text = header.strip().lower()
    match = _HEADER.match(text)
    if match is None or match.end() == len(text):
        return match
    return None if text.startswith("00") or text[match.end()] != "-" else match


def format_traceparent(trace: str, span: str) -> str:
    """Return the header that hands ``trace`` on, with ``span`` as the parent."""
    return f"00-{trace}-{span}-01"

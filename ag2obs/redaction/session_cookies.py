"""Cookies whose name is the one that a web framework gives to its sessions, wherever they stand."""

from __future__ import annotations

import re

from ag2obs.redaction.fields import find_field
from ag2obs.redaction.names import Sensitivity
from ag2obs.redaction.rule import Span

SESSION_COOKIES = (
    *("PHPSESSID", "JSESSIONID", "jsessionid", "ASP.NET_SessionId", "connect.sid", "laravel_session"),
    "sessionid",
)
"""Names of cookies, as anchors."""

_NAMES = frozenset(name.encode() for name in SESSION_COOKIES)
# Others call an id of theirs so too: only the cookie of Django has this form.
_SESSION_OF_DJANGO = re.compile(rb"(?=[^g-z]{0,31}[g-z])[a-z0-9]{32}")


def find_session_cookie(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the value of the cookie whose whole name is the anchor ``data[start:end]``."""
    found = find_field(data, start, end, is_json, _sensitivity)
    if data[start:end] != b"sessionid":
        return found
    return [span for span in found if _SESSION_OF_DJANGO.fullmatch(data, span.start, span.end)]


def _sensitivity(name: bytes) -> Sensitivity:
    return Sensitivity.VALUE_DECIDES if name in _NAMES else Sensitivity.NONE

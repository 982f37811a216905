"""Values in braces: of a connection string (``PWD={...};``), and the members of an object of cookies."""

from __future__ import annotations

import re

from ag2obs.redaction.members import find_cookies
from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.placeholders import is_placeholder, looks_random
from ag2obs.redaction.rule import Span
from ag2obs.redaction.sentences import is_made_up

_BRACED = re.compile(rb"\{(?P<secret>(?:[^{}\s\"'\\]|\}\}){6,128}+)\}(?!\})")
_VARIABLE = re.compile(rb"[A-Za-z_][\w.]*")


def is_cookies(name: bytes) -> bool:
    """Tell whether a name is that of a cookie or of an object of them."""
    return name.lower().endswith((b"cookie", b"cookies"))


def find_in_braces(data: bytes, name: bytes, name_start: int, position: int, level: Sensitivity) -> list[Span]:
    """Return the secrets in the braces that are opened at ``position``, behind ``name``."""
    if is_cookies(name):
        return find_cookies(data, position + 1)
    braced = _BRACED.match(data, position)
    if braced is None or is_placeholder(braced["secret"]) or is_placeholder(braced[0]):
        return []
    text = braced["secret"]
    # Between semicolons stands a value; elsewhere also the name of a variable, which a template puts in.
    is_part = data[name_start - 1 : name_start] == b";" or data[braced.end() : braced.end() + 1] == b";"
    is_name = not is_part or b"." in text or b"_" in text or bytes_sensitivity(text) is not Sensitivity.NONE
    if is_name and _VARIABLE.fullmatch(text):
        return []
    is_value = looks_random(text) if level is Sensitivity.VALUE_DECIDES else is_made_up(text)
    return [Span(*braced.span("secret"))] if is_value else []

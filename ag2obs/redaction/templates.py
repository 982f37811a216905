"""Fills the templates of rules: ``ghp_<36 a>`` becomes a token that has never existed."""

from __future__ import annotations

import random
import re
import string
import uuid

_CLASSES = {
    "a": string.ascii_letters + string.digits,
    "w": string.ascii_letters + string.digits + "_-",
    "W": string.ascii_letters + string.digits + "_",
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "x": string.ascii_letters,
    "t": string.ascii_uppercase + "234567",
    "b": string.ascii_letters + string.digits + "+/",
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "U": string.ascii_uppercase,
    "d": string.digits,
    "q": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
}
_PLACE = re.compile(r"<(?:(\d+) ([A-Za-z])|(uuid))>")


def fill(template: str, source: random.Random) -> tuple[str, list[str]]:
    """Return the filled template and its random parts of six characters and more."""
    parts: list[str] = []

    def part(match: re.Match[str]) -> str:
        if match[3]:
            text = str(uuid.UUID(int=source.getrandbits(128), version=4))
        else:
            text = "".join(source.choices(_CLASSES[match[2]], k=int(match[1])))
        if len(text) >= 6:
            parts.append(text)
        return text

    return _PLACE.sub(part, template), parts

"""Which values of an environment or a client configuration are secrets worth knowing."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from ag2obs.redaction.names import Sensitivity, sensitivity
from ag2obs.redaction.placeholders import looks_random

_DEEPEST = 8
_MOST_VALUES = 2_000
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey)\s+(\S+)\s*", re.IGNORECASE)
_CONNECTION_PART = re.compile(r"(?i)(?:AccountKey|SharedAccessKey|Password|Pwd)=([^;]+)")
_URL_SECRET_PARAMETERS = frozenset({"sig", "key", "code"})


def environment_secrets(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield value and variable name of each secret in ``environ``."""
    for name, value in environ.items():
        yield from _secrets_of(name, value)


def structure_secrets(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield value and field name of each secret in a client configuration; bounded in depth and size."""
    pending: list[tuple[str, Any, int]] = [("", config, 0)]
    visited = 0
    while pending and visited < _MOST_VALUES:
        name, value, depth = pending.pop()
        visited += 1
        revealed = _revealed(value)
        if isinstance(revealed, str):
            yield from _secrets_of(name, revealed)
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            for key, member in value.items():
                own = key.decode("latin-1") if isinstance(key, bytes) else str(key)
                # Of cookies and extra headers any value may be the secret: the outer name decides too.
                outer = "cookie_secret" if name.lower() in ("cookies", "cookie") else own
                pending.append((outer, member, depth + 1))
        elif isinstance(value, (list, tuple)) and depth < _DEEPEST:
            pending += _members(name, value, depth)


def _members(name: str, value: list[Any] | tuple[Any, ...], depth: int) -> list[tuple[str, Any, int]]:
    """Return the members of a sequence; a pair of a name and a value is taken as a header."""
    if len(value) == 2 and isinstance(value[0], (str, bytes)) and isinstance(value[1], (str, bytes)):
        own = value[0].decode("latin-1") if isinstance(value[0], bytes) else value[0]
        if sensitivity(own) is not Sensitivity.NONE:
            return [(own, value[1], depth + 1)]
    return [(name, member, depth + 1) for member in value]


def _revealed(value: Any) -> Any:
    """Return the text of bytes and of pydantic's ``SecretStr``."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if callable(reveal) else value


def _secrets_of(name: str, value: str) -> Iterator[tuple[str, str]]:
    yield from _inside(name, value)
    level = sensitivity(name)
    if level is Sensitivity.NONE or "://" in value:
        return
    if level is Sensitivity.VALUE_DECIDES and not looks_random(value.encode("utf-8", "surrogatepass")):
        return
    scheme = _SCHEME.fullmatch(value)
    yield (scheme[1] if scheme else value), name


def _inside(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the passwords inside URLs and connection strings, whatever the name of the field."""
    for match in _CONNECTION_PART.finditer(value):
        yield match[1], name
    if "://" not in value:
        return
    try:
        url = urllib.parse.urlsplit(value)
        password = url.password
    except ValueError:  # not a URL after all; nothing can be taken from it
        return
    if password:
        yield password, name
        yield urllib.parse.unquote(password), name
    for key, member in urllib.parse.parse_qsl(url.query):
        if key.lower() in _URL_SECRET_PARAMETERS or sensitivity(key) is not Sensitivity.NONE:
            yield member, name

"""Values of ``INSERT INTO users (name, password) VALUES ('bob', '...')``, whose names stand in a list of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ag2obs.redaction.names import Sensitivity, bytes_sensitivity
from ag2obs.redaction.notations import is_secret_under_name
from ag2obs.redaction.rule import Span

_LONGEST_LIST_OF_COLUMNS = 400
_MOST_ROWS = 1000
_BLANK = rb"(?:\s|\\+[nrt]){0,16}+"
_COLUMNS = re.compile(rb"\((?P<columns>[\w\s\\\"`.,\[\]]{3,%d}+)\)%b\Z" % (_LONGEST_LIST_OF_COLUMNS, _BLANK))
_OPENING = re.compile(rb"%b\(" % _BLANK)
_VALUE = re.compile(
    rb"%b(?:[NnEe]?(?P<quote>\\*')(?P<secret>[^'\\\r\n]{0,512}+)(?P=quote)|[^',()\\]{1,80}+)%b(?P<next>[,)])"
    % (_BLANK, _BLANK)
)
_NEXT_ROW = re.compile(rb"%b,%b\(" % (_BLANK, _BLANK))
_QUOTES = b' \t\r\n"`[]\\'


def find_inserted(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the secrets behind the word ``VALUES`` at ``data[start:end]``."""
    first = max(0, start - _LONGEST_LIST_OF_COLUMNS - 20)
    opened = data.rfind(b"(", first, start)
    listed = _COLUMNS.match(data, opened, start) if opened >= 0 else None
    if listed is None:
        return []
    names = [name.strip(_QUOTES) for name in listed["columns"].split(b",")]
    if not any(bytes_sensitivity(name) is Sensitivity.SECRET for name in names):
        return []
    return [Span(*value.span("secret")) for value in _secrets(data, end, names)]


def _secrets(data: bytes, position: int, names: list[bytes]) -> Iterator[re.Match[bytes]]:
    row = _OPENING.match(data, position)
    for _ in range(_MOST_ROWS):
        if row is None:
            return
        position = row.end()
        for name in names:
            value = _VALUE.match(data, position)
            if value is None:
                return
            position = value.end()
            text = value["secret"]
            if text and b" " not in text and is_secret_under_name(text, name):
                yield value
            if value["next"] == b")":
                break
        row = _NEXT_ROW.match(data, position)

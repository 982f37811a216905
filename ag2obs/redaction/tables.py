"""Values below the head of a table: CSV with any usual separator, and the tables of Markdown and of databases.

The first row holds the names. Below the name of a secret a value must look like a secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ag2obs.redaction.names import bytes_sensitivity
from ag2obs.redaction.notations import is_secret_under_name
from ag2obs.redaction.rule import Span

_LONGEST_HEAD = 400
_MOST_COLUMNS = 24
_LONGEST_ROW = 4_000
_MOST_ROWS_IN_VAIN = 8
_LONGEST_VALUE = 512

_BREAK = rb"[ ]?+(?:\r?\n|(?:\\+r)?+\\+n)"
_END_OF_NAME = re.compile(rb"(?:\\*+[\"'])?+[ ]{0,32}+(?:(?P<separator>[,;|\t]|\\+t)|" + _BREAK + rb")", re.DOTALL)
_SEPARATOR_BEFORE = re.compile(rb"([,;|\t]|\\+t)[ ]{0,32}(?:\\*[\"'])?[\w .-]{0,40}\Z")
# What a program writes in front of the text that begins with the head: ``{"content": "``.
_BEFORE_TEXT = re.compile(rb".*(?:[:=(\[][ ]?|,[ ])[bru]?\\*[\"']", re.DOTALL)
_END_OF_HEAD = re.compile(_BREAK)
_END_OF_ROW = re.compile(rb"[ ]?+(?:(?P<break>\r?\n|(?:\\+r)?+\\+n)|\\*[\"']|\Z)")
_NEXT_ROW = re.compile(rb"\n|\\+n")
_WORDS = ("password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey")
COLUMN_NAMES = (
    *dict.fromkeys(form for word in _WORDS for form in (word, word.upper(), word.capitalize())),
    *("_key", "-key", " key", "_KEY", "-KEY", "Key", "_pass", "_PASS"),
)
"""How a name ends below which secrets stand, as anchors."""
_ENDS_A_NAME = re.compile(
    rb"(?:password|passwd|passphrase|passcode|pwd|secret|token|apikey|[_ -]key|(?<=[a-z])key|_pass)\Z", re.IGNORECASE
)
# Code and SQL name columns too, one after the other.
_CODE = re.compile(rb"(?i)(?:.*[ ])?(?:select|insert|update|from|import|return|where|for|in|and|or|is|the)(?:[ ].*)?")
_LONGEST_NAME = 48


class _Notation:
    """How rows are read whose cells have one kind of separator between them."""

    def __init__(self, separator: bytes) -> None:
        mark = re.escape(separator)
        self.name = re.compile(
            rb"[ ]*+(?:\\*+[\"'])?+(?P<name>(?:[A-Za-z_][\w .#/()-]{0,40}+)?+)(?:\\*+[\"'])?+[ ]*+(?P<separator>%b)?+"
            % mark
        )
        self.cell = re.compile(
            rb"[ ]*+(?:(?P<q>\\*+\")(?P<quoted>(?:[^\"\\\n\r]++|(?P=q)(?P=q))*+)(?P=q)|(?P<bare>[^\"\\\n\r%b]*+))[ ]*+"
            rb"(?P<separator>%b)?+" % (mark if len(separator) == 1 else b"", mark)
        )


_notation = lru_cache(maxsize=32)(_Notation)


def find_in_table(data: bytes, start: int, end: int, is_json: bool) -> list[Span]:
    """Return the secrets below the head of a table in which the anchor ``data[start:end]`` ends a name."""
    after = _END_OF_NAME.match(data, end)
    if after is None:
        return []
    first = max(0, start - _LONGEST_HEAD)
    separator = after["separator"]
    if separator is None:
        before = _SEPARATOR_BEFORE.search(data, max(first, start - 80), start)
        if before is None:
            return []
        separator = before[1]
    line = max(data.rfind(b"\n", first, start) + 1, data.rfind(b"\\n", first, start) + 2)
    if line > 1:
        first = line
    elif first:
        return []  # the head is longer than any
    text = _BEFORE_TEXT.match(data, first, start)
    notation = _notation(separator)
    columns, names, position = _head(data, first if text is None else text.end(), start, end, notation)
    return list(_values(data, position, notation, columns, names)) if columns else []


def _head(data: bytes, position: int, start: int, end: int, notation: _Notation) -> tuple[list[int], list[bytes], int]:
    """Return the columns of secrets, all names and where the rows begin; no columns if there is no head.

    The first name of a secret answers for all of them, or the rows would be read for each.
    """
    nothing: tuple[list[int], list[bytes], int] = [], [], 0
    names: list[bytes] = []
    columns: list[int] = []
    while True:
        name = notation.name.match(data, position)
        if name is None or len(names) == _MOST_COLUMNS or not (name["name"] or notation is _notation(b"|")):
            return nothing
        if _is_head(name["name"].rstrip()):
            if not columns and not name.start("name") <= start < end <= name.end("name"):
                return nothing
            columns.append(len(names))
        if b" " in name["name"] and _CODE.fullmatch(name["name"]):
            return nothing
        names.append(name["name"].rstrip())
        position = name.end()
        if name["separator"] is None:
            break
    line_end = _END_OF_HEAD.match(data, position)
    if line_end is None or len(names) == 1:
        return nothing
    return columns, names, line_end.end()


def _values(data: bytes, position: int, notation: _Notation, columns: list[int], names: list[bytes]) -> Iterator[Span]:
    in_vain = 0
    while in_vain < _MOST_ROWS_IN_VAIN:
        cells: list[tuple[int, int]] = []
        row = position
        while len(cells) < len(names):
            cell = notation.cell.match(data, position)
            if cell is None:
                break
            group = "bare" if cell["quoted"] is None else "quoted"
            cells.append(cell.span(group))
            position = cell.end()
            if cell["separator"] is None:
                break
        row_end = _END_OF_ROW.match(data, position)
        in_vain += 1
        if row_end is not None and len(cells) == len(names):
            for column in columns:
                first, last = cells[column]
                value = data[first : min(last, first + _LONGEST_VALUE + 1)].rstrip()
                if _is_head(value):
                    return  # the head of another table
                if len(value) <= _LONGEST_VALUE and b" " not in value and is_secret_under_name(value, names[column]):
                    in_vain = 0
                    yield Span(first, first + len(value))
            if row_end["break"] is None:
                return
            position = row_end.end()
            continue
        next_row = _NEXT_ROW.search(data, position, row + _LONGEST_ROW)
        if next_row is None:
            return
        position = next_row.end()


def _is_head(name: bytes) -> bool:
    return len(name) <= _LONGEST_NAME and _ENDS_A_NAME.search(name) is not None and bool(bytes_sensitivity(name))

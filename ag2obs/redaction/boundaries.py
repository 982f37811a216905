"""Where a token may begin in text that went through JSON, URLs or a terminal.

In a serialised log the line break before a token is the two bytes ``\\`` and ``n``, so a plain word boundary
misses it. Bytes from 0x80 on (UTF-8) never belong to a token and are boundaries.
"""

from __future__ import annotations

import re

from ag2obs.redaction.rule import Left

_BACKSLASH = 0x5C
_SPACE = 0x20
_COLOUR_END = 0x6D
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_INNER = {Left.ANY: frozenset[int](), Left.WORD: _WORD, Left.BASE64: _WORD | frozenset(b"/+")}
_ESCAPE_LETTERS = frozenset(b"bfnrtu")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_ESCAPE_ENDS = _HEX | frozenset(b"nrtm")

# A JSON escape of any depth, a byte of a URL, a repr of a byte.
_BEHIND_ESCAPE = re.compile(rb"(?<=\\[nrtbf])|(?<=%[0-9a-fA-F]{2})|(?<=\\u[0-9a-fA-F]{4})|(?<=\\x[0-9a-fA-F]{2})")
_TERMINAL_COLOUR = re.compile(rb"\[[0-9;]{0,9}m\Z")
_LONGEST_COLOUR = 11
_PLUS_OR_SLASH = frozenset(b"+/")
_LONGEST_PART_OF_A_PATH = 24
# Behind a shorter run, the sign marks an added line or parts a path.
_IN_BASE64 = re.compile(rb"[A-Za-z0-9+/]{%d}" % _LONGEST_PART_OF_A_PATH)


def token_may_start(data: bytes, position: int, left: Left) -> bool:
    """Return whether a token whose row says ``left`` can begin at ``position``."""
    if position == 0:
        return True
    previous = data[position - 1]
    if previous == _BACKSLASH and data[position] in _ESCAPE_LETTERS:
        return False  # a line break of any depth and what follows it, not a token that begins with its letter
    if previous not in _INNER[left]:
        return True
    if previous in _PLUS_OR_SLASH:
        return not _IN_BASE64.match(data, max(0, position - _LONGEST_PART_OF_A_PATH), position)
    if previous not in _ESCAPE_ENDS:
        return False
    if previous == _COLOUR_END:
        return _TERMINAL_COLOUR.search(data, max(0, position - _LONGEST_COLOUR), position) is not None
    return _BEHIND_ESCAPE.match(data, position) is not None


def bytes_before(left: Left) -> bytes:
    """Return for each byte whether a token may start behind it: 0 no, 1 yes, 2 as ``token_may_start`` says."""
    asked = ((_ESCAPE_ENDS | _PLUS_OR_SLASH) & _INNER[left]) | {_BACKSLASH}
    return bytes(2 if byte in asked else int(byte not in _INNER[left]) for byte in range(256))


def backslashes_before(data: bytes, position: int) -> int:
    """Return how many backslashes stand directly before ``position``."""
    first = position
    while first > 0 and data[first - 1] == _BACKSLASH:
        first -= 1
    return position - first


def splits_escape(data: bytes, position: int) -> bool:
    """Return whether the byte at ``position`` belongs to an escape that began before it.

    Masking from there would leave a lone backslash (``\\n`` + ``pm_...`` is no npm token) and break the JSON.
    """
    slash = data.rfind(b"\\", max(0, position - 5), position)
    if slash < 0 or backslashes_before(data, slash + 1) % 2 == 0:
        return False
    if slash == position - 1:
        return position < len(data) and data[position] in _ESCAPE_LETTERS
    return data[slash + 1] == 0x75 and all(byte in _HEX for byte in data[slash + 2 : position])


def name_before(data: bytes, position: int, longest: int = 64) -> bytes:
    """Return the part of a field name that stands before ``position``, without the letters of an escape."""
    if position == 0 or _NOT_A_NAME_BYTE[data[position - 1]] == _SPACE:
        return b""
    window = data[max(0, position - longest) : position]
    name = window.translate(_NOT_A_NAME_BYTE).rpartition(b" ")[2]
    if not name or len(name) == len(window):
        return name
    before = window[len(window) - len(name) - 1]
    if before == _BACKSLASH:
        unicode_escape = name[:1] == b"u" and len(name) >= 5 and all(byte in _HEX for byte in name[1:5])
        return name[5:] if unicode_escape else name[1:] if name[0] in _ESCAPE_LETTERS else name
    if before == 0x25 and len(name) >= 2 and name[0] in _HEX and name[1] in _HEX:  # %26 in a URL
        return name[2:]
    return name


_NOT_A_NAME_BYTE = bytes(byte if byte in _WORD or byte == 0x2E else 0x20 for byte in range(256))

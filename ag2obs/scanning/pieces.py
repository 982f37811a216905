"""Cuts a text of any size into pieces that no secret crosses, in bounded memory.

A piece is some whole lines. Lines longer than a piece are cut: a window reaches beyond the piece on both sides, so
that a secret at a border is found whole, and the piece is made to end behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ag2obs.redaction import Finding, Redactor
from ag2obs.redaction.quoting import is_json_document

PIECE_BYTES = 512 << 10
"""Bytes of most pieces; about three times as many are in memory, where fresh memory costs as much as the search."""

_BEHIND = 4 << 10
"""Bytes before a piece within a line that are looked at too: names, quotation marks, beginnings of tokens."""
_AHEAD = 64 << 10
"""Bytes after a piece within a line that are looked at too; secrets are shorter, and longer ones are read on."""
_LONGEST_SECRET = 16 << 20
"""What is longer is cut here, so that an endless string cannot fill the memory."""
LONGEST_KEY = 16 << 10
"""Bytes of a private key over several lines (RSA of 16,384 bits has 13 kB)."""

Read = Callable[[int], bytes]
"""Returns up to that many bytes, fewer only at the end of the text."""


class Piece(NamedTuple):
    """A part of a text that begins where the part before ended."""

    data: bytes
    findings: list[Finding]
    """The secrets in it, in order and without overlaps."""
    line_is_json: bool | None
    """Whether the line it begins in is JSON; None where it begins with a line."""


def pieces(read: Read, redactor: Redactor) -> Iterator[Piece]:
    """Yield all of a text in pieces; raises what ``read`` raises."""
    window = _Window(read)
    while window.fill(PIECE_BYTES + _AHEAD):
        yield window.cut(redactor)


def is_within_key(before: bytes) -> bool:
    """Return whether a private key over several lines may go on behind ``before``."""
    key = before.rfind(b"-----BEGIN ")
    return (key >= 0 and before.find(b"-----END ", key) < 0) or b"Private-Lines:" in before


class _Window:
    """The bytes in memory: ``_data[:_begin]`` is context that was handed out, the rest is to come."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._data = b""
        self._begin = 0
        self._line_is_json: bool | None = None
        self._at_end = False

    def fill(self, length: int) -> bool:
        """Read until there are ``length`` bytes to come; returns whether there are any."""
        missing = length - (len(self._data) - self._begin)
        if missing > 0 and not self._at_end:
            more = self._read(missing)
            self._at_end = len(more) < missing
            self._data += more
        return self._begin < len(self._data)

    def cut(self, redactor: Redactor) -> Piece:
        """Return the next piece and keep what is needed of it."""
        end, reach = self._borders()
        if self._begin == 0 and reach == end and (self._at_end or reach < len(self._data)):
            return self._cut_whole_lines(redactor, end)
        findings = self._find(redactor, end, reach)
        while findings and findings[-1].end >= reach and reach == len(self._data) and not self._at_end:
            if len(self._data) > _LONGEST_SECRET:
                break
            self.fill(2 * len(self._data))
            reach = len(self._data)
            findings = self._find(redactor, end, reach)
        if findings:
            end = max(end, findings[-1].end)
        begin = self._begin
        inside = [found._replace(start=found.start - begin, end=found.end - begin) for found in findings]
        piece = Piece(self._data[begin:end], inside, self._line_is_json)
        self._advance(end)
        return piece

    def _cut_whole_lines(self, redactor: Redactor, end: int) -> Piece:
        """Return the lines that come next, which are copied but once: most texts have nothing but short lines."""
        lines = self._data[:end]
        piece = Piece(lines, redactor.find_in_lines(lines, self._line_is_json), self._line_is_json)
        self._advance(end)
        return piece

    def _borders(self) -> tuple[int, int]:
        """Return where the next piece ends, and how far it is looked ahead for that."""
        data, begin = self._data, self._begin
        if self._at_end:
            return len(data), len(data)
        lines_end = data.rfind(b"\n", begin) + 1
        if not lines_end:
            return len(data) - _AHEAD, len(data)
        key = data.rfind(b"-----BEGIN ", max(begin, lines_end - LONGEST_KEY), lines_end)
        if key >= 0 and data.find(b"-----END ", key, lines_end) < 0:
            key_line = data.rfind(b"\n", begin, key) + 1
            if key_line > begin:
                lines_end = key_line
        return lines_end, lines_end

    def _find(self, redactor: Redactor, end: int, reach: int) -> list[Finding]:
        begin = self._begin
        found = redactor.find_in_lines(
            self._data[:reach] if reach < len(self._data) else self._data, self._line_is_json
        )
        return [each._replace(start=max(each.start, begin)) for each in found if each.end > begin and each.start < end]

    def _advance(self, end: int) -> None:
        line_start = self._data.rfind(b"\n", 0, end) + 1
        if line_start == end:
            self._line_is_json = None
        elif line_start or self._line_is_json is None:
            self._line_is_json = is_json_document(self._data[line_start : line_start + _BEHIND])
        keep_from = max(line_start, end - _BEHIND)
        self._data = self._data[keep_from:]
        self._begin = end - keep_from

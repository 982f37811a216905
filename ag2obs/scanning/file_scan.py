"""The scan of one file, from beginning to end, in bounded memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ag2obs.errors import ExtraMissing
from ag2obs.redaction import OwnRules, Redactor, read_rules_file
from ag2obs.scanning.allow_comments import AllowComments
from ag2obs.scanning.excerpts import excerpt
from ag2obs.scanning.files import FoundFile, reason_of
from ag2obs.scanning.findings import ScanFinding, ScanReport, Unreadable
from ag2obs.scanning.fingerprints import fingerprint
from ag2obs.scanning.git import GitFailed
from ag2obs.scanning.judgement import reported
from ag2obs.scanning.pieces import Piece, pieces
from ag2obs.scanning.text import TextOfFile

Progress = Callable[[int], object]
"""Is told how many bytes more of the files' sizes are done."""


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What is reported."""

    strict: bool = False
    """Also what only the text around it makes a secret."""
    allow_comments: bool = True
    """``ag2obs:allow`` in source code has its effect."""
    rules: Path | None = None
    """A file of the user's own rules and allowed values, as ``AG2OBS_RULES`` names one."""
    pii: tuple[str, ...] = ()
    """Kinds of personal data to report, as in ``AG2OBS_PII``."""

    def redactor(self) -> Redactor:
        """Return an engine that finds this; raises SettingsError for a file of rules that is broken."""
        own = OwnRules() if self.rules is None else read_rules_file(self.rules)
        return Redactor(personal=self.pii, own=own)


def scan_file(
    file: FoundFile, options: ScanOptions, redactor: Redactor, report: ScanReport, progress: Progress
) -> Iterator[ScanFinding]:
    """Yield the findings of a file, from first to last; what is counted and what fails is noted in ``report``."""
    if file.reason is not None:
        report.unreadable.append(Unreadable(file.path, file.reason))
        return
    done = 0
    try:
        with contextlib.closing(TextOfFile(file.path, file.blob, start=file.start, end=file.end)) as text:
            report.files += not file.start
            one = _FileScan(file.path, options, redactor, report, text.is_binary)
            for piece in pieces(text.read, redactor):
                report.bytes += len(piece.data)
                yield from one.findings(piece)
                more = min(len(piece.data), file.size - done)
                progress(more)
                done += more
            if text.damage is not None:
                report.unreadable.append(Unreadable(file.path, reason_of(text.damage)))
    except (OSError, ExtraMissing, GitFailed) as error:
        report.unreadable.append(Unreadable(file.path, reason_of(error)))
    progress(file.size - done)


class _FileScan:
    """Judges the pieces of a file in their order."""

    def __init__(self, path: str, options: ScanOptions, redactor: Redactor, report: ScanReport, binary: bool) -> None:
        self._path = path
        self._strict = options.strict
        self._comments = AllowComments(path) if options.allow_comments and not binary else None
        self._redactor = redactor
        self._report = report
        self._binary = binary
        self._place = _Place()

    def findings(self, piece: Piece) -> Iterator[ScanFinding]:
        data, place, comments = piece.data, self._place, self._comments
        first_line = place.line
        for index, whole in enumerate(piece.findings):
            for found, confidence in reported(data, whole, self._redactor, strict=self._strict, binary=self._binary):
                if comments is not None and comments.allow(data, found.start, found.rule):
                    self._report.allowed += 1
                    continue
                place.go_to(data, found.start)
                yield ScanFinding(
                    path=self._path,
                    line=place.line,
                    column=place.column,
                    rule=found.rule,
                    confidence=confidence,
                    excerpt=excerpt(data, piece.findings, index),
                    fingerprint=fingerprint(data[found.start : found.end]),
                )
        place.go_to(data, len(data))
        self._report.line_breaks += place.line - first_line
        place.next_piece()
        if comments is not None:
            comments.go_on(data)


class _Place:
    """Line and column of a place in a text that is read from beginning to end."""

    def __init__(self) -> None:
        self.line = 1
        self.column = 1
        self._position = 0

    def go_to(self, data: bytes, position: int) -> None:
        """Count the lines and characters up to ``position`` of the current piece; never back."""
        start = self._position
        breaks = data.count(b"\n", start, position)
        if breaks:
            self.line += breaks
            self.column = 1
            start = data.rfind(b"\n", start, position) + 1
        self.column += _characters(data[start:position])
        self._position = position

    def next_piece(self) -> None:
        """Go on with the piece that follows."""
        self._position = 0


def _characters(data: bytes) -> int:
    return len(data.translate(None, _CONTINUATION_BYTES))


_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
"""Bytes of UTF-8 that are not the first of their character (RFC 3629, 3)."""

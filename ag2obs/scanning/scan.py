"""The scan: every secret in files and folders, one after the other, in bounded memory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from ag2obs.errors import ExtraMissing
from ag2obs.redaction import Redactor
from ag2obs.scanning.excerpts import excerpt
from ag2obs.scanning.files import FoundFile, TextOfFile, find_files, reason_of
from ag2obs.scanning.findings import ScanFinding, ScanReport, Unreadable
from ag2obs.scanning.fingerprints import fingerprint
from ag2obs.scanning.judgement import reported
from ag2obs.scanning.pieces import Piece, pieces

Progress = Callable[[int], object]
"""Is told how many bytes more of the files' sizes are done."""


def scan_paths(
    paths: Iterable[str | os.PathLike[str]],
    strict: bool = False,
    *,
    exclude: Sequence[str] = (),
    redactor: Redactor | None = None,
) -> ScanReport:
    """Return the secrets in files, in all files of folders, and in standard input (``-``).

    gzip and zstd are read as what they hold. Of a binary file (a zero byte near its beginning) only values whose form
    is proof are reported. ``strict`` adds what only the text around it makes a secret; ``exclude`` are patterns of
    names and paths to leave out; a ``redactor`` that knows values finds these too. A file that cannot be read is
    in ``unreadable``; nothing is raised for it. All findings are in memory; ``Scan`` gives them one by one.
    """
    scan = Scan(paths, strict, exclude=exclude, redactor=redactor)
    scan.report.findings += scan.findings()
    return scan.report


class Scan:
    """A scan under way: iterate over ``findings()``, then look at the counts in ``report``."""

    def __init__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        strict: bool = False,
        *,
        exclude: Sequence[str] = (),
        redactor: Redactor | None = None,
    ) -> None:
        self.report = ScanReport()
        """Counts and unreadable files so far; its ``findings`` are left to the caller."""
        self._files = find_files(paths, exclude)
        self._strict = strict
        self._redactor = redactor or Redactor()

    @property
    def total_bytes(self) -> int:
        """The sizes of all files."""
        return sum(file.size for file in self._files)

    def findings(self, progress: Progress = lambda _: None) -> Iterator[ScanFinding]:
        """Yield the findings, file by file and from first to last."""
        for file in self._files:
            done = 0
            if file.reason is not None:
                self.report.unreadable.append(Unreadable(file.path, file.reason))
                continue
            for piece_bytes, found in self._file(file):
                yield from found
                progress(min(piece_bytes, file.size - done))
                done += min(piece_bytes, file.size - done)
            progress(file.size - done)

    def _file(self, file: FoundFile) -> Iterator[tuple[int, Iterator[ScanFinding]]]:
        """Yield the size of each piece and its findings; what fails is noted in the report."""
        try:
            text = TextOfFile(file.path)
        except (OSError, ExtraMissing) as error:
            self.report.unreadable.append(Unreadable(file.path, reason_of(error)))
            return
        with contextlib.closing(text):
            self.report.files += 1
            place = _Place()
            try:
                for piece in pieces(text.read, self._redactor):
                    self.report.bytes += len(piece.data)
                    yield len(piece.data), self._piece(file.path, piece, place, text.is_binary)
                    place.go_to(piece.data, len(piece.data))
                    place.next_piece()
            except OSError as error:
                self.report.unreadable.append(Unreadable(file.path, reason_of(error)))
            if text.damage is not None:
                self.report.unreadable.append(Unreadable(file.path, reason_of(text.damage)))

    def _piece(self, path: str, piece: Piece, place: _Place, binary: bool) -> Iterator[ScanFinding]:
        data = piece.data
        for index, whole in enumerate(piece.findings):
            for found, confidence in reported(data, whole, self._redactor, strict=self._strict, binary=binary):
                place.go_to(data, found.start)
                yield ScanFinding(
                    path=path,
                    line=place.line,
                    column=place.column,
                    rule=found.rule,
                    confidence=confidence,
                    excerpt=excerpt(data, piece.findings, index),
                    fingerprint=fingerprint(data[found.start : found.end]),
                )


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

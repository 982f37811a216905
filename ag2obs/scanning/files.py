"""Which files a scan reads, and how it opens them."""

from __future__ import annotations

import fnmatch
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from ag2obs.files.decompression import DamagedFile, decompressed

STANDARD_INPUT = "-"

_NEVER = frozenset({".git"})
"""Folders that are not entered: what git keeps there is compressed, and is not to be rewritten."""

_HEAD_BYTES = 8 << 10


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read, or the reason why it cannot be."""

    path: str
    size: int = 0
    reason: str | None = None


def find_files(paths: Iterable[str | os.PathLike[str]], exclude: Sequence[str] = ()) -> list[FoundFile]:
    """Return files as they are and folders as all files below them, each file once, in order.

    Hidden and git-ignored files are among them; ``.git`` is not, nor what a pattern of ``exclude`` matches (a name,
    or a path as it would be printed). Symbolic links are followed where they are named themselves, not within
    folders, where their targets are looked for in their own place.
    """
    found: dict[object, FoundFile] = {}
    for path in [os.fspath(path) for path in paths]:
        for file in _below(path, exclude) if os.path.isdir(path) else [_named(path)]:
            found.setdefault(_identity(file), file)
    return list(found.values())


def _named(path: str) -> FoundFile:
    if path == STANDARD_INPUT:
        return FoundFile(path)
    try:
        return FoundFile(path, os.stat(path).st_size)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        return FoundFile(path, reason=reason_of(error))


def _below(folder: str, exclude: Sequence[str]) -> Iterator[FoundFile]:
    """Yield the regular files of a folder tree, sorted, and the folders in it that cannot be read."""
    failed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=failed.append):
        folders[:] = sorted(
            name for name in folders if name not in _NEVER and not _is_excluded(os.path.join(parent, name), exclude)
        )
        for name in sorted(names):
            path = os.path.join(parent, name)
            if not _is_excluded(path, exclude):
                yield from _regular(path)
    for error in failed:
        yield FoundFile(str(error.filename), reason=reason_of(error))


def _regular(path: str) -> Iterator[FoundFile]:
    try:
        status = os.lstat(path)
    except OSError as error:
        yield FoundFile(path, reason=reason_of(error))
        return
    if stat.S_ISREG(status.st_mode):
        yield FoundFile(path, status.st_size)


def _is_excluded(path: str, patterns: Sequence[str]) -> bool:
    name = os.path.basename(path)
    return any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _identity(file: FoundFile) -> object:
    """Return what is equal for two paths of one file; hard links are files of their own, each to be told."""
    return file.path if file.path == STANDARD_INPUT or file.reason else os.path.realpath(file.path)


def reason_of(error: Exception) -> str:
    """Return in a few words why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, DamagedFile):
        return "is damaged or cut short; what precedes was read"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


class TextOfFile:
    """The decompressed bytes of a file; of a damaged one, what precedes the damage."""

    def __init__(self, path: str) -> None:
        """Open; raises OSError, and ExtraMissing for zstd that nothing installed can read."""
        self._closes = path != STANDARD_INPUT
        file = cast(io.BufferedReader, sys.stdin.buffer)
        if self._closes:
            file = open(path, "rb")  # noqa: SIM115 - close() closes it
        try:
            self._file = decompressed(file)
        except BaseException:
            self._close(file)
            raise
        self.is_binary = b"\0" in self._file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        """Whether it has a zero byte near its beginning, which no text has."""
        self.damage: DamagedFile | None = None
        self.bytes_read = 0

    def read(self, length: int) -> bytes:
        """Return ``length`` bytes, fewer at the end only; raises OSError."""
        parts: list[bytes] = []
        while length > 0:
            try:
                part = self._file.read1(length)
            except DamagedFile as error:
                self.damage = error
                break
            if not part:
                break
            parts.append(part)
            length -= len(part)
        data = b"".join(parts)
        self.bytes_read += len(data)
        return data

    def close(self) -> None:
        """Give the descriptor back; standard input stays open."""
        self._close(self._file)

    def _close(self, file: io.BufferedReader) -> None:
        if self._closes:
            file.close()

"""The text in a file that may be compressed, come from standard input, or be staged in git."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Literal, cast

from ag2obs.files.decompression import GZIP_MAGIC, ZSTD_MAGIC, DamagedFile, decompressed
from ag2obs.scanning.files import STANDARD_INPUT
from ag2obs.scanning.git import open_blob

_HEAD_BYTES = 8 << 10

Compression = Literal["gzip", "zstd"]


class TextOfFile:
    """The decompressed bytes of a file; of a damaged one, what precedes the damage."""

    def __init__(self, path: str, blob: str | None = None, *, start: int = 0, end: int | None = None) -> None:
        """Open the file, or what git has staged; raises OSError, GitFailed, and ExtraMissing for zstd.

        Of a file that is not compressed, only what is from ``start`` to ``end`` is read.
        """
        self._closes = path != STANDARD_INPUT
        self._git: subprocess.Popen[bytes] | None = None
        file = self._open(path, blob)
        try:
            self.compression = compression_of(file.peek(len(ZSTD_MAGIC)))
            self._file = decompressed(file)
        except BaseException:
            self._close(file)
            raise
        self.damage: DamagedFile | None = None
        self.bytes_read = 0
        self.is_binary = b"\0" in self._head()
        """Whether it has a zero byte near its beginning, which no text has."""
        self._left = None if end is None else end - start
        if start:
            self._file.seek(start)

    def _open(self, path: str, blob: str | None) -> io.BufferedReader:
        if blob is not None:
            self._git = open_blob(blob)
            return cast(io.BufferedReader, self._git.stdout)
        if self._closes:
            return open(path, "rb")
        return cast(io.BufferedReader, sys.stdin.buffer)

    def _head(self) -> bytes:
        try:
            return self._file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
        except DamagedFile as error:
            self.damage = error
            return b""

    def read(self, length: int) -> bytes:
        """Return ``length`` bytes, fewer at the end only; raises OSError."""
        if self._left is not None:
            length = min(length, self._left)
            self._left -= length
        parts: list[bytes] = []
        while length > 0 and self.damage is None:
            try:
                part = self._file.read1(length)
            except DamagedFile as error:
                self.damage = error
                break
            if not part:
                self._check_git()
                break
            parts.append(part)
            length -= len(part)
        data = b"".join(parts)
        self.bytes_read += len(data)
        return data

    def _check_git(self) -> None:
        if self._git is not None and self._git.wait():
            raise OSError("git could not read what is staged")

    def close(self) -> None:
        """Give the descriptor back; standard input stays open."""
        self._close(self._file)

    def _close(self, file: io.BufferedReader) -> None:
        if self._git is not None:
            file.close()
            self._git.wait()
        elif self._closes:
            file.close()


def compression_of(head: bytes) -> Compression | None:
    """Return how a file is compressed that begins with ``head``."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) else None

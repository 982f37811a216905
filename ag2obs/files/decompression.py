"""Opens a log that may be compressed: gzip and zstd are told by their first bytes, whatever the file is called."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from ag2obs.files.zstd import zstd_decompressors

GZIP_MAGIC = b"\x1f\x8b"
"""RFC 1952, 2.3.1."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
"""RFC 8878, 3.1.1."""

BLOCK_BYTES = 1 << 20
"""Read from a file at a time."""

_PIECE_BYTES = 1 << 10
"""Decompressed at a time: 1 MB at most of gzip, 32 MB of zstd, whatever a hostile file holds; and no more of a
damaged file than this is lost together with the damaged byte."""

_GZIP_WINDOW = 31
"""zlib's ``wbits`` for the largest window with a gzip header."""


class DamagedFile(Exception):
    """A compressed file is cut short or damaged here; everything before was read."""


class Decompressor(Protocol):
    """What ``zlib.decompressobj()`` and its like have in common; each decompresses one member or frame."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def open_log_file(path: Path, buffer_bytes: int = BLOCK_BYTES) -> io.BufferedReader:
    """Open a log for reading, decompressed.

    Raises OSError, and ExtraMissing for zstd where nothing is installed that reads it. Reading a compressed file
    that is cut short or damaged raises DamagedFile after everything that precedes.
    """
    opened = open(path, "rb", buffering=buffer_bytes, opener=open_without_waiting)  # noqa: SIM115 - it is returned
    file = cast(io.BufferedReader, opened)
    try:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file  # what is looked at in a pipe is gone
        return decompressed(file, buffer_bytes)
    except BaseException:
        file.close()
        raise


def decompressed(file: io.BufferedReader, buffer_bytes: int = BLOCK_BYTES) -> io.BufferedReader:
    """Return a reader of what an open file holds: the file itself where it is not compressed.

    Raises what ``open_log_file`` raises.
    """
    decompressor = _decompressor_for(file.peek(len(ZSTD_MAGIC)))
    return file if decompressor is None else io.BufferedReader(_Decompressed(file, decompressor), buffer_bytes)


def is_compressed(path: Path) -> bool:
    """Tell by its first bytes whether a file is compressed; raises OSError."""
    with open(path, "rb", opener=open_without_waiting) as file:
        return file.read(len(ZSTD_MAGIC)).startswith((GZIP_MAGIC, ZSTD_MAGIC))


def skip_line(file: BinaryIO) -> None:
    """Read on to the end of a line without keeping it."""
    while chunk := file.readline(BLOCK_BYTES):
        if chunk.endswith(b"\n"):
            return


def open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a named pipe without a writer would wait for one."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decompressor_for(head: bytes) -> Callable[[], Decompressor] | None:
    if head.startswith(GZIP_MAGIC):
        return lambda: zlib.decompressobj(_GZIP_WINDOW)
    if head.startswith(ZSTD_MAGIC):
        return zstd_decompressors()
    return None


class _Decompressed(io.RawIOBase):
    """The decompressed bytes of a file of one or more gzip members or zstd frames."""

    def __init__(self, file: io.BufferedReader, new_decompressor: Callable[[], Decompressor]) -> None:
        self._file = file
        self._new_decompressor = new_decompressor
        self._decompressor = new_decompressor()
        self._is_fresh = True
        """The decompressor has not been fed."""
        self._ready = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        """Return how many decompressed bytes were handed out."""
        return self._position

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as one piece of the file goes; 0 at the end. Raises DamagedFile."""
        while not self._ready and (data := self._next_piece()):
            try:
                self._ready = memoryview(self._decompressor.decompress(data))
            except Exception as error:  # each library has an error class of its own, which cannot be named here
                raise DamagedFile from error
            self._is_fresh = False
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        self._position += count
        return count

    def _next_piece(self) -> bytes:
        """Return bytes for the decompressor, a new one where a member has ended; empty at the end of the file."""
        rest = b""
        if self._decompressor.eof:
            rest = self._decompressor.unused_data.lstrip(b"\0")  # gzip(1) pads with zeros
            self._decompressor, self._is_fresh = self._new_decompressor(), True
        data = rest or self._file.read(_PIECE_BYTES)
        if not data and not self._is_fresh:
            raise DamagedFile
        return data

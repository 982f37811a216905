"""Whoever speaks zstd here: Python itself from 3.14 on, else the package ``zstandard``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, BinaryIO

LEVEL = 3
"""zstd's own default: 555 MB/s, and as small as gzip's level 6."""


def zstd_module() -> Any | None:
    """Return ``compression.zstd`` or ``zstandard``; None where neither is installed."""
    try:
        # A "compression" of an older Python is somebody else's.
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
    except ImportError:
        return None


def zstd_writer(file: BinaryIO) -> Any:
    """Return a file that compresses into ``file`` when written to; raises ImportError where nothing speaks zstd."""
    module = zstd_module()
    if module is None:
        raise ImportError("no zstd")
    if hasattr(module, "ZstdFile"):
        return module.ZstdFile(file, "wb", level=LEVEL)
    compressor = module.ZstdCompressor(level=LEVEL, write_checksum=True)
    return compressor.stream_writer(file, closefd=False)


def zstd_head(path: Path, length: int) -> bytes:
    """Return the first decompressed bytes of a file; empty where it is damaged or nothing speaks zstd."""
    module = zstd_module()
    if module is None:
        return b""
    try:
        with module.open(path, "rb") as file:
            return bytes(file.read(length))
    except (module.ZstdError, EOFError):
        return b""

"""Whoever speaks zstd here: Python itself from 3.14 on, else the package ``zstandard``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from ag2obs.errors import ExtraMissing

LEVEL = 3
"""zstd's own default: 555 MB/s, and as small as gzip's level 6."""


def zstd_module() -> Any:
    """Return ``compression.zstd`` or ``zstandard``; raises ExtraMissing where neither is installed."""
    try:
        # A "compression" of an older Python is somebody else's.
        return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
    except ImportError:
        raise ExtraMissing("logs compressed with zstd need the package zstandard: pip install 'ag2obs[zstd]'") from None


def zstd_writer(file: BinaryIO) -> Any:
    """Return a file that compresses into ``file`` when written to; raises ExtraMissing."""
    module = zstd_module()
    if hasattr(module, "ZstdFile"):
        return module.ZstdFile(file, "wb", level=LEVEL)
    compressor = module.ZstdCompressor(level=LEVEL, write_checksum=True)
    return compressor.stream_writer(file, closefd=False)


def zstd_decompressors() -> Callable[[], Any]:
    """Return what makes a decompressor of one frame, like ``zlib.decompressobj()``; raises ExtraMissing."""
    module = zstd_module()
    if hasattr(module, "ZstdFile"):
        return cast(Callable[[], Any], module.ZstdDecompressor)
    return lambda: module.ZstdDecompressor().decompressobj()

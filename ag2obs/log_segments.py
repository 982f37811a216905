"""How the rotated segments of a log are named: ``name.000001``, ``name.000002``, ..., compressed ``name.000001.gz``.

A segment keeps its number for ever; the log itself, ``name``, is the newest. Processes that share a log agree
on who rotates by a lock on ``.name.lock`` beside it.
"""

from __future__ import annotations

import re
from pathlib import Path

COMPRESSED_SUFFIXES = (".gz", ".zst")

_NUMBER = re.compile(r"\.(\d{6,})(\.gz|\.zst)?")


def segment_number(log: Path, other: Path) -> int | None:
    """Return the number of ``other`` as a segment of ``log``; None where it is none."""
    if not other.name.startswith(log.name):
        return None
    match = _NUMBER.fullmatch(other.name[len(log.name) :])
    return None if match is None else int(match[1])


def segments_of(log: Path) -> list[Path]:
    """Return the rotated segments of ``log``, oldest first, without the log itself; raises OSError."""
    numbered = [(segment_number(log, other), other) for other in log.parent.iterdir()]
    return [other for number, other in sorted((n, o) for n, o in numbered if n is not None)]


def segment_path(log: Path, number: int) -> Path:
    """Return where segment ``number`` of ``log`` is."""
    return log.with_name(f"{log.name}.{number:06}")


def lock_path(log: Path) -> Path:
    """Return the file whose lock is held while the segments of ``log`` change."""
    return log.with_name(f".{log.name}.lock")

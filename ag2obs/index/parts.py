"""Counts a big log in several processes, each a stretch of it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Container
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ag2obs.index.counting import Counted, count_stretch

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

_PART_BYTES = 32 << 20
"""A stretch takes some 50 ms, many times what it costs to hand over."""

_MOST_PROCESSES = 8


def count_in_parts(path: Path, start: int, end: int, known: Container[str] = (), known_until: int = 0) -> Counted:
    """Return what ``count_stretch`` returns, from as many processes as are worth it."""
    borders = [start, *_borders(path, start, end), end]
    stretches = [(path, first, last, known, known_until) for first, last in pairwise(borders)]
    processes = min(len(stretches), os.cpu_count() or 1, _MOST_PROCESSES)
    if processes == 1:
        return count_stretch(path, start, end, known, known_until)
    counted: Counted | None = None
    with _context().Pool(processes) as pool:
        for part in pool.imap(_count, stretches):
            if counted is None:
                counted = part
            else:
                counted.append(part)
    assert counted is not None
    return counted


def _count(stretch: tuple[Path, int, int, Container[str], int]) -> Counted:
    return count_stretch(*stretch)


def _borders(path: Path, start: int, end: int) -> list[int]:
    """Return where lines begin, about every ``_PART_BYTES``."""
    borders: list[int] = []
    with open(path, "rb") as file:
        for about in range(start + _PART_BYTES, end, _PART_BYTES):
            file.seek(about)
            file.readline()
            border = file.tell()
            if (borders[-1] if borders else start) < border < end:
                borders.append(border)
    return borders


def _context() -> BaseContext:
    """Fork where that is safe, which takes a millisecond; elsewhere a new interpreter takes 100."""
    import multiprocessing  # takes longer than reading most logs

    can_fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if can_fork else "spawn")

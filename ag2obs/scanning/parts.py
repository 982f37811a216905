"""Cuts big files into parts that several processes scan, where that makes no difference to what is found.

A part begins with a line, and no private key goes on over its beginning. What is compressed, comes from elsewhere or
has comments that allow findings stays whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from ag2obs.scanning.allow_comments import has_comments
from ag2obs.scanning.files import STANDARD_INPUT, FoundFile
from ag2obs.scanning.pieces import LONGEST_KEY, is_within_key
from ag2obs.scanning.text import compression_of

PART_BYTES = 32 << 20
"""A process costs as much to start as scanning some 30 MB."""

_SEARCHED_BYTES = 64 << 10
"""Where no line ends within these, the file is not cut."""


def in_parts(files: Iterable[FoundFile]) -> list[FoundFile]:
    """Return the files, big ones as their parts, in order."""
    return [part for file in files for part in _parts(file)]


def number_of_parts(file: FoundFile) -> int:
    """Return into how many parts a file is cut at most."""
    return max(1, file.size // PART_BYTES)


def _parts(file: FoundFile) -> list[FoundFile]:
    borders = [0, *_borders(file)]
    return [
        dataclasses.replace(file, start=start, end=end, size=(file.size if end is None else end) - start)
        for start, end in zip(borders, [*borders[1:], None], strict=True)
    ]


def _borders(file: FoundFile) -> Iterator[int]:
    if number_of_parts(file) == 1 or file.path == STANDARD_INPUT or file.blob or has_comments(file.path):
        return
    try:
        with open(file.path, "rb") as opened:
            if compression_of(opened.peek()) is not None:
                return
            for number in range(1, number_of_parts(file)):
                first = number * PART_BYTES - LONGEST_KEY
                opened.seek(first)
                around = opened.read(LONGEST_KEY + _SEARCHED_BYTES)
                line_end = around.find(b"\n", LONGEST_KEY) + 1
                if line_end and not is_within_key(around[:line_end]):
                    yield first + line_end
    except OSError:
        return  # whoever scans the parts so far, and what follows, will say so

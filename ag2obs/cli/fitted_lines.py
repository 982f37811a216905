"""Lines that fit a terminal: each one row, texts are cut with an ellipsis, numbers are whole or not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

GAP = 2
"""Between two columns."""

LEAST_TEXT = 10
"""A column of text is not cut to less than this, as long as there is another one to leave out."""


@dataclass(frozen=True)
class Column:
    """A column of a table. ``cells`` is of the same length in all columns."""

    heading: str
    cells: Sequence[str]
    is_number: bool = False
    is_id: bool = False
    """Of an id the end is shown: ids begin with the day."""


def cut(text: str, width: int, *, is_id: bool = False) -> str:
    """Return what fits of a text, with an ellipsis for what is missing."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    return "…" + set_cell_size(text[::-1], width - 1)[::-1] if is_id else set_cell_size(text, width - 1) + "…"


def packed(parts: Iterable[str], width: int) -> list[str]:
    """Return the parts on as few lines as they need; only a part that is wider than a line is cut."""
    lines: list[str] = []
    for part in parts:
        if lines and cell_len(lines[-1]) + GAP + cell_len(part) <= width:
            lines[-1] += " " * GAP + part
        else:
            lines.append(cut(part, width))
    return lines


def as_many_as_fit(parts: Iterable[tuple[str, bool]], width: int) -> str:
    """Return the parts that fit on one line; those with True are texts, which may be cut, the others are numbers."""
    line = ""
    for part, is_text in parts:
        gap = " " * GAP if line else ""
        room = width - cell_len(line) - len(gap)
        if cell_len(part) <= room or (is_text and room >= LEAST_TEXT // 2):
            line += gap + cut(part, room)
    return line


def table_lines(columns: Sequence[Column], width: int, dropped_first: Sequence[str]) -> list[str]:
    """Return the headings and the rows, without the columns for which there is no room.

    ``dropped_first`` has the headings in the order in which they are given up; the first column stays. What is left
    over widens texts from left to right.
    """
    shown = list(columns)
    for heading in dropped_first:
        if _least_width(shown) <= width:
            break
        shown = [column for column in shown if column.heading != heading]
    spare = width - _least_width(shown)
    widths = []
    for column in shown:
        least = _least(column)
        widths.append(max(1, min(_natural(column), least + spare) if spare > 0 else min(least, width)))
        spare -= max(0, widths[-1] - least)
    rows = zip(*((column.heading, *column.cells) for column in shown), strict=True)
    return [_line(row, shown, widths) for row in rows]


def _line(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    cells = []
    for cell, column, width in zip(row, columns, widths, strict=True):
        shown = cut(cell, width, is_id=column.is_id and cell != column.heading)
        space = " " * (width - cell_len(shown))
        cells.append(space + shown if column.is_number else shown + space)
    return (" " * GAP).join(cells).rstrip(" ")


def _natural(column: Column) -> int:
    return max(map(cell_len, (column.heading, *column.cells)))


def _least(column: Column) -> int:
    return _natural(column) if column.is_number else min(_natural(column), LEAST_TEXT)


def _least_width(columns: Sequence[Column]) -> int:
    return sum(map(_least, columns)) + GAP * (len(columns) - 1)

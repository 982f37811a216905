"""Tables for people: coloured on a terminal only, and complete at any width."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence

import click

_ASK_FOR_A_TERMINAL = ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""Variables by which ``rich`` takes a file or a pipe for a terminal, or for one of that width."""


def print_table(
    title: str | None, headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Collection[str] = ()
) -> None:
    """Print rows under their headings, the columns named in ``numbers`` to the right; nothing without rows.

    On a terminal, text is wrapped to fit while numbers stay whole. Where even that does not fit, and into
    files and pipes, lines are as long as they need to be: nothing is ever cut.
    """
    if not rows:
        return
    if _is_for_a_terminal() or not all(cell.isprintable() for row in rows for cell in row):
        from ag2obs.cli.terminal_tables import print_for_terminal

        print_for_terminal(title, headings, rows, numbers)
    else:
        click.echo("\n".join(_lines(title, headings, rows, numbers)))


def _is_for_a_terminal() -> bool:
    return sys.stdout.isatty() or any(name in os.environ for name in _ASK_FOR_A_TERMINAL)


def _lines(
    title: str | None, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]
) -> list[str]:
    """Return what ``rich`` would print, without the time that it takes to import it."""
    widths = [max(map(_width, column)) for column in zip(headings, *rows, strict=True)]
    to_the_right = [heading in numbers for heading in headings]

    def line(cells: Sequence[str]) -> str:
        padded = (
            " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
            for cell, width, right in zip(cells, widths, to_the_right, strict=True)
        )
        return (" " + "   ".join(padded)).rstrip(" ")

    rule = " " + "─" * (sum(widths) + 3 * (len(widths) - 1))
    return [*([title] if title else []), "", line(headings), rule, *map(line, rows), ""]


def _width(cell: str) -> int:
    """Return how many columns a text takes."""
    if cell.isascii():
        return len(cell)
    from rich.cells import cell_len

    return cell_len(cell)

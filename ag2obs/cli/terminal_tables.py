"""Tables as wide as the terminal, laid out by ``rich``."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

NARROWEST_TEXT = 12
"""A column of text is not wrapped to less than this."""

_PADDING = 3
"""Per column: a space on each side and one between columns."""


def print_for_terminal(
    title: str | None, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]
) -> None:
    """Print rows under their headings; see ``tables.print_table``."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        number = heading in numbers
        table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=_width(headings, rows, numbers))
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip(" ") for line in captured.get().split("\n")), nl=False)


def _width(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]) -> int:
    columns = zip(headings, *rows, strict=True)
    whole = least = 0
    for heading, *cells in columns:
        natural = max(cell_len(cell) for cell in (heading, *cells)) + _PADDING
        whole += natural
        least += natural if heading in numbers else min(natural, NARROWEST_TEXT + _PADDING)
    console = Console()
    limited = console.is_terminal or os.environ.get("COLUMNS", "").isdigit()
    return max(console.width, least) if limited else max(console.width, whole)

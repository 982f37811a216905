"""``ag2obs clean``: delete old logs, after showing which."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from ag2obs.cleaning.deletion import Outcome, delete
from ag2obs.cleaning.inventory import StoredFile, take_inventory
from ag2obs.cleaning.plan import Plan, Wish, plan
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.durations import Duration
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import LogPath, forget
from ag2obs.events import timestamp
from ag2obs.log_paths import log_folder
from ag2obs.readers.find import configured_logs, find_logs
from ag2obs.setting_values import RefusedValueError, size

CLEAN_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""


def _size(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else size(text.strip())
    except RefusedValueError as refusal:
        raise click.BadParameter(f"{text!r} is no size; use {refusal}.") from None


@click.command("clean")
@click.argument("folder", required=False, type=LogPath())
@click.option(
    "--older-than",
    type=Duration(unit_required=True),
    metavar="AGE",
    help="Delete files not changed for so long: 7d, 12h.",
)
@click.option("--max-size", callback=_size, metavar="SIZE", help="Delete the oldest files until all have SIZE: 5GB.")
@click.option("--keep", type=click.IntRange(min=0), default=0, metavar="N", help="Keep the N newest sessions.")
@click.option("--yes", is_flag=True, help="Delete; without it, only show what would be deleted.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(
    folder: Path | None, older_than: float | None, max_size: int | None, keep: int, yes: bool, as_json: bool
) -> int:
    """Delete old logs; without --yes, only show which.

    FOLDER is a folder of logs; without it they are the configured ones. A file goes if --older-than or --max-size asks
    for it. It stays if it holds an open session, or one of the newest sessions that --keep names, or if an older file
    of its log stays. What is no log of ag2obs is never touched.

    The exit code is 1 where something could not be deleted.
    """
    if older_than is None and max_size is None:
        raise click.UsageError("say what is to go: --older-than, --max-size or both; --keep only protects sessions.")
    logs, top = _logs(folder)
    now = time.time()
    found = plan(take_inventory(logs), Wish(older_than, max_size, keep), now)
    outcomes = _delete(found, top) if yes else []
    code = ExitCode.SUCCESS
    for outcome in outcomes:
        if outcome.problem is not None:
            code = complain(f"{wording.printable(str(outcome.file.path))} was not deleted: {outcome.problem}")
    if as_json:
        print_document(_document(found, outcomes, deleted=yes))
    else:
        _print(found, outcomes, now, deleted=yes)
    return code


def _logs(folder: Path | None) -> tuple[list[Path], Path | None]:
    """Return the logs to look at, and the folder whose emptied subfolders may go."""
    if folder is not None:
        return find_logs(folder), folder
    from ag2obs.settings import Settings

    settings = Settings.from_environment()
    return configured_logs(settings), log_folder(settings.log_file)


def _delete(found: Plan, top: Path | None) -> list[Outcome]:
    """Delete what the plan says, and what the index tells of it."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(delete(found, top))
    finally:
        forget([path for outcome in outcomes if outcome.problem is None for path in outcome.file.paths])
    return outcomes


def _print(found: Plan, outcomes: list[Outcome], now: float, *, deleted: bool) -> None:
    from ag2obs.cli.tables import print_table

    problems = {id(outcome.file): outcome.problem for outcome in outcomes}
    rows = [
        (
            *_cells(each.file, now),
            " and ".join(each.reasons),
            wording.printable(problems.get(id(each.file)) or ("deleted" if deleted else "would go")),
        )
        for each in found.going
    ]
    rows += [(*_cells(file, now), "", f"stays: {wording.printable(why)}") for file, why in found.staying]
    numbers = ("size", "age", "sessions")
    print_table(None, ("file", *numbers, "reason", "what"), rows, numbers=numbers)
    gone = [each.file for each in found.going if problems.get(id(each.file)) is None]
    files, room = wording.counted(len(gone), "file"), _bytes(sum(file.bytes for file in gone))
    if deleted:
        click.echo(f"{files} deleted, {room}")
    elif gone:
        click.echo(f"{files} would be deleted, {room}; --yes deletes them")
    else:
        click.echo("nothing to delete")


def _cells(file: StoredFile, now: float) -> tuple[str, ...]:
    age = wording.UNKNOWN if file.problem and not file.changed else _age(now - file.changed)
    return wording.printable(str(file.path)), _bytes(file.bytes), age, f"{len(file.sessions):,}"


def _age(seconds: float) -> str:
    days = seconds / 86_400
    return f"{days:,.0f} days" if days >= 2 else wording.duration(max(0.0, seconds))


def _bytes(count: int) -> str:
    amount = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}" if unit != "B" else f"{count:,} B"
        amount /= 1000
    return f"{amount:,.4g} TB"


def _document(found: Plan, outcomes: list[Outcome], *, deleted: bool) -> dict[str, Any]:
    problems = {id(outcome.file): outcome.problem for outcome in outcomes}
    return {
        "schema": CLEAN_SCHEMA,
        "deleted": deleted,
        "bytes": sum(each.file.bytes for each in found.going if problems.get(id(each.file)) is None),
        "files": [
            {**_file(each.file), "reasons": each.reasons, "problem": problems.get(id(each.file))}
            for each in found.going
        ],
        "staying": [{**_file(file), "why": why} for file, why in found.staying],
    }


def _file(file: StoredFile) -> dict[str, Any]:
    from datetime import UTC, datetime

    return {
        "path": str(file.path),
        "bytes": file.bytes,
        "changed": timestamp(datetime.fromtimestamp(file.changed, UTC)),
        "sessions": sorted(file.sessions),
    }

"""``ag2obs sanitize``: masks secrets in logs that were written without ag2obs, or before a rule was known."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import click
import msgspec

from ag2obs.cli import complain, wording
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.progress import progress_bar
from ag2obs.errors import ExtraMissing
from ag2obs.redaction import Redactor
from ag2obs.scanning.files import STANDARD_INPUT, FoundFile, find_files, reason_of
from ag2obs.scanning.findings import Unreadable, written
from ag2obs.scanning.rewriting import Refused, Rewritten, rewrite


@dataclass(slots=True)
class _Outcome:
    files: int = 0
    changed: list[Rewritten] = field(default_factory=list)
    refused: list[Unreadable] = field(default_factory=list)

    def to_dict(self, dry_run: bool) -> dict[str, Any]:
        return {
            "schema": 1,
            "dry_run": dry_run,
            "files": self.files,
            "changed": [{"path": written(each.path), "secrets": each.secrets} for each in self.changed],
            "refused": [{"path": written(each.path), "reason": each.reason} for each in self.refused],
        }


@click.command("sanitize")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Say what would be masked, and write nothing.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out names and paths like this; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(paths: tuple[str, ...], dry_run: bool, exclude: tuple[str, ...], as_json: bool) -> int:
    """Mask the secrets in logs and other text files, in place.

    A PATH is a file, or a folder for all files below it, of which only those that hold secrets are written. What is
    masked is what redaction masks when it writes a log: more than scan reports, so name folders of logs, not of
    code. Secrets of the environment and .env are masked wherever they occur.

    A file is replaced in one step by its masked copy, which keeps mode, owner and times; gzip stays gzip. Refused are
    files that an open session is writing to, databases and other binary files. Masking twice changes nothing.

    The exit code is 0 where everything is masked, or would be, and 1 where a file was refused or cannot be read.
    """
    files = find_files(paths, exclude)
    redactor = _redactor()
    outcome = _Outcome()
    with progress_bar(sum(file.size for file in files)) as progress:
        for file in files:
            _one(file, redactor, dry_run, outcome)
            progress(file.size)
    if as_json:
        click.echo(msgspec.json.encode(outcome.to_dict(dry_run)))
    else:
        _print(outcome, dry_run)
    _tell_problems(outcome)
    return ExitCode.ERROR if outcome.refused else ExitCode.SUCCESS


def _redactor() -> Redactor:
    """Return an engine that knows what a session would know."""
    from ag2obs.settings import Settings

    redactor = Redactor()
    redactor.learn_environment(os.environ)
    redactor.learn_environment(Settings.from_environment().dotenv)
    return redactor


def _one(file: FoundFile, redactor: Redactor, dry_run: bool, outcome: _Outcome) -> None:
    try:
        if file.path == STANDARD_INPUT:
            raise Refused("is standard input, which cannot be rewritten: name a file")
        if file.reason is not None:
            raise Refused(f"cannot be rewritten: {file.reason}")
        result = rewrite(file.path, redactor, dry_run=dry_run)
    except (OSError, ExtraMissing, Refused) as error:
        reason = str(error) if isinstance(error, Refused) else f"cannot be rewritten: {reason_of(error)}"
        outcome.refused.append(Unreadable(file.path, reason))
        return
    outcome.files += 1
    if result.secrets:
        outcome.changed.append(result)


def _print(outcome: _Outcome, dry_run: bool) -> None:
    would = "would be masked" if dry_run else "masked"
    for each in outcome.changed:
        click.echo(f"{wording.printable(each.path)}: {wording.counted(each.secrets, 'secret')} {would}")
    total = sum(each.secrets for each in outcome.changed)
    changed = len(outcome.changed)
    click.echo(f"{wording.counted(total, 'secret')} {would} in {changed:,} of {wording.counted(outcome.files, 'file')}")


def _tell_problems(outcome: _Outcome) -> None:
    for each in outcome.changed:
        if each.other_names:
            names = wording.counted(each.other_names, "hard link")
            complain(f"{wording.printable(each.path)} has {names}, which still lead to the text with its secrets")
    for refused in outcome.refused:
        complain(f"{wording.printable(refused.path)} {refused.reason}")

"""``ag2obs sanitize``: masks secrets in logs that were written without ag2obs, or before a rule was known."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import click

from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import forget
from ag2obs.cli.progress import progress_bar
from ag2obs.errors import ExtraMissing
from ag2obs.redaction import Redactor
from ag2obs.scanning import (
    FoundFile,
    Refused,
    Rewritten,
    ScanOptions,
    Unreadable,
    find_files,
    rewrite,
    write_copy,
    write_stream,
)
from ag2obs.scanning.files import STANDARD_INPUT, reason_of
from ag2obs.scanning.findings import written

_STANDARD_OUTPUT = "-"


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
@click.option("--same-length", is_flag=True, help="Mask each secret by as many bytes: everything stays at its place.")
@click.option(
    "--output", metavar="FILE", type=click.Path(), help="Write the one PATH to FILE, or - for standard output."
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out names and paths like this; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(
    paths: tuple[str, ...],
    dry_run: bool,
    same_length: bool,
    output: str | None,
    exclude: tuple[str, ...],
    as_json: bool,
) -> int:
    """Mask the secrets in logs and other text files, in place or in a copy.

    A PATH is a file, a folder for all files below it, or a pattern ("logs/**/*.log"); only files that hold secrets
    are written. What is masked is what redaction masks when it writes a log: more than scan reports, so name folders
    of logs, not of code. Secrets of the environment and .env are masked wherever they occur.

    A file is replaced in one step by its masked copy, which keeps mode, owner and times; gzip stays gzip, and zstd
    zstd. Refused are files that an open session is writing to, databases and other binary files. Masking twice
    changes nothing.

    With --output the file stays as it is and a masked copy is written. A single PATH - masks standard input to
    standard output; what would be printed then goes to standard error.

    The exit code is 0 where everything is masked, or would be, and 1 where a file was refused or cannot be read.
    """
    files = find_files(paths, exclude)
    if output is None and paths == (STANDARD_INPUT,):
        output = _STANDARD_OUTPUT
    _check_usage(files, output, dry_run)
    redactor = _redactor()
    mask = _how_to_mask(redactor, output, dry_run=dry_run, same_length=same_length)
    outcome = _Outcome()
    try:
        with _ended_like_an_interrupt(), progress_bar(sum(file.size for file in files)) as progress:
            for file in files:
                _one(file, mask, outcome)
                progress(file.size)
    finally:
        if output is None and not dry_run:
            forget([Path(each.path) for each in outcome.changed])
    aside = output == _STANDARD_OUTPUT
    if as_json:
        print_document(outcome.to_dict(dry_run), to_stderr=aside)
    else:
        _print(outcome, dry_run, aside)
    _tell_problems(outcome)
    return ExitCode.ERROR if outcome.refused else ExitCode.SUCCESS


def _check_usage(files: Sequence[FoundFile], output: str | None, dry_run: bool) -> None:
    if output is None:
        if any(file.path == STANDARD_INPUT for file in files):
            raise click.UsageError("Standard input cannot be rewritten: name - alone, or with --output.")
        return
    if dry_run:
        raise click.UsageError("--dry-run writes nothing: leave out --output, and name a file.")
    if len(files) != 1:
        raise click.UsageError(f"--output takes one file, and there are {len(files):,}.")
    if os.path.realpath(output) == os.path.realpath(files[0].path) and output != _STANDARD_OUTPUT:
        raise click.UsageError(f"{output} is the file itself: leave out --output to mask it in place.")


def _redactor() -> Redactor:
    """Return an engine that knows what a session would know."""
    from ag2obs.settings import Settings

    settings = Settings.from_environment()
    redactor = ScanOptions(rules=settings.rules, pii=settings.pii).redactor()
    redactor.learn_environment(os.environ)
    redactor.learn_environment(settings.dotenv)
    return redactor


def _how_to_mask(
    redactor: Redactor, output: str | None, *, dry_run: bool, same_length: bool
) -> Callable[[str], Rewritten]:
    """Return what masks the file at a path."""
    if output is None:
        return partial(rewrite, redactor=redactor, dry_run=dry_run, same_length=same_length)
    if output == _STANDARD_OUTPUT:
        return partial(write_stream, output=sys.stdout.buffer, redactor=redactor, same_length=same_length)
    return partial(write_copy, output=output, redactor=redactor, same_length=same_length)


@contextmanager
def _ended_like_an_interrupt() -> Iterator[None]:
    """Let SIGTERM too clean up what is half written."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _one(file: FoundFile, mask: Callable[[str], Rewritten], outcome: _Outcome) -> None:
    try:
        if file.reason is not None:
            raise Refused(f"cannot be masked: {file.reason}")
        result = mask(file.path)
    except (OSError, ExtraMissing, Refused) as error:
        if isinstance(error, BrokenPipeError):
            raise
        reason = str(error) if isinstance(error, Refused) else f"cannot be masked: {reason_of(error)}"
        outcome.refused.append(Unreadable(file.path, reason))
        return
    outcome.files += 1
    if result.secrets:
        outcome.changed.append(result)


def _print(outcome: _Outcome, dry_run: bool, aside: bool) -> None:
    would = "would be masked" if dry_run else "masked"
    for each in outcome.changed:
        click.echo(f"{wording.printable(each.path)}: {wording.counted(each.secrets, 'secret')} {would}", err=aside)
    total = sum(each.secrets for each in outcome.changed)
    of_files = f"{len(outcome.changed):,} of {wording.counted(outcome.files, 'file')}"
    click.echo(f"{wording.counted(total, 'secret')} {would} in {of_files}", err=aside)


def _tell_problems(outcome: _Outcome) -> None:
    for each in outcome.changed:
        if each.other_names:
            names = wording.counted(each.other_names, "hard link")
            complain(f"{wording.printable(each.path)} has {names}, which still lead to the text with its secrets")
    for refused in outcome.refused:
        complain(f"{wording.printable(refused.path)} {refused.reason}")

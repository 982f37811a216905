"""``ag2obs scan``: secrets in files."""

from __future__ import annotations

import os

import click

from ag2obs.cli import complain, wording
from ag2obs.cli.findings_command import FindingsCode, FindingsCommand
from ag2obs.cli.progress import progress_bar
from ag2obs.cli.scan_output import OUTPUTS, Output
from ag2obs.scanning import (
    Baseline,
    FoundFile,
    Scan,
    ScanOptions,
    find_files,
    find_staged_files,
    worthwhile_jobs,
)


@click.command("scan", cls=FindingsCommand)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--staged", is_flag=True, help="Scan what is staged in git, as it will be committed.")
@click.option("--respect-gitignore", is_flag=True, help="Leave out what git ignores.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out names and paths like this; repeatable.")
@click.option("--strict", is_flag=True, help="Report what only the text around it makes a secret, too.")
@click.option("--baseline", metavar="FILE", type=click.Path(), help="Do not report the findings that are in FILE.")
@click.option("--update-baseline", is_flag=True, help="Write all findings to the baseline instead of reporting them.")
@click.option("--ignore-allow", is_flag=True, help="Report what an ag2obs:allow comment allows, too.")
@click.option("--format", "form", type=click.Choice(list(OUTPUTS)), default="text", help="How to print findings.")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Scan in N processes [as many as are worth it].")
def command(
    paths: tuple[str, ...],
    staged: bool,
    respect_gitignore: bool,
    exclude: tuple[str, ...],
    strict: bool,
    baseline: str | None,
    update_baseline: bool,
    ignore_allow: bool,
    form: str,
    jobs: int | None,
) -> int:
    """Find secrets in logs and other files.

    A PATH is a file, a folder for all files below it (hidden and git-ignored ones too, but not .git), a pattern
    ("logs/**/*.log"), or - for standard input. gzip and zstd are read as what they hold. In binary files only what
    is certain is reported.

    Reported are values whose form is that of a key, and values of fields named like a secret. With --strict, also
    what a word in front of it makes a secret. Placeholders, examples of documentations and masked values are none.
    A line of output is path:line:column: rule (confidence) excerpt; secrets are never shown.

    The rules and allowed values of AG2OBS_RULES, and the personal data of AG2OBS_PII, have their effect here too.

    A comment "ag2obs:allow", or "ag2obs:allow RULE", at the end of its line or on the line before allows a finding
    in source code; in logs and JSON it has no effect.

    The exit code is 0 where nothing was found, 1 where something was, and 2 where a file could not be read or the
    scan could not run.
    """
    if not paths and not staged:
        raise click.UsageError("Name a PATH to scan, or --staged.")
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE.")
    files = (
        find_staged_files(paths, exclude) if staged else find_files(paths, exclude, respect_gitignore=respect_gitignore)
    )
    options = _options(strict, allow_comments=not ignore_allow)
    if baseline is not None and update_baseline:
        return _update(baseline, files, options, jobs)
    known = None if baseline is None else Baseline.read(baseline)
    return _report(Scan(files, options, baseline=known, jobs=jobs or worthwhile_jobs(files)), OUTPUTS[form]())


def _options(strict: bool, *, allow_comments: bool) -> ScanOptions:
    from ag2obs.settings import Settings

    settings = Settings.from_environment()
    return ScanOptions(strict, allow_comments, rules=settings.rules, pii=settings.pii)


def _report(scan: Scan, output: Output) -> int:
    count = 0
    output.begin()
    with progress_bar(scan.total_bytes) as progress:
        for finding in scan.findings(progress):
            output.finding(finding)
            count += 1
    output.end(scan.report, count)
    if _tell_unreadable(scan):
        return FindingsCode.FAILED
    return FindingsCode.FINDINGS if count else FindingsCode.CLEAN


def _update(path: str, files: list[FoundFile], options: ScanOptions, jobs: int | None) -> int:
    before = Baseline.read(path) if os.path.lexists(path) else Baseline.new(path)
    files = [file for file in files if not before.is_at(file.path)]
    scan = Scan(files, options, jobs=jobs or worthwhile_jobs(files))
    with progress_bar(scan.total_bytes) as progress:
        after = before.updated(scan.findings(progress), scan.report, scan.files)
    after.write()
    findings = wording.counted(len(after), "finding")
    click.echo(f"{findings} in the baseline {wording.printable(path)}, {len(before):,} before")
    return FindingsCode.FAILED if _tell_unreadable(scan) else FindingsCode.CLEAN


def _tell_unreadable(scan: Scan) -> bool:
    for unreadable in scan.report.unreadable:
        complain(f"{wording.printable(unreadable.path)} cannot be scanned: {unreadable.reason}")
    return bool(scan.report.unreadable)

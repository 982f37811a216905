"""``ag2obs scan``: secrets in files."""

from __future__ import annotations

import click
import msgspec

from ag2obs.cli import complain, wording
from ag2obs.cli.findings_command import FindingsCode, FindingsCommand
from ag2obs.cli.progress import progress_bar
from ag2obs.scanning import Scan, ScanFinding


@click.command("scan", cls=FindingsCommand)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--strict", is_flag=True, help="Report what only the text around it makes a secret, too.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out names and paths like this; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(paths: tuple[str, ...], strict: bool, exclude: tuple[str, ...], as_json: bool) -> int:
    """Find secrets in logs and other files.

    A PATH is a file, a folder for all files below it (hidden and git-ignored ones too, but not .git), or - for
    standard input. gzip and zstd are read as what they hold. In binary files only what is certain is reported.

    Reported are values whose form is that of a key, and values of fields named like a secret. With --strict, also
    what a word in front of it makes a secret. Placeholders, examples of documentations and masked values are none.
    A line of output is path:line:column: rule (confidence) excerpt; secrets are never shown.

    The exit code is 0 where nothing was found, 1 where something was, and 2 where a file could not be read or the
    scan could not run.
    """
    scan = Scan(paths, strict, exclude=exclude)
    found = scan.report.findings
    count = 0
    with progress_bar(scan.total_bytes) as progress:
        for finding in scan.findings(progress):
            count += 1
            if as_json:
                found.append(finding)
            else:
                click.echo(_line(finding))
    if as_json:
        click.echo(msgspec.json.encode(scan.report.to_dict()))
    for unreadable in scan.report.unreadable:
        complain(f"{wording.printable(unreadable.path)} cannot be scanned: {unreadable.reason}")
    if not as_json:
        files = wording.counted(scan.report.files, "file")
        click.echo(f"{wording.counted(count, 'secret')} in {files}, {wording.counted(scan.report.bytes, 'byte')}")
    if scan.report.unreadable:
        return FindingsCode.FAILED
    return FindingsCode.FINDINGS if count else FindingsCode.CLEAN


def _line(finding: ScanFinding) -> str:
    place = f"{wording.printable(finding.path)}:{finding.line}:{finding.column}"
    return f"{place}: {finding.rule} ({finding.confidence}) {finding.excerpt}"

"""``ag2obs doctor``: what may be wrong with this installation, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ag2obs.cli import wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.doctor import Result, Status, examine


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(as_json: bool) -> int:
    """Check this installation, and say how to mend what is wrong.

    Python, the frameworks and whether the hooks fit them, the settings, who can read and write the logs, free disk, the
    age of the price list, token counting and optional packages. The frameworks are imported for it, which takes some
    seconds; the hooks are put in and taken out again. Nothing is written and nothing is sent.

    The exit code is 0 where there is no problem, warnings or not, and 1 where there is one.
    """
    results = examine()
    if as_json:
        print_document(_document(results))
    else:
        for result in results:
            click.echo(f"{result.status.value:<9}{result.check:<11}{wording.printable(result.sentence)}")
            if result.fix is not None:
                click.echo(f"{'':<20}{wording.printable(result.fix)}")
        problems, warnings = (_count(results, status) for status in (Status.PROBLEM, Status.WARNING))
        click.echo(f"\n{wording.counted(problems, 'problem')}, {wording.counted(warnings, 'warning')}")
    return ExitCode.ERROR if _count(results, Status.PROBLEM) else ExitCode.SUCCESS


def _count(results: Sequence[Result], status: Status) -> int:
    return sum(result.status is status for result in results)


def _document(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "schema": 1,
        "problems": _count(results, Status.PROBLEM),
        "warnings": _count(results, Status.WARNING),
        "checks": [
            {"check": each.check, "status": each.status.value, "sentence": each.sentence, "fix": each.fix}
            for each in results
        ],
    }

"""``ag2obs errors``: what failed, how often, and what led to it."""

from __future__ import annotations

import click
import msgspec

from ag2obs.analysis.errors.debug_report import joined, link_text, parts_of, report_lines
from ag2obs.analysis.errors.error_types import ERRORS_SCHEMA, ErrorPattern, ErrorsReport, Occurrence
from ag2obs.analysis.errors.errors_fold import ErrorsFold
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.sessions import add_sessions, sessions_argument

_CAUSES_SHOWN = 3


@click.command("errors")
@sessions_argument
@click.option(
    "--explain", metavar="ID", help="Tell all about one: a fingerprint (f3a9...), an error's id (e3), or e3@SESSION."
)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Show N errors; 0 for all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(sessions: tuple[str, ...], explain: str | None, limit: int, as_json: bool) -> int:
    """Show errors: the same failure once, with its number, agents, and what led to it.

    A SESSION is a session id or the beginning of one, a chat id, a path, or "latest", the default. Several of them
    make one report.

    Failures are the same when their type, their innermost frame and their text are, numbers, ids, paths and quoted
    values in it left aside. What led to a failure is found by ids (of the tool call, the messages, the invocation, the
    work around it); what was only near in time is marked as a guess.

    --explain is the debug report: the state, decisions, messages and calls of the agent when it failed. Where several
    of the sessions have an error e3, e3@SESSION is that of one of them, named by its id or the beginning of it.
    """
    fold = ErrorsFold(explain)
    code, missing = add_sessions(fold, sessions)
    report = fold.result()
    if explain is not None:
        return _explain(report, explain, as_json=as_json) or code
    if as_json:
        shown = msgspec.structs.replace(report, patterns=report.patterns[: limit or None])
        print_document({**shown.to_dict(), "total": len(report.patterns), "missing": missing})
    elif report.patterns:
        _print(report, limit)
    elif not code:
        click.echo("no errors")
    return code


def _explain(report: ErrorsReport, explain: str, *, as_json: bool) -> int:
    found = report.explained
    patterns = {pattern.fingerprint: pattern for pattern in report.patterns}
    fingerprints = {occurrence.fingerprint for occurrence in found}
    if not found:
        return complain(f"no error is called {explain!r}; ag2obs errors shows those that are there")
    newest = max(found, key=lambda occurrence: occurrence.ts)
    error_id = explain.partition("@")[0]
    is_fingerprint = newest.error != error_id
    if as_json:
        explained = [_with_pattern(occurrence, patterns) for occurrence in found]
        print_document({"schema": ERRORS_SCHEMA, "explained": explained})
        return 0
    if is_fingerprint and len(fingerprints) > 1:
        return complain(f"{len(fingerprints)} fingerprints begin with {explain!r}: {', '.join(sorted(fingerprints))}")
    if not is_fingerprint and len(found) > 1:
        some = ", ".join(f"{error_id}@{wording.printable(occurrence.session)}" for occurrence in found[-3:])
        return complain(f"{len(found)} sessions have an error {error_id}; name one of them: --explain {some}")
    click.echo(joined([report_lines(newest, patterns.get(newest.fingerprint))]))
    return 0


def _with_pattern(occurrence: Occurrence, patterns: dict[str, ErrorPattern]) -> dict[str, object]:
    pattern = patterns.get(occurrence.fingerprint)
    return {**occurrence.to_dict(), "count": pattern.count if pattern is not None else None}


def _print(report: ErrorsReport, limit: int) -> None:
    shown = report.patterns[:limit] if limit else report.patterns
    others = f", {report.others:,} other failures" if report.others else ""
    click.echo(
        f"{wording.counted(report.exceptions, 'error')}{others}, {wording.counted(len(report.patterns), 'fingerprint')}"
    )
    for pattern in shown:
        click.echo()
        _print_pattern(pattern)
    if len(shown) < len(report.patterns):
        more = wording.counted(len(report.patterns) - len(shown), "rarer fingerprint")
        click.echo(f"\n{more} not shown; --limit 0 shows all")
    if report.not_grouped:
        click.echo(f"{wording.counted(report.not_grouped, 'failure')} beyond the first fingerprints are not grouped")


def _print_pattern(pattern: ErrorPattern) -> None:
    frame = f" in {wording.printable(pattern.frame)}" if pattern.frame else ""
    text = f": {wording.printable(pattern.text)}" if pattern.text else ""
    click.echo(f"{pattern.fingerprint}  {wording.printable(pattern.type)}{frame}{text}")
    rate = "" if pattern.per_minute is None else f", {pattern.per_minute:.3g} a minute"
    first, last = wording.local_time(pattern.first), wording.local_time(pattern.last)
    when = first if pattern.count == 1 else f"first {first}, last {last}{rate}"
    click.echo(f"  {wording.counted(pattern.count, 'time')}: {when}")
    for label, counts in (("agents", pattern.agents), ("tools", pattern.tools)):
        if counts:
            told = ", ".join(f"{wording.printable(name)} ({count:,})" for name, count in counts.items())
            click.echo(f"  {label}: {told}")
    occurrence = pattern.last_occurrence
    known_as = f"{occurrence.error} in " if occurrence.error else ""
    click.echo(f"  {'last' if pattern.count > 1 else 'it'}: {wording.printable(known_as + occurrence.session)}")
    click.echo(f"    {occurrence.text}")
    led, _, guesses = parts_of(occurrence.causes)
    for link in [*led, *guesses][:_CAUSES_SHOWN]:
        click.echo(f"    <- {'(guess) ' if link.guess else ''}{link_text(link)}")
    for link in occurrence.inside[:1]:
        click.echo(f"    inside {link_text(link)}")

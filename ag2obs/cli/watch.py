"""``ag2obs watch``: sessions while they run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from ag2obs.analysis.live import LiveFold, LiveView, live_event
from ag2obs.analysis.sequence_numbers import missing_told
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import tell_losses, tell_refused
from ag2obs.cli.sessions import found
from ag2obs.cli.watch_view import event_line, plain_lines
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import Event
from ag2obs.files.decompression import is_compressed
from ag2obs.log_paths import is_per_session, log_folder
from ag2obs.readers import ReadReport, open_log
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.find import LATEST, FoundSession, configured_logs, is_folder, with_new_segments
from ag2obs.readers.follow import LogFollower
from ag2obs.readers.follow_folder import FolderFollower
from ag2obs.readers.log_reader import newer_schema_told
from ag2obs.readers.segments import is_segment, place_of
from ag2obs.settings import Settings

POLL_SECONDS = 0.25

LOOKS_AFTER_END = 2
"""So often a session that has ended is looked at again, for what came in the meantime."""


@click.command("watch")
@click.argument("target", required=False, metavar="[FOLDER|SESSION]")
@click.option("--once", is_flag=True, help="Print how things stand, in plain lines, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document, one line each time there is news.")
def command(target: str | None, once: bool, as_json: bool) -> int:
    """Show sessions while they run: agents, last events, tokens and dollars a minute, budgets.

    Without an argument the configured logs are watched, with a FOLDER the logs in it, with a path that log; one that
    does not exist yet is waited for. A SESSION (an id, the beginning of one, a chat id, latest) is watched until it
    ends or its process is gone.

    Of the logs in a folder, those are watched that were written to in the last 10 minutes, or are from now on, each
    from its beginning. --once reads all of them, compressed logs and logs of AG2 itself too.

    On a terminal this is one view that is kept up to date, elsewhere a line for each event. Ctrl-C ends it.
    """
    fold = LiveFold()
    if once:
        code = _add_what_is_there(fold, target)
        _print_once(fold.result(datetime.now(UTC)), as_json=as_json)
        return code
    source, session = _source(target)
    with closing(source):
        if as_json or not sys.stdout.isatty():
            _print_news(fold, source, session, as_json=as_json)
        else:
            _show(fold, source, session)
        _tell_losses_of(source, target or "the log")
    return ExitCode.SUCCESS


def _add_what_is_there(fold: LiveFold, target: str | None) -> ExitCode:
    """Read the logs of ``target`` as ``summary`` does; without one the configured logs, of which there may be none.

    A file that cannot be read is reported and left out, and makes the exit code 1. Raises ``LogFormatError`` or
    ``ExtraMissing`` where nothing at all can be read.
    """
    where = found(target) if target is not None else FoundSession(_configured_logs(), None)
    events, refused = 0, list[Exception]()
    for path in with_new_segments(where.paths):
        try:
            log = open_log(path)
            for event in log.iter_accounting():
                if where.session_id in (None, event.session):
                    fold.add(event)
                    events += 1
        except (LogFormatError, ExtraMissing) as error:
            refused.append(error)
            continue
        tell_losses(log.report, str(path))
    return tell_refused(refused, nothing_read=not events)


def _configured_logs() -> tuple[Path, ...]:
    return tuple(configured_logs(Settings.from_environment()))


def _source(target: str | None) -> tuple[LogFollower | FolderFollower, str | None]:
    """Return what is to be followed, and the session that is meant; None for all."""
    if target is None:
        template = Settings.from_environment().log_file
        folder = log_folder(template)
        if is_per_session(template):
            return FolderFollower(folder), None
        return _followed(folder / Path(template).name), None
    if target != LATEST and (os.sep in target or os.path.exists(target)):
        path = Path(target)
        return (FolderFollower(path) if is_folder(path) else _followed(path)), None
    session = found(target)
    log = session.paths[-1]
    return _followed(place_of(log)[0] if is_segment(log) else log), session.session_id


def _followed(log: Path) -> LogFollower:
    """Follow a log from its beginning; raises ``LogFormatError`` for one that does not grow or is not ours.

    What is empty or not there yet will be ours.
    """
    instead = "ag2obs watch --once reads it"
    if is_segment(log):
        raise LogFormatError(f"{log} is a rotated segment, to which nothing is written any more; {instead}")
    if log.is_file() and log.stat().st_size:
        reader = open_log(log)
        if is_compressed(log):
            raise LogFormatError(f"{log} is compressed, so that nothing is written to it any more; {instead}")
        if not isinstance(reader, EventLogReader):
            raise LogFormatError(f"{log} is a log of AG2 itself, which cannot be followed; {instead}")
    return LogFollower(log, segments=True)


def _tell_losses_of(source: LogFollower | FolderFollower, name: str) -> None:
    """Report what was left out while ``name`` was followed."""
    tell_losses(ReadReport(bad_lines=source.bad_lines), name)
    if source.lost:
        complain(f"{wording.counted(source.lost, 'file')} of {name} cannot be read and are left out")
    if source.newer_schema:
        complain(newer_schema_told(name, source.newer_schema))


def _follow(
    fold: LiveFold,
    source: LogFollower | FolderFollower,
    session: str | None,
    show: Callable[[Iterator[Event]], object],
) -> None:
    """Give the new events to ``show`` four times a second, until the session that is watched is over.

    Each is in the fold when ``show`` gets it; there may be millions at the first look.
    """
    looks = LOOKS_AFTER_END
    while True:
        show(_added(fold, source, session))
        if session is not None and _is_over(fold.result()):
            looks -= 1
            if not looks:
                return
        time.sleep(POLL_SECONDS)


def _added(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None) -> Iterator[Event]:
    for event in source.poll():
        if session in (None, event.session):
            fold.add(event)
            yield event


def _is_over(view: LiveView) -> bool:
    """Tell whether every session has ended or lost its process; what was never seen is not over."""
    return bool(view.summary.sessions) and all(session.status != "running" for session in view.summary.sessions)


def _print_once(view: LiveView, *, as_json: bool) -> None:
    for sentence in missing_told({session.session_id: session.missing for session in view.summary.sessions}):
        complain(sentence)
    if as_json:
        print_document(view.to_dict())
        return
    for line in plain_lines(view):
        click.echo(line)


def _print_news(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None, *, as_json: bool) -> None:
    def print_lines(events: Iterator[Event]) -> None:
        for event in events:
            if event.kind != "message":
                click.echo(event_line(live_event(event)))
        sys.stdout.flush()

    def print_json(events: Iterator[Event]) -> None:
        if sum(1 for _ in events):
            print_document(fold.result(datetime.now(UTC)).to_dict())
            sys.stdout.flush()

    _follow(fold, source, session, print_json if as_json else print_lines)


def _show(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None) -> None:
    from rich.console import Console
    from rich.live import Live

    from ag2obs.cli.watch_screen import screen

    console = Console()
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:

        def draw() -> None:
            live.update(screen(fold.result(datetime.now(UTC)), *console.size), refresh=True)

        def show(events: Iterator[Event]) -> None:
            drawn = time.monotonic()
            for _ in events:
                if time.monotonic() - drawn >= POLL_SECONDS:  # a big log is being read for the first time
                    draw()
                    drawn = time.monotonic()
            draw()

        _follow(fold, source, session, show)

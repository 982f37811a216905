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
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.sessions import found
from ag2obs.cli.watch_view import plain_lines, rendered
from ag2obs.errors import LogFormatError
from ag2obs.events import Event
from ag2obs.log_paths import is_per_session, log_folder
from ag2obs.readers import open_log
from ag2obs.readers.event_log import EventLogReader
from ag2obs.readers.find import LATEST, is_folder
from ag2obs.readers.follow import LogFollower
from ag2obs.readers.follow_folder import FolderFollower
from ag2obs.readers.log_reader import newer_schema_told
from ag2obs.readers.segments import is_segment, place_of

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

    On a terminal this is one view that is kept up to date, elsewhere a line for each event. Ctrl-C ends it.
    """
    source, session = _source(target)
    fold = LiveFold()
    with closing(source):
        if once:
            if target is not None and session is None and not os.path.exists(target):
                raise LogFormatError(f"{target} does not exist")
            for event in _of(session, source.poll()):
                fold.add(event)
            _print_once(fold.result(datetime.now(UTC)), as_json=as_json)
        elif as_json or not sys.stdout.isatty():
            _print_news(fold, source, session, as_json=as_json)
        else:
            _show(fold, source, session)
        if source.bad_lines or source.lost:
            segments = wording.counted(source.lost, "file")
            complain(f"{wording.counted(source.bad_lines, 'line')} and {segments} cannot be read and are left out")
        if source.newer_schema:
            complain(newer_schema_told(target or "the log", source.newer_schema))
    return 0


def _source(target: str | None) -> tuple[LogFollower | FolderFollower, str | None]:
    """Return what is to be followed, and the session that is meant; None for all."""
    if target is None:
        from ag2obs.settings import Settings

        template = Settings.from_environment().log_file
        folder = log_folder(template)
        return (FolderFollower(folder) if is_per_session(template) else LogFollower(folder / Path(template).name)), None
    if target != LATEST and (os.sep in target or os.path.exists(target)):
        path = Path(target)
        if is_folder(path):
            return FolderFollower(path), None
        _refuse_what_does_not_grow(path)
        return LogFollower(path, segments=True), None
    session = found(target)
    log = session.paths[-1]
    return LogFollower(place_of(log)[0] if is_segment(log) else log, segments=True), session.session_id


def _refuse_what_does_not_grow(path: Path) -> None:
    """Raise ``LogFormatError`` for a rotated segment and for a log that is not ours; what is empty will be ours."""
    if is_segment(path):
        raise LogFormatError(f"{path} is a rotated segment, to which nothing is written any more; watch the log itself")
    if path.is_file() and path.stat().st_size and not isinstance(open_log(path), EventLogReader):
        raise LogFormatError(f"{path} is a log of AG2 itself, which cannot be followed; ag2obs summary reads it")


def _of(session: str | None, events: Iterator[Event]) -> Iterator[Event]:
    return events if session is None else (event for event in events if event.session == session)


def _news(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None) -> Iterator[list[Event]]:
    """Yield the new events, four times a second, until the session that is watched is over."""
    looks = LOOKS_AFTER_END
    while True:
        events = list(_of(session, source.poll()))
        for event in events:
            fold.add(event)
        yield events
        if session is not None and _is_over(fold.result()):
            looks -= 1
            if not looks:
                return
        time.sleep(POLL_SECONDS)


def _is_over(view: LiveView) -> bool:
    """Tell whether every session has ended or lost its process; what was never seen is not over."""
    return bool(view.summary.sessions) and all(session.status != "running" for session in view.summary.sessions)


def _print_once(view: LiveView, *, as_json: bool) -> None:
    if as_json:
        print_document(view.to_dict())
        return
    for line in plain_lines(view):
        click.echo(line)


def _print_news(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None, *, as_json: bool) -> None:
    from ag2obs.cli.watch_view import event_line

    for events in _news(fold, source, session):
        if as_json and events:
            print_document(fold.result(datetime.now(UTC)).to_dict())
        elif not as_json:
            for event in events:
                if event.kind != "message":
                    click.echo(event_line(live_event(event)))
        sys.stdout.flush()


def _show(fold: LiveFold, source: LogFollower | FolderFollower, session: str | None) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    render: Callable[[], object] = lambda: rendered(fold.result(datetime.now(UTC)), console.height)  # noqa: E731
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for _ in _news(fold, source, session):
            live.update(render(), refresh=True)  # type: ignore[arg-type]  # rich's types are imported to print only

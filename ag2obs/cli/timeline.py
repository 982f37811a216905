"""``ag2obs timeline``: what happened in a session, in order, or what one agent went through."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
import msgspec

from ag2obs.analysis.timeline.journey import JourneyFold
from ag2obs.analysis.timeline.timeline_fold import TEXT_CHARACTERS, EventFilter, TimelineFold
from ag2obs.cli import complain, wording
from ag2obs.cli.documents import print_document
from ag2obs.cli.durations import Duration, DurationOrMoment
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import tell_losses, tell_refused
from ag2obs.cli.sessions import found, session_argument
from ag2obs.cli.timeline_text import print_journey, print_timeline
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, Event
from ag2obs.readers import ReadReport
from ag2obs.readers.find import FoundSession
from ag2obs.readers.sessions import events_of
from ag2obs.readers.tail import LogPart, events_of_parts, first_event, last_parts

BIG_LOG_BYTES = 10_000_000
"""Of a named log from this size on only the end is shown unless told otherwise."""

LAST_OF_A_BIG_LOG = 100
MOST_ON_A_TERMINAL = 1_000

_WHOLE_TEXT = 1_000_000


@click.command("timeline")
@session_argument
@click.option("--agent", metavar="NAME", help="Follow one agent: told, said, decided, called, and what it cost.")
@click.option("--kind", "kinds", multiple=True, help="Only events of this kind: tool.call, or agent for agent.*.")
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice([STATUS_OK, STATUS_ERROR, STATUS_CANCELLED]),
    help="Only events that went this way.",
)  # fmt: skip
@click.option(
    "--since",
    type=DurationOrMoment(),
    help="Only from then on: so long after the session's start (30s, 1h30m), or a date and time.",
)
@click.option("--until", type=DurationOrMoment(through=True), help="Only up to then, told like --since.")
@click.option(
    "--text", default="", help="Only events with this in what they say, in tags or fields, whatever the case."
)
@click.option("--gaps", type=Duration(), help="Mark where for so long nothing was at work: 5s.")
@click.option("--last", type=click.IntRange(min=0), metavar="N", help="Only the last N rows; 0 for all.")
@click.option("--full", is_flag=True, help=f"Show texts whole, not their first {TEXT_CHARACTERS} characters.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")
def command(
    session: str, agent: str | None, kinds: tuple[str, ...], statuses: tuple[str, ...], since: float | datetime | None,
    until: float | datetime | None, text: str, gaps: float | None, last: int | None, full: bool, as_json: bool,
) -> int:  # fmt: skip
    """Show what happened, in order.

    SESSION is a session id or the beginning of one, a chat id, a path, or "latest", the default.

    Events are told when they end. Events that are missing or were lost are marked where they should be. Of a
    path of 10 MB or more the last 100 rows are shown, on a terminal the last 1,000 rows of anything; --last says
    otherwise. Times are relative to the session's start; where only the end of a log is read, sums are of that part.

    A date and time is 2026-10-01T08:00:10Z, or "2026-10-01 08:00:10" on this machine's clock, as tables print it.
    Of a session whose start is not on file, --since 30s counts from its first event that is.
    """
    where = found(session)
    big = where.session_id is None and _size(where.paths) >= BIG_LOG_BYTES
    if last is None:
        all_of_it = as_json or not sys.stdout.isatty()
        last = LAST_OF_A_BIG_LOG if big else 0 if all_of_it else MOST_ON_A_TERMINAL
        told = big and since is None and until is None
    else:
        told = last > 0 and since is None and until is None
    wanted = EventFilter(
        kinds=kinds, statuses=statuses, since=since, until=until, text=text,
        sessions=() if where.session_id is None else (where.session_id,),
    )  # fmt: skip
    characters = _WHOLE_TEXT if full else TEXT_CHARACTERS
    limit = last or None
    if agent is not None:
        return _journey(where, agent, wanted, limit, gaps, characters, as_json=as_json)
    # What a row's text is may depend on messages far before it, so a search reads everything.
    return _timeline(where, wanted, limit, gaps, characters, as_json=as_json, backwards=told and not text)


def _timeline(
    where: FoundSession, wanted: EventFilter, limit: int | None, gaps: float | None, characters: int,
    *, as_json: bool, backwards: bool,
) -> int:  # fmt: skip
    parts: list[LogPart] = []
    whole = True
    if backwards and limit is not None:
        only_some = wanted.kinds or wanted.statuses or wanted.sessions
        parts, whole = last_parts(where.paths, limit, wanted.allows if only_some else None)
    fold = TimelineFold(wanted, last=limit, gaps=gaps, partial=not whole, characters=characters)
    if not whole:
        start = first_event(where.paths[0])
        if start is not None and start.kind == "session.start":
            fold.begin(start)
    report = ReadReport()
    events = events_of(where, report) if whole else events_of_parts(parts, report, fold.remember)
    code = _read(fold, events, report, where)
    timeline = fold.result()
    if wanted.sessions:
        sessions = [one for one in timeline.sessions if one.session_id in wanted.sessions]
        timeline = msgspec.structs.replace(timeline, sessions=sessions)
    if as_json:
        print_document(timeline.to_dict())
    else:
        print_timeline(timeline)
    return code


def _journey(
    where: FoundSession, agent: str, wanted: EventFilter, limit: int | None, gaps: float | None, characters: int,
    *, as_json: bool,
) -> int:  # fmt: skip
    fold = JourneyFold(agent, wanted, last=limit, gaps=gaps, characters=characters)
    report = ReadReport()
    code = _read(fold, events_of(where, report), report, where)
    journey = fold.result()
    if as_json:
        print_document(journey.to_dict())
    elif journey.sessions:
        print_journey(journey)
    if not journey.sessions and not code:
        names = [wording.printable(name) for name in journey.agents]
        return complain(f"no agent is called {agent!r} there; agents are: {', '.join(names) or 'none'}")
    return code


def _read(
    fold: TimelineFold | JourneyFold, events: Iterable[Event], report: ReadReport, where: FoundSession
) -> ExitCode:
    """Give ``fold`` the events; what cannot be read is told on standard error, and what precedes it is shown.

    Raises ``LogFormatError`` or ``ExtraMissing`` where nothing precedes it.
    """
    read, refused = 0, list[Exception]()
    try:
        for event in events:
            fold.add(event)
            read += 1
    except (LogFormatError, ExtraMissing) as error:
        refused.append(error)
    tell_losses(report, str(where.paths[-1]))
    return tell_refused(refused, nothing_read=not read)


def _size(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size
        except OSError:
            continue  # whoever reads it says so
    return total

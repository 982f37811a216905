"""SESSION arguments: which sessions a command shows, and what it says about those that it cannot show whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import click

from ag2obs.analysis.fold import Fold
from ag2obs.analysis.sequence_numbers import SequenceNumbers
from ag2obs.cli import complain
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.cli.logs import opened_index, tell_losses, tell_refused
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.readers import ReadReport
from ag2obs.readers.find import LATEST, FoundSession, find_session
from ag2obs.readers.sessions import SessionInFile, events_of
from ag2obs.settings import Settings

_F = TypeVar("_F", bound=Callable[..., Any])


def sessions_argument(command: _F) -> _F:
    """Give a command its SESSION arguments as ``sessions``; none means the latest session."""
    return click.argument("sessions", nargs=-1, metavar="[SESSION]...")(command)


def session_argument(command: _F) -> _F:
    """Give a command its one SESSION argument as ``session``, the latest session by default."""
    return click.argument("session", default=LATEST, metavar="[SESSION]")(command)


def found(argument: str) -> FoundSession:
    """Return the files of what a SESSION argument names; raises ``LogFormatError`` with what to do instead."""
    settings = Settings.from_environment()
    with opened_index(settings) as index:
        return find_session(argument, settings, index)


class ReadSessions(NamedTuple):
    """What came of reading the sessions that were named."""

    code: ExitCode
    missing: int
    """Events that were written, by the numbers of the others, and are not in the logs that were read."""


def add_sessions(fold: Fold, arguments: Iterable[str]) -> ReadSessions:
    """Give ``fold`` all events of the named sessions, each once, of the latest session where none is named.

    What cannot be read is reported on standard error and left out, and makes the exit code 1; lines that hold no
    event and events that are missing are counted there too. Raises ``LogFormatError`` or ``ExtraMissing`` where
    nothing at all can be read.
    """
    events, refused = 0, list[Exception]()
    known: set[SessionInFile] = set()
    numbers = SequenceNumbers()
    for argument in arguments or (LATEST,):
        report = ReadReport()
        try:
            for event in events_of(found(argument), report, known):
                fold.add(event)
                numbers.add(event)
                events += 1
        except (LogFormatError, ExtraMissing) as error:
            refused.append(error)
        tell_losses(report, argument)
    for sentence in numbers.told():
        complain(sentence)
    return ReadSessions(tell_refused(refused, nothing_read=not events), numbers.missing)

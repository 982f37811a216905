"""Which logs a command reads, and how it reports those that it cannot read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import click

from ag2obs.cli import complain, wording
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.index import SessionIndex
from ag2obs.log_paths import log_folder
from ag2obs.readers import ReadReport
from ag2obs.readers.find import configured_logs, expand, with_new_segments
from ag2obs.readers.log_reader import newer_schema_told
from ag2obs.settings import Settings

_NO_INDEX = Path("off")


class LogPath(click.Path):
    """A PATH or FOLDER argument. Python takes an empty one, as of an unset variable, for the current directory."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse an empty path."""
        if not os.fspath(value):
            self.fail("an empty path names no file and no folder.", param, ctx)
        return super().convert(value, param, ctx)


class TakesSessions(Protocol):
    """A fold that takes sessions as they are in the index."""

    def add_packed(self, packed: bytes) -> None:
        """Take in a packed session, or the part of one in a later file."""

    def add_bad_lines(self, count: int) -> None:
        """Take in lines that hold no event."""


def logs_at(paths: Sequence[Path]) -> list[Path]:
    """Return the logs at ``paths`` (files and folders), or the configured ones; raises ``LogFormatError``."""
    settings = Settings.from_environment()
    with opened_index(settings) as index:
        return expand(paths, index) if paths else _configured(settings, index)


def add_logs(fold: TakesSessions, paths: Sequence[Path]) -> ExitCode:
    """Add the logs at ``paths`` (files and folders) to ``fold``; without paths, the configured logs.

    A path that cannot be read is reported and left out, and makes the exit code 1. Raises ``LogFormatError`` or
    ``ExtraMissing`` where nothing at all can be read.
    """
    sessions = 0
    refused: list[Exception] = []
    settings = Settings.from_environment()
    with opened_index(settings) as index:
        logs = expand(paths, index, refused.append) if paths else _configured(settings, index)
        for log in with_new_segments(logs):
            try:
                counted = index.sessions(log)
            except (LogFormatError, ExtraMissing) as error:
                refused.append(error)
                continue
            for packed in counted.packed:
                fold.add_packed(packed)
            sessions += len(counted.packed)
            fold.add_bad_lines(counted.bad_lines)
            if counted.newer_schema:
                complain(newer_schema_told(str(log), counted.newer_schema))
        index.forget_deleted()
    return tell_refused(refused, nothing_read=not sessions)


def tell_refused(refused: Sequence[Exception], *, nothing_read: bool) -> ExitCode:
    """Report what could not be read; raises the last of it where nothing could, for then there is nothing to show."""
    if refused and nothing_read:
        *refused, last = refused
        tell_refused(refused, nothing_read=False)
        raise last
    for refusal in refused:
        complain(str(refusal))
    return ExitCode.ERROR if refused else ExitCode.SUCCESS


def tell_losses(report: ReadReport, name: str) -> None:
    """Report what reading the log of ``name`` left out."""
    if report.bad_lines:
        complain(f"{wording.counted(report.bad_lines, 'line')} of {name} cannot be read and are left out")
    if report.newer_schema:
        complain(newer_schema_told(name, report.newer_schema))


def forget(logs: Sequence[Path]) -> None:
    """Take out of the index what was counted in logs that do not say it any more."""
    if logs:
        with opened_index(Settings.from_environment()) as index:
            index.forget(logs)


@contextmanager
def opened_index(settings: Settings) -> Iterator[SessionIndex]:
    """Open the index of the user, or the folder that the settings name for it."""
    folder = settings.cache_dir
    if folder is None:
        from platformdirs import user_cache_path

        folder = user_cache_path("ag2obs", appauthor=False)
    index = SessionIndex(None if folder == _NO_INDEX else folder / "index.sqlite")
    try:
        yield index
    finally:
        index.close()


def _configured(settings: Settings, index: SessionIndex) -> list[Path]:
    logs = configured_logs(settings, index)
    if not logs:
        raise LogFormatError(
            f"there is no log in {log_folder(settings.log_file)} yet; "
            "run a workflow with AG2_RUNTIME_LOGGING=true, or name the log"
        )
    return logs

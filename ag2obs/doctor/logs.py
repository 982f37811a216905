"""The settings, and whether the log they name can be written, privately, and for how long."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from ag2obs.doctor.result import Result, Status
from ag2obs.errors import LogFormatError, SettingsError
from ag2obs.log_paths import log_folder
from ag2obs.readers.find import configured_logs
from ag2obs.settings import Settings

_LEAST_FREE = 100_000_000
"""Bytes of free disk below which a long chat may not fit."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def settings() -> Iterator[Result]:
    """Tell whether the settings are allowed, and what is old about them."""
    try:
        found = Settings.from_environment()
    except SettingsError as error:
        yield Result("settings", Status.PROBLEM, str(error))
        return
    for notice in found.notices:
        yield Result("settings", Status.WARNING, notice)
    if found.enabled:
        yield Result("settings", Status.OK, f"logging is on, to {found.log_file}")
    else:
        yield Result("settings", Status.OK, "logging is off: AG2_RUNTIME_LOGGING=true switches it on")


def rights() -> Iterator[Result]:
    """Tell whether the log can be written, and who else can read it."""
    found = _settings()
    if found is None:
        return
    folder = log_folder(found.log_file)
    existing = _existing(folder)
    if not existing.is_dir():
        yield Result("log", Status.PROBLEM, f"{existing} is not a folder, so no log can be written below it")
        return
    if not os.access(existing, os.W_OK | os.X_OK):
        sentence = f"no log can be written: {existing} is not writable"
        yield Result("log", Status.PROBLEM, sentence, f"chmod u+wx {shlex.quote(str(existing))}")
        return
    yield Result(
        "log", Status.OK, f"the log's folder {folder} " + ("is writable" if folder.exists() else "can be made")
    )
    if os.name == "posix":
        yield from _readable_by_others(folder, found)


def _readable_by_others(folder: Path, found: Settings) -> Iterator[Result]:
    if folder.is_dir() and not Path.cwd().is_relative_to(folder):
        mode = folder.stat().st_mode
        if mode & _OTHERS and not mode & stat.S_ISVTX:
            sentence = f"others can look into the log's folder {folder} ({stat.S_IMODE(mode):04o})"
            yield Result("log", Status.WARNING, sentence, f"chmod 700 {shlex.quote(str(folder))}")
    try:
        logs = configured_logs(found)
    except (OSError, LogFormatError) as error:
        yield Result("log", Status.WARNING, f"the logs in {folder} cannot be listed: {error}")
        return
    open_to_others = [log for log in logs if log.stat().st_mode & _OTHERS]
    if open_to_others:
        names = " ".join(shlex.quote(str(log)) for log in open_to_others[:5])
        sentence = f"others can read {len(open_to_others):,} of {len(logs):,} logs in {folder}"
        yield Result("log", Status.WARNING, sentence, f"chmod 600 {names}")
    not_ours = [log for log in logs if not os.access(log, os.W_OK)]
    if not_ours:
        sentence = f"the log {not_ours[0]} cannot be written to"
        yield Result("log", Status.PROBLEM, sentence, f"chmod u+w {shlex.quote(str(not_ours[0]))}")


def disk() -> Iterator[Result]:
    """Tell whether there is room for the log and its rotated files."""
    found = _settings()
    if found is None:
        return
    folder = _existing(log_folder(found.log_file))
    free = shutil.disk_usage(folder).free
    room = found.log_max_bytes * (found.log_backups + 1)
    sentence = f"{free / 1e9:,.1f} GB are free for logs in {folder}"
    if free < _LEAST_FREE:
        yield Result("disk", Status.PROBLEM, f"only {free / 1e6:,.0f} MB are free for logs in {folder}")
    elif free < room:
        sentence += f", less than the log and its {found.log_backups} rotated files may take ({room / 1e9:,.1f} GB)"
        yield Result("disk", Status.WARNING, sentence, "set AG2OBS_LOG_MAX_BYTES or AG2OBS_LOG_BACKUPS lower")
    else:
        yield Result("disk", Status.OK, sentence)


def _settings() -> Settings | None:
    """Return the settings; None where they are refused, which ``settings`` tells."""
    try:
        return Settings.from_environment()
    except SettingsError:
        return None


def _existing(folder: Path) -> Path:
    """Return the nearest of a folder and its parents that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())

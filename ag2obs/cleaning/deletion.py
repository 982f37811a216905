"""Deletes the files of a plan, each only while nobody else has it open and it is what was planned for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ag2obs.cleaning.inventory import StoredFile, StoredLog
from ag2obs.cleaning.plan import Going, Plan
from ag2obs.files.locks import exclusive
from ag2obs.log_segments import lock_path
from ag2obs.sinks.closed_file import closed, holds_events


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: StoredFile
    problem: str | None = None
    """Why it was not deleted; None where it was."""


def delete(found: Plan, folder: Path | None) -> Iterator[Outcome]:
    """Delete what the plan says, the files of one log in their order; after a file that stays, the rest stays.

    Folders below ``folder`` that this leaves empty go too.
    """
    stopped: set[int] = set()
    for going in found.going:
        if id(going.log) in stopped:
            yield Outcome(going.file, "an older file of its log could not be deleted")
            continue
        problem = _delete(going)
        if problem is not None:
            stopped.add(id(going.log))
        elif folder is not None:
            _remove_emptied(going.file.path.parent, folder)
        yield Outcome(going.file, problem)


def _delete(going: Going) -> str | None:
    """Delete one file and its compressed copy; returns why not."""
    file, log = going.file, going.log
    lock = lock_path(log.log)
    try:
        with ExitStack() as held:
            if lock.exists() and not held.enter_context(exclusive(lock)):
                return "another process is working on its log"
            if not all(held.enter_context(closed(path)) for path in file.paths):
                return "a session has it open, or it is gone"
            changed = max(os.lstat(path).st_mtime for path in file.paths)
            if changed != file.changed or not all(map(holds_events, file.paths)):
                return "it was changed meanwhile"
            for path in reversed(file.paths):
                path.unlink()
            if file.path == log.log and _is_last(log):
                # While the log itself was held nobody could rotate it, so that nobody waits for this lock file.
                with contextlib.suppress(FileNotFoundError):
                    lock.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _is_last(log: StoredLog) -> bool:
    return not any(path.exists() for file in log.files for path in file.paths)


def _remove_emptied(folder: Path, top: Path) -> None:
    """Remove a folder in which a log was deleted, and those above it up to ``top``, as far as they are empty."""
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return  # something else is in it
        folder = folder.parent

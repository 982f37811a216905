"""Which files a scan reads."""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ag2obs.files.decompression import DamagedFile
from ag2obs.scanning.git import not_ignored, staged_files

STANDARD_INPUT = "-"

_NEVER = frozenset({".git"})
"""Folders that are not entered: what git keeps there is compressed, and is not to be rewritten."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read, or the reason why it cannot be."""

    path: str
    size: int = 0
    reason: str | None = None
    blob: str | None = None
    """git's name of the staged content, which is read instead of the file."""
    start: int = 0
    """Where a part of a file begins, which is always with a line; see ``parts.py``."""
    end: int | None = None
    """Where it ends, None for the end of the file."""


def find_files(
    paths: Iterable[str | os.PathLike[str]], exclude: Sequence[str] = (), *, respect_gitignore: bool = False
) -> list[FoundFile]:
    """Return files as they are and folders as all files below them, each file once, in order.

    A path that does not exist may be a pattern (``logs/**/*.log``), for shells that leave it as it is. Hidden and
    git-ignored files are among them, the latter not with ``respect_gitignore``; ``.git`` is not, nor what a pattern
    of ``exclude`` matches (a name, or a path as it would be printed). Symbolic links are followed where they are named
    themselves, not within folders, where their targets are looked for in their own place. Raises GitFailed where git
    has to be asked and cannot answer.
    """
    found: dict[object, FoundFile] = {}
    for path in [os.fspath(path) for path in paths]:
        for name in _expanded(path):
            if not os.path.isdir(name):
                files: Iterable[FoundFile] = [_named(name)]
            elif respect_gitignore:
                files = _below_in_git(name, exclude)
            else:
                files = _below(name, exclude)
            for file in files:
                found.setdefault(_identity(file), file)
    return list(found.values())


def find_staged_files(paths: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[FoundFile]:
    """Return what is staged for the next commit, all of it or what is at ``paths``; raises GitFailed."""
    return [
        FoundFile(each.path, blob=each.blob)
        for each in staged_files(paths)
        if not _is_within_excluded(each.path, exclude)
    ]


def _expanded(path: str) -> list[str]:
    """Return what a pattern matches; a path that is none, that exists or that matches nothing stays as it is."""
    if path == STANDARD_INPUT or not glob.has_magic(path) or os.path.lexists(path):
        return [path]
    return sorted(glob.glob(path, recursive=True, include_hidden=True)) or [path]


def _named(path: str) -> FoundFile:
    if path == STANDARD_INPUT:
        return FoundFile(path)
    try:
        return FoundFile(path, os.stat(path).st_size)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        return FoundFile(path, reason=reason_of(error))


def _below(folder: str, exclude: Sequence[str]) -> Iterator[FoundFile]:
    """Yield the regular files of a folder tree, sorted, and the folders in it that cannot be read."""
    failed: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=failed.append):
        folders[:] = sorted(
            name for name in folders if name not in _NEVER and not _is_excluded(os.path.join(parent, name), exclude)
        )
        for name in sorted(names):
            path = os.path.join(parent, name)
            if not _is_excluded(path, exclude):
                yield from _regular(path)
    for error in failed:
        yield FoundFile(str(error.filename), reason=reason_of(error))


def _below_in_git(folder: str, exclude: Sequence[str]) -> Iterator[FoundFile]:
    for name in not_ignored(folder):
        path = os.path.join(folder, name)
        if _is_within_excluded(name, exclude) or _is_excluded(path, exclude):
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            yield from _below_in_git(path, exclude)  # a repository of its own
        elif os.path.lexists(path):  # a deleted file is still in the index
            yield from _regular(path)


def _regular(path: str) -> Iterator[FoundFile]:
    try:
        status = os.lstat(path)
    except OSError as error:
        yield FoundFile(path, reason=reason_of(error))
        return
    if stat.S_ISREG(status.st_mode):
        yield FoundFile(path, status.st_size)


def _is_excluded(path: str, patterns: Sequence[str]) -> bool:
    name = os.path.basename(path)
    return any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(path, pattern) for pattern in patterns)


def _is_within_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a file or one of the folders it is in is excluded."""
    parts = path.split("/")
    return any(_is_excluded("/".join(parts[: count + 1]), patterns) for count in range(len(parts)))


def _identity(file: FoundFile) -> object:
    """Return what is equal for two paths of one file; hard links are files of their own, each to be told."""
    return file.path if file.path == STANDARD_INPUT or file.reason else os.path.realpath(file.path)


def reason_of(error: Exception) -> str:
    """Return in a few words why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, DamagedFile):
        return "is damaged or cut short; what precedes was read"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()

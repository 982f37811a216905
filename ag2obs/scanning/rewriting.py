"""Masks the secrets in a file: a new file takes the old one's place in one step, or nothing happens at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ag2obs.files.locks import release, try_exclusive
from ag2obs.files.replacement import new_version
from ag2obs.redaction import Redactor
from ag2obs.scanning.files import STANDARD_INPUT
from ag2obs.scanning.masking import Masking, Refused, refuse_damage, write_masked
from ag2obs.scanning.text import TextOfFile

_SQLITE_MAGIC = b"SQLite format 3\0"
"""SQLite's documentation, "Database File Format", 1.3."""

_TEMPORARY = ".ag2obs-sanitize"
"""How the names of unfinished files end; one that is left over holds a part of the masked text."""


_SHOWN_OF_A_NAME = 50
"""Characters of a file's name that are in the name of its unfinished copy; file systems take 255 bytes."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of a file."""

    path: str
    secrets: int
    """How many were masked, or would be; 0 where the file was left as it is."""
    other_names: int = 0
    """Hard links that still lead to the old file."""


def rewrite(path: str, redactor: Redactor, *, dry_run: bool = False, same_length: bool = False) -> Rewritten:
    """Replace the file at ``path`` by a copy whose secrets are masked, as redaction does when it writes a log.

    With ``same_length`` each by as many bytes as it has, so that everything else stays at its place. Mode, times and,
    where we may, the owner stay; gzip stays gzip, and zstd zstd. A symbolic link stays one: its target is rewritten.
    Where nothing is found the file is not touched. Raises Refused for a file that a session is writing to, that
    changed meanwhile, that is damaged, or that holds secrets in a form which cannot be rewritten; OSError where it
    cannot be read or written; ExtraMissing for zstd that nothing installed can read.
    """
    masking = Masking(redactor, same_length)
    target = os.path.realpath(path)
    found = _search(target, masking, all_of_them=dry_run)
    if dry_run or not found:
        return Rewritten(path, found)
    with _claimed(target) as before:
        _remove_leftovers(target)
        with _replacement(target, like=target, before=before) as file:
            secrets = _copy_masked(target, file, masking)
    return Rewritten(path, secrets, before.st_nlink - 1)


def write_copy(path: str, output: str, redactor: Redactor, *, same_length: bool = False) -> Rewritten:
    """Write a masked copy of the file at ``path``, or of standard input, to the file ``output``, in one step.

    A copy of a file has its mode and times. Raises what ``rewrite`` raises.
    """
    target = os.path.realpath(output)
    with _replacement(target, like=None if path == STANDARD_INPUT else path) as file:
        secrets = _copy_masked(path, file, Masking(redactor, same_length))
    return Rewritten(path, secrets)


def write_stream(path: str, output: BinaryIO, redactor: Redactor, *, same_length: bool = False) -> Rewritten:
    """Write the same to an open file, such as standard output, as it comes."""
    secrets = _copy_masked(path, output, Masking(redactor, same_length))
    output.flush()
    return Rewritten(path, secrets)


def _search(target: str, masking: Masking, *, all_of_them: bool) -> int:
    """Return how many secrets there are, or at least whether there are some; refuse what cannot be rewritten."""
    found = 0
    with contextlib.closing(TextOfFile(target)) as text:
        for _, count in masking.pieces(text):
            found += count
            if found and not all_of_them and not text.is_binary:
                break
        refuse_damage(text)
    if found:
        _refuse_form(target, found, text.is_binary)
    return found


def _refuse_form(target: str, found: int, binary: bool) -> None:
    secrets = f"{found:,} secret{'' if found == 1 else 's'}"
    with open(target, "rb") as file:
        is_database = file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    if is_database:
        raise Refused(f"is a SQLite database with {secrets}, which cannot be rewritten")
    if binary:
        raise Refused(f"is a binary file with {secrets}, which cannot be rewritten")


def _copy_masked(path: str, file: BinaryIO, masking: Masking) -> int:
    with contextlib.closing(TextOfFile(path)) as text:
        if text.is_binary:
            raise Refused("is a binary file, which cannot be masked")
        return write_masked(text, file, masking)


@contextlib.contextmanager
def _claimed(target: str) -> Iterator[os.stat_result]:
    """Hold the exclusive lock that tells us from open sessions, which hold a shared one; yields the file's status."""
    descriptor = os.open(target, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Refused("is not a regular file")
        # Without locks a change meanwhile is still noticed, and Windows does not replace what is open.
        if try_exclusive(descriptor) is False:
            raise Refused("is being written to by an open session: try again when that has ended")
        yield status
    finally:
        release(descriptor)


@contextlib.contextmanager
def _replacement(target: str, like: str | None, before: os.stat_result | None = None) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of ``target`` after the block, with mode and times of ``like``.

    Where the status of ``target`` was different ``before`` it is refused; else owner and time of access stay too.
    """
    with new_version(target, prefix=_prefix(target), suffix=_TEMPORARY) as (file, temporary):
        yield file
        file.flush()
        if before is not None:
            _keep_owner(file.fileno(), before)
        if like is not None:
            shutil.copystat(like, temporary)
        if before is not None:
            _refuse_change(target, before)
            os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))


def _refuse_change(target: str, before: os.stat_result) -> None:
    now = os.stat(target)
    if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
        raise Refused("was changed while it was being rewritten: try again")


def _remove_leftovers(target: str) -> None:
    """Remove what a run that was killed left of this file; the file is locked, so nobody else is at work on it."""
    folder = os.path.dirname(target)
    # Eight characters between prefix and suffix, as tempfile makes them.
    pattern = re.compile(re.escape(_prefix(target)) + r"[a-z0-9_]{8}" + re.escape(_TEMPORARY))
    with contextlib.suppress(OSError), os.scandir(folder) as entries:  # a leftover is in nobody's way
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)


def _prefix(target: str) -> str:
    """Return how the names of unfinished copies of ``target`` begin: of this file's only, however long its name is."""
    name = os.path.basename(target)
    digest = hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()
    return f".{name[:_SHOWN_OF_A_NAME]}.{digest}."


def _keep_owner(descriptor: int, before: os.stat_result) -> None:
    """Give the new file the owner of the old one; without the right to, at least its group, or leave it ours."""
    if not hasattr(os, "fchown"):
        return
    for owner in (before.st_uid, -1):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner, before.st_gid)
            return

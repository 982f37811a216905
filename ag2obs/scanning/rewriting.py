"""Masks the secrets in a file: a new file takes the old one's place in one step, or nothing happens at all."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from ag2obs.errors import Ag2obsError
from ag2obs.files.decompression import GZIP_MAGIC, ZSTD_MAGIC
from ag2obs.files.durability import sync_folder
from ag2obs.files.locks import release, try_exclusive
from ag2obs.redaction import Redactor, masked
from ag2obs.redaction.rule import Confidence
from ag2obs.scanning.files import reason_of
from ag2obs.scanning.pieces import pieces
from ag2obs.scanning.text import TextOfFile

_SQLITE_MAGIC = b"SQLite format 3\0"
"""SQLite's documentation, "Database File Format", 1.3."""

_MOST_PASSES = 8
"""A masked secret may uncover one that it touched; see ``redaction.engine``."""


class Refused(Ag2obsError):
    """A file was left as it is; the text says why, without the path."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of a file."""

    path: str
    secrets: int
    """How many were masked, or would be; 0 where the file was left as it is."""
    other_names: int = 0
    """Hard links that still lead to the old file."""


def rewrite(path: str, redactor: Redactor, *, dry_run: bool = False) -> Rewritten:
    """Replace the secrets in the file at ``path`` by their markers, as redaction does when it writes a log.

    Mode, times and, where we may, the owner stay; gzip stays gzip. A symbolic link stays one: its target is rewritten.
    Where nothing is found the file is not touched. Raises Refused for a file that a session is writing to, that
    changed meanwhile, that is damaged, or that holds secrets in a form which cannot be rewritten; OSError where it
    cannot be read or written; ExtraMissing for zstd that nothing installed can read.
    """
    target = os.path.realpath(path)
    found = _search(target, redactor, all_of_them=dry_run)
    if dry_run or not found:
        return Rewritten(path, found)
    with _claimed(target) as before:
        secrets = _replace(target, before, redactor)
    return Rewritten(path, secrets, before.st_nlink - 1)


def _search(target: str, redactor: Redactor, *, all_of_them: bool) -> int:
    """Return how many secrets there are, or at least whether there are some; refuse what cannot be rewritten."""
    found = 0
    with contextlib.closing(TextOfFile(target)) as text:
        for _, count in _masked_pieces(text, redactor):
            found += count
            if found and not all_of_them and not text.is_binary:
                break
        _refuse_damage(text)
    if found:
        _refuse_form(target, found, text.is_binary)
    return found


def _refuse_form(target: str, found: int, binary: bool) -> None:
    secrets = f"{found:,} secret{'' if found == 1 else 's'}"
    with open(target, "rb") as file:
        head = file.read(len(_SQLITE_MAGIC))
    if head == _SQLITE_MAGIC:
        raise Refused(f"is a SQLite database with {secrets}, which cannot be rewritten")
    if head.startswith(ZSTD_MAGIC):
        raise Refused("holds secrets and is compressed with zstd: decompress it first")
    if binary:
        raise Refused(f"is a binary file with {secrets}, which cannot be rewritten")


def _refuse_damage(text: TextOfFile) -> None:
    if text.damage is not None:
        raise Refused(reason_of(text.damage).replace("read", "left as it is"))


def _masked_pieces(text: TextOfFile, redactor: Redactor) -> Iterator[tuple[bytes, int]]:
    """Yield the text piece by piece, masked, and how many secrets each held; of binary files, only certain ones."""
    for data, findings, line_is_json in pieces(text.read, redactor):
        if text.is_binary:
            findings = [found for found in findings if found.confidence is Confidence.FORMAT]
            yield data, len(findings)
            continue
        count = 0
        for _ in range(_MOST_PASSES):
            if not findings:
                break
            count += len(findings)
            data = masked(data, findings)
            findings = redactor.find_in_lines(data, line_is_json)
        yield data, count


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


def _replace(target: str, before: os.stat_result, redactor: Redactor) -> int:
    folder, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:100]}.", suffix=".tmp", dir=folder)
    try:
        with open(descriptor, "wb") as file:
            secrets = _write_masked(target, file, redactor)
            file.flush()
            _keep_owner(file.fileno(), before)
            shutil.copystat(target, temporary)
            os.fsync(file.fileno())
        now = os.stat(target)
        if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
            raise Refused("was changed while it was being rewritten: try again")
        os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace(temporary, target)
    except BaseException:  # an interrupt too must leave nothing behind
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(folder)
    return secrets


def _write_masked(target: str, file: IO[bytes], redactor: Redactor) -> int:
    secrets = 0
    with contextlib.ExitStack() as stack:
        text = stack.enter_context(contextlib.closing(TextOfFile(target)))
        with open(target, "rb") as raw:
            is_gzip = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        write: Callable[[bytes], object] = file.write
        if is_gzip:
            compressor = stack.enter_context(gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0))
            write = compressor.write
        for data, count in _masked_pieces(text, redactor):
            write(data)
            secrets += count
        _refuse_damage(text)
    return secrets


def _keep_owner(descriptor: int, before: os.stat_result) -> None:
    """Give the new file the owner of the old one; without the right to, at least its group, or leave it ours."""
    if not hasattr(os, "fchown"):
        return
    for owner in (before.st_uid, -1):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, owner, before.st_gid)
            return

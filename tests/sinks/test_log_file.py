"""The file of a session: whole lines, one write each, and only its own bytes masked."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ag2obs.sinks import masking
from ag2obs.sinks.log_file import LogFile

SECRET = b"SECRET-VALUE"
Write = Callable[[int, bytes], int]


def find(data: bytes) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(SECRET, data)]


def mask(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    masked = bytearray(data)
    for start, end in spans:
        masked[start:end] = b"*" * (end - start)
    return bytes(masked)


def masked_secrets(file: LogFile, **limits: int) -> int:
    return file.mask_secrets(find, mask, len(SECRET), **limits)


@pytest.fixture
def file(tmp_path: Path) -> LogFile:
    return LogFile(tmp_path / "logs" / "run.jsonl")


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was given to ``os.write``."""
    seen: list[bytes] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: (seen.append(bytes(data)), write(fd, data))[1])
    return seen


def writing(monkeypatch: pytest.MonkeyPatch, *steps: int | OSError) -> None:
    """Make the next calls of ``os.write`` write so many bytes only, or fail."""
    left = list(steps)
    write = os.write

    def limited(descriptor: int, data: bytes) -> int:
        step = left.pop(0) if left else len(data)
        if isinstance(step, OSError):
            raise step
        return write(descriptor, bytes(data[:step])) if step else 0

    monkeypatch.setattr(os, "write", limited)


NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


def test_file_and_folder_are_for_their_owner_only(file: LogFile) -> None:
    previous = os.umask(0)
    try:
        assert file.append(b"{}\n")
    finally:
        os.umask(previous)
    file.close()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b"new\n"), (b"old\n", b"old\nnew\n"), (b'old\n{"to', b'old\n{"to\nnew\n')]
)
def test_a_torn_line_is_ended_before_the_first_of_ours(before: bytes, after: bytes, file: LogFile) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(before)
    assert file.append(b"new\n")
    file.close()
    assert file.path.read_bytes() == after


def test_an_append_is_one_write(file: LogFile, writes: list[bytes]) -> None:
    for line in (b"one\n", b"two\nthree\n", b"x" * 3_000_000 + b"\n"):
        assert file.append(line)
        assert writes == [line]
        assert file.path.read_bytes().endswith(line)  # on file already: nothing waits in a buffer
        writes.clear()
    file.close()
    assert writes == []


def test_a_short_write_is_continued(file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.follow()
    writing(monkeypatch, 3, 1)
    assert file.append(b"one line\n")
    assert file.append(b"two\n")
    file.close()
    assert file.path.read_bytes() == b"one line\ntwo\n"
    assert file.failed_writes == 0


def test_append_after_close_opens_the_file_again(file: LogFile) -> None:
    file.append(b"one\n")
    file.close()
    file.close()
    assert file.append(b"two %b\n" % SECRET)
    assert file.path.read_bytes().startswith(b"one\ntwo ")
    assert masked_secrets(file) == 1
    file.close()


def test_masking_leaves_the_bytes_of_another_writer_alone(file: LogFile) -> None:
    other = LogFile(file.path)
    for number in range(4):
        assert file.append(b"ours %d %b\n" % (number, SECRET))
        assert other.append(b"theirs %d %b\n" % (number, SECRET))
    size = file.path.stat().st_size
    assert masked_secrets(file) == 4
    other.append(b"theirs, after\n")
    lines = file.path.read_bytes().splitlines()
    assert [line for line in lines if SECRET in line] == [b"theirs %d %b" % (number, SECRET) for number in range(4)]
    assert [line for line in lines if b"***" in line] == [b"ours %d ************" % number for number in range(4)]
    assert file.path.stat().st_size == size + len(b"theirs, after\n")
    assert masked_secrets(file) == 0
    for each in (file, other):
        each.close()


def test_masking_up_to_a_mark(file: LogFile) -> None:
    other = LogFile(file.path)
    assert masked_secrets(file) == 0
    file.append(b"one %b\n" % SECRET)
    other.append(b"theirs %b\n" % SECRET)
    file.append(b"two %b\n" % SECRET)
    mark = file.mark()
    file.append(b"three %b\n" % SECRET)
    assert masked_secrets(file, first_bytes=mark) == 2
    assert [SECRET in line for line in file.path.read_bytes().splitlines()] == [False, True, False, True]
    for each in (file, other):
        each.close()


@pytest.mark.parametrize("chunk", [1, 5, 16, 64])
def test_a_secret_across_chunks_is_found(chunk: int, file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_CHUNK", chunk)
    written = b"".join(b"." * number + SECRET + b"\n" for number in range(40))
    assert file.append(written)
    assert masked_secrets(file) == 40
    assert file.path.read_bytes() == written.replace(SECRET, b"*" * len(SECRET))
    file.close()


def test_a_device_takes_lines_and_has_nothing_to_mask() -> None:
    file = LogFile(Path(os.devnull))
    assert file.append(SECRET + b"\n")
    assert (file.mark(), masked_secrets(file)) == (0, 0)
    file.sync()
    file.close()
    assert file.last_error is None


def test_a_failed_write_is_counted_and_the_next_one_goes_on(file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    assert file.append(b"one\n")
    writing(monkeypatch, NO_SPACE)
    assert not file.append(b"two\n")
    assert (file.failed_writes, file.last_error) == (1, NO_SPACE)
    assert file.append(b"three\n")
    file.close()
    assert file.path.read_bytes() == b"one\nthree\n"


def test_a_folder_that_cannot_be_made_is_a_failed_write(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    file = LogFile(tmp_path / "logs" / "run.jsonl")
    assert not file.append(b"one\n")
    assert file.failed_writes == 1
    assert isinstance(file.last_error, OSError)


@pytest.mark.parametrize("last", [NO_SPACE, 0], ids=["error", "nothing written"])
def test_a_line_that_was_cut_off_is_ended_and_masked(
    last: int | OSError, file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file.append(b"one\n")
    writing(monkeypatch, 15, last, NO_SPACE)
    assert not file.append(SECRET + b" is in the part on disk\n")
    assert not file.append(b"lost\n")
    assert file.append(b"three\n")
    assert file.failed_writes == 2
    assert file.path.read_bytes() == b"one\n" + SECRET + b" is\nthree\n"
    assert masked_secrets(file) == 1
    assert file.mark() == file.path.stat().st_size
    file.close()


def test_a_continued_write_does_not_claim_what_others_wrote_between(
    file: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = LogFile(file.path)
    other.follow()
    file.follow()
    write = os.write
    theirs = SECRET + b"\n"

    def interleaved(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", write)
        written = write(descriptor, bytes(data[:21]))
        other.append(theirs)
        return written

    monkeypatch.setattr(os, "write", interleaved)
    assert file.append(b"ours, cut at the end! " + SECRET + b"\n")
    assert file.path.read_bytes() == b"ours, cut at the end!" + theirs + b" " + SECRET + b"\n"
    assert masked_secrets(file) == 1
    assert file.path.read_bytes() == b"ours, cut at the end!" + theirs + b" " + b"*" * len(SECRET) + b"\n"
    for each in (file, other):
        each.close()

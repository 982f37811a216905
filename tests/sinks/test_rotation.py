"""The log moves: it is rotated when it is full, and followed wherever somebody else put it."""

from __future__ import annotations

import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from ag2obs.files.locks import exclusive
from ag2obs.log_segments import lock_path, segment_path, segments_of
from ag2obs.sinks.log_file import LogFile

SECRET = b"SECRET-VALUE"


def put(file: LogFile, line: bytes) -> bool:
    """Append a line as a session does; returns whether a new file was begun with it."""
    moved = file.follow()
    assert file.append(line + b"\n")
    return moved


def masked(file: LogFile) -> int:
    def find(data: bytes) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(SECRET, data)]

    def mask(data: bytes, spans: list[tuple[int, int]]) -> bytes:
        return data.replace(SECRET, b"*" * len(SECRET))

    return file.mask_secrets(find, mask, len(SECRET))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def test_a_full_log_becomes_a_segment(path: Path) -> None:
    file = LogFile(path, max_bytes=20)
    assert [put(file, b"line %d...." % number) for number in range(6)] == [False, False, True, False, True, False]
    file.close()
    assert [segment.read_bytes() for segment in (*segments_of(path), path)] == [
        b"line %d....\nline %d....\n" % (number, number + 1) for number in (0, 2, 4)
    ]


def test_zero_never_rotates(path: Path) -> None:
    file = LogFile(path, max_bytes=0)
    assert not any(put(file, b"x" * 1_000) for _ in range(5))
    file.close()
    assert segments_of(path) == []


def test_another_writer_follows(path: Path) -> None:
    one, other = LogFile(path, max_bytes=10), LogFile(path, max_bytes=10)
    put(one, b"one 1")
    put(other, b"other 1")
    assert put(one, b"one 2")
    assert put(other, b"other 2")
    for file in (one, other):
        file.close()
    assert segment_path(path, 1).read_bytes() == b"one 1\nother 1\n"
    assert path.read_bytes() == b"one 2\nother 2\n"


def test_threads_rotate_once_and_lose_nothing(path: Path) -> None:
    def write(name: int) -> None:
        file = LogFile(path, max_bytes=2_000)
        for number in range(300):
            put(file, b"%d-%d" % (name, number))
        file.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = b"".join(segment.read_bytes() for segment in (*segments_of(path), path)).splitlines()
    assert sorted(lines) == sorted(b"%d-%d" % (name, number) for name in range(6) for number in range(300))
    assert len(segments_of(path)) >= 4


def test_numbers_go_on_behind_compressed_segments(path: Path) -> None:
    segment_path(path, 7).with_name("run.log.000007.gz").touch()
    file = LogFile(path, max_bytes=1)
    put(file, b"one")
    put(file, b"two")
    file.close()
    assert segment_path(path, 8).read_bytes() == b"one\n"


def test_who_finds_the_lock_taken_writes_on(path: Path) -> None:
    file = LogFile(path, max_bytes=1)
    put(file, b"one")
    with exclusive(lock_path(path)) as held:
        assert held
        assert not put(file, b"two")
    assert put(file, b"three")
    file.close()
    assert segment_path(path, 1).read_bytes() == b"one\ntwo\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_new_name_lets_the_log_grow(path: Path) -> None:
    file = LogFile(path, max_bytes=1)
    put(file, b"one")
    path.parent.chmod(0o500)
    try:
        assert not put(file, b"two")
    finally:
        path.parent.chmod(0o700)
    file.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_rename_that_fails_lets_the_log_grow(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(os, "rename", refuse)
    file = LogFile(path, max_bytes=4)
    assert [put(file, b"line") for _ in range(3)] == [False, False, False]
    file.close()
    assert path.read_bytes() == b"line\n" * 3


def test_a_log_that_somebody_renamed_is_masked_there(path: Path) -> None:
    file = LogFile(path)
    put(file, SECRET)
    path.rename(path.with_name("run.log.1"))
    assert put(file, SECRET)
    assert masked(file) == 2
    file.close()
    assert path.with_name("run.log.1").read_bytes() == path.read_bytes() == b"*" * len(SECRET) + b"\n"


def test_deleted_lines_are_counted(path: Path) -> None:
    file = LogFile(path)
    put(file, b"one")
    put(file, b"two")
    assert file.take_lost_lines() == 0
    path.unlink()
    assert put(file, b"three")
    assert file.take_lost_lines() == 2
    shutil.rmtree(path.parent)
    assert put(file, b"four")
    assert file.take_lost_lines() == 1
    file.close()
    assert path.read_bytes() == b"four\n"


def test_an_emptied_log_is_counted(path: Path) -> None:
    file = LogFile(path)
    put(file, b"one " + SECRET)
    os.truncate(path, 0)
    assert put(file, b"two " + SECRET)
    assert not put(file, b"three")
    assert file.take_lost_lines() == 1
    assert masked(file) == 1
    file.close()
    assert path.read_bytes() == b"two ************\nthree\n"


def test_segments_are_beside_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "run.log"
    link.symlink_to(tmp_path / "elsewhere" / "real.log")
    file = LogFile(link, max_bytes=1)
    put(file, b"one")
    put(file, b"two")
    file.close()
    assert link.is_symlink()
    assert [path.name for path in segments_of(link)] == ["real.log.000001"]
    assert link.read_bytes() == b"two\n"


def test_what_is_open_is_locked_until_it_is_beyond_the_backups(path: Path) -> None:
    file = LogFile(path, max_bytes=1, backups=2)
    for number in range(4):
        put(file, b"%d" % number)
    assert file.must_release
    assert [is_free(segment) for segment in segments_of(path)] == [False, False, False]
    file.release_oldest()
    assert [is_free(segment) for segment in segments_of(path)] == [True, False, False]
    file.close()
    assert all(is_free(segment) for segment in segments_of(path))


def is_free(segment: Path) -> bool:
    with exclusive(segment) as held:
        return held

"""Which files retention deletes, and which it never touches."""

from __future__ import annotations

import fcntl
import gzip
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ag2obs.files import locks
from ag2obs.log_paths import log_names
from ag2obs.log_segments import LogFiles, lock_path, logs_below, segment_path
from ag2obs.sinks.retention import Retention, retire_logs, retire_segments

EVENT = b'{"v":1,"ts":"2026-11-21T08:00:00.000000Z","seq":1,"kind":"session.start"}\n'
NOW = 1_800_000_000.0
DAY = 86_400


def put(path: Path, *, days: float = 0, content: bytes = EVENT) -> Path:
    """Write a file that was changed so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    os.utime(path, (NOW - days * DAY,) * 2)
    return path


def names(folder: Path) -> list[str]:
    """Return every file and folder below ``folder``."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@contextmanager
def open_session(path: Path) -> Iterator[None]:
    """Hold a file as a session does."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def shared(log: Path) -> LogFiles:
    (files,) = logs_below(log.parent, log_names(str(log)))
    return files


def retire(folder: Path, template: str, **kept: int) -> None:
    """Apply retention to the logs of sessions in ``folder``."""
    found = logs_below(folder, log_names(str(folder / template)))
    retire_logs(found, Retention(10, **kept), folder, NOW, lambda: False)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A shared log with five segments, a day between them."""
    log = put(tmp_path / "run.log")
    for number in range(1, 6):
        put(segment_path(log, number), days=6 - number)
    return log


def test_segments_beyond_the_backups_go_oldest_first(log: Path) -> None:
    files = shared(log)
    retire_segments(files, Retention(2), NOW)
    assert names(log.parent) == ["run.log", "run.log.000004", "run.log.000005"]
    assert sorted(path.name for path in files.segments) == ["run.log.000004", "run.log.000005"]


def test_segments_past_their_days_go(log: Path) -> None:
    retire_segments(shared(log), Retention(10, days=3), NOW)
    assert names(log.parent) == ["run.log", "run.log.000003", "run.log.000004", "run.log.000005"]


def test_a_shared_log_stays_however_old_it_is(tmp_path: Path) -> None:
    log = put(tmp_path / "run.log", days=1000)
    retire_segments(shared(log), Retention(1, days=1), NOW)
    assert names(tmp_path) == ["run.log"]


def test_a_segment_that_a_session_has_open_stays_and_the_others_go(log: Path) -> None:
    with open_session(segment_path(log, 2)):
        retire_segments(shared(log), Retention(1, days=2), NOW)
        assert names(log.parent) == ["run.log", "run.log.000002", "run.log.000005"]
    retire_segments(shared(log), Retention(1), NOW)
    assert names(log.parent) == ["run.log", "run.log.000005"]


def test_compressed_segments_count_and_go_like_others(log: Path) -> None:
    for number in (1, 2, 4):
        segment_path(log, number).unlink()
        put(segment_path(log, number).with_name(f"run.log.00000{number}.gz"), days=6 - number)
    put(log.with_name("run.log.000005.gz"), days=1)
    retire_segments(shared(log), Retention(2), NOW)
    assert names(log.parent) == ["run.log", "run.log.000004.gz", "run.log.000005", "run.log.000005.gz"]


@pytest.mark.parametrize(
    "foreign",
    [b"", b"notes of mine\n", b'{"version":1}\n', b'{"v":1}\n', b"\x1f\x8b broken", b"PK\x03\x04"],
    ids=["empty", "text", "json", "no-event", "damaged-gzip", "zip"],
)
def test_what_is_none_of_ours_stays_under_any_name(foreign: bytes, log: Path) -> None:
    first, second = segment_path(log, 1), log.with_name("run.log.000002.gz")
    segment_path(log, 2).unlink()
    first.write_bytes(foreign)
    second.write_bytes(foreign)
    os.utime(first, (NOW - 99 * DAY,) * 2)
    os.utime(second, (NOW - 99 * DAY,) * 2)
    retire_segments(shared(log), Retention(1, days=1), NOW)
    assert names(log.parent) == ["run.log", "run.log.000001", "run.log.000002.gz", "run.log.000005"]
    assert first.read_bytes() == second.read_bytes() == foreign


def test_links_are_neither_deleted_nor_followed(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside" / "chat_1.log", days=99)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "chat_2.log").symlink_to(outside)
    put(folder / "chat_3.log")
    (folder / "chat_3.log.000001").symlink_to(outside)
    (folder / "chat_4").symlink_to(outside.parent)
    retire(folder, "{chat_id}.log", days=1)
    retire(folder, "{chat_id}/{chat_id}.log", days=1)
    retire_segments(shared(folder / "chat_3.log"), Retention(1, days=1), NOW)
    assert names(folder) == ["chat_2.log", "chat_3.log", "chat_3.log.000001", "chat_4"]
    assert outside.read_bytes() == EVENT


def test_logs_of_sessions_past_their_days_go_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    old = put(tmp_path / "old.log", days=8)
    put(segment_path(old, 1), days=9)
    put(old.with_name("old.log.000002.gz"), days=9)
    put(lock_path(old), days=9, content=b"")
    put(tmp_path / ".old.log.000003.gz.tmp", days=9)
    going_on = put(tmp_path / "new.log", days=1)
    put(segment_path(going_on, 1), days=9)
    put(tmp_path / "old.txt", days=99)
    put(tmp_path / "Old.log", days=99)
    put(tmp_path / "old.log.bak", days=99)
    put(tmp_path / "below" / "old.log", days=99)
    retire(tmp_path, "{chat_id}.log", days=7)
    assert names(tmp_path) == [
        "Old.log", "below", "below/old.log", "new.log", "new.log.000001", "old.log.bak", "old.txt",
    ]  # fmt: skip


def test_an_open_session_keeps_its_log_and_every_segment(tmp_path: Path) -> None:
    log = put(tmp_path / "idle.log", days=50)
    segment = put(segment_path(log, 1), days=60)
    for held in (log, segment):
        with open_session(held):
            retire(tmp_path, "{chat_id}.log", days=7, count=1)
            assert names(tmp_path) == ["idle.log", "idle.log.000001"]
    retire(tmp_path, "{chat_id}.log", days=7)
    assert names(tmp_path) == []


def test_the_newest_logs_are_kept_and_only_ours_count(tmp_path: Path) -> None:
    for age in range(1, 6):
        put(tmp_path / f"chat_{age}.log", days=age)
    put(tmp_path / "notes.log", content=b"mine")
    put(segment_path(tmp_path / "chat_4.log", 1), days=9)
    retire(tmp_path, "{chat_id}.log", count=3)
    assert names(tmp_path) == ["chat_1.log", "chat_2.log", "chat_3.log", "notes.log"]


def test_a_foreign_clock_deletes_nothing(tmp_path: Path) -> None:
    """Files from the future are neither old nor push out others; before the epoch there is nothing to delete."""
    for age in (-9, -8, 1, 2):
        put(tmp_path / f"chat_{abs(age)}.log", days=age)
    retire(tmp_path, "{chat_id}.log", days=3, count=2)
    assert len(names(tmp_path)) == 4
    found = logs_below(tmp_path, log_names("{chat_id}.log"))
    retire_logs(found, Retention(1, days=1, count=1), tmp_path, 0.0, lambda: False)
    assert len(names(tmp_path)) == 4


def test_folders_that_become_empty_go_and_no_others(tmp_path: Path) -> None:
    template = "{date}/{workflow}/{session_id}.log"
    put(tmp_path / "2026-01-01" / "support" / "20260101T080102-9f86d081a3.log", days=90)
    put(tmp_path / "2026-01-02" / "support" / "20260102T080102-9f86d081a3.log", days=90)
    put(tmp_path / "2026-01-02" / "notes.txt", content=b"mine")
    (tmp_path / "2026-01-03" / "support").mkdir(parents=True)
    retire(tmp_path, template, days=7)
    assert names(tmp_path) == ["2026-01-02", "2026-01-02/notes.txt", "2026-01-03", "2026-01-03/support"]
    retire(tmp_path, "{chat_id}.log", days=7)
    assert tmp_path.is_dir()


def test_when_there_is_no_time_nothing_is_deleted(tmp_path: Path) -> None:
    put(tmp_path / "old.log", days=90)
    found = logs_below(tmp_path, log_names("{chat_id}.log"))
    retire_logs(found, Retention(1, days=1), tmp_path, NOW, lambda: True)
    assert names(tmp_path) == ["old.log"]


def test_a_file_that_goes_meanwhile_is_no_failure(log: Path, tmp_path: Path) -> None:
    files = shared(log)
    segment_path(log, 1).unlink()
    retire_segments(files, Retention(2), NOW)
    assert names(tmp_path) == ["run.log", "run.log.000004", "run.log.000005"]
    found = logs_below(tmp_path, log_names("{chat_id}.log"))
    log.unlink()
    retire_logs(found, Retention(2, days=1), tmp_path, NOW + 99 * DAY, lambda: False)
    assert names(tmp_path) == ["run.log.000004", "run.log.000005"]


def test_without_locks_only_what_was_not_written_for_a_day_counts_as_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    for number, age in enumerate((0, 0.5, 2)):
        path = put(tmp_path / f"chat_{number}.log")
        os.utime(path, (time.time() - age * DAY,) * 2)
    found = logs_below(tmp_path, log_names("{chat_id}.log"))
    retire_logs(found, Retention(1, count=1), tmp_path, time.time(), lambda: False)
    assert names(tmp_path) == ["chat_0.log", "chat_1.log"]

"""Upkeep after real sessions: what rotated is compressed and deleted, and nothing of an open session is."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ag2obs import Settings, ag2_logging_session
from ag2obs.events import Event
from ag2obs.guard import Guard
from ag2obs.log_segments import lock_path, partial_path, segment_path, segments_of
from ag2obs.process import PROCESS
from ag2obs.session import Session
from ag2obs.sinks import upkeep
from ag2obs.sinks.upkeep import Upkeep
from tests.integration.conftest import Log, finish

SEGMENT = 4_000
"""Bytes at which the logs here are rotated: a few events."""

DAYS_AGO = 40


@pytest.fixture(autouse=True)
def nothing_to_do() -> Iterator[None]:
    """Have everything done that sessions left behind."""
    yield
    tidy()


def tidy() -> None:
    """Finish every session and do what is to be done after them."""
    finish()
    PROCESS.upkeep.finish(60)


def say(session: Session, times: int, text: str = "x" * 1000) -> None:
    for number in range(times):
        session.record(Event(kind="message", id=f"m{number}", content=text))


def run(settings: Settings, times: int = 20, chat: str = "chat") -> str:
    """Run a session of so many events; returns its id."""
    with ag2_logging_session(chat, "w", settings=settings) as session:
        say(session, times)
    return session.id


def age(*paths: Path) -> None:
    for path in paths:
        os.utime(path, (time.time() - DAYS_AGO * 86_400,) * 2)


def events(path: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [msgspec.json.decode(line) for line in data.splitlines() if line]


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


OTHER = """
import sys
from ag2obs import Settings, ag2_logging_session
from ag2obs.events import Event

settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=sys.argv[1], log_max_bytes=sys.argv[2])
with ag2_logging_session("other", "w", settings=settings) as session:
    for line in sys.stdin:
        for number in range(int(line)):
            session.record(Event(kind="message", id=f"m{number}", content="y" * 1000))
        print(session.log_path, flush=True)
"""


class Other:
    """A session that stays open in another process."""

    def __init__(self, template: str, max_bytes: int = SEGMENT) -> None:
        command = [sys.executable, "-c", OTHER, template, str(max_bytes)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, times: int) -> Path:
        """Have it record so many events; returns its log."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{times}\n")
        self.process.stdin.flush()
        return Path(self.process.stdout.readline().strip())

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


def test_segments_are_compressed_and_the_oldest_deleted(log: Log) -> None:
    session = run(log.settings(log_max_bytes=SEGMENT, log_backups=3, log_compression="gzip"))
    tidy()
    segments = segments_of(log.path)
    assert len(segments) == 3
    assert {path.suffix for path in segments} == {".gz"}
    assert visible(log.path.parent) == sorted(path.name for path in (log.path, *segments))
    for path in (*segments, log.path):
        assert events(path)[0]["kind"] == "session.start"
        assert {event["session"] for event in events(path)} == {session}


def test_by_default_ten_segments_are_kept_as_they_are(log: Log) -> None:
    run(log.settings(log_max_bytes=SEGMENT), times=60)
    tidy()
    segments = segments_of(log.path)
    assert len(segments) == 10
    assert {path.suffix for path in segments} & {".gz", ".zst"} == set()


def test_no_segment_of_a_session_open_in_another_process_is_touched(log: Log) -> None:
    settings = log.settings(log_max_bytes=SEGMENT, log_backups=1, retention_days=1, log_compression="gzip")
    other = Other(str(log.path))
    other.say(12)
    theirs = segments_of(log.path)
    assert len(theirs) >= 3
    contents = {path: path.read_bytes() for path in theirs}
    assert any(b'"session_start"' in content for content in contents.values())
    age(*theirs)

    mine = run(settings, times=12)
    tidy()
    for path, content in contents.items():
        assert path.read_bytes() == content
    held_by_nobody = [path for path in segments_of(log.path) if path not in contents]
    # The first segment of mine has events of theirs as well; of the others, the newest is kept.
    assert mine in {event["session"] for path in held_by_nobody for event in events(path)}

    other.end()
    run(settings, times=1)
    tidy()
    assert [path for path in theirs if path.exists()] == []
    assert len(segments_of(log.path)) == 1


def test_a_session_of_this_process_is_as_safe_as_another_ones(log: Log) -> None:
    settings = log.settings(log_max_bytes=SEGMENT, log_backups=5, retention_days=1, log_compression="gzip")
    with ag2_logging_session("open", "w", settings=settings) as session:
        say(session, 12)
        segments = segments_of(log.path)
        age(*segments)
        Upkeep().look_after(settings, log.path, PROCESS.guard)
        run(settings, times=1)
        PROCESS.upkeep.finish(60)
        assert [path for path in segments if path.exists()] == segments
        say(session, 1)
    tidy()
    assert [path for path in segments if path.exists()] == []


def test_logs_of_single_sessions_are_kept_by_age_and_count(tmp_path: Path) -> None:
    template = str(tmp_path / "logs" / "{workflow}" / "{chat_id}.log")
    folder = tmp_path / "logs" / "w"
    settings = Settings.from_environment(
        {}, dotenv=False, enabled=True, log_file=template, log_max_bytes=SEGMENT, retention_days=30, retention_count=3
    )
    for number in range(5):
        run(settings, times=5, chat=f"chat_{number}")
        tidy()
    logs = [folder / f"chat_{number}.log" for number in range(5)]
    assert [path.exists() for path in logs] == [False, False, True, True, True]
    assert not segment_path(logs[0], 1).exists()
    assert segment_path(logs[4], 1).exists()

    other = Other(template)
    theirs = other.say(5)
    age(logs[2], *segments_of(logs[2]), theirs, *segments_of(theirs))
    run(settings, times=1, chat="chat_5")
    tidy()
    assert theirs.exists()
    assert segments_of(theirs)
    assert visible(folder)[:1] == ["chat_3.log"]
    other.end()


def test_what_a_dead_process_left_half_compressed_goes(log: Log) -> None:
    settings = log.settings(log_max_bytes=SEGMENT, log_compression="gzip")
    run(settings)
    partial = partial_path(log.path.with_name("log.jsonl.000009.gz"))
    partial.write_bytes(b"half")
    run(settings, times=1)
    tidy()
    assert not partial.exists()


def test_while_another_process_has_the_lock_nothing_is_done(log: Log) -> None:
    settings = log.settings(log_max_bytes=SEGMENT, log_backups=1, log_compression="gzip")
    run(log.settings(log_max_bytes=SEGMENT))
    before = visible(log.path.parent)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()",
            str(lock_path(log.path)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    run(settings, times=1)
    tidy()
    assert visible(log.path.parent) == before
    holder.communicate(b"\n")
    run(settings, times=1)
    tidy()
    assert len(segments_of(log.path)) == 1


def test_a_log_that_was_never_rotated_starts_no_thread(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upkeep, "_run", lambda self: pytest.fail("a thread was started"))
    run(log.settings(log_compression="gzip", retention_days=1))
    finish()
    assert visible(log.path.parent) == [log.path.name]


def test_leaving_waits_for_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compression hangs; block and event loop go on, and what is asked for meanwhile is done after it."""
    go, began, asked = threading.Event(), threading.Event(), []

    def hang(*arguments: object) -> None:
        asked.append(threading.current_thread())
        began.set()
        go.wait(60)

    monkeypatch.setattr(upkeep, "look_after", hang)
    settings = log.settings(log_max_bytes=SEGMENT, log_compression="gzip")
    run(settings)
    finish()
    assert began.wait(60)

    async def chat() -> None:
        async with ag2_logging_session("chat", "w", settings=settings) as session:
            say(session, 1)

    asyncio.run(chat())
    finish()
    go.set()
    tidy()
    assert len(asked) == 2
    assert {thread.name for thread in asked} == {"ag2obs-upkeep"}
    assert all(thread.daemon for thread in asked)


def test_what_cannot_be_done_is_told_once(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PROCESS, "guard", Guard())
    monkeypatch.setattr(upkeep, "compress", full)
    settings = log.settings(log_max_bytes=SEGMENT, log_compression="gzip")
    with caplog.at_level(logging.WARNING, "ag2obs"):
        for _ in range(2):
            run(settings)
            tidy()
    assert [record.message for record in caplog.records] == [
        f"ag2obs: log files in {log.path.parent} cannot be deleted or compressed ([Errno 28] No space left on device)"
    ]


def test_zstd_that_is_not_installed_is_told_once_and_everything_stays(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setattr(PROCESS, "guard", Guard())
    with caplog.at_level(logging.WARNING, "ag2obs"):
        for _ in range(2):
            run(log.settings(log_max_bytes=SEGMENT, log_backups=2, log_compression="zstd"))
            tidy()
    (record,) = caplog.records
    assert "pip install 'ag2obs[zstd]'" in record.message
    assert len(segments_of(log.path)) == 2


SCRIPT = """
import sys
from ag2obs import ag2_logging_session
from ag2obs.events import Event
from ag2obs.sinks.upkeep import Upkeep

Upkeep.finish.__defaults__ = (60.0,)  # the machine that runs the tests may be slow
with ag2_logging_session("script", "w") as session:
    for number in range(20):
        session.record(Event(kind="message", id=f"m{number}", content="y" * 1000))
"""


@pytest.mark.parametrize("late", ["0", "30"])
def test_a_script_that_ends_at_once_is_looked_after_too(late: str, log: Log) -> None:
    variables = {
        "AG2_RUNTIME_LOGGING": "on",
        "AG2_RUNTIME_LOG_FILE": str(log.path),
        "AG2OBS_LOG_MAX_BYTES": str(SEGMENT),
        "AG2OBS_LOG_COMPRESSION": "gzip",
        "AG2OBS_LATE_SECONDS": late,
    }
    script = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert (script.returncode, script.stderr) == (0, "")
    assert {path.suffix for path in segments_of(log.path)} == {".gz"}
    assert len(events(log.path)) > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_starts_with_nothing_to_do(log: Log) -> None:
    settings = log.settings(log_max_bytes=SEGMENT, log_compression="gzip")
    run(log.settings(log_max_bytes=SEGMENT))
    tidy()
    with PROCESS.upkeep._lock:  # a thread of the parent holds it
        child = os.fork()
        if child == 0:
            try:
                run(settings, times=8, chat="child")
                tidy()
                compressed = {path.suffix for path in segments_of(log.path)} == {".gz"}
                os._exit(0 if compressed and not PROCESS.upkeep._waiting else 1)
            finally:
                os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0

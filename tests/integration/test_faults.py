"""Whatever happens to the log: the workflow's result is that of a run without us, and what is lost is counted."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ag2obs import ag2_logging_session, summarize_runtime_file
from ag2obs.log_segments import segments_of
from ag2obs.process import PROCESS
from ag2obs.sinks import segment
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.workflows import pair, quiet

Fault = Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[None]]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def chat(server: ModelServer, topic: str) -> list[dict[str, Any]]:
    """Run one chat and return its history; every chat has its own texts, so that none refers to another's."""
    assistant, user = pair(topic, server.base_url)
    result = user.initiate_chat(assistant, message=f"about {topic}, {topic} and again {topic}", max_turns=2)
    return list(result.chat_history)


def workflow(server: ModelServer, fault: Callable[[], AbstractContextManager[None]]) -> list[list[dict[str, Any]]]:
    """Run a chat before, one during and one after a fault."""
    with quiet():
        histories = [chat(server, "before")]
        with fault():
            histories.append(chat(server, "during"))
        histories.append(chat(server, "after"))
    return histories


def bodies(histories: list[list[dict[str, Any]]]) -> list[list[tuple[object, object]]]:
    """Return who said what, without what differs between two runs of the server."""
    return [[(message["role"], message.get("name")) for message in history] for history in histories]


def lines_of(log: Path) -> list[dict[str, Any]]:
    """Return the events on file, of the log and its segments; torn lines are left out."""
    events = []
    for path in (*(segments_of(log) if log.parent.is_dir() else []), log):
        for line in path.read_bytes().splitlines() if path.is_file() else []:
            with contextlib.suppress(msgspec.DecodeError):
                events.append(msgspec.json.decode(line))
    return events


@contextlib.contextmanager
def writes_fail(error: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every write to a log fail, as on a full disk."""

    def refuse(self: segment.Segment, data: bytes) -> int:
        raise OSError(error, os.strerror(error))

    with monkeypatch.context() as patch:
        patch.setattr(segment.Segment, "_write_once", refuse)
        yield


@contextlib.contextmanager
def full_disk(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with writes_fail(errno.ENOSPC, monkeypatch):
        yield


@contextlib.contextmanager
def failing_disk(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with writes_fail(errno.EIO, monkeypatch):
        yield


@contextlib.contextmanager
def short_writes(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Write at most 700 bytes at a time, and then nothing: the disk fills up within a record."""
    write, room = os.write, [700]

    def limited(descriptor: int, data: bytes) -> int:
        if not data.startswith((b"{", b"\n")) and room[0] == 0:
            return write(descriptor, data)
        if room[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(descriptor, data[: room[0]])
        room[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(segment.os, "write", limited)
        yield


@contextlib.contextmanager
def file_size_limit(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 1_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def deleted_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    log.unlink()
    yield


@contextlib.contextmanager
def deleted_folder(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shutil.rmtree(log.parent)
    yield


@contextlib.contextmanager
def a_folder_in_its_place(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    log.rename(log.with_name("aside"))
    log.mkdir()
    yield
    log.rmdir()
    log.with_name("aside").rename(log)


@contextlib.contextmanager
def a_file_in_the_place_of_its_folder(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    aside = log.parent.with_name("aside")
    log.parent.rename(aside)
    log.parent.touch()
    yield
    log.parent.unlink()
    aside.rename(log.parent)


@contextlib.contextmanager
def a_clock_set_back(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("ag2obs.event_stream.timestamp", lambda: "2001-09-09T01:46:40.000000Z")
        yield


def refusal(error: int) -> Fault:
    """Let the system refuse to open the log, which was moved away."""

    @contextlib.contextmanager
    def refused(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        opened = os.open

        def refuse(path: Any, *arguments: Any, **options: Any) -> int:
            if str(path) == str(log):
                raise OSError(error, os.strerror(error), str(path))
            return opened(path, *arguments, **options)

        aside = log.with_name("aside")
        log.rename(aside)
        with monkeypatch.context() as patch:
            patch.setattr(segment.os, "open", refuse)
            yield
        aside.rename(log)

    return refused


FAULTS: dict[str, tuple[Fault, bool]] = {
    "full disk": (full_disk, True),
    "failing disk": (failing_disk, True),
    "short writes": (short_writes, True),
    "file size limit": (file_size_limit, True),
    "no permission": (refusal(errno.EACCES), True),
    "read-only file system": (refusal(errno.EROFS), True),
    "no descriptors left": (refusal(errno.EMFILE), True),
    "a folder in its place": (a_folder_in_its_place, True),
    "a file in the place of its folder": (a_file_in_the_place_of_its_folder, True),
    "deleted file": (deleted_file, False),
    "deleted folder": (deleted_folder, False),
    "a clock set back": (a_clock_set_back, False),
}
"""Each fault, and whether writes fail, which is warned about."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_middle_of_a_session(
    name: str, tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fault, fails = FAULTS[name]
    log = Log(tmp_path / "logs" / "run.log")
    unlogged = workflow(server, contextlib.nullcontext)
    with ag2_logging_session("a", "w", settings=log.settings()) as session:
        histories = workflow(server, lambda: fault(log.path, monkeypatch))
    finish()
    assert bodies(histories) == bodies(unlogged)
    events = lines_of(log.path)
    numbers = [event["seq"] for event in events]
    assert len(set(numbers)) == len(numbers)
    told = sum(event["count"] for event in events if event["kind"] == "drop")
    assert told == max(numbers) - len(numbers)
    assert (told > 0) == (name != "a clock set back")
    on_file = summarize_runtime_file(log.path)
    assert on_file.dropped == told == session.summary().dropped
    assert [event["totals"]["dropped"] for event in events if event["kind"] == "session.end"] == [told]
    assert session.summary().llm_calls == 6
    assert on_file.llm_calls >= (3 if name.startswith("deleted") else 4 if fails else 6) - 1
    assert len([event for event in events if event["kind"] == "llm.call"]) == on_file.llm_calls
    warnings = [record for record in caplog.records if record.name == "ag2obs"]
    assert len(warnings) == fails, [record.getMessage() for record in warnings]
    assert_readable_alone(events)


def assert_readable_alone(events: list[dict[str, Any]]) -> None:
    """See that whatever an event on file refers to is on file too."""
    there: set[str] = set()
    for event in events:
        if "id" in event:
            there.add(event["id"])
        for reference in (*event.get("input", ()), *event.get("output", ())):
            first, _, last = reference.partition("-")
            numbers = range(int(first[1:]), int(last[1:] or first[1:]) + 1) if last else [int(first[1:])]
            assert first.startswith("c") or {f"m{number}" for number in numbers} <= there, (reference, event["seq"])


def test_the_fault_was_there_first_and_passes(tmp_path: Path, server: ModelServer) -> None:
    log = Log(tmp_path / "logs" / "run.log")
    log.path.parent.touch()  # a file where the folder should be
    with quiet(), ag2_logging_session("a", "w", settings=log.settings()):
        chat(server, "before")
        log.path.parent.unlink()
        chat(server, "after")
    finish()
    events = lines_of(log.path)
    assert [event["kind"] for event in events[:2]] == ["drop", "session.start"]
    assert "continued" not in events[1]
    assert events[0]["count"] == max(event["seq"] for event in events) - len(events)
    assert summarize_runtime_file(log.path).sessions[0].status == "ok"


@pytest.mark.parametrize(
    "path", ["/dev/full", "a" * 300 + ".log", "x/" * 3_000 + "run.log"], ids=["full", "name", "long"]
)
def test_a_log_that_can_never_be_written(
    path: str, tmp_path: Path, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    log = Log(Path(path) if path.startswith("/") else tmp_path / path)
    with quiet():
        unlogged = chat(server, "full")
    with quiet(), ag2_logging_session("a", "w", settings=log.settings()) as session:
        history = chat(server, "full")
    finish()
    assert bodies([history]) == bodies([unlogged])
    assert session.summary().llm_calls == 2
    assert session.summary().dropped > 5
    assert len([record for record in caplog.records if "cannot be written" in record.getMessage()]) == 1


def test_a_fork_inside_a_session(tmp_path: Path, server: ModelServer) -> None:
    """The child's chat is what it would be without us, its parent's log and lock are not touched."""
    log = Log(tmp_path / "run.log")
    with quiet(), ag2_logging_session("a", "w", settings=log.settings()):
        chat(server, "before")
        size = log.path.stat().st_size
        child = os.fork()
        if child == 0:
            try:
                assert chat(server, "child")
                os._exit(0 if log.path.stat().st_size == size else 2)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        chat(server, "after")
    finish()
    assert summarize_runtime_file(log.path).llm_calls == 4
    assert summarize_runtime_file(log.path).dropped == 0


READ_ONLY = """
import os, sys
from ag2obs import ag2_logging_session, Settings
def settings(path):
    return Settings.from_environment({}, dotenv=False, enabled=True, log_file=path)
with ag2_logging_session("a", "w", settings=settings(sys.argv[2])):
    pass  # imports everything while it can be read
os.setuid(65534)
with ag2_logging_session("a", "w", settings=settings(sys.argv[1])) as session:
    print("the block runs")
print(session.summary().dropped)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who may not write")
def test_somebody_who_may_not_write(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(folder / "logs" / "run.log"), str(tmp_path / "first.log")],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.startswith("the block runs\n"), done.stderr
    assert "cannot be written" in done.stderr
    assert list(folder.iterdir()) == []


STOPPED = """
import sys, time
from ag2obs import ag2_logging_session, Settings
settings = Settings.from_environment({}, dotenv=False, enabled=True, log_file=sys.argv[1], log_max_bytes=2_000)
with ag2_logging_session("stopped", "w", settings=settings):
    print("open", flush=True)
    time.sleep(600)
"""


def test_a_stopped_process_holds_nobody_up(tmp_path: Path, server: ModelServer) -> None:
    log = Log(tmp_path / "run.log")
    other = subprocess.Popen([sys.executable, "-c", STOPPED, str(log.path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        other.send_signal(signal.SIGSTOP)
        with quiet(), ag2_logging_session("a", "w", settings=log.settings(log_max_bytes=2_000)):
            chat(server, "beside")
    finally:
        other.kill()
        other.communicate()
    finish()
    assert len(segments_of(log.path)) >= 1
    summary = summarize_runtime_file(log.path)
    assert summary.dropped == 0


@pytest.fixture
def another_filesystem(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("only one file system here")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("is_folder", [True, False], ids=["folder", "file"])
def test_a_log_on_another_filesystem_is_rotated_and_compressed_there(
    is_folder: bool, tmp_path: Path, another_filesystem: Path, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    log = Log(tmp_path / "logs" / "run.log")
    if is_folder:
        log.path.parent.symlink_to(another_filesystem)
    else:
        log.path.parent.mkdir()
        log.path.symlink_to(another_filesystem / "run.log")
    unlogged = workflow(server, contextlib.nullcontext)
    settings = log.settings(log_max_bytes=4_000, log_backups=20, log_compression="gzip")
    with ag2_logging_session("a", "w", settings=settings) as session:
        histories = workflow(server, contextlib.nullcontext)
    finish()
    PROCESS.upkeep.finish()
    assert bodies(histories) == bodies(unlogged)
    assert any(segment.suffix == ".gz" for segment in segments_of(another_filesystem / "run.log"))
    on_file = summarize_runtime_file(log.path)
    assert (on_file.llm_calls, on_file.dropped, on_file.bad_lines) == (session.summary().llm_calls, 0, 0) == (6, 0, 0)
    assert not [record for record in caplog.records if record.name == "ag2obs"]

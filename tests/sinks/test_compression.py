"""Compressed segments: whole or not there, and never two of them counted."""

from __future__ import annotations

import fcntl
import gzip
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ag2obs.errors import ExtraMissing
from ag2obs.files.zstd import zstd_module
from ag2obs.log_segments import partial_path, segment_path, segments_of
from ag2obs.sinks.closed_file import holds_events
from ag2obs.sinks.compression import SUFFIXES, compress

EVENT = b'{"v":1,"ts":"2026-11-21T08:00:00.000000Z","seq":1,"kind":"session.start"}\n'
CONTENT = EVENT * 50_000


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    """A closed segment of 3.7 MB, changed a while ago, that its group may read."""
    segment = segment_path(tmp_path / "run.log", 1)
    segment.write_bytes(CONTENT)
    segment.chmod(0o640)
    os.utime(segment, ns=(10**18, 10**18 + 7))
    return segment


def with_time() -> bool:
    return False


def files(segment: Path) -> list[str]:
    return sorted(path.name for path in segment.parent.iterdir())


def decompressed(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    with zstd_module().open(path, "rb") as file:
        return bytes(file.read())


@pytest.mark.parametrize("form", SUFFIXES)
def test_a_segment_becomes_its_compressed_copy(form: str, segment: Path) -> None:
    previous = os.umask(0)
    try:
        assert compress(segment, form, with_time)
    finally:
        os.umask(previous)
    copy = segment.with_name(segment.name + SUFFIXES[form])
    assert files(segment) == [copy.name]
    assert decompressed(copy) == CONTENT
    assert holds_events(copy)
    status = copy.stat()
    assert status.st_size < len(CONTENT) / 10
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o640, 10**18 + 7)


def test_what_grows_is_hidden_and_for_its_owner_only(segment: Path) -> None:
    seen: list[tuple[list[str], int]] = []

    def look() -> bool:
        partial = partial_path(segment.with_name(segment.name + ".gz"))
        seen.append((files(segment), stat.S_IMODE(partial.stat().st_mode)))
        return False

    assert compress(segment, "gzip", look)
    assert seen[0] == ([".run.log.000001.gz.tmp", "run.log.000001"], 0o600)


def test_without_time_the_segment_stays(segment: Path) -> None:
    assert not compress(segment, "gzip", lambda: True)
    assert files(segment) == ["run.log.000001"]
    assert segment.read_bytes() == CONTENT


def test_a_segment_that_a_session_has_open_stays(segment: Path) -> None:
    with segment.open("rb") as session:
        fcntl.flock(session, fcntl.LOCK_SH)
        assert not compress(segment, "gzip", with_time)
    assert files(segment) == ["run.log.000001"]


def test_a_segment_that_changes_meanwhile_stays(segment: Path) -> None:
    """A writer of an older version holds no lock."""
    appended = []

    def append() -> bool:
        if not appended:
            appended.append(EVENT)
            with segment.open("ab") as writer:
                writer.write(EVENT)
        return False

    assert not compress(segment, "gzip", append)
    assert files(segment) == ["run.log.000001"]
    assert segment.read_bytes() == CONTENT + EVENT


@pytest.mark.parametrize("content", [b"", b"notes", b'{"v":1}'])
def test_what_is_none_of_ours_stays(content: bytes, segment: Path) -> None:
    segment.write_bytes(content)
    assert not compress(segment, "gzip", with_time)
    assert files(segment) == ["run.log.000001"]


def test_a_link_is_not_followed(segment: Path) -> None:
    link = segment_path(segment.with_name("other.log"), 1)
    link.symlink_to(segment)
    assert not compress(link, "gzip", with_time)
    assert segment.read_bytes() == CONTENT


@pytest.mark.parametrize("foreign", [b"notes", gzip.compress(b"notes", mtime=0)], ids=["text", "gzip"])
def test_a_file_in_the_way_that_is_none_of_ours_stays(foreign: bytes, segment: Path) -> None:
    other = segment.with_name("run.log.000001.gz")
    other.write_bytes(foreign)
    assert not compress(segment, "gzip", with_time)
    assert other.read_bytes() == foreign
    assert segment.read_bytes() == CONTENT


def test_copies_that_a_dead_process_left_beside_the_segment_are_replaced(segment: Path) -> None:
    segment.with_name("run.log.000001.gz").write_bytes(gzip.compress(EVENT))
    assert compress(segment, "zstd", with_time)
    assert files(segment) == ["run.log.000001.zst"]
    assert decompressed(segment.with_name("run.log.000001.zst")) == CONTENT


@pytest.mark.parametrize("step", ["fsync", "replace", "unlink"])
def test_a_failure_leaves_the_segment_or_its_copy(step: str, segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(f"{step} fails")

    if step == "unlink":
        unlink = Path.unlink
        monkeypatch.setattr(Path, "unlink", lambda path: fail() if path == segment else unlink(path))
    else:
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match=f"{step} fails"):
        compress(segment, "gzip", with_time)
    assert segment.read_bytes() == CONTENT
    assert segments_of(segment.with_name("run.log")) == [segment]
    assert not list(segment.parent.glob(".*.tmp"))
    monkeypatch.undo()
    assert compress(segment, "gzip", with_time)
    assert files(segment) == ["run.log.000001.gz"]


KILLED = """
import os, sys
from pathlib import Path
from ag2obs.sinks.compression import compress

moment = sys.argv[2]
if moment == "writing":
    calls = iter([False, True])
    compress(Path(sys.argv[1]), "gzip", lambda: next(calls) and os._exit(9))
elif moment == "renamed":
    Path.unlink = lambda *_: os._exit(9)
    compress(Path(sys.argv[1]), "gzip", lambda: False)
"""


@pytest.mark.parametrize("moment", ["writing", "renamed"])
def test_a_killed_process_leaves_the_segment_as_the_truth(moment: str, segment: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(segment), moment], check=False)
    assert killed.returncode == 9
    assert segment.read_bytes() == CONTENT
    assert segments_of(segment.with_name("run.log")) == [segment]


def test_without_anything_that_speaks_zstd_the_segment_stays(segment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(ExtraMissing):
        compress(segment, "zstd", with_time)
    assert files(segment) == ["run.log.000001"]

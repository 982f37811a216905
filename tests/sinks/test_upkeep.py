"""A property of rotation, compression and retention: in any order, no file of anybody else is touched."""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ag2obs.guard import Guard
from ag2obs.log_paths import is_per_session, log_names
from ag2obs.log_segments import segment_number
from ag2obs.sinks.log_file import LogFile
from ag2obs.sinks.retention import Retention
from ag2obs.sinks.upkeep import Task, look_after

EVENT = b'{"v":1,"ts":"2026-11-21T08:00:00.000000Z","seq":1,"kind":"message","content":"x"}\n'
DAY = 86_400

FOREIGN_NAMES = [
    "notes.txt", "a.log.bak", "a.log.1", "a.log.00001", "a.log.000001.tmp", "a.log.000001.bz2", "A.log", "a.logs",
    "x.a.log", "x.a.log.000001", ".a.log.000001", ".a.log", "a.log.000001.gz.gz", ".a.log.000001.tmp", "a.log~",
    "below/a.log", "below/a.log.000001", "a.log.d/a.log", "b-log", "c.log.x000000",
]  # fmt: skip
"""None of them is a log, a segment or a copy of ``a.log`` or ``{chat_id}.log``."""

ODD_CONTENTS = {"a.log.000900": b"notes", "a.log.000901.gz": b"notes", "z.log": b"", "y.log": b'{"v":1}\n'}
"""Files of our names with nothing of ours in them."""

STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from("abc"), st.integers(1, 4)),
    st.tuples(st.just("age"), st.integers(-3, 9)),
    st.tuples(
        st.just("upkeep"),
        st.sampled_from(["a.log", "{chat_id}.log"]),
        st.builds(Retention, st.integers(1, 3), st.none() | st.integers(1, 5), st.none() | st.integers(1, 2)),
        st.sampled_from(["none", "gzip", "gzip"]),
    ),
)


def state(folder: Path, names: list[str]) -> dict[str, tuple[bytes, int, int]]:
    """Return content, time of change and inode of files."""
    found = {}
    for name in names:
        status = (folder / name).stat()
        found[name] = ((folder / name).read_bytes(), status.st_mtime_ns, status.st_ino)
    return found


def is_ours(folder: Path, path: Path) -> bool:
    """Tell by other means than the package's whether a file is a log of ours or belongs to one."""
    logs = [folder / f"{name}.log" for name in "abc"]
    hidden = [folder / f".{log.name}.lock" for log in logs]
    return path in logs or path in hidden or any(segment_number(log, path) is not None for log in logs)


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=14))
def test_no_file_outside_the_naming_scheme_is_touched(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents = dict.fromkeys(FOREIGN_NAMES, EVENT) | ODD_CONTENTS
        for foreign, content in contents.items():
            (folder / foreign).parent.mkdir(exist_ok=True)
            (folder / foreign).write_bytes(content)
            os.utime(folder / foreign, (time.time() - 99 * DAY,) * 2)
        # One session is open all the while, in the oldest file there is.
        held = folder / "a.log.000001"
        held.write_bytes(EVENT)
        with held.open("rb") as session:
            fcntl.flock(session, fcntl.LOCK_SH)
            os.utime(held, (time.time() - 99 * DAY,) * 2)
            before = state(folder, [*contents, held.name])
            for step in steps:
                take(step, folder)
            assert state(folder, [*contents, held.name]) == before
        others = [path for path in folder.rglob("*") if path.is_file() and not is_ours(folder, path)]
        assert {path.relative_to(folder).as_posix() for path in others} == {
            foreign for foreign in contents if not is_ours(folder, folder / foreign)
        }
        for path in folder.glob("[abc].log*"):
            if path.name not in contents and path.is_file():
                data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                assert set(data.splitlines(keepends=True)) == {EVENT}


def take(step: tuple[object, ...], folder: Path) -> None:
    """Do what a step says."""
    match step:
        case ("write", str(chat), int(times)):
            log = LogFile(folder / f"{chat}.log", max_bytes=len(EVENT) * 2, backups=2)
            for _ in range(times):
                log.follow()
                assert log.append(EVENT)
            log.close()
        case ("age", int(days)):
            for path in filter(re.compile(r"[bc]\.log(\.\d+(\.gz)?)?$").search, map(str, folder.iterdir())):
                os.utime(path, (time.time() - days * DAY,) * 2)
        case ("upkeep", str(template), Retention() as retention, str(compression)):
            names = log_names(str(folder / template))
            if not is_per_session(template):
                retention = Retention(retention.backups, retention.days)
            look_after(Task(folder, names, retention, compression), Guard(reraise=True), lambda: False)

"""Whatever happens to a log, the index tells what reading it anew would tell, and reads no more than it must."""

from __future__ import annotations

import gzip
import os
import sqlite3
import stat
import time
import zlib
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.analysis.summary.session_tally import SessionTally
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.errors import LogFormatError
from ag2obs.events import ErrorInfo, Event, Usage, encode, timestamp
from ag2obs.index import SessionIndex, counting, database, parts, session_index
from ag2obs.readers import open_log

LONG_AGO = "2026-11-20T08:00:00.000000Z"


def line(kind: str, session: str, ts: str = LONG_AGO, **fields: Any) -> bytes:
    return encode(Event(v=1, ts=ts, kind=kind, session=session, **fields)) + b"\n"


def start(session: str, pid: int = 0, ts: str = LONG_AGO, **fields: Any) -> bytes:
    resource = {"host": os.uname().nodename, "pid": pid} if hasattr(os, "uname") else {}
    return line("session.start", session, ts, chat_id=f"chat of {session}", resource=resource, **fields)


def question(session: str, text: str) -> bytes:
    return line("message", session, id="m1", role="user", content=text)


def call(session: str, tokens: int = 10) -> bytes:
    usage = Usage(input=tokens, output=1)
    return line("llm.call", session, agent="a", model="gpt-4o", usage=usage, cost_usd=Decimal("0.25"), ms=5.0)


def end(session: str, ts: str = LONG_AGO) -> bytes:
    return line("session.end", session, ts, status="ok")


def whole(session: str) -> bytes:
    return start(session) + question(session, f"what of {session}?") + call(session) + end(session)


def read_anew(log: Path) -> dict[str, Any]:
    fold = SummaryFold(questions=True)
    reader = open_log(log)
    for event in reader.iter_events():
        fold.add(event)
    fold.add_bad_lines(reader.report.bad_lines)
    return told(fold)


def told(fold: SummaryFold) -> dict[str, Any]:
    return {**fold.result().to_dict(), "questions": [tally.question for tally in fold.sessions()]}


def indexed(index: SessionIndex, log: Path) -> dict[str, Any]:
    fold = SummaryFold(questions=True)
    counted = index.sessions(log)
    for packed in counted.packed:
        fold.add_packed(packed)
    fold.add_bad_lines(counted.bad_lines)
    return told(fold)


@pytest.fixture
def index(tmp_path: Path) -> Any:
    index = SessionIndex(tmp_path / "cache" / "index.sqlite")
    yield index
    assert index.trouble is None
    index.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int | None]]:
    """Collect the stretches of logs that are read."""
    stretches: list[tuple[int, int | None]] = []
    original = counting.EventLogReader

    class Watched(original):  # type: ignore[misc, valid-type]
        def __init__(self, path: Path, start: int = 0, end: int | None = None) -> None:
            stretches.append((start, end))
            super().__init__(path, start, end)

    monkeypatch.setattr(counting, "EventLogReader", Watched)
    return stretches


def test_an_unchanged_log_is_not_read_again(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    first = indexed(index, log)
    assert first == read_anew(log)
    assert len(read) == 1
    other = SessionIndex(tmp_path / "cache" / "index.sqlite")
    assert indexed(other, log) == first
    assert other.knows(log)
    assert len(read) == 1
    other.close()


def test_a_grown_log_is_read_from_where_it_ended(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    size = log.stat().st_size
    with open(log, "ab") as file:
        file.write(whole("s2") + call("s1"))
    assert indexed(index, log) == read_anew(log)
    assert read[-1][0] == size


def test_a_session_that_goes_on_is_not_in_the_index(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1") + start("s2", os.getpid(), timestamp()) + question("s2", "a password is hunter2"))
    offset = len(whole("s1"))
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
    assert read[-1][0] == offset
    index.close()
    assert b"hunter2" not in (tmp_path / "cache" / "index.sqlite").read_bytes()
    # What it masks in place is masked in what is told of it.
    log.write_bytes(log.read_bytes().replace(b"hunter2", b"[MASKD]") + end("s2"))
    assert indexed(index, log) == read_anew(log)
    assert "[MASKD]" in str(indexed(index, log)["questions"])


def test_a_session_that_has_just_ended_may_still_mask(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / "run.log"
    begin = start("s1", os.getpid(), timestamp())
    log.write_bytes(begin + end("s1", timestamp()))
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
    assert [stretch[0] for stretch in read] == [0, 0]


def test_a_log_that_was_changed_in_place_is_read_anew(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    times = log.stat().st_atime_ns, log.stat().st_mtime_ns
    time.sleep(0.02)
    with open(log, "r+b") as file:
        content = file.read().replace(b"what of", b"whaX of")
        file.seek(0)
        file.write(content)
    os.utime(log, ns=times)
    assert "whaX of s1?" in indexed(index, log)["questions"]


@pytest.mark.parametrize("place", [0.1, 0.35, 0.5, 0.65, 0.9])
def test_a_log_that_was_changed_in_its_middle_before_it_grew_is_read_anew(
    index: SessionIndex, tmp_path: Path, place: float
) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1") + call("s1", 10) * 200 + end("s1"))
    assert 30_000 < log.stat().st_size < 60_000
    indexed(index, log)
    content = bytearray(log.read_bytes())
    changed = content.index(b'"input":10', int(len(content) * place))
    content[changed : changed + 10] = b'"input":99'
    with open(log, "r+b") as file:
        file.write(content)
        file.seek(0, os.SEEK_END)
        file.write(call("s1"))
    assert indexed(index, log) == read_anew(log)


@pytest.mark.parametrize("rewrite", ["shorter", "other", "replaced"])
def test_a_rewritten_log_is_read_anew(index: SessionIndex, tmp_path: Path, rewrite: str) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1") + whole("s2"))
    indexed(index, log)
    if rewrite == "shorter":
        log.write_bytes(whole("s2"))
    elif rewrite == "other":
        log.write_bytes(whole("s3") + whole("s4") + whole("s5"))
    else:
        other = tmp_path / "other"
        other.write_bytes(whole("s1") + whole("s2") + call("s2", 99))
        other.replace(log)
    assert indexed(index, log) == read_anew(log)


def test_a_half_written_line_is_counted_once_it_is_whole(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    last = call("s1", 77)
    log.write_bytes(whole("s1") + last[:40])
    assert indexed(index, log) == read_anew(log)
    log.write_bytes(whole("s1") + last)
    assert indexed(index, log) == read_anew(log)
    assert indexed(index, log)["totals"]["bad_lines"] == 0
    log.write_bytes(whole("s1") + last[:-1])  # the line is whole, its end is missing
    assert indexed(index, log) == read_anew(log)
    log.write_bytes(whole("s1") + last + call("s1"))
    assert indexed(index, log) == read_anew(log)


def test_bad_lines_are_counted_once(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    running = start("s2", os.getpid(), timestamp())
    log.write_bytes(b"torn\n" + whole("s1") + b"torn\n" + running + b"torn\n")
    for _ in range(3):
        assert indexed(index, log) == read_anew(log)
        with open(log, "ab") as file:
            file.write(b"torn\n" + call("s2"))


def test_a_compressed_log(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log.000001.gz"
    log.write_bytes(gzip.compress(whole("s1")))
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
    assert index.knows(log)


def test_what_is_no_log_is_refused(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(b"hello\n")
    for _ in range(2):
        with pytest.raises(LogFormatError, match="none of its lines is an event"):
            index.sessions(log)


def test_an_index_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    (tmp_path / "file").touch()
    database = tmp_path / "damaged.sqlite"
    database.write_bytes(b"no database at all" * 100)
    for path in (None, tmp_path / "file" / "index.sqlite", database):
        index = SessionIndex(path)
        assert indexed(index, log) == read_anew(log)
        assert (index.trouble is None) == (path is None)
        index.close()
    index = SessionIndex(database)
    assert indexed(index, log) == read_anew(log)
    assert index.knows(log)
    index.close()


def test_another_version_of_the_index_is_begun_anew(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    index.close()
    with sqlite3.connect(tmp_path / "cache" / "index.sqlite") as connection:
        connection.execute("update sessions set tally = x'00'")
        connection.execute("pragma user_version = 9999")
    connection.close()
    other = SessionIndex(tmp_path / "cache" / "index.sqlite")
    assert indexed(other, log) == read_anew(log)
    assert other.trouble is None
    other.close()


DAMAGES = (
    "update sessions set tally = x'00'",
    "update sessions set tally = substr(tally, 1, length(tally) - 9) || x'c1c1c1c1c1c1c1c1c1'",
    "update sessions set tally = 'text'",
    "update sessions set tally = 5",
    "update sessions set id = 'other' where id = cast('s2' as blob)",
    "update sessions set id = 5 where id = cast('s2' as blob)",
    "delete from sessions where id = cast('s2' as blob)",
    "drop table sessions",
    "drop table files",
    "update files set state = x'00'",
    "update files set state = 'text'",
    "update files set checksum = checksum + 1",
    "update files set checksum = 'text'",
    "update files set path = 'text'",
    "update files set path = 5",
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_noticed_and_begun_anew(tmp_path: Path, damage: str, read: list[Any]) -> None:
    log, database = tmp_path / "run.log", tmp_path / "index.sqlite"
    log.write_bytes(whole("s1") + whole("s2"))
    expected = read_anew(log)

    def told_once() -> None:
        index = SessionIndex(database)
        assert indexed(index, log) == expected
        index.forget_deleted()
        assert set(index.begun(log)) == {"s1", "s2"}
        index.close()

    told_once()
    connection = sqlite3.connect(database)
    with connection:
        connection.execute(damage)
    connection.close()
    told_once()
    told_once()
    reads = len(read)
    told_once()
    assert len(read) == reads


def test_a_grown_log_whose_rows_are_damaged_is_read_anew(tmp_path: Path) -> None:
    log, database = tmp_path / "run.log", tmp_path / "index.sqlite"
    log.write_bytes(whole("s1") + whole("s2"))
    index = SessionIndex(database)
    indexed(index, log)
    index.close()
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("update sessions set tally = x'00'")
    connection.close()
    with open(log, "ab") as file:
        file.write(call("s1"))
    index = SessionIndex(database)
    assert indexed(index, log) == read_anew(log)
    index.close()


def test_what_another_process_counted_meanwhile_is_no_damage(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    assert index.knows(log)  # the states of all logs are read once
    with open(log, "ab") as file:
        file.write(whole("s2") + call("s1"))
    other = SessionIndex(tmp_path / "cache" / "index.sqlite")
    indexed(other, log)
    other.close()
    assert indexed(index, log) == read_anew(log)


def test_a_name_that_is_no_text_is_in_the_index(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / os.fsdecode(b"\xff.log")
    try:
        log.write_bytes(whole("s1"))
    except OSError:
        pytest.skip("this file system wants text")
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
    index.forget_deleted()
    assert index.knows(log)
    assert len(read) == 1


SECRET = "sk-" + "proj-" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z" * 2


@pytest.mark.parametrize(
    "field", ["chat_id", "workflow", "agent", "model", "provider", "tool", "content", "status", "ts"]
)
def test_a_session_whose_names_hold_a_secret_is_not_in_the_index(
    index: SessionIndex, tmp_path: Path, field: str, read: list[Any]
) -> None:
    log = tmp_path / "run.log"
    kind = {"tool": "tool.call", "content": "message", "chat_id": "session.start", "workflow": "session.start"}
    holder = {"kind": "llm.call", "role": "user", "ts": LONG_AGO, field: SECRET}
    holder["kind"] = "session.end" if field == "status" else kind.get(field, "llm.call")
    event = line(session="s2", **holder)
    log.write_bytes(whole("s1") + event + end("s2") * (field != "status") + whole("s3"))
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
        assert SECRET in str([index.sessions(log).packed])
    assert [stretch[0] for stretch in read[:3]] == [0, len(whole("s1")), len(whole("s1"))]
    index.close()
    assert SECRET.encode() not in (tmp_path / "cache" / "index.sqlite").read_bytes()


def test_a_session_that_comes_to_hold_a_secret_leaves_the_index(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1") + whole("s2"))
    indexed(index, log)
    with open(log, "ab") as file:
        file.write(line("llm.call", "s1", model=SECRET))
    for _ in range(3):
        assert indexed(index, log) == read_anew(log)
        assert set(index.begun(log)) == {"s1", "s2"}
    index.close()
    assert SECRET.encode() not in (tmp_path / "cache" / "index.sqlite").read_bytes()


def test_a_compressed_log_with_a_secret_is_not_in_the_index(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log.000001.gz"
    log.write_bytes(gzip.compress(whole("s1") + line("llm.call", "s1", model=SECRET)))
    for _ in range(2):
        assert indexed(index, log) == read_anew(log)
    index.close()
    assert SECRET.encode() not in (tmp_path / "cache" / "index.sqlite").read_bytes()


def test_numbers_that_no_database_holds(index: SessionIndex, tmp_path: Path, read: list[Any]) -> None:
    log = tmp_path / "run.log"
    huge = b'{"v":1,"kind":"budget","session":"s1","budget":{"tokens_limit":%d,"tokens_spent":%d}}\n' % (
        10**30,
        -(10**30),
    )
    process = b'{"v":1,"kind":"session.start","session":"s1","resource":{"host":["x"],"pid":%d}}\n' % 10**30
    schema = b'{"v":%d,"kind":"x","session":"s1"}\n' % 10**30
    log.write_bytes(process + huge + schema + whole("s2"))
    expected = read_anew(log)
    for _ in range(2):
        counted = indexed(index, log)
        assert counted["totals"] == expected["totals"]
    assert len(read) == 1
    assert expected["totals"]["bad_lines"] == 1


def test_an_index_that_another_process_holds(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    connection = sqlite3.connect(tmp_path / "cache" / "index.sqlite")
    connection.execute("begin exclusive")
    other = SessionIndex(tmp_path / "cache" / "index.sqlite")
    assert indexed(other, log) == read_anew(log)
    assert other.trouble is not None
    connection.rollback()
    connection.close()


def test_nobody_else_can_read_the_index(index: SessionIndex, tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(whole("s1"))
    indexed(index, log)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "cache" / "index.sqlite").stat().st_mode) == 0o600


def test_deleted_logs_are_forgotten(index: SessionIndex, tmp_path: Path) -> None:
    logs = [tmp_path / name for name in ("one.log", "two.log", "three.log")]
    for log in logs:
        log.write_bytes(whole(log.stem))
        indexed(index, log)
    logs[0].unlink()
    index.forget_deleted()
    index.forget([logs[1]])
    assert [index.knows(log) for log in logs] == [False, False, True]
    index.close()
    assert b"what of one" not in (tmp_path / "cache" / "index.sqlite").read_bytes()
    assert b"what of two" not in (tmp_path / "cache" / "index.sqlite").read_bytes()


SOME_LINES = st.sampled_from(
    [
        start("s1"), start("s2"), start("s1", continued=True), question("s1", "why?"), question("s2", "how?"),
        call("s1"), call("s2", 5), call("s3", 7), end("s1"), end("s2"), end("s3"),
        line("tool.call", "s1", agent="a", tool="t", ms=2.0, success=False, error=ErrorInfo("e1", "ValueError")),
        line("session.end", "s2", status="error", error=ErrorInfo("e2", "KeyError")),
        line("drop", "s1", count=3, reason="x"), b"torn\n", b"\n",
    ]
)  # fmt: skip


@given(st.lists(st.lists(SOME_LINES, min_size=1, max_size=8), min_size=1, max_size=5))
def test_a_log_that_grows_step_by_step(tmp_path_factory: pytest.TempPathFactory, steps: list[list[bytes]]) -> None:
    folder = tmp_path_factory.mktemp("grown")
    log, index = folder / "run.log", SessionIndex(folder / "index.sqlite")
    log.write_bytes(whole("s0"))
    for lines in steps:
        with open(log, "ab") as file:
            file.write(b"".join(lines))
        assert indexed(index, log) == read_anew(log)
        assert index.trouble is None
    index.close()


@given(st.lists(SOME_LINES, min_size=1, max_size=30), st.integers(1, 400))
def test_a_log_in_parts_is_the_whole_log(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], part_bytes: int
) -> None:
    log = tmp_path_factory.mktemp("parts") / "run.log"
    log.write_bytes(whole("s0") + b"".join(lines))
    size = log.stat().st_size
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "_PART_BYTES", part_bytes)
        borders = [0, *parts._borders(log, 0, size), size]
    together, *others = (counting.count_stretch(log, first, last) for first, last in pairwise(borders))
    for part in others:
        together.append(part)
    assert together == counting.count_stretch(log, 0, size)


def test_several_processes_count_a_big_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(b"".join(whole(f"s{number}") for number in range(200)))
    size = log.stat().st_size
    monkeypatch.setattr(parts, "_PART_BYTES", size // 5)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert parts.count_in_parts(log, 0, size) == counting.count_stretch(log, 0, size)


def test_what_the_index_settles_is_what_cannot_change(monkeypatch: pytest.MonkeyPatch) -> None:
    from ag2obs.analysis.summary.session_tally import SessionTally

    here = {"host": os.uname().nodename, "pid": os.getpid()} if hasattr(os, "uname") else {}
    running = SessionTally("s", start=timestamp(), resource=here)
    assert not session_index._is_settled(running)
    running.end = LONG_AGO
    assert session_index._is_settled(running)
    assert session_index._is_settled(SessionTally("s", start=LONG_AGO))


def layout(kind: type[msgspec.Struct]) -> list[str]:
    """Return the fields of a packed struct, with those of the structs in them."""
    told = []
    for field in msgspec.structs.fields(kind):
        told.append(f"{kind.__name__}.{field.encode_name}: {field.type}")
        for part in (field.type, *get_args(field.type)):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                told += layout(part)
    return told


def test_a_session_that_is_packed_otherwise_makes_another_format() -> None:
    # Where this fails, raise _FORMAT, or every index that is there ends in a traceback; then put the new pair here.
    assert (database._FORMAT, zlib.crc32("\n".join(layout(SessionTally)).encode())) == (4, 2975041655)

import contextlib
import errno
import os
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ag2obs.errors import LogFormatError
from ag2obs.events import Event, Usage, encode
from ag2obs.files import decompression
from ag2obs.readers import event_log, is_log, iter_accounting, open_log
from ag2obs.readers.event_log import EventLogReader


def event(number, kind="message", **fields):
    return Event(
        v=1,
        ts=f"2026-11-21T08:00:00.{number:06}Z",
        seq=number,
        kind=kind,
        session="s1",
        span=f"{number:016x}",
        **fields,
    )


EVENTS = [
    event(1, "session.start", resource={"host": "h", "pid": 1}, settings={"content": "full"}),
    event(2, id="m1", role="user", content='Say "é" or {"v":1,"kind":"x"} \\ \n and }'),
    event(3, "llm.call", usage=Usage(input=5, output=7), input=["m1"], output=["m2"]),
    event(4, id="m2", role="assistant", content=[{"type": "text", "text": "é}"}]),
    event(5, "session.end", status="ok"),
]
LINES = [encode(each) for each in EVENTS]
LOG = b"\n".join(LINES) + b"\n"


def write(content, name="run.log"):
    with open(name, "wb") as file:
        file.write(content)
    return name


def both(content):
    """Read a log with and without content; both ways find the same events and the same damage."""
    whole, accounting = open_log(write(content)), open_log(write(content))
    events = list(whole.iter_events())
    assert [each.seq for each in accounting.iter_accounting()] == [each.seq for each in events]
    assert accounting.report == whole.report
    assert whole.report.events == len(events)
    assert whole.report.bytes == len(content)
    return events, whole.report.bad_lines


def test_events_come_back_as_they_were_written():
    assert both(LOG) == (EVENTS, 0)


def test_accounting_is_read_without_content():
    first = next(iter_accounting(write(LINES[1] + b"\n")))
    assert (first.kind, first.role, hasattr(first, "content")) == ("message", "user", False)


@given(st.integers(1, len(LOG)))
def test_a_log_cut_at_any_byte_loses_only_the_torn_line(length):
    ends = [LOG.index(line) + len(line) for line in LINES]
    readable = sum(end <= length for end in ends)
    torn = length > (ends[readable - 1] + 1 if readable else 0)
    if not readable:
        with pytest.raises(LogFormatError, match="none of its lines is an event"):
            both(LOG[:length])
        return
    assert both(LOG[:length]) == (EVENTS[:readable], int(torn))


@given(st.integers(1, len(LINES[1]) - 1), st.booleans())
def test_the_event_that_another_writer_put_after_a_torn_line_is_found(length, repaired):
    torn = LINES[1][:length] + (b"\n" if repaired else b"")
    events, bad_lines = both(LINES[0] + b"\n" + torn + LINES[2] + b"\n")
    assert (events, bad_lines) == ([EVENTS[0], EVENTS[2]], 1)


@given(st.lists(st.tuples(st.integers(0, len(LOG) - 1), st.integers(0, 255)), max_size=6))
def test_damaged_bytes_never_raise_and_never_lose_an_event_uncounted(damage):
    content = bytearray(LOG)
    for position, value in damage:
        content[position] = value
    try:
        events, bad_lines = both(bytes(content))
    except LogFormatError:
        return
    lines = [line for line in bytes(content).split(b"\n") if line.strip()]
    assert len(events) + bad_lines >= len(lines)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(content):
    with contextlib.suppress(LogFormatError):
        both(content)


def test_zero_bytes_after_a_crash_hide_no_later_event():
    events, bad_lines = both(LINES[0] + b"\n" + b"\0" * 5000 + LINES[2] + b"\n" + b"\0" * 100)
    assert (events, bad_lines) == ([EVENTS[0], EVENTS[2]], 2)


def test_zero_bytes_at_the_beginning_hide_no_event():
    assert both(b"\0" * 100_000 + b"\n" + LINES[0] + b"\n") == ([EVENTS[0]], 1)


def test_content_that_is_not_utf8_is_read_with_replacement_characters():
    events, bad_lines = both(LINES[0] + b"\n" + LINES[3].replace("é".encode(), b"\xff") + b"\n")
    assert bad_lines == 0
    assert events[1].content == [{"type": "text", "text": "\ufffd}"}]


def test_an_event_whose_content_no_reader_can_hold_keeps_its_accounting():
    line = LINES[2][:-1] + b',"content":1e999}'
    events, bad_lines = both(line + b"\n")
    assert (events, bad_lines) == ([EVENTS[2]], 0)


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[1, 2]",
        b"17",
        b'{"any": "object"}',
        b'{"kind": "message", "text": "no version"}',
        b'{"v": 1, "no": "kind"}',
        b'{"v": 1, "kind": 7}',
        b'{"v": 1, "kind": "llm.call", "usage": {"input": "many"}}',
        b'{"v": 1, "kind": "llm.call", "cost_usd": "cheap"}',
        b'{"v": 1, "kind": "message", "content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_line_that_is_no_event_is_skipped_and_counted(line):
    assert both(LOG + line + b"\n" + LINES[0] + b"\n") == ([*EVENTS, EVENTS[0]], 1)


def test_empty_lines_and_line_ends_of_windows_mean_nothing():
    assert both(b"\n  \n" + LOG.replace(b"\n", b"\r\n\n")) == (EVENTS, 0)


def test_a_newer_schema_is_read_as_far_as_it_is_known():
    newer = b'{"v":9,"kind":"llm.call","session":"s1","seq":6,"usage":{"input":3,"thoughts":4},"colour":[1]}'
    changed = b'{"v":9,"kind":"llm.call","session":"s1","seq":7,"usage":[3]}'
    events, bad_lines = both(newer + b"\n" + changed + b"\n")
    assert [(each.seq, each.usage.input) for each in events] == [(6, 3)]
    assert bad_lines == 1


def test_a_line_of_fifty_megabytes():
    huge = event(9, content="x" * 50_000_000)
    events, bad_lines = both(LINES[0] + b"\n" + encode(huge) + b"\n" + LINES[2] + b"\n")
    assert bad_lines == 0
    assert events == [EVENTS[0], huge, EVENTS[2]]


@pytest.mark.parametrize("length", [4095, 4096, 4097, 8192, 10_000])
def test_a_line_beyond_the_limit_is_skipped_and_counted_once(monkeypatch, length):
    monkeypatch.setattr(event_log, "LONGEST_LINE", 4096)
    monkeypatch.setattr(decompression, "BLOCK_BYTES", 1024)
    filler = encode(event(9, content="x" * length))
    events, bad_lines = both(LINES[0] + b"\n" + filler + b"\n" + LINES[2] + b"\n")
    assert (events, bad_lines) == ([EVENTS[0], EVENTS[2]], 1)


def test_bytes_written_while_reading_are_read_too():
    path = write(LOG)
    reader = iter_accounting(path)
    next(reader)
    with open(path, "ab") as file:
        file.write(LINES[0] + b"\n")
    assert len(list(reader)) == len(EVENTS)


def picture():
    return b"\x89PNG\r\n\x1a\n" + random.Random(7).randbytes(300_000)


@pytest.mark.parametrize("content", [picture(), b"Dear diary,\n", b'{"v": 1}\n', b"\0" * 10_000])
def test_a_file_of_another_kind_is_refused(content):
    path = write(content)
    assert not is_log(open_log(path).path)
    with pytest.raises(LogFormatError, match=r"^run\.log is not a log that can be read"):
        list(iter_accounting(path))


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(content):
    with pytest.raises(LogFormatError, match=r"^run\.log is empty"):
        list(iter_accounting(write(content)))


def test_what_is_no_file_is_refused_before_anything_is_read():
    os.mkdir("folder")
    os.mkfifo("pipe")
    for path, reason in [
        ("missing", "missing does not exist"),
        ("folder", "folder is a folder"),
        ("pipe", "pipe is not a regular file"),
        ("run\0log", "cannot be read"),
    ]:
        with pytest.raises(LogFormatError, match=reason):
            open_log(path)


def test_an_error_of_the_disk_is_told_with_the_path(monkeypatch):
    path = write(LOG)
    reader = open_log(path)

    def broken(*_args, **_kwargs):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("builtins.open", broken)
    with pytest.raises(LogFormatError, match=r"run\.log cannot be read: Input/output error"):
        list(reader.iter_accounting())


@pytest.mark.parametrize(
    "head",
    [
        LOG,
        b"\0\0torn\n" + LOG,
        encode(event(1, content="x" * 100_000))[:65536],
        b'{ "kind": "message", "session": "s1", "v": 1 }\n',
    ],
)
def test_a_log_is_recognised_by_one_event(head):
    assert EventLogReader.recognises(head)


def test_an_event_is_one_line_whatever_its_content():
    content = "".join(map(chr, range(0x300)))
    line = encode(event(1, content=content))
    assert b"\n" not in line
    assert msgspec.json.decode(line)["content"] == content
    assert both(line + b"\n")[0][0].content == content

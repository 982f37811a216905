import gzip

import pytest

from ag2obs.errors import LogFormatError
from ag2obs.events import Event, encode
from ag2obs.readers import ReadReport, tail
from ag2obs.readers.tail import events_of_parts, first_event, last_parts


def write(path, count, size=50, begin=1):
    data = b"".join(
        encode(Event(v=1, kind="message", session="s", seq=number, ts="", content="x" * (size + number % 7))) + b"\n"
        for number in range(begin, begin + count)
    )
    path.write_bytes(data)
    return path


def numbers(paths, count, wanted=None):
    parts, whole = last_parts(tuple(paths), count, wanted)
    before = []
    shown = [event.seq for event in events_of_parts(parts, ReadReport(), lambda event: before.append(event.seq))]
    return shown, before, whole


@pytest.mark.parametrize("block", [1, 7, 100, 1 << 18])
@pytest.mark.parametrize("size", [0, 3000])
def test_the_last_events_of_a_file(tmp_path, monkeypatch, block, size):
    if block == 1 and size:
        pytest.skip("a byte at a time")
    monkeypatch.setattr(tail, "BLOCK_BYTES", block)
    monkeypatch.setattr(tail, "CONTEXT_BYTES", 500)
    path = write(tmp_path / "a.log", 40, size)
    shown, before, whole = numbers([path], 5)
    assert (shown, whole) == ([36, 37, 38, 39, 40], False)
    assert before == list(range(36 - len(before), 36))
    assert numbers([path], 41) == (list(range(1, 41)), [], True)


def test_context_is_whole_lines_before(tmp_path, monkeypatch):
    monkeypatch.setattr(tail, "CONTEXT_BYTES", 300)
    assert numbers([write(tmp_path / "a.log", 40)], 5)[1] == [34, 35]


def test_only_wanted_events_count(tmp_path):
    path = write(tmp_path / "a.log", 40)
    assert numbers([path], 2, lambda event: event.seq % 10 == 0)[0] == list(range(30, 41))


def test_segments_are_read_as_far_as_needed(tmp_path):
    old, new = write(tmp_path / "a.log.000001", 10), write(tmp_path / "a.log", 3, begin=11)
    shown, _, whole = numbers([old, new], 5)
    assert (shown, whole) == ([9, 10, 11, 12, 13], False)
    assert numbers([old, new], 3)[0] == [11, 12, 13]
    assert not numbers([old, new], 3)[2]


def test_compressed_files_are_read_from_their_beginning(tmp_path):
    plain = write(tmp_path / "a.log", 10)
    packed = tmp_path / "b.log.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert numbers([packed], 2) == (list(range(1, 11)), [], True)


def test_a_torn_last_line_and_broken_lines(tmp_path):
    path = write(tmp_path / "a.log", 10)
    path.write_bytes(path.read_bytes() + b"garbage\n\n" + b'{"v":1,"kind":"mess')
    assert numbers([path], 4)[0] == [8, 9, 10]


def test_a_file_of_one_endless_line_is_read_from_its_beginning(tmp_path, monkeypatch):
    path = write(tmp_path / "a.log", 2)
    path.write_bytes(path.read_bytes() + b"x" * 5000)
    monkeypatch.setattr(tail, "_LONGEST_LINE", 1000)
    monkeypatch.setattr(tail, "BLOCK_BYTES", 100)
    assert numbers([path], 1) == ([1, 2], [], True)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(LogFormatError, match="cannot be read"):
        last_parts((tmp_path / "missing",), 3)


def test_the_first_event(tmp_path):
    assert first_event(write(tmp_path / "a.log", 3)).seq == 1
    (tmp_path / "b").write_bytes(b"text\n")
    assert first_event(tmp_path / "b") is None
    assert first_event(tmp_path / "missing") is None

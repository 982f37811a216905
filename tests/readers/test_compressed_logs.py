import contextlib
import gzip
import random
import sys

import pytest

from ag2obs.cli import main
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.events import Event, encode
from ag2obs.readers import is_log, open_log
from ag2obs.readers.summaries import summarize_runtime_file

zstandard = pytest.importorskip("zstandard")

CHANCE = random.Random(3)
EVENTS = [
    Event(v=1, ts="2026-11-21T08:00:00.000000Z", seq=number, kind="message", session="s", content=f"{CHANCE.random()}")
    for number in range(2000)
]
LOG = b"".join(encode(event) + b"\n" for event in EVENTS)

COMPRESS = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor(write_checksum=True).compress}


def write(content, path="any.name"):
    with open(path, "wb") as file:
        file.write(content)
    return path


@pytest.fixture(params=COMPRESS)
def compress(request):
    return COMPRESS[request.param]


def test_a_compressed_log_is_told_by_its_first_bytes_not_its_name(compress):
    path = write(compress(LOG))
    assert is_log(open_log(path).path)
    log = open_log(path)
    assert list(log.iter_events()) == EVENTS
    assert (log.report.bad_lines, log.report.bytes) == (0, len(LOG))


def test_several_members_are_one_log(compress):
    half = LOG.index(b"\n", len(LOG) // 2) - 7  # within a line
    path = write(compress(LOG[:half]) + compress(b"") + compress(LOG[half:]))
    assert list(open_log(path).iter_events()) == EVENTS


@pytest.mark.parametrize("part", [0.6, 0.9])
def test_what_precedes_the_cut_is_read_and_the_cut_is_one_loss(compress, part):
    whole = compress(LOG)
    log = open_log(write(whole[: int(len(whole) * part)]))
    read = list(log.iter_accounting())
    assert [event.seq for event in read] == list(range(len(read)))
    assert log.report.bad_lines == 1
    assert 500 < len(read) < len(EVENTS)


def test_a_damaged_byte_is_found(compress):
    whole = bytearray(compress(LOG))
    whole[-200] ^= 0xFF
    log = open_log(write(bytes(whole)))
    with contextlib.suppress(LogFormatError):
        assert len(list(log.iter_events())) <= len(EVENTS)
    assert log.report.bad_lines >= 1


@pytest.mark.parametrize("kept", [4, 12])
def test_a_file_in_which_nothing_can_be_read_is_refused_in_one_sentence(compress, kept):
    path = write(compress(LOG)[:kept])
    with pytest.raises(LogFormatError, match=r"^any\.name is cut short or damaged: no"):
        list(open_log(path).iter_events())


def test_a_compressed_file_of_another_kind_is_refused(compress):
    path = write(compress(b"Dear diary,\n"))
    with pytest.raises(LogFormatError, match="none of its lines is an event"):
        summarize_runtime_file(path)


def test_without_the_package_for_zstd_the_other_logs_are_summed_up(monkeypatch, capsys):
    write(LOG, "plain.log")
    write(COMPRESS["zstd"](LOG), "packed.log")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setattr(sys, "version_info", (3, 11))
    with pytest.raises(ExtraMissing, match=r"pip install 'ag2obs\[zstd\]'"):
        open_log("packed.log")
    with pytest.raises(SystemExit) as ended:
        main(["summary", "--json", "."])
    shown = capsys.readouterr()
    assert (ended.value.code, '"events":2000' in shown.out) == (1, True)
    assert shown.err.count("\n") == 1
    assert "pip install" in shown.err


def test_a_newer_schema_that_cannot_be_read_is_named():
    path = write(b'{"v":7,"kind":["changed"]}\n')
    with pytest.raises(LogFormatError, match=r"newer ag2obs \(schema 7\); update ag2obs"):
        summarize_runtime_file(path)

"""A scan in several processes tells the same as one, in the same order, and never less without saying so."""

import io
import os
import random
import signal
import string
import sys
from pathlib import Path

import pytest

from ag2obs.scanning import FoundFile, Scan, ScanOptions, WorkerLost, find_files, parts, workers, worthwhile_jobs
from ag2obs.scanning.parts import in_parts


def token(seed):
    return "ghp" + "_" + "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=36))


@pytest.fixture
def files(monkeypatch):
    """Files of very different sizes, one damaged, one missing, and standard input."""
    Path("logs").mkdir()
    for number in range(12):
        filling = "word " * (200_000 if number in (0, 5) else 10)
        Path(f"logs/{number:02}.log").write_text(f"{filling}\n{token(number)} and {token(number + 100)}\n" * 2)
    Path("logs/90.py").write_text(f"{token(1)}  # ag2obs:allow\n")
    Path("logs/95.gz").write_bytes(b"\x1f\x8b" + b"nonsense" * 10)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(token(7).encode()))))
    return find_files(["logs/00.log", "-", "logs", "missing"])


def scanned(files, jobs, **options):
    scan = Scan(files, ScanOptions(**options), jobs=jobs)
    done = []
    findings = list(scan.findings(done.append))
    return findings, scan.report, sum(done)


def test_several_processes_tell_the_same_as_one(files, monkeypatch):
    monkeypatch.setattr(workers, "_FILES_AHEAD", 3)
    several = scanned(files, 3)
    sys.stdin.seek(0)
    assert several == scanned(files, 1)
    findings, report, progress = several
    assert len(findings) == 49
    assert (report.files, report.allowed, len(report.unreadable)) == (15, 1, 2)
    assert progress == sum(file.size for file in files)


def test_a_big_file_in_parts_tells_the_same_as_whole(monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 50_000)
    key = (
        "-----BEGIN RSA "
        + "PRIVATE KEY-----\n"
        + (token(1)[4:] * 2 + "\n") * 20
        + "-----END RSA "
        + "PRIVATE KEY-----\n"
    )
    # In every place a key, so that some are at the borders; then lines that are longer than a part.
    blocks = [f"é line {number}\n{key}" + "x é\n" * (number % 40) + f"{token(number)}\n" for number in range(150)]
    Path("big.log").write_text("".join(blocks) + "word " * 30_000 + token(900) + "\n" + token(901))
    Path("next.log").write_text(f"\n{token(2)}")
    Path("big.py").write_text(("x\n" * 30 + f"# ag2obs:allow\n{token(3)}\n{token(4)}\n") * 1000)
    Path("zeros.log").write_text("\0\n" + f'{{"api_key": "{token(5)[4:]}"}}\n{token(6)}\n' * 2000)
    files = find_files(["big.log", "next.log", "big.py", "zeros.log"])
    cut = [part.path for part in in_parts(files)]
    assert cut.count("big.log") >= 3 <= cut.count("zeros.log")
    assert cut.count("next.log") == cut.count("big.py") == 1
    whole, several = scanned(files, 1), scanned(files, 2)
    assert several == whole
    assert {found.rule for found in whole[0]} == {"github", "private-key"}
    assert (len(whole[0]), whole[1].files) == (302 + 1 + 1000 + 2000, 4)


def test_a_process_that_is_killed_ends_the_scan(files, monkeypatch):
    monkeypatch.setattr(workers, "_FILES_AHEAD", 0)
    before = set(_children())
    findings = Scan(files[2:], jobs=2).findings()
    next(findings)
    for child in set(_children()) - before:
        os.kill(child, signal.SIGKILL)
    with pytest.raises(WorkerLost, match="ended from outside"):
        list(findings)
    assert set(_children()) <= before


def test_leaving_a_scan_ends_its_processes(files):
    before = set(_children())
    findings = Scan(files, jobs=2).findings()
    next(findings)
    assert len(set(_children()) - before) >= 2
    findings.close()
    assert set(_children()) <= before


def _children():
    """Return the processes that this one started and that scan."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == os.getpid() and status[0] != "Z" and b"spawn_main" in command:
            found.append(int(entry.name))
    return found


def test_processes_are_started_where_they_are_worth_it(monkeypatch):
    monkeypatch.setattr("ag2obs.scanning.scan._processors", lambda: 8)
    assert worthwhile_jobs([]) == 1
    assert worthwhile_jobs([FoundFile("a", 1_000)] * 100) == 1
    assert worthwhile_jobs([FoundFile("a", 60 << 20)]) == 1
    assert worthwhile_jobs([FoundFile("a", 1 << 40)]) == 8
    assert worthwhile_jobs([FoundFile("a", 50 << 20)] * 2) == 2
    assert worthwhile_jobs([FoundFile("a", 50 << 20)] * 100) == 8

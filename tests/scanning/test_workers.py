"""A scan in several processes tells the same as one, in the same order, and never less without saying so."""

import io
import os
import random
import signal
import string
import sys
from pathlib import Path

import pytest

from ag2obs.scanning import FoundFile, Scan, ScanOptions, WorkerLost, find_files, workers, worthwhile_jobs


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
    assert worthwhile_jobs([FoundFile("a", 1 << 40)]) == 1
    assert worthwhile_jobs([FoundFile("a", 50 << 20)] * 2) == 2
    assert worthwhile_jobs([FoundFile("a", 50 << 20)] * 100) == 8

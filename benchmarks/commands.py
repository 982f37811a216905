"""What each command takes over a corpus of 1,000 sessions: the first time, and again with the index.

Seconds are those of the whole process, CPU beside wall clock because the machine is shared; memory is its peak.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.corpus import session_id, write_sessions

SESSIONS = 1_000


def commands(corpus: Path) -> list[tuple[str, ...]]:
    """Return the commands, each over the whole corpus or, where it is about one session, over one."""
    one, other = (str(corpus / f"{session_id(number)}.jsonl") for number in (7, 8))
    everything = str(corpus)
    return [
        ("list", everything),
        ("summary", everything, "--json"),
        ("trends", everything),
        ("trends", everything, "--by", "model"),
        ("tools", everything),
        ("cost", everything),
        ("errors", everything),
        ("timeline", one),
        ("timeline", one, "--agent", "writer"),
        ("compare", one, other),
        ("clean", everything, "--keep", "900", "--older-than", "1d"),
    ]


def run(arguments: tuple[str, ...], cache: str) -> tuple[float, float, float, int]:
    """Run a command; returns its wall-clock seconds, CPU seconds, peak memory in MB and bytes of output."""
    program = [sys.executable, "-m", "ag2obs", *arguments]
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(program, stdout=output, env={**os.environ, "AG2OBS_CACHE_DIR": cache})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        written = output.tell()
    wall = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, written


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        corpus = Path(folder)
        write_sessions(corpus, SESSIONS)
        size = sum(path.stat().st_size for path in corpus.iterdir()) / 1_000_000
        print(f"  {SESSIONS:,} sessions, {size:.0f} MB")
        print(
            f"  {'command':<34} {'wall s':>7} {'CPU s':>7} {'MB':>5} {'output':>9}  {'again: wall s':>13} {'CPU s':>6}"
        )
        for arguments in commands(corpus):
            shown = " ".join(each.replace(folder, "CORPUS")[:24] for each in arguments)
            wall, cpu, memory, written = run(arguments, cache)
            again, cpu_again, *_ = run(arguments, cache)
            print(f"  {shown:<34} {wall:7.2f} {cpu:7.2f} {memory:5.0f} {written:9,}  {again:13.2f} {cpu_again:6.2f}")


if __name__ == "__main__":
    main()

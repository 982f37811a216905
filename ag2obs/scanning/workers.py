"""A scan in several processes: each takes the next file, or part of a big one, and the results are put back in order.

A process and a pipe for each worker, and no pool: one that was killed (by a lack of memory, say) must end the scan
with an error and never with a hang or a missing file, and an interrupt must end them all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from ag2obs.errors import Ag2obsError
from ag2obs.scanning.file_scan import Progress, ScanOptions, scan_file
from ag2obs.scanning.files import STANDARD_INPUT, FoundFile
from ag2obs.scanning.findings import ScanFinding, ScanReport

_FILES_AHEAD = 1_000
"""Files that may be done before an earlier one is: their findings are in memory."""


class WorkerLost(Ag2obsError):
    """A process of the scan ended by itself, or was ended from outside."""


def scan_in_processes(
    files: Sequence[FoundFile], options: ScanOptions, jobs: int, report: ScanReport, progress: Progress
) -> Iterator[ScanFinding]:
    """Yield what a scan of the files one after the other would; all findings of a file or part are in memory.

    Raises WorkerLost.
    """
    lines_before = 0
    with contextlib.ExitStack() as stack:
        crew = _Crew(files, progress, [stack.enter_context(_worker(options)) for _ in range(jobs)])
        for index, file in enumerate(files):
            if file.path == STANDARD_INPUT:  # the workers have another one
                yield from scan_file(file, options, options.redactor(), report, progress)
                continue
            part = crew.report_of(index)
            lines_before = lines_before if file.start else 0
            for found in part.findings:
                yield dataclasses.replace(found, line=lines_before + found.line)
            lines_before += part.line_breaks
            part.unreadable = [each for each in part.unreadable if not (file.start and each in report.unreadable)]
            report.add_counts(part)


class _Crew:
    """Keeps every worker busy with the next file."""

    def __init__(self, files: Sequence[FoundFile], progress: Progress, workers: list[Connection]) -> None:
        self._files = files
        self._progress = progress
        self._waiting = [index for index, file in enumerate(files) if file.path != STANDARD_INPUT][::-1]
        self._done: dict[int, ScanReport] = {}
        self._idle = workers
        self._busy: dict[Connection, int] = {}

    def report_of(self, index: int) -> ScanReport:
        """Wait for the report of a file; each is asked for once, in order."""
        while index not in self._done:
            self._hand_out(index + _FILES_AHEAD)
            for worker in wait(list(self._busy)):
                self._hear(cast(Connection, worker))
        return self._done.pop(index)

    def _hand_out(self, last: int) -> None:
        while self._idle and self._waiting and self._waiting[-1] <= last:
            worker, index = self._idle.pop(), self._waiting.pop()
            self._busy[worker] = index
            try:
                worker.send(self._files[index])
            except OSError:
                raise _lost() from None

    def _hear(self, worker: Connection) -> None:
        try:
            said: int | ScanReport = worker.recv()
        except (EOFError, OSError):
            raise _lost() from None
        if isinstance(said, int):
            self._progress(said)
            return
        self._done[self._busy.pop(worker)] = said
        self._idle.append(worker)


def _lost() -> WorkerLost:
    return WorkerLost("a process of the scan was ended from outside or failed: nothing can be said about its files")


@contextlib.contextmanager
def _worker(options: ScanOptions) -> Iterator[Connection]:
    """Start a worker, and end it with the block whatever it does."""
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of other threads
    ours, theirs = context.Pipe()
    process: BaseProcess = context.Process(target=_work, args=(theirs, options), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _work(pipe: Connection, options: ScanOptions) -> None:
    """Scan files until there are no more; an interrupt from the terminal is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    redactor = options.redactor()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent is gone
        while True:
            file = pipe.recv()
            report = ScanReport()
            report.findings += scan_file(file, options, redactor, report, pipe.send)
            pipe.send(report)

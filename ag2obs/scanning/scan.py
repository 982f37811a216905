"""The scan: every secret in files and folders, in the order of the files, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from ag2obs.redaction import Redactor
from ag2obs.scanning.baseline import Baseline
from ag2obs.scanning.file_scan import Progress, ScanOptions, scan_file
from ag2obs.scanning.files import FoundFile, find_files
from ag2obs.scanning.findings import ScanFinding, ScanReport
from ag2obs.scanning.parts import PART_BYTES, in_parts, number_of_parts
from ag2obs.scanning.workers import scan_in_processes


def scan_paths(
    paths: Iterable[str | os.PathLike[str]],
    strict: bool = False,
    *,
    exclude: Sequence[str] = (),
    redactor: Redactor | None = None,
    respect_gitignore: bool = False,
    allow_comments: bool = True,
    baseline: str | os.PathLike[str] | None = None,
) -> ScanReport:
    """Return the secrets in files, in all files of folders, and in standard input (``-``).

    gzip and zstd are read as what they hold. Of a binary file (a zero byte near its beginning) only values whose form
    is proof are reported. ``strict`` adds what only the text around it makes a secret; ``exclude`` are patterns of
    names and paths to leave out; a ``redactor`` that knows values finds these too; ``respect_gitignore`` leaves out
    what git ignores; ``allow_comments`` honours ``ag2obs:allow`` in source code; what the file ``baseline`` has is
    not reported. A file that cannot be read is in ``unreadable``. Raises GitFailed and BaselineError. All findings
    are in memory; ``Scan`` gives them one by one.
    """
    known = None if baseline is None else Baseline.read(os.fspath(baseline))
    files = find_files(paths, exclude, respect_gitignore=respect_gitignore)
    scan = Scan(files, ScanOptions(strict, allow_comments), redactor=redactor, baseline=known)
    scan.report.findings += scan.findings()
    return scan.report


class Scan:
    """A scan under way: iterate over ``findings()``, then look at the counts in ``report``."""

    def __init__(
        self,
        files: Iterable[FoundFile],
        options: ScanOptions = ScanOptions(),  # noqa: B008 - it is immutable
        *,
        redactor: Redactor | None = None,
        baseline: Baseline | None = None,
        jobs: int = 1,
    ) -> None:
        """Prepare to scan ``files``, without the baseline itself, in ``jobs`` processes.

        With more than one, standard input and whatever is searched by a ``redactor`` of the caller's still stay here.
        Raises SettingsError for rules of the user's that are broken.
        """
        self.report = ScanReport()
        """Counts and unreadable files so far; its ``findings`` are left to the caller."""
        self.files = [file for file in files if baseline is None or not baseline.is_at(file.path)]
        self._options = options
        self._redactor = redactor or options.redactor()
        self._baseline = baseline
        self._parts = in_parts(self.files) if jobs > 1 and redactor is None else []
        self._jobs = min(jobs, len(self._parts))

    @property
    def total_bytes(self) -> int:
        """The sizes of all files."""
        return sum(file.size for file in self.files)

    def findings(self, progress: Progress = lambda _: None) -> Iterator[ScanFinding]:
        """Yield the findings, file by file and from first to last; those of the baseline are only counted.

        Raises WorkerLost where one of several processes was ended by somebody else.
        """
        found = self._in_order(progress)
        return found if self._baseline is None else self._baseline.unknown(found, self.report)

    def _in_order(self, progress: Progress) -> Iterator[ScanFinding]:
        if self._jobs > 1:
            yield from scan_in_processes(self._parts, self._options, self._jobs, self.report, progress)
            return
        for file in self.files:
            yield from scan_file(file, self._options, self._redactor, self.report, progress)


def worthwhile_jobs(files: Sequence[FoundFile]) -> int:
    """Return how many processes are worth their start: as many as there are processors, for enough bytes."""
    parts = sum(number_of_parts(file) for file in files)
    return max(1, min(_processors(), sum(file.size for file in files) // PART_BYTES, parts))


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

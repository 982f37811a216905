"""Summaries of log files: readers feed the summary fold."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from ag2obs.analysis.summary.summary_fold import RuntimeSummary, SummaryFold
from ag2obs.readers import open_log
from ag2obs.readers.find import expand, with_new_segments
from ag2obs.readers.log_reader import newer_schema_told

logger = logging.getLogger("ag2obs")


def summarize_runtime_file(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
) -> RuntimeSummary:
    """Return one summary of a log file, of the logs in a folder, or of several of them.

    A file named twice counts once, and a session that continues in another file is one session. Raises
    ``LogFormatError`` for the first path that is missing, empty, unreadable or not a log.
    """
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    fold = SummaryFold()
    for log in with_new_segments(expand(paths)):
        reader = open_log(log)
        for event in reader.iter_accounting():
            fold.add(event)
        fold.add_bad_lines(reader.report.bad_lines)
        if reader.report.newer_schema:
            logger.warning("ag2obs: %s", newer_schema_told(str(log), reader.report.newer_schema))
    return fold.result()


summarize_autogen_runtime_file = summarize_runtime_file

"""Which logs a command reads, and how it reports those that it cannot read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ag2obs.analysis.summary import SummaryFold
from ag2obs.cli import complain
from ag2obs.cli.exit_codes import ExitCode
from ag2obs.errors import ExtraMissing, LogFormatError
from ag2obs.log_paths import log_folder
from ag2obs.readers.find import configured_logs, expand, with_new_segments
from ag2obs.readers.summaries import add_log


def add_logs(fold: SummaryFold, paths: Sequence[Path], *, with_content: bool = False) -> ExitCode:
    """Add the logs at ``paths`` (files and folders) to ``fold``; without paths, the configured logs.

    A path that cannot be read is reported and left out, and makes the exit code 1.
    """
    code = ExitCode.SUCCESS
    logs: list[Path] = []
    for path in paths:
        try:
            logs += expand([path])
        except LogFormatError as error:
            code = complain(str(error))
    for log in with_new_segments(expand(logs) if paths else _configured()):
        try:
            add_log(fold, log, with_content=with_content)
        except (LogFormatError, ExtraMissing) as error:
            code = complain(str(error))
    return code


def _configured() -> list[Path]:
    from ag2obs.settings import Settings

    settings = Settings.from_environment()
    logs = configured_logs(settings)
    if not logs:
        raise LogFormatError(
            f"there is no log in {log_folder(settings.log_file)} yet; "
            "run a workflow with AG2_RUNTIME_LOGGING=true, or name the log"
        )
    return logs

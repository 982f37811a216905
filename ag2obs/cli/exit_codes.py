"""The exit codes of all commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; ``scan`` and ``alerts`` have codes of their own."""

    SUCCESS = 0
    ERROR = 1
    """A wrong option, setting or file. Click's own 2 for wrong usage becomes this."""
    EXECUTION_ERROR = 2
    TIMEOUT = 3
    INTERRUPTED = 4
